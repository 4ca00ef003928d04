package jinja

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"

	yaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// variables are those of a run, with what is known of their values.
type variables struct {
	raw      *dict // with a *lazy for each string that is a template
	resolved map[string]any
	texts    map[string]bool // that stay texts, whatever they look like
	// templates tells of names whether there is a template in their values.
	templates map[string]bool
	open      []string // that are being resolved, outermost first
}

// A lazy is a string of a file of variables that is a template.
type lazy struct {
	program *program // nil until it is parsed
	file    string
	data    string // of the file
	node    *yaml.Node
	used    []string // what it was made of; in a run that has a trace
}

func (v *variables) names() []string { return v.raw.names() }

// newVariables merges the layers.
func newVariables(source render.Source) (*variables, error) {
	merged := newDict()
	for _, f := range source.Vars {
		d, err := readVars(f)
		if err != nil {
			return nil, err
		}
		overlay(merged, d)
	}
	overlay(merged, convert(source.Values).(*dict))
	return &variables{
		raw: merged, resolved: map[string]any{}, texts: map[string]bool{}, templates: map[string]bool{},
	}, nil
}

// overlay lays over upon base.
func overlay(base, over *dict) {
	for i, key := range over.keys {
		value := over.vals[i]
		was, _ := base.get(key)
		from, fromOK := was.(*dict)
		onto, ontoOK := value.(*dict)
		if fromOK && ontoOK {
			merged := from.copy()
			overlay(merged, onto)
			value = merged
		}
		base.set(key, value)
	}
}

// readVars reads a file of values. Strings in it may be templates.
func readVars(f layouts.File) (*dict, error) {
	data := string(f.Data)
	docs, err := readYAML(data, func(n *yaml.Node) any {
		if isTemplate(n.Value) {
			return &lazy{file: f.Path, data: data, node: n}
		}
		return n.Value
	})
	switch {
	case err != nil:
		at := &render.Error{Err: err}
		errors.As(err, &at)
		at.File = f.Path
		return nil, at
	case len(docs) == 0 || len(docs) == 1 && docs[0] == nil:
		return newDict(), nil
	case len(docs) > 1:
		return nil, &render.Error{File: f.Path, Err: errors.New("a second document: keep one")}
	}
	d, ok := docs[0].(*dict)
	if !ok {
		return nil, &render.Error{File: f.Path, Line: 1, Err: errors.New("want a map of names to values")}
	}
	return d, nil
}

// isTemplate reports whether there is a template in the variable of a name.
func (v *variables) isTemplate(name string) bool {
	is, ok := v.templates[name]
	if !ok {
		value, _ := v.raw.get(name)
		is = holdsTemplate(value)
		v.templates[name] = is
	}
	return is
}

// holdsTemplate reports whether there is a template in a value.
func holdsTemplate(v any) bool {
	switch v := v.(type) {
	case *lazy:
		return true
	case *list:
		return slices.ContainsFunc(v.items, holdsTemplate)
	case *dict:
		return slices.ContainsFunc(v.vals, holdsTemplate)
	}
	return false
}

func isTemplate(s string) bool {
	return strings.Contains(s, "{{") || strings.Contains(s, "{%") || strings.Contains(s, "{#")
}

// convert returns a value of the caller as a value of templates; maps in the order of
// their keys. No string in it is a template.
func convert(v any) any {
	switch v := v.(type) {
	case nil, bool, string, float64, int64:
		return v
	case map[string]any:
		out := newDict()
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out.set(name, convert(v[name]))
		}
		return out
	case []any:
		out := &list{make([]any, len(v))}
		for i, item := range v {
			out.items[i] = convert(item)
		}
		return out
	}
	return convertTyped(reflect.ValueOf(v))
}

func convertTyped(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if n := v.Uint(); n > math.MaxInt64 {
			return float64(n)
		}
		return int64(v.Uint())
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.Bool:
		return v.Bool()
	case reflect.String:
		return v.String()
	case reflect.Slice, reflect.Array:
		items := make([]any, v.Len())
		for i := range items {
			items[i] = v.Index(i).Interface()
		}
		return convert(items)
	case reflect.Map:
		entries := map[string]any{}
		for key, item := range v.Seq2() {
			entries[fmt.Sprint(key.Interface())] = item.Interface()
		}
		return convert(entries)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return convert(v.Elem().Interface())
	}
	return &undefined{name: v.Type().String(), hint: "it is the type of a value that the caller passed; " +
		"templates know what JSON has"}
}

