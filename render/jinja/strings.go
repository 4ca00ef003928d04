package jinja

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// onString makes a method of a function of strings.
func onString(f func(string) string) builtin {
	return func(r *run, v any, _ *args) any { return r.made1(f(v.(string))) }
}

func (r *run) made1(s string) any {
	r.charge(len(s))
	r.work(len(s))
	return s
}

// isAll makes a method that tells whether all characters, at least one, are of a
// kind.
func isAll(is func(rune) bool) builtin {
	return func(_ *run, v any, _ *args) any {
		s := v.(string)
		return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return !is(c) })
	}
}

// isCased makes isupper and islower.
func isCased(convert func(string) string) builtin {
	return func(_ *run, v any, _ *args) any {
		s := v.(string)
		return convert(s) == s && strings.ToUpper(s) != strings.ToLower(s)
	}
}

func capitalize(s string) string {
	if s == "" {
		return s
	}
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:size]) + strings.ToLower(s[size:])
}

// titled capitalizes what follows a character for which after is true.
func titled(s string, after func(rune) bool) string {
	var b strings.Builder
	begin := true
	for _, c := range s {
		if begin {
			b.WriteRune(unicode.ToTitle(c))
		} else {
			b.WriteRune(unicode.ToLower(c))
		}
		begin = after(c)
	}
	return b.String()
}

func swapCase(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsUpper(c) {
			return unicode.ToLower(c)
		}
		return unicode.ToUpper(c)
	}, s)
}

// stripping makes strip, lstrip and rstrip.
func stripping(left, right bool) builtin {
	return func(_ *run, v any, a *args) any {
		s := v.(string)
		cut := unicode.IsSpace
		if chars := a.any("chars", nil); chars != nil {
			set, ok := chars.(string)
			if !ok {
				return a.r.failf("strip arg must be None or str, not %s", typeName(chars))
			}
			runes := map[rune]bool{}
			for _, c := range set {
				runes[c] = true
			}
			cut = func(c rune) bool { return runes[c] }
		}
		if left {
			s = strings.TrimLeftFunc(s, cut)
		}
		if right {
			s = strings.TrimRightFunc(s, cut)
		}
		return s
	}
}

// affix makes startswith and endswith, which take a string or a tuple of them.
func affix(has func(s, affix string) bool) builtin {
	return func(r *run, v any, a *args) any {
		arg := a.need("prefix")
		items, ok := arg.(tuple)
		if !ok {
			items = tuple{arg}
		}
		return slices.ContainsFunc(items, func(item any) bool {
			text, ok := item.(string)
			if !ok {
				r.failf("want a string or a tuple of strings, have %s", typeName(item))
			}
			return ok && has(v.(string), text)
		})
	}
}

func splitMethod(r *run, v any, a *args) any {
	return r.splitText(v.(string), a.separator(), a.int("maxsplit", -1), false)
}

func rsplitMethod(r *run, v any, a *args) any {
	return r.splitText(v.(string), a.separator(), a.int("maxsplit", -1), true)
}

// separator returns what to split at: a string, or nil for runs of space.
func (a *args) separator() any {
	sep := a.any("sep", nil)
	if _, ok := sep.(string); !ok && sep != nil {
		a.r.failf("must be str or None, not %s", typeName(sep))
	}
	return sep
}

// splitText is Python's split and rsplit: at runs of space if sep is nil.
func (r *run) splitText(s string, sep any, limit int, fromRight bool) any {
	var parts []string
	switch {
	case sep == nil:
		if !r.collect(spaces(s)) {
			return nil
		}
		parts = splitSpace(s, limit, fromRight)
	case r.str(sep) == "":
		return r.failf("empty separator")
	case limit < 0 && !r.collect(strings.Count(s, r.str(sep))):
		return nil
	case fromRight && limit >= 0:
		for rest := s; ; {
			i := strings.LastIndex(rest, r.str(sep))
			if i < 0 || len(parts) == limit {
				parts = append(parts, rest)
				break
			}
			parts = append(parts, rest[i+len(r.str(sep)):])
			rest = rest[:i]
		}
		slices.Reverse(parts)
	case limit >= 0:
		parts = strings.SplitN(s, r.str(sep), limit+1)
	default:
		parts = strings.Split(s, r.str(sep))
	}
	return r.stringList(parts)
}

func splitSpace(s string, limit int, fromRight bool) []string {
	if limit < 0 {
		return strings.Fields(s)
	}
	var parts []string
	if fromRight {
		for s = strings.TrimSpace(s); s != "" && len(parts) < limit; {
			i := strings.LastIndexFunc(s, unicode.IsSpace)
			if i < 0 {
				break
			}
			parts = append(parts, strings.TrimSpace(s[i:]))
			s = strings.TrimRightFunc(s[:i], unicode.IsSpace)
		}
		if s != "" {
			parts = append(parts, s)
		}
		slices.Reverse(parts)
		return parts
	}
	for s = strings.TrimLeftFunc(s, unicode.IsSpace); s != "" && len(parts) < limit; {
		i := strings.IndexFunc(s, unicode.IsSpace)
		if i < 0 {
			break
		}
		parts = append(parts, s[:i])
		s = strings.TrimLeftFunc(s[i:], unicode.IsSpace)
	}
	if s != "" {
		parts = append(parts, s)
	}
	return parts
}

