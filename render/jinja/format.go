package jinja

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var percentPattern = regexp.MustCompile(`^(?:\((.*?)\))?` +
	`([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?(.)`)

// percent is Python's s % v.
func (r *run) percent(s string, v any) any {
	values, ok := v.(tuple)
	if !ok {
		values = tuple{v}
	}
	f := &percentFormat{run: r, values: values}
	f.named, _ = v.(*dict)
	switch v.(type) {
	case *dict, *list: // as a mapping: it may have more than is asked for
		f.mapping = true
	}
	for {
		before, after, found := strings.Cut(s, "%")
		f.b.WriteString(before)
		if !found {
			break
		}
		m := percentPattern.FindStringSubmatch(after)
		if m == nil {
			return r.failf("incomplete format")
		}
		if f.verb(m); r.err != nil {
			return nil
		}
		s = after[len(m[0]):]
	}
	if f.i < len(f.values) && !f.mapping {
		return r.failf("not all arguments converted during string formatting")
	}
	return r.made1(f.b.String())
}

type percentFormat struct {
	*run
	b      strings.Builder
	values tuple
	i      int
	named  *dict
	// mapping is true for what Python takes for a mapping: a list, too.
	mapping bool
}

func (f *percentFormat) next() any {
	if f.i >= len(f.values) {
		return f.failf("not enough arguments for format string")
	}
	f.i++
	return f.values[f.i-1]
}

// verb writes what a directive makes; m is as percentPattern has it.
func (f *percentFormat) verb(m []string) {
	if m[5] == "%" {
		f.b.WriteByte('%')
		return
	}
	width, precision := f.size(m[3]), -1
	if m[4] != "" {
		precision = f.size(m[4])
	}
	var value any
	if strings.HasPrefix(m[0], "(") && f.named == nil {
		f.failf("format requires a mapping")
		return
	}
	if f.named != nil && strings.HasPrefix(m[0], "(") {
		var ok bool
		if value, ok = f.named.get(m[1]); !ok {
			f.failf("KeyError: %s", pyRepr(m[1]))
		}
	} else {
		value = f.next()
	}
	text := f.convert(m[2], precision, m[5], value)
	left := !strings.Contains(m[2], "-")
	if left && strings.Contains(m[2], "0") && strings.ContainsAny(m[5], "diuxXofFeEgG") {
		f.b.WriteString(f.zeros(text, width))
		return
	}
	padded, _ := f.pad(text, width, " ", left, !left).(string)
	f.b.WriteString(padded)
}

func (r *run) zeros(text string, width int) string {
	sign := ""
	if text != "" && strings.ContainsRune("+- ", rune(text[0])) {
		sign, text = text[:1], text[1:]
	}
	padded, _ := r.pad(text, width-len(sign), "0", true, false).(string)
	return sign + padded
}

func (f *percentFormat) size(text string) int {
	if text == "*" {
		n, _ := f.next().(int64)
		return int(min(n, maxMade))
	}
	n, _ := strconv.Atoi(text) // "" is 0
	return n
}

func (f *percentFormat) convert(flags string, precision int, verb string, v any) string {
	switch verb {
	case "s", "r", "a":
		text := f.text(verb, v)
		if runes := []rune(text); precision >= 0 && precision < len(runes) {
			text = string(runes[:precision])
		}
		return text
	case "c":
		if n, ok := v.(int64); ok {
			return string(rune(n))
		}
		if s, ok := v.(string); !ok || utf8.RuneCountInString(s) != 1 {
			f.failf("%%c requires int or char")
		}
		return f.str(v)
	case "b":
		f.failf("unsupported format character %q", verb)
		return ""
	case "x", "X", "o":
		if _, ok := v.(float64); ok {
			f.failf("%%%s format: an integer is required, not float", verb)
		}
	}
	n, ok := number(v)
	if !ok {
		f.defined(v)
		f.failf("%%%s format: a number is required, not %s", verb, typeName(v))
		return ""
	}
	text := f.number(flags, precision, verb, n)
	if !strings.HasPrefix(text, "-") && strings.ContainsAny(flags, "+ ") {
		sign := " "
		if strings.Contains(flags, "+") {
			sign = "+"
		}
		text = sign + text
	}
	return text
}

func (r *run) text(verb string, v any) string {
	if verb == "s" {
		return r.str(v)
	}
	return r.repr(v)
}

// number formats n as a directive of % or of format() says.
func (r *run) number(flags string, precision int, verb string, n any) string {
	switch verb {
	case "d", "i", "u", "x", "X", "o", "b":
		i, ok := n.(int64)
		if !ok {
			i = int64(math.Trunc(toFloat(n)))
		}
		return integerText(i, verb, strings.Contains(flags, "#"))
	case "e", "E", "f", "F", "g", "G":
		if precision < 0 {
			precision = 6
		}
		return fmt.Sprintf("%."+strconv.Itoa(min(precision, 400))+verb, toFloat(n))
	}
	r.failf("unsupported format character %q", verb)
	return ""
}

func integerText(i int64, verb string, prefixed bool) string {
	base, prefix := 10, ""
	switch verb {
	case "x", "X":
		base, prefix = 16, "0"+verb
	case "o":
		base, prefix = 8, "0o"
	case "b":
		base, prefix = 2, "0b"
	}
	text, sign := strconv.FormatInt(i, base), ""
	if i < 0 {
		text, sign = text[1:], "-"
	}
	if verb == "X" {
		text = strings.ToUpper(text)
	}
	if prefixed {
		sign += prefix
	}
	return sign + text
}
