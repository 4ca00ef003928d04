package jinja

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A yamlWriter writes values as PyYAML does with libyaml, byte for byte: that text may land in a
// ConfigMap, where another style is another text.
type yamlWriter struct {
	*run
	b          strings.Builder
	indent     int // -1: at the root
	by, width  int
	flow       any // true, false; nil: collections of scalars only
	sort       bool
	unicode    bool
	column     int
	flowLevel  int
	whitespace bool // the last character is a space, or begins the line
	indention  bool // there is only indentation on the line
}

func toYAML(r *run, v any, a *args) any { return r.writeYAML(v, a, 2, nil) }

func toNiceYAML(r *run, v any, a *args) any {
	return r.writeYAML(v, a, a.int("indent", 4), false)
}

func (r *run) writeYAML(v any, a *args, indent int, flow any) any {
	named := func(name string, def any) any {
		if value, ok := a.takeNamed(name); ok {
			return value
		}
		return def
	}
	w := &yamlWriter{run: r, indent: -1, by: indent, width: 80, whitespace: true, indention: true}
	if flow == nil {
		flow = named("default_flow_style", nil)
	}
	w.flow, w.unicode = flow, true
	w.sort = r.truth(named("sort_keys", true))
	if n, ok := named("indent", int64(indent)).(int64); ok {
		w.by = int(n)
	}
	if w.by < 2 || w.by > 9 {
		w.by = 2
	}
	switch n := named("width", int64(80)).(type) {
	case int64:
		w.width = int(n)
	case float64:
		w.width = math.MaxInt
	}
	if w.width < 0 {
		w.width = math.MaxInt
	} else if w.width <= 2*w.by {
		w.width = 80
	}
	if r.truth(named("explicit_start", false)) {
		w.indicator("---", true, false, false)
	}
	w.node(v, place{})
	w.lineBreak()
	if r.truth(named("explicit_end", false)) {
		w.b.WriteString("...\n")
	}
	return r.made1(w.b.String())
}

// A place says where a node stands.
type place struct{ mapping, simpleKey bool }

func (w *yamlWriter) put(text string) {
	w.b.WriteString(text)
	w.column += utf8.RuneCountInString(text)
}

func (w *yamlWriter) indicator(text string, space, whitespace, indention bool) {
	if !w.whitespace && space {
		text = " " + text
	}
	w.whitespace = whitespace
	w.indention = w.indention && indention
	w.put(text)
}

func (w *yamlWriter) lineBreak() {
	w.b.WriteByte('\n')
	w.whitespace, w.indention, w.column = true, true, 0
}

func (w *yamlWriter) writeIndent() {
	indent := max(w.indent, 0)
	if !w.indention || w.column > indent || w.column == indent && !w.whitespace {
		w.lineBreak()
	}
	if w.column < indent {
		w.put(strings.Repeat(" ", indent-w.column))
	}
	w.whitespace, w.indention = true, true
}

// deeper indents what do writes.
func (w *yamlWriter) deeper(flow, indentless bool, do func()) {
	back := w.indent
	switch {
	case w.indent < 0 && flow:
		w.indent = w.by
	case w.indent < 0:
		w.indent = 0
	case !indentless:
		w.indent += w.by
	}
	do()
	w.indent = back
}

func (w *yamlWriter) node(v any, c place) {
	if !w.enter() {
		return
	}
	defer w.leave()
	if w.b.Len() > maxValue || times(max(w.indent, 0), 1) > maxValue {
		w.charge(w.b.Len())
		return
	}
	switch v := v.(type) {
	case *dict:
		w.mapping(v)
	case *undefined:
		w.failUndefined(v)
	default:
		items, ok := sequence(v)
		if _, isView := v.(*view); ok && !isView {
			w.list(items, c)
			return
		}
		text, plain, ok := yamlScalar(v)
		w.work(4 * len(text))
		if !ok {
			w.failf("to_yaml: cannot represent a %s", typeName(v))
			return
		}
		w.deeper(true, false, func() { w.scalar(text, plain, c) })
	}
}