// spaces returns how many runs of space s has.
func spaces(s string) int {
	n, within := 0, false
	for _, c := range s {
		space := unicode.IsSpace(c)
		if space && !within {
			n++
		}
		within = space
	}
	return n
}

// stringList makes a list of strings.
func (r *run) stringList(parts []string) any {
	r.collect(len(parts))
	out := &list{make([]any, len(parts))}
	for i, part := range parts {
		out.items[i] = part
	}
	return out
}

func splitLines(s string, keep bool) []string {
	var lines []string
	for s != "" {
		i := strings.IndexAny(s, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if i < 0 {
			return append(lines, s)
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			size = 2
		}
		end := i
		if keep {
			end += size
		}
		lines = append(lines, s[:end])
		s = s[i+size:]
	}
	return lines
}

func replaceMethod(r *run, v any, a *args) any {
	from, to := a.text("old"), a.text("new")
	return r.replace(v.(string), from, to, a.int("count", -1))
}

// replace is strings.Replace within the bounds.
func (r *run) replace(s, from, to string, count int) any {
	n := strings.Count(s, from)
	if count >= 0 {
		n = min(n, count)
	}
	if !r.charge(len(s) + times(n, max(0, len(to)-len(from)))) {
		return nil
	}
	return strings.Replace(s, from, to, count)
}

func joinMethod(r *run, v any, a *args) any {
	var parts []string
	total := 0
	for _, item := range a.list("iterable") {
		s, ok := item.(string)
		if !ok {
			r.defined(item)
			return r.failf("join(): want strings, have %s", typeName(item))
		}
		parts = append(parts, s)
		total += len(s)
	}
	return r.join(parts, v.(string), total)
}

// finding makes find and index, and with last those from the right.
func finding(last, must bool) builtin {
	return func(r *run, v any, a *args) any {
		s := v.(string)
		sub := a.text("sub")
		i := strings.Index(s, sub)
		if last {
			i = strings.LastIndex(s, sub)
		}
		if i < 0 {
			if must {
				return r.failf("substring not found")
			}
			return int64(-1)
		}
		return int64(utf8.RuneCountInString(s[:i]))
	}
}

// partition makes partition and rpartition.
func partition(last bool) builtin {
	return func(r *run, v any, a *args) any {
		s := v.(string)
		sep := a.text("sep")
		i := strings.Index(s, sep)
		if last {
			i = strings.LastIndex(s, sep)
		}
		switch {
		case sep == "":
			return r.failf("empty separator")
		case i < 0 && last:
			return tuple{"", "", s}
		case i < 0:
			return tuple{s, "", ""}
		}
		return tuple{s[:i], sep, s[i+len(sep):]}
	}
}

// padding makes ljust, rjust and center.
func padding(left, right bool) builtin {
	return func(r *run, v any, a *args) any {
		width := a.int("width", 80)
		fill := a.str("fillchar", " ")
		if utf8.RuneCountInString(fill) != 1 {
			return r.failf("the fill character must be exactly one character long")
		}
		return r.pad(v.(string), width, fill, left, right)
	}
}

// pad puts fill before or after s, or on both sides, up to width characters.
func (r *run) pad(s string, width int, fill string, left, right bool) any {
	n := width - utf8.RuneCountInString(s)
	if n <= 0 {
		return s
	}
	if !r.charge(len(s) + times(n, len(fill))) {
		return nil
	}
	before, after := n, 0
	switch {
	case left && right:
		before = n/2 + (n & width & 1)
		after = n - before
	case right:
		before, after = 0, n
	}
	return strings.Repeat(fill, before) + s + strings.Repeat(fill, after)
}

func zfill(r *run, v any, a *args) any {
	s := v.(string)
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	padded, _ := r.pad(s, a.int("width", 0)-len(sign), "0", true, false).(string)
	return sign + padded
}

func expandTabs(r *run, v any, a *args) any {
	size := a.int("tabsize", 8)
	var b strings.Builder
	column := 0
	for _, c := range v.(string) {
		switch {
		case c == '\t' && size > 0:
			n := size - column%size
			if b.Len()+n > maxValue || !r.step() {
				r.charge(b.Len() + n)
				return nil
			}
			b.WriteString(strings.Repeat(" ", n))
			column += n
		case c == '\n' || c == '\r':
			b.WriteRune(c)
			column = 0
		case c != '\t':
			b.WriteRune(c)
			column++
		}
	}
	return r.made1(b.String())
}
