package jinja

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	fieldPattern = regexp.MustCompile(`^([\w]*)((?:\.\w+|\[[^\]]+\])*)(?:!([rsa]))?(?::(.*))?$`)
	stepPattern  = regexp.MustCompile(`\.\w+|\[[^\]]+\]`)
	specPattern  = regexp.MustCompile(`^(?:(.)?([<>=^]))?([-+ ]?)(#?)` +
		`(0?)(\d*)(,?)(?:\.(\d+))?([a-zA-Z%]?)$`)
)

// formatMethod is Python's str.format.
func formatMethod(r *run, v any, a *args) any {
	named := newDict()
	for i, name := range a.names {
		named.set(name, a.named[i])
	}
	a.names = nil
	f := &fieldFormat{run: r, values: a.rest(), named: named}
	var b strings.Builder
	for s := v.(string); s != ""; {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		if strings.HasPrefix(s[i+1:], s[i:i+1]) { // {{ or }}
			b.WriteByte(s[i])
			s = s[i+2:]
			continue
		}
		end := strings.IndexByte(s[i:], '}')
		if s[i] == '}' || end < 0 {
			return r.failf("single %q encountered in format string", s[i:i+1])
		}
		b.WriteString(f.field(s[i+1 : i+end]))
		if s = s[i+end+1:]; b.Len() > maxValue || !r.step() {
			r.charge(b.Len())
			return nil
		}
	}
	return r.made1(b.String())
}

// formatMap is formatMethod with the names of a dict.
func formatMap(r *run, v any, a *args) any {
	d := r.asDict("format_map", a.need("mapping"))
	named := &args{r: r}
	for i, key := range d.keys {
		if name, ok := key.(string); ok {
			named.names, named.named = append(named.names, name), append(named.named, d.vals[i])
		}
	}
	return formatMethod(r, v, named)
}

type fieldFormat struct {
	*run
	values []any
	i      int
	named  *dict
}

// field returns what the text between { and } makes.
func (f *fieldFormat) field(text string) string {
	m := fieldPattern.FindStringSubmatch(text)
	if m == nil {
		f.failf("bad field {%s} in format string", text)
		return ""
	}
	value := f.value(m[1])
	for _, step := range stepPattern.FindAllString(m[2], -1) {
		if step[0] == '.' {
			value = f.attribute(value, step[1:], nil)
			continue
		}
		var key any = step[1 : len(step)-1]
		if n, err := strconv.ParseInt(key.(string), 10, 64); err == nil {
			key = n
		}
		value = f.entry(value, key, nil)
	}
	if m[3] != "" {
		value = f.text(m[3], value)
	}
	return f.spec(value, m[4])
}

func (f *fieldFormat) value(name string) any {
	i := f.i
	if n, err := strconv.Atoi(name); err == nil {
		i = n
	} else if name != "" {
		value, ok := f.named.get(name)
		if !ok {
			return f.failf("KeyError: %s", pyRepr(name))
		}
		return value
	} else {
		f.i++
	}
	if i < 0 || i >= len(f.values) {
		return f.failf("replacement index %d out of range", i)
	}
	return f.values[i]
}

// spec formats a value as what follows the colon says.
func (f *fieldFormat) spec(v any, spec string) string {
	m := specPattern.FindStringSubmatch(spec)
	if m == nil {
		f.failf("invalid format specifier %q", spec)
		return ""
	}
	n, isNumber := number(v)
	_, isBool := v.(bool)
	isNumber = isNumber && (!isBool || spec != "")
	if f.unfitting(v, isNumber, spec, m); f.err != nil {
		return ""
	}
	var text string
	switch {
	case isNumber:
		text = f.numeric(n, m)
	default:
		text = f.str(v)
		if p, err := strconv.Atoi(m[8]); err == nil && p < len([]rune(text)) {
			text = string([]rune(text)[:p])
		}
	}
	width, _ := strconv.Atoi(m[6]) // "" is 0
	align, fill := m[2], m[1]
	if fill == "" {
		fill = " "
	}
	switch {
	case align == "=" || align == "" && m[5] == "0" && isNumber:
		return f.zeros(text, width)
	case align == "" && isNumber:
		align = ">"
	}
	padded, _ := f.pad(text, width, fill, align == ">" || align == "^", align != ">").(string)
	return padded
}

var integerVerbs = []string{"b", "c", "d", "o", "x", "X"}

// unfitting fails if a value cannot be formatted as m, the parts of spec, says.
func (f *fieldFormat) unfitting(v any, isNumber bool, spec string, m []string) {
	_, isString := v.(string)
	_, isFloat := v.(float64)
	switch verb := m[9]; {
	case spec == "":
	case !isNumber && !isString && typeName(v) != "bool":
		f.defined(v)
		f.failf("unsupported format string passed to %s.__format__", typeName(v))
	case isString && (verb != "" && verb != "s" || m[2] == "=" || m[3] != "" || m[4] != "" || m[7] != ""),
		isNumber && verb == "s", isFloat && slices.Contains(integerVerbs, verb):
		f.failf("the format %q is not for a %s", spec, typeName(v))
	case isNumber && !isFloat && m[8] != "" && !strings.ContainsAny(verb, "eEfFgG%"):
		f.failf("precision not allowed in integer format specifier")
	}
}

func (f *fieldFormat) numeric(n any, m []string) string {
	verb, precision := m[9], -1
	if p, err := strconv.Atoi(m[8]); err == nil {
		precision = p
	}
	var text string
	switch {
	case verb == "%":
		text = f.number("", precision, "f", toFloat(n)*100) + "%"
	case verb == "" && precision < 0:
		text = f.str(n)
	case verb == "":
		text = f.number(m[4], precision, "g", n)
	default:
		text = f.number(m[4], precision, verb, n)
	}
	if m[7] != "" {
		text = thousands(text)
	}
	if (m[3] == "+" || m[3] == " ") && !strings.HasPrefix(text, "-") {
		text = m[3] + text
	}
	return text
}

// thousands puts commas between groups of three digits.
func thousands(text string) string {
	whole, fraction, dot := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	var groups []string
	for len(whole) > 3 {
		groups = append([]string{whole[len(whole)-3:]}, groups...)
		whole = whole[:len(whole)-3]
	}
	text = sign + strings.Join(append([]string{whole}, groups...), ",")
	if dot {
		text += "." + fraction
	}
	return text
}
