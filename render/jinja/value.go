package jinja

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Values are Python's: nil, bool, int64, float64, string, date, and the types here.
type (
	// A list is mutable and has an identity, as in Python.
	list struct{ items []any }
	// A tuple is a list that cannot change.
	tuple []any
	// A date is what YAML makes of 2026-01-31, in ISO form.
	date string
	// A view is what items(), keys() and values() of a dict return, and range().
	view struct {
		kind  string // dict_items, dict_keys, dict_values or range
		items []any
		text  string // of a range, as Python prints it
	}
	// A namespace holds what {% set ns.name = … %} sets.
	namespace struct{ *dict }
	// A callable is a macro, a method that is bound to its value, or a cycler.
	callable struct {
		name string
		call func(r *run, a *args) any
		data *dict // what a macro tells of itself
	}
	// An object is something with attributes only: loop, or an imported template.
	object struct {
		kind  string
		attrs *dict
		made  map[any]made // of which the attributes were made
	}
	// allVars is the variable vars: all variables by their names.
	allVars struct{}
	// An undefined stands for a name or key that is not there. Whatever looks at it
	// fails, except default, "is defined" and further attributes.
	undefined struct {
		name string // as the template has it
		near []string
		hint string
		err  error    // why a variable that is there has no value
		made []string // what it was looked up in was made of
		soft bool     // it is empty instead of an error
	}
)

// A dict keeps the order in which keys were set.
type dict struct {
	keys, vals []any
	index      map[any]int
}

func newDict() *dict { return &dict{index: map[any]int{}} }

// dictOf returns a dict of names and values in turn.
func dictOf(pairs ...any) *dict {
	d := newDict()
	for i := 0; i+1 < len(pairs); i += 2 {
		d.set(pairs[i], pairs[i+1])
	}
	return d
}

// hashKey returns what stands for key in an index: 1, 1.0 and True are one key. It
// is false for what Python cannot hash.
func hashKey(key any) (any, bool) {
	switch k := key.(type) {
	case bool:
		return toInt(k), true
	case float64:
		if k == math.Trunc(k) && math.Abs(k) < 1<<53 {
			return int64(k), true
		}
		return k, true
	case nil, int64, string, date:
		return k, true
	case tuple:
		return hashTuple(k)
	case *callable, *object:
		return k, true
	case *view:
		if k.text != "" {
			return tupleKey(k.text), true
		}
		return k, k.kind == "dict_values"
	}
	return nil, false
}

type tupleKey string

func hashTuple(t tuple) (any, bool) {
	var b strings.Builder
	for _, item := range t {
		key, ok := hashKey(item)
		if !ok || b.Len() > maxValue {
			return nil, false
		}
		text := new(printer).text(key)
		b.WriteString(pyRepr(text))
		b.WriteString(typeName(item))
	}
	return tupleKey(b.String()), true
}

func (d *dict) get(key any) (any, bool) {
	k, ok := hashKey(key)
	if !ok {
		return nil, false
	}
	i, ok := d.index[k]
	if !ok {
		return nil, false
	}
	return d.vals[i], true
}

// set returns false if key cannot be hashed.
func (d *dict) set(key, val any) bool {
	k, ok := hashKey(key)
	if !ok {
		return false
	}
	if i, ok := d.index[k]; ok {
		d.vals[i] = val
		return true
	}
	d.index[k] = len(d.keys)
	d.keys = append(d.keys, key)
	d.vals = append(d.vals, val)
	return true
}

func (d *dict) del(key any) {
	k, _ := hashKey(key)
	i, ok := d.index[k]
	if !ok {
		return
	}
	d.keys, d.vals = slices.Delete(d.keys, i, i+1), slices.Delete(d.vals, i, i+1)
	delete(d.index, k)
	for name, at := range d.index {
		if at > i {
			d.index[name] = at - 1
		}
	}
}

func (d *dict) copy() *dict {
	out := newDict()
	for i, key := range d.keys {
		out.set(key, d.vals[i])
	}
	return out
}

func (d *dict) items() []any {
	out := make([]any, len(d.keys))
	for i := range d.keys {
		out[i] = tuple{d.keys[i], d.vals[i]}
	}
	return out
}

// names returns the keys that are strings.
func (d *dict) names() []string {
	var names []string
	for _, key := range d.keys {
		if s, ok := key.(string); ok {
			names = append(names, s)
		}
	}
	return names
}

func toInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// typeName returns the name of the Python type.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case date:
		return "date"
	case *list:
		return "list"
	case tuple:
		return "tuple"
	case *dict:
		return "dict"
	case *view:
		return v.kind
	case *object:
		return v.kind
	case *undefined:
		return "AnsibleUndefined"
	case *namespace:
		return "Namespace"
	case allVars:
		return "dict"
	}
	return "function"
}

// sequence returns the items of a list, a tuple or a view.
func sequence(v any) ([]any, bool) {
	switch v := v.(type) {
	case *list:
		return v.items, true
	case tuple:
		return v, true
	case *view:
		return v.items, true
	}
	return nil, false
}

// number returns an int64 or a float64 for a number, where True is 1.
func number(v any) (any, bool) {
	switch v := v.(type) {
	case bool:
		return toInt(v), true
	case int64, float64:
		return v, true
	}
	return nil, false
}

func toFloat(v any) float64 {
	switch v := v.(type) {
	case bool:
		return float64(toInt(v))
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// iterate returns what a loop over v sees.
func (r *run) iterate(v any) []any {
	if !r.work(size(v)) {
		return nil
	}
	if items, ok := sequence(v); ok {
		return slices.Clone(items)
	}
	switch v := v.(type) {
	case *dict:
		return slices.Clone(v.keys)
	case string:
		if !r.collect(utf8.RuneCountInString(v)) {
			return nil
		}
		var items []any
		for _, c := range v {
			if r.err != nil {
				return nil
			}
			items = append(items, string(c))
		}
		return items
	case *undefined:
		if !v.soft {
			r.failUndefined(v)
		}
		return nil
	}
	r.failf("'%s' object is not iterable", typeName(v))
	return nil
}

// truth is Python's bool().
func (r *run) truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case *dict:
		return len(v.keys) > 0
	case *undefined:
		if !v.soft {
			r.failUndefined(v)
		}
		return false
	}
	if items, ok := sequence(v); ok {
		return len(items) > 0
	}
	return true
}

// clone returns a deep copy of what can be changed in v.
func (r *run) clone(v any) any {
	if !r.enter() {
		return nil
	}
	defer r.leave()
	return rebuilt(v, r.clone)
}

// rebuilt returns v, a list or a dict of what item makes of what is in it; anything else as
// it is.
func rebuilt(v any, item func(any) any) any {
	switch v := v.(type) {
	case *list:
		out := &list{make([]any, len(v.items))}
		for i, one := range v.items {
			out.items[i] = item(one)
		}
		return out
	case *dict:
		out := newDict()
		for i, key := range v.keys {
			out.set(key, item(v.vals[i]))
		}
		return out
	}
	return v
}
