package jinja

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// equal is Python's ==.
func (r *run) equal(a, b any) bool {
	r.defined(a, b)
	if !r.enter() {
		return false
	}
	defer r.leave()
	x, xOK := number(a)
	y, yOK := number(b)
	if xOK || yOK {
		return xOK && yOK && !isNaN(x) && !isNaN(y) && orderNumbers(x, y) == 0
	}
	switch a := a.(type) {
	case *list:
		b, ok := b.(*list)
		return ok && r.equalItems(a.items, b.items)
	case tuple:
		b, ok := b.(tuple)
		return ok && r.equalItems(a, b)
	case *view:
		b, ok := b.(*view)
		return ok && r.equalViews(a, b)
	case *dict:
		b, ok := b.(*dict)
		return ok && r.equalDicts(a, b)
	case nil, string, date, *callable, *object, *namespace, *loopState:
		return !uncomparable(b) && a == b
	}
	return false
}

func uncomparable(v any) bool {
	_, ok := v.(tuple)
	return ok
}

// equalViews compares keys and items as sets, and values by identity.
func (r *run) equalViews(a, b *view) bool {
	switch {
	case a.kind != b.kind || len(a.items) != len(b.items) || a.kind == "dict_values":
		return a == b
	case a.kind == "range":
		return r.equalItems(a.items, b.items)
	}
	return !slices.ContainsFunc(a.items, func(v any) bool { return r.indexOf(b.items, v) < 0 })
}

func (r *run) equalItems(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !r.equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func (r *run) equalDicts(a, b *dict) bool {
	if len(a.keys) != len(b.keys) {
		return false
	}
	for i, key := range a.keys {
		other, ok := b.get(key)
		if !ok || !r.equal(a.vals[i], other) {
			return false
		}
	}
	return true
}

// contains is Python's "v in container".
func (r *run) contains(container, v any) bool {
	r.defined(container)
	switch c := container.(type) {
	case string:
		s, ok := v.(string)
		if !ok {
			r.defined(v)
			r.failf("'in <string>' requires string as left operand, not %s", typeName(v))
			return false
		}
		return strings.Contains(c, s)
	case *dict:
		_, ok := c.get(r.hashable(v))
		return ok
	case *view:
		if c.kind == "dict_keys" {
			r.hashable(v)
		}
	}
	if _, ok := container.(allVars); ok {
		_, ok := r.vars.raw.get(v)
		return ok
	}
	items, ok := sequence(container)
	if !ok {
		r.failf("argument of type '%s' is not iterable", typeName(container))
	}
	for _, item := range items {
		if r.equal(item, v) {
			return r.err == nil
		}
		if r.err != nil {
			break
		}
	}
	return false
}

// hashable returns v, and fails if it cannot be a key.
func (r *run) hashable(v any) any {
	r.defined(v)
	if _, ok := hashKey(v); !ok {
		r.failf("unhashable type: '%s'", typeName(v))
	}
	return v
}

// length is Python's len().
func (r *run) length(v any) (int, bool) {
	if items, ok := sequence(v); ok {
		return len(items), true
	}
	switch v := v.(type) {
	case string:
		return utf8.RuneCountInString(v), true
	case *dict:
		return len(v.keys), true
	case *undefined:
		if v.soft {
			return 0, true
		}
		r.failUndefined(v)
	}
	return 0, false
}

// slice is Python's v[start:end:step].
func (r *run) slice(v, start, end, step any) any {
	if u, ok := v.(*undefined); ok {
		return u
	}
	s, isString := v.(string)
	items, ok := sequence(v)
	if isString {
		items = r.iterate(s)
	} else if !ok || isView(v) {
		return r.failf("'%s' object cannot be sliced", typeName(v))
	}
	out := r.cut(items, start, end, step)
	switch {
	case r.err != nil:
		return nil
	case isString:
		return r.joinStrings(out)
	}
	if _, ok := v.(tuple); ok {
		return tuple(out)
	}
	return &list{out}
}

func (r *run) joinStrings(items []any) any {
	var b strings.Builder
	for _, item := range items {
		s, _ := item.(string)
		b.WriteString(s)
	}
	return b.String()
}

func (r *run) cut(items []any, start, end, step any) []any {
	by := r.bound(step, 1)
	if by == 0 {
		r.failf("slice step cannot be zero")
		return nil
	}
	n := int64(len(items))
	low, high := int64(0), n
	first, last := low, high
	if by < 0 {
		low, high = -1, n-1
		first, last = high, low
	}
	first = clamp(r.bound(start, math.MaxInt64), first, low, high, n)
	last = clamp(r.bound(end, math.MaxInt64), last, low, high, n)
	var out []any
	for i := first; r.step() && (by > 0 && i < last || by < 0 && i > last); i += by {
		out = append(out, items[i])
		if by > n || by < -n {
			break
		}
	}
	return out
}

// bound returns a part of a slice, def if it is not there.
func (r *run) bound(v any, def int64) int64 {
	switch v := v.(type) {
	case nil:
		return def
	case int64:
		return v
	case bool:
		return toInt(v)
	}
	r.defined(v)
	r.failf("slice indices must be integers")
	return def
}

// clamp makes a bound of a slice an index between low and high; missing ones are
// def.
func clamp(i, def, low, high, n int64) int64 {
	if i == math.MaxInt64 {
		return def
	}
	if i < 0 {
		i += n
	}
	return min(max(i, low), high)
}
