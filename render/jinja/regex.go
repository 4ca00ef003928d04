package jinja

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/slipway-go/slipway/internal/pyre"
)

// Bounds of regular expressions: the steps of all of a run, and the bytes of one.
const (
	maxRegexSteps = 5_000_000
	maxPattern    = 32 << 10
)

// An expression is compiled, with the text that it is for.
type expression struct {
	*run
	re   *pyre.Regexp
	text []rune
}

// regex compiles pattern for v, with the flags that the arguments name.
func (r *run) regex(v any, pattern string, flags pyre.Flags) *expression {
	if len(pattern) > maxPattern {
		r.failf("the regular expression has over %d bytes", maxPattern)
		return nil
	}
	re, err := pyre.Compile(pattern, flags)
	if err != nil {
		r.fail(err)
		return nil
	}
	text := r.str(v)
	r.work(len(text))
	return &expression{r, re, []rune(text)}
}

// from returns the first match at or after an offset, nil if there is none.
func (e *expression) from(start int) []int {
	e.step()
	found, err := e.re.Search(e.text, start, &e.regexLeft)
	if err != nil {
		e.fail(err)
	}
	return found
}

func (e *expression) group(found []int, n int) any {
	if found[2*n] < 0 {
		return nil
	}
	return string(e.text[found[2*n]:found[2*n+1]])
}

// all calls do with the matches, one after the other.
func (e *expression) all(do func(found []int)) {
	for start := 0; start <= len(e.text) && e.err == nil; {
		found := e.from(start)
		if found == nil {
			return
		}
		start = found[1]
		if found[0] == found[1] {
			start++
		}
		do(found)
	}
}

func regexReplace(r *run, v any, a *args) any {
	pattern, to := a.str("pattern", ""), a.str("replacement", "")
	flags := pyre.Flags{IgnoreCase: a.bool("ignorecase", false), MultiLine: a.bool("multiline", false)}
	e := r.regex(v, pattern, flags)
	if e == nil {
		return nil
	}
	var b strings.Builder
	at := 0
	e.all(func(found []int) {
		b.WriteString(string(e.text[at:found[0]]))
		b.WriteString(e.expand(to, found))
		at = found[1]
		if b.Len() > maxValue {
			r.charge(b.Len())
		}
	})
	b.WriteString(string(e.text[at:]))
	return r.made1(b.String())
}

var replacementPattern = regexp.MustCompile(`\\(?:g<(\w+)>|([1-9][0-9]?)|([\\abfnrtv]))`)

// expand returns a replacement with the groups in it.
func (e *expression) expand(to string, found []int) string {
	if !strings.Contains(to, `\`) {
		return to
	}
	return replacementPattern.ReplaceAllStringFunc(to, func(ref string) string {
		m := replacementPattern.FindStringSubmatch(ref)
		if m[3] != "" {
			text, _ := unescape(ref) // one that is known
			return text
		}
		n, ok := e.reference(m[1] + m[2])
		if !ok {
			return ""
		}
		text, _ := e.group(found, n).(string)
		return text
	})
}

// reference returns the number of a group by its name or number.
func (e *expression) reference(name string) (int, bool) {
	n, err := strconv.Atoi(name)
	if err != nil {
		var ok bool
		if n, ok = e.re.Names[name]; !ok {
			e.failf("unknown group name %q", name)
			return 0, false
		}
	}
	if n > e.re.Groups {
		e.failf("invalid group reference %d", n)
		return 0, false
	}
	return n, true
}

var groupPattern = regexp.MustCompile(`^\\(?:g<(\S+)>|(\d+))`)

func regexSearch(r *run, v any, a *args) any {
	pattern := a.needStr("regex")
	ignore, _ := a.takeNamed("ignorecase")
	multi, _ := a.takeNamed("multiline")
	flags := pyre.Flags{IgnoreCase: r.truth(ignore), MultiLine: r.truth(multi)}
	var groups []string
	for _, ref := range a.rest() {
		m := groupPattern.FindStringSubmatch(r.str(ref))
		if m == nil {
			return r.failf(`regex_search: %q names no group: write \\1 or \\g<name>`, shorten(r.str(ref)))
		}
		groups = append(groups, m[1]+m[2])
	}
	e := r.regex(v, pattern, flags)
	if e == nil {
		return nil
	}
	found := e.from(0)
	if found == nil {
		return nil
	}
	if len(groups) == 0 {
		return e.group(found, 0)
	}
	out := &list{}
	for _, ref := range groups {
		if n, ok := e.reference(ref); ok {
			out.items = append(out.items, e.group(found, n))
		}
	}
	return out
}

func regexFindall(r *run, v any, a *args) any {
	pattern := a.needStr("regex")
	flags := pyre.Flags{MultiLine: a.bool("multiline", false), IgnoreCase: a.bool("ignorecase", false)}
	e := r.regex(v, pattern, flags)
	if e == nil {
		return nil
	}
	out := &list{}
	e.all(func(found []int) {
		row := tuple{}
		for n := min(1, e.re.Groups); n <= e.re.Groups; n++ {
			text, _ := e.group(found, n).(string)
			row = append(row, text)
		}
		if r.collect(len(row) + 2); len(row) == 1 {
			out.items = append(out.items, row[0])
			return
		}
		out.items = append(out.items, row)
	})
	return out
}

// regexEscape is Python's re.escape.
func regexEscape(s string) string {
	var b strings.Builder
	for _, c := range s {
		if strings.ContainsRune("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// regexTest makes the tests match and search.
func regexTest(kind string) builtin {
	return func(r *run, v any, a *args) any {
		pattern := a.str("pattern", "")
		flags := pyre.Flags{IgnoreCase: a.bool("ignorecase", false), MultiLine: a.bool("multiline", false)}
		kind := kind
		if kind == "search" {
			kind = a.str("match_type", kind)
		}
		switch kind {
		case "match":
			pattern = `\A(?:` + pattern + `)`
		case "fullmatch":
			pattern = `\A(?:` + pattern + `)\Z`
		}
		e := r.regex(v, pattern, flags)
		return e != nil && e.from(0) != nil
	}
}

// regexEscapeFilter escapes for Python, or for the basic expressions of POSIX.
func regexEscapeFilter(r *run, v any, a *args) any {
	switch kind := a.str("re_type", "python"); kind {
	case "python":
		return r.made1(regexEscape(r.str(v)))
	case "posix_basic":
		return r.made1(basicPattern.ReplaceAllString(r.str(v), `\$0`))
	default:
		return r.failf("regex_escape: unknown re_type %q: want python or posix_basic", kind)
	}
}

var basicPattern = regexp.MustCompile(`[\].\[^$*\\]`)
