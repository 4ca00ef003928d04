package jinja

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf16"
)

// A jsonWriter writes values as Python's json.dumps does.
type jsonWriter struct {
	*run
	b           strings.Builder
	indent      string
	pretty      bool
	sort, ascii bool
	comma       string
	level       int
}

func toJSON(r *run, v any, a *args) any {
	return r.writeJSON(v, a, &jsonWriter{run: r, ascii: true, comma: ", "})
}

func toNiceJSON(r *run, v any, a *args) any {
	w := &jsonWriter{run: r, ascii: true, comma: ",", pretty: true, sort: true, indent: "    "}
	return r.writeJSON(v, a, w)
}

var htmlEscapes = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`)

// htmlJSON is Jinja's tojson: its text may stand in HTML.
func htmlJSON(r *run, v any, a *args) any {
	indent, ok := a.take("indent")
	if ok {
		a.names, a.named = append(a.names, "indent"), append(a.named, indent)
	}
	text, _ := r.writeJSON(v, a, &jsonWriter{run: r, ascii: true, comma: ", ", sort: true}).(string)
	return r.made1(htmlEscapes.Replace(text))
}

func (r *run) writeJSON(v any, a *args, w *jsonWriter) any {
	nice := w.pretty
	indent, ok := a.takeNamed("indent")
	if nice && !ok {
		indent, ok = a.take("indent")
	}
	if ok {
		n, _ := indent.(int64)
		w.pretty = indent != nil
		w.indent = strings.Repeat(" ", int(min(max(n, 0), 100)))
		w.comma = ","
	}
	if sort, ok := a.takeNamed("sort_keys"); ok {
		w.sort = r.truth(sort)
	} else if nice {
		w.sort = a.bool("sort_keys", w.sort)
	}
	if ascii, ok := a.takeNamed("ensure_ascii"); ok {
		w.ascii = r.truth(ascii)
	}
	colon := ": "
	if pair, ok := a.takeNamed("separators"); ok && nice {
		return r.failf("to_nice_json: separators are given already")
	} else if ok {
		if items, _ := sequence(pair); len(items) == 2 {
			w.comma, colon = r.str(items[0]), r.str(items[1])
		}
	}
	w.value(v, colon)
	return r.made1(w.b.String())
}

func (w *jsonWriter) value(v any, colon string) {
	if !w.enter() {
		return
	}
	defer w.leave()
	if w.b.Len() > maxValue {
		w.charge(w.b.Len())
		return
	}
	switch v := v.(type) {
	case *dict:
		w.dict(v, colon)
		return
	case *undefined:
		w.failUndefined(v)
		return
	}
	items, ok := sequence(v)
	if _, isView := v.(*view); ok && !isView {
		w.nested("[", "]", len(items), func(i int) { w.value(items[i], colon) })
		return
	}
	text, ok := w.scalar(v)
	if !ok {
		w.failf("to_json: cannot represent a %s", typeName(v))
	}
	w.b.WriteString(text)
}

func (w *jsonWriter) scalar(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "null", true
	case bool, int64:
		return strings.ToLower(w.str(v)), true
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN", true
		case math.IsInf(v, 0):
			return strings.Replace(strings.Replace(w.str(v), "inf", "Infinity", 1), "+", "", 1), true
		}
		return w.str(v), true
	case string:
		return w.quoted(v), true
	case date:
		return w.quoted(strings.Replace(string(v), " ", "T", 1)), true
	}
	return "", false
}

func (w *jsonWriter) dict(d *dict, colon string) {
	order := d.keys
	if w.sort {
		order = w.sorted(d.keys, false, nil)
	}
	w.nested("{", "}", len(order), func(i int) {
		key, ok := w.scalar(order[i])
		if !ok {
			w.failf("to_json: keys must be str, int, float, bool or None, not %s", typeName(order[i]))
			return
		}
		if _, isString := order[i].(string); !isString {
			key = w.quoted(key)
		}
		w.b.WriteString(key + colon)
		value, _ := d.get(order[i])
		w.value(value, colon)
	})
}

func (w *jsonWriter) nested(begin, end string, n int, item func(i int)) {
	w.b.WriteString(begin)
	if n == 0 {
		w.b.WriteString(end)
		return
	}
	w.level++
	for i := range n {
		if i > 0 {
			w.b.WriteString(w.comma)
		}
		w.newline()
		if item(i); w.err != nil {
			return
		}
	}
	w.level--
	w.newline()
	w.b.WriteString(end)
}

func (w *jsonWriter) newline() {
	if w.pretty {
		w.b.WriteString("\n" + strings.Repeat(w.indent, w.level))
	}
}

func (w *jsonWriter) quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch i := strings.IndexRune("\"\\\n\r\t\b\f", c); {
		case i >= 0:
			b.WriteString(`\` + `"\nrtbf`[i:i+1])
		case c < ' ' || w.ascii && c > '~' && c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		case w.ascii && c >= 0x10000:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func fromJSON(r *run, v any, _ *args) any {
	text, ok := v.(string)
	if !ok {
		return r.failf("from_json: want a string, have %s", typeName(v))
	}
	if !r.parses("from_json", text, 64*len(text)) {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	value, err := readJSON(decoder, 0)
	if err == nil {
		if _, end := decoder.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("extra data after the value")
		}
	}
	if err != nil {
		return r.failf("from_json: %w", err)
	}
	return value
}

// readJSON returns the next value, with the order of its keys.
func readJSON(decoder *json.Decoder, depth int) (any, error) {
	if depth > 1000 {
		return nil, errors.New("over 1000 lists and maps, one within another")
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return n, nil
		}
		return t.Float64()
	case json.Delim:
		if t == '{' {
			return readJSONDict(decoder, depth)
		}
		out := &list{}
		for decoder.More() {
			item, err := readJSON(decoder, depth+1)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, item)
		}
		_, err := decoder.Token()
		return out, err
	}
	return token, nil
}

func readJSONDict(decoder *json.Decoder, depth int) (any, error) {
	out := newDict()
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		value, err := readJSON(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		out.set(key, value)
	}
	_, err := decoder.Token()
	return out, err
}
