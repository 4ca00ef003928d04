package jinja

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// str returns v as Python's str() prints it.
func (r *run) str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case *undefined:
		if !v.soft {
			r.failUndefined(v)
		}
		return ""
	}
	p := &printer{run: r}
	text := p.text(v)
	r.charge(len(text))
	return text
}

// repr returns v as Python's repr() prints it.
func (r *run) repr(v any) string {
	p := &printer{run: r}
	p.repr(v)
	r.charge(p.b.Len())
	return p.b.String()
}

// A printer prints values as Python does. Without a run it is only good for scalars.
type printer struct {
	run *run
	b   strings.Builder
}

func (p *printer) text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case date:
		return string(v)
	}
	p.repr(v)
	return p.b.String()
}

func (p *printer) repr(v any) {
	switch v := v.(type) {
	case nil:
		p.b.WriteString("None")
	case bool:
		p.b.WriteString(strings.ToUpper(strconv.FormatBool(v)[:1]) + strconv.FormatBool(v)[1:])
	case int64:
		p.b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		p.b.WriteString(pyFloat(v))
	case string:
		p.b.WriteString(pyRepr(v))
	case date:
		p.date(string(v))
	default:
		p.nested(v)
	}
}

// date writes the repr of a date, or of a date and time, whose seconds Python leaves out if
// there are none.
func (p *printer) date(iso string) {
	zone := ""
	if i := strings.LastIndexAny(iso, "+-"); i > len("2006-01-02") {
		iso, zone = iso[:i], timezone(iso[i:])
	}
	parts := strings.FieldsFunc(iso, func(c rune) bool { return !unicode.IsDigit(c) })
	if len(parts) == 7 { // microseconds
		parts[6] = (parts[6] + "000000")[:6]
	} else if len(parts) == 6 && parts[5] == "00" {
		parts = parts[:5]
	}
	for i, part := range parts {
		parts[i] = cmp.Or(strings.TrimLeft(part, "0"), "0")
	}
	kind := "date"
	if len(parts) > 3 {
		kind = "datetime"
	}
	p.b.WriteString("datetime." + kind + "(" + strings.Join(parts, ", ") + zone + ")")
}

// timezone returns the argument for an offset such as +02:00.
func timezone(offset string) string {
	hours, minutes, _ := strings.Cut(offset[1:], ":")
	h, _ := strconv.Atoi(hours)   // digits
	m, _ := strconv.Atoi(minutes) // digits
	seconds := (h*60 + m) * 60
	switch {
	case seconds == 0:
		return ", tzinfo=datetime.timezone.utc"
	case offset[0] == '-': // Python has whole days that are negative, and the rest
		const format = ", tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=%d))"
		return fmt.Sprintf(format, 24*3600-seconds)
	}
	return fmt.Sprintf(", tzinfo=datetime.timezone(datetime.timedelta(seconds=%d))", seconds)
}

func (p *printer) nested(v any) {
	if p.run == nil || !p.run.enter() {
		return
	}
	defer p.run.leave()
	if p.b.Len() > maxValue {
		p.run.charge(p.b.Len())
		return
	}
	switch v := v.(type) {
	case *list:
		p.sequence("[", v.items, "]")
	case tuple:
		end := ")"
		if len(v) == 1 {
			end = ",)"
		}
		p.sequence("(", v, end)
	case *view:
		if p.b.WriteString(v.text); v.text == "" {
			p.sequence(v.kind+"([", v.items, "])")
		}
	case *dict:
		p.dict(v)
	case *namespace:
		p.b.WriteString("<Namespace ")
		p.dict(v.dict)
		p.b.WriteString(">")
	case *undefined:
		p.run.failUndefined(v)
	case *callable:
		p.b.WriteString("<" + v.name + ">")
	case *object:
		p.b.WriteString("<" + v.kind + ">")
	}
}

func (p *printer) sequence(begin string, items []any, end string) {
	p.b.WriteString(begin)
	for i, item := range items {
		if i > 0 {
			p.b.WriteString(", ")
		}
		p.repr(item)
		if p.run.err != nil {
			return
		}
	}
	p.b.WriteString(end)
}

func (p *printer) dict(d *dict) {
	p.b.WriteByte('{')
	for i, key := range d.keys {
		if i > 0 {
			p.b.WriteString(", ")
		}
		p.repr(key)
		p.b.WriteString(": ")
		p.repr(d.vals[i])
		if p.run.err != nil {
			return
		}
	}
	p.b.WriteByte('}')
}

// pyFloat is Python's repr of a float: the shortest digits that read back.
func pyFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(f, 'g', -1, 64)), "+")
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	_, exponent, _ := strings.Cut(text, "e")
	if e, _ := strconv.Atoi(exponent); e < -4 || e >= 16 {
		return text
	}
	text = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// pyRepr is Python's repr of a string.
func pyRepr(s string) string {
	quote := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for i, c := range s {
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"): // no character
			fmt.Fprintf(&b, `\udc%02x`, s[i])
		case c == quote || c == '\\':
			b.WriteRune('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == ' ' || unicode.IsPrint(c):
			b.WriteRune(c)
		default:
			b.WriteString(escapeRune(c))
		}
	}
	b.WriteRune(quote)
	return b.String()
}

func escapeRune(c rune) string {
	switch {
	case c < 0x100:
		return fmt.Sprintf(`\x%02x`, c)
	case c < 0x10000:
		return fmt.Sprintf(`\u%04x`, c)
	}
	return fmt.Sprintf(`\U%08x`, c)
}
