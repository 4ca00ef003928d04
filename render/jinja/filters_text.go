package jinja

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

func textFilters() map[string]builtin {
	return map[string]builtin{
		"lower": onText(strings.ToLower), "upper": onText(strings.ToUpper),
		"capitalize": onText(capitalize), "title": onText(titleFilter), "string": onText(same),
		"safe": onText(same), "escape": onText(escapeHTML), "e": onText(escapeHTML),
		"forceescape": onText(escapeHTML), "striptags": onText(stripTags),
		"trim":    method(stripping(true, true)),
		"replace": replaceFilter, "center": method(padding(true, true)),
		"split": ofString(splitMethod), "format": formatFilter, "indent": ofString(indentFilter),
		"truncate": truncateFilter, "wordwrap": ofString(wordwrapFilter), "wordcount": wordcountFilter,
		"urlencode": urlencodeFilter, "urldecode": ofString(urldecodeFilter), "quote": quoteFilter,
		"comment": ofString(commentFilter), "regex_replace": regexReplace, "regex_search": regexSearch,
		"regex_findall": regexFindall, "regex_escape": regexEscapeFilter,
	}
}

func same(s string) string { return s }

// replaceFilter is Jinja's replace, which makes strings of its arguments.
func replaceFilter(r *run, v any, a *args) any {
	from, to := a.needStr("old"), a.needStr("new")
	return r.replace(r.str(v), from, to, a.int("count", -1))
}

func titleFilter(s string) string {
	return titled(s, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune("-({[<", c) })
}

func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;").
		Replace(s)
}

var tagPattern = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`)

func stripTags(s string) string {
	return html.UnescapeString(strings.Join(strings.Fields(tagPattern.ReplaceAllString(s, "")), " "))
}

func formatFilter(r *run, v any, a *args) any {
	if len(a.names) > 0 {
		named := newDict()
		for i, name := range a.names {
			named.set(name, a.named[i])
		}
		a.names = nil
		return r.percent(r.str(v), named)
	}
	return r.percent(r.str(v), tuple(a.rest()))
}

func indentFilter(r *run, v any, a *args) any {
	width := a.any("width", int64(4))
	first, blank := a.bool("first", false), a.bool("blank", false)
	by, isString := width.(string)
	if n, ok := width.(int64); ok && !isString {
		by, _ = r.pad("", int(min(n, maxMade)), " ", true, false).(string)
	}
	lines := splitLines(r.str(v)+"\n", false)
	if !r.charge(times(len(lines), len(by))) {
		return nil
	}
	for i, line := range lines {
		if i > 0 && (line != "" || blank) {
			lines[i] = by + line
		}
	}
	text := strings.Join(lines, "\n")
	if first {
		text = by + text
	}
	return r.made1(text)
}

func truncateFilter(r *run, v any, a *args) any {
	length, kill := a.int("length", 255), a.bool("killwords", false)
	end := a.str("end", "...")
	leeway := a.int("leeway", 5)
	keep := length - utf8.RuneCountInString(end)
	n, hasLength := r.length(v)
	text, isString := v.(string)
	switch {
	case keep < 0 || leeway < 0:
		return r.failf("truncate: the length must be at least that of the end %q, and the leeway 0", end)
	case hasLength && n <= length+leeway:
		return v
	case !isString:
		return r.failf("truncate: want a string, have %s", typeName(v))
	}
	s := []rune(text)
	cut := string(s[:min(keep, len(s))])
	if i := strings.LastIndexByte(cut, ' '); i >= 0 && !kill {
		cut = cut[:i]
	}
	return cut + end
}

var wordPattern = regexp.MustCompile(`[\pL\pN_]+`)

func wordcountFilter(r *run, v any, _ *args) any {
	n, text := int64(0), r.str(v)
	for at := 0; ; n++ {
		found := wordPattern.FindStringIndex(text[at:])
		if r.steps += 3; found == nil || !r.step() { // a search takes as long as four steps
			return n
		}
		at += found[1]
	}
}

// quoteURL is Python's urllib.parse.quote.
func quoteURL(s, safe string) string {
	var b strings.Builder
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if isAlphanumeric(c) ||
			strings.IndexByte("_.-~"+safe, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + hex[c>>4:c>>4+1] + hex[c&15:c&15+1])
	}
	return b.String()
}

func urlencodeFilter(r *run, v any, _ *args) any {
	var pairs []any
	switch v := v.(type) {
	case *dict:
		pairs = v.items()
	default:
		items, ok := sequence(v)
		if !ok {
			return r.made1(quoteURL(r.str(v), "/"))
		}
		pairs = items
	}
	var parts []string
	for _, pair := range pairs {
		kv, _ := sequence(pair)
		if len(kv) != 2 {
			return r.failf("urlencode: want pairs")
		}
		text := quoteURL(r.str(kv[0]), "") + "=" + quoteURL(r.str(kv[1]), "")
		parts = append(parts, strings.ReplaceAll(text, "%20", "+"))
	}
	return r.made1(strings.Join(parts, "&"))
}

func urldecodeFilter(r *run, v any, _ *args) any {
	s, err := url.QueryUnescape(r.str(v))
	if err != nil {
		return r.str(v)
	}
	return s
}

var shellPattern = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

func quoteFilter(r *run, v any, _ *args) any {
	if v == nil {
		v = ""
	}
	s := r.str(v)
	if shellPattern.MatchString(s) {
		return s
	}
	return r.made1("'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'")
}

// A commentStyle is how the filter comment frames a text.
type commentStyle struct{ beginning, decoration, end string }

var commentStyles = map[string]commentStyle{
	"plain": {"", "# ", ""}, "erlang": {"", "% ", ""}, "c": {"", "// ", ""},
	"cblock": {"/*", " * ", " */"}, "xml": {"<!--", " - ", "-->"},
}

func commentFilter(r *run, v any, a *args) any {
	style, ok := commentStyles[a.str("style", "plain")]
	if !ok {
		return r.failf("comment: unknown style")
	}
	newline := a.str("newline", "\n")
	decoration := a.str("decoration", style.decoration)
	bare := strings.TrimRight(decoration, " ")
	prefix, postfix := a.str("prefix", bare), a.str("postfix", bare)
	before, after := a.int("prefix_count", 1), a.int("postfix_count", 1)
	beginning, end := a.str("beginning", style.beginning), a.str("end", style.end)
	text, _ := r.replace(r.str(v), newline, newline+decoration, -1).(string)
	text = strings.ReplaceAll(decoration+text, decoration+newline, bare+newline)
	if !r.charge(times(len(prefix)+1, before) + times(len(postfix)+1, after)) {
		return nil
	}
	if beginning != "" {
		beginning += newline
	}
	switch {
	case prefix == newline:
		prefix = strings.Repeat(newline, max(0, before))
	case prefix != "":
		prefix = strings.Repeat(prefix+newline, max(0, before))
	}
	postfix = strings.Repeat(newline+postfix, max(0, after))
	if end != "" {
		end = newline + end
	}
	return r.made1(beginning + prefix + text + postfix + end)
}