// variable returns the value of a variable, with the templates in it done.
func (r *run) variable(name string) (any, bool) {
	raw, ok := r.vars.raw.get(name)
	if !ok || r.hidden {
		return nil, false
	}
	value, ok := r.vars.resolved[name]
	if !ok {
		value = r.resolve(name, raw)
	}
	r.use(name)
	if !r.mutates {
		return value, true
	}
	own, ok := r.copies[name]
	if !ok {
		own = r.clone(value)
		r.copies[name] = own
	}
	return own, true
}

func (r *run) resolve(name string, raw any) any {
	if r.err != nil {
		return nil
	}
	if i := slices.Index(r.vars.open, name); i >= 0 {
		return r.failf("the variable %q needs itself: %s", name,
			strings.Join(append(slices.Clone(r.vars.open[i:]), name), " → "))
	}
	r.vars.open = append(r.vars.open, name)
	r.kept = false
	value := r.done(raw)
	r.vars.open = r.vars.open[:len(r.vars.open)-1]
	if isUndefined(r.err) {
		// As in Ansible, it matters only if somebody looks.
		value = &undefined{name: name, err: r.err}
		r.err, r.located = nil, false
	}
	if r.err == nil {
		r.vars.resolved[name] = value
		_, isTemplate := raw.(*lazy)
		r.vars.texts[name] = isTemplate && r.kept
	}
	return value
}

// done returns a value with the templates in it done.
func (r *run) done(raw any) any {
	if !r.enter() {
		return nil
	}
	defer r.leave()
	if text, ok := raw.(*lazy); ok {
		return r.force(text)
	}
	return rebuilt(raw, r.done)
}

// force renders a string of a file of variables.
func (r *run) force(l *lazy) any {
	if l.program == nil {
		l.program = &program{
			file: l.file, src: l.node.Value, line: l.node.Line, column: l.node.Column - 1,
			within: &scalar{l.data, l.node.Line, l.node.Column},
		}
		if !r.prepare(l.program, true, nil) {
			return nil
		}
	}
	outer := r.begin()
	value := r.value(l.program)
	l.used = r.take()
	r.end(outer)
	return value
}

var variablePattern = regexp.MustCompile(`^\{\{\s*([\pL\pN_]+)\s*\}\}\n?$`)

// keepText are the filters that make texts that stay texts, whatever they look like.
var keepText = []string{"string", "to_json", "to_nice_json", "to_yaml", "to_nice_yaml", "ppretty", "json"}

// passing are the filters that give a value as it is.
var passing = []string{"default", "d", "mandatory"}

// value returns what Ansible makes of the template of a variable: a text, but a list,
// a dict or a boolean if the text looks like one.
func (r *run) value(p *program) any {
	if m := variablePattern.FindStringSubmatch(p.src); m != nil {
		switch raw, ok := r.vars.raw.get(m[1]); v := raw.(type) {
		case bool, int64, float64:
			r.use(m[1])
			return v
		case nil:
			if ok {
				r.use(m[1])
				return nil
			}
		}
	}
	back := r.scope
	r.scope, r.reading = nil, true
	defer func() { r.scope = back }()
	var value any
	r.apart(false, func() {
		r.converting(true, func() *scope {
			value = r.block(func() { r.template(p, nil) })
			return nil
		})
	})
	if text, ok := value.(string); ok && r.err == nil {
		return padded(text, p)
	}
	return value
}

// converted returns the value that a text looks like.
func (r *run) converted(text string) any {
	looks := text == "True" || text == "False" || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")
	if looks && r.work(16*len(text)) { // a step reads four bytes of a literal
		if value, ok := literal(text); ok {
			return value
		}
	}
	return text
}

// padded returns text with as many newlines at its end as the template has, at
// least.
func padded(text string, p *program) string {
	return text + strings.Repeat("\n", max(0, p.newlines-newlines(text)))
}

// newlines returns how many newlines are at the end of a text.
func newlines(text string) int { return len(text) - len(strings.TrimRight(text, "\n")) }