// yamlScalar returns the text of a scalar, and whether it may be plain.
func yamlScalar(v any) (text string, plain, ok bool) {
	switch v := v.(type) {
	case nil:
		return "null", true, true
	case bool:
		return strconv.FormatBool(v), true, true
	case int64:
		return strconv.FormatInt(v, 10), true, true
	case float64:
		return yamlFloatText(v), true, true
	case date:
		return string(v), true, true
	case string:
		resolved, isString := resolveScalar(v).(string)
		return v, isString && resolved == v && v != "=" && v != "<<", true
	}
	return "", false, false
}

func yamlFloatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	text := pyFloat(f)
	if !strings.Contains(text, ".") {
		text = strings.Replace(text, "e", ".0e", 1)
	}
	return text
}

// inFlow tells whether a collection is written in one line.
func (w *yamlWriter) inFlow(items ...[]any) bool {
	if w.flowLevel > 0 || len(items[0]) == 0 {
		return true
	}
	if w.flow != nil {
		return w.truth(w.flow)
	}
	for _, list := range items {
		for _, item := range list {
			if _, _, ok := yamlScalar(item); !ok {
				return false
			}
		}
	}
	return true
}

func (w *yamlWriter) list(items []any, c place) {
	if w.inFlow(items) {
		w.brackets("[", "]", len(items), func(i int) { w.node(items[i], place{}) })
		return
	}
	w.deeper(false, c.mapping && !w.indention, func() {
		for _, item := range items {
			w.writeIndent()
			w.indicator("-", true, false, true)
			w.node(item, place{})
		}
	})
}

func (w *yamlWriter) brackets(begin, end string, n int, item func(i int)) {
	w.indicator(begin, true, true, false)
	w.flowLevel++
	w.deeper(true, false, func() {
		for i := range n {
			if i > 0 {
				w.indicator(",", false, false, false)
			}
			if w.column > w.width {
				w.writeIndent()
			}
			item(i)
		}
	})
	w.flowLevel--
	w.indicator(end, false, false, false)
}

func (w *yamlWriter) mapping(d *dict) {
	if w.sort {
		d = w.byKey(d)
	}
	if w.inFlow(d.vals, d.keys) {
		w.brackets("{", "}", len(d.keys), func(i int) {
			if simple(d.keys[i]) {
				w.node(d.keys[i], place{mapping: true, simpleKey: true})
				w.indicator(":", false, false, false)
			} else {
				w.indicator("?", true, false, false)
				w.node(d.keys[i], place{mapping: true})
				if w.column > w.width {
					w.writeIndent()
				}
				w.indicator(":", true, false, false)
			}
			w.node(d.vals[i], place{mapping: true})
		})
		return
	}
	w.deeper(false, false, func() {
		for i, key := range d.keys {
			w.writeIndent()
			if simple(key) {
				w.node(key, place{mapping: true, simpleKey: true})
				w.indicator(":", false, false, false)
			} else {
				w.indicator("?", true, false, true)
				w.node(key, place{mapping: true})
				w.writeIndent()
				w.indicator(":", true, false, true)
			}
			w.node(d.vals[i], place{mapping: true})
		}
	})
}

// byKey returns the dict in the order of its keys, if they have one.
func (w *yamlWriter) byKey(d *dict) *dict {
	for i := range d.keys {
		if _, ok := w.order(d.keys[0], d.keys[i]); !ok {
			return d
		}
	}
	out := newDict()
	for _, key := range w.sorted(d.keys, false, nil) {
		value, _ := d.get(key)
		out.set(key, value)
	}
	return out
}

// simple tells whether a key needs no question mark.
func simple(key any) bool {
	text, _, ok := yamlScalar(key)
	return ok && len(text) <= 128 && !strings.ContainsAny(text, breaks)
}
