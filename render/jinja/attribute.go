package jinja

import (
	"cmp"
	"fmt"
	"unicode/utf8"
)

// attribute returns v.name: a method, or else what v[name] is.
func (r *run) attribute(v any, name string, of expr) any {
	if value, ok := r.method(v, name); ok {
		return value
	}
	return r.entry(v, name, of)
}

// item returns v[key], or else the method of that name.
func (r *run) item(v, key any, of expr) any {
	if u, ok := key.(*undefined); ok {
		if _, chained := v.(*undefined); !chained {
			r.failUndefined(u)
		}
		return v
	}
	switch v.(type) {
	case *dict, *list, tuple, string:
		value := r.entry(v, key, of)
		if _, missing := value.(*undefined); !missing {
			return value
		}
		if name, ok := key.(string); ok {
			if method, ok := r.method(v, name); ok {
				return method
			}
		}
		return value
	}
	if name, ok := key.(string); ok {
		return r.attribute(v, name, of)
	}
	return r.entry(v, key, of)
}

// method returns an attribute that values of a type have.
func (r *run) method(v any, name string) (any, bool) {
	var f builtin
	switch v := v.(type) {
	case string:
		f = r.lib.strings[name]
	case *list:
		f = r.lib.lists[name]
	case *dict:
		f = r.lib.dicts[name]
	case *loopState:
		return v.attribute(r, name)
	case *callable:
		if v.data != nil {
			return v.data.get(name)
		}
	case *object:
		return v.attrs.get(name)
	case *namespace:
		return v.get(name)
	case tuple:
		if _, ok := groupParts[name]; ok && isGroup(v) {
			return v[groupParts[name]], true
		}
		f = r.lib.lists[name]
	case allVars:
		if name == "get" {
			return &callable{name: "built-in method get", call: varsGet}, true
		}
	}
	if f == nil {
		return nil, false
	}
	if _, ok := v.(tuple); ok && name != "index" && name != "count" {
		return nil, false
	}
	return &callable{name: "built-in method " + name, call: func(r *run, a *args) any {
		return r.invoke(name+"()", f, v, a)
	}}, true
}

// groupParts are the attributes of what groupby gives.
var groupParts = map[string]int{"grouper": 0, "list": 1}

// isGroup reports whether v looks like what groupby gives.
func isGroup(v tuple) bool {
	if len(v) != 2 {
		return false
	}
	_, ok := v[1].(*list)
	return ok
}

func varsGet(r *run, a *args) any {
	name, def := a.needStr("key"), a.raw("default", nil)
	if value, ok := r.variable(name); ok {
		return value
	}
	return def
}

// entry returns v[key].
func (r *run) entry(v, key any, of expr) any {
	switch v := v.(type) {
	case *undefined:
		return v
	case *dict:
		if value, ok := v.get(key); ok {
			return value
		}
		return r.missing(v.names(), key, of)
	case string:
		r.work(len(v))
		return r.index(v, utf8.RuneCountInString(v), key, of, func(i int) any {
			if i < len(v) && utf8.RuneCountInString(v) == len(v) {
				return v[i : i+1]
			}
			return string([]rune(v)[i])
		})
	}
	if _, ok := v.(allVars); ok {
		if value, ok := r.variable(r.str(key)); ok {
			return value
		}
		return r.missing(r.vars.names(), key, of)
	}
	if items, ok := sequence(v); ok && !isView(v) {
		return r.index(v, len(items), key, of, func(i int) any { return items[i] })
	}
	return r.noEntry(key, of, kindOf(v)+", not a map")
}

// isView reports whether v is a view of a dict, whose items have no index.
func isView(v any) bool {
	view, ok := v.(*view)
	return ok && view.text == ""
}

// index returns the item of v, which has n, with a key.
func (r *run) index(v any, n int, key any, of expr, at func(int) any) any {
	if b, ok := key.(bool); ok {
		key = toInt(b)
	}
	i, ok := key.(int64)
	if ok && i < 0 {
		i += int64(n)
	}
	switch {
	case !ok:
		return r.noEntry(key, of, kindOf(v)+", not a map")
	case i >= 0 && i < int64(n):
		return at(int(i))
	case kindOf(v) == "a list":
		return r.noEntry(key, of, fmt.Sprintf("a list of %d, counted from 0", n))
	}
	return r.noEntry(key, of, "a text that is shorter")
}

// noEntry returns the value of an entry with a key of what is a what, and cannot have it.
func (r *run) noEntry(key any, of expr, what string) any {
	path := pathOf(of)
	return &undefined{
		name: withEntry(path, key, r.str(key)), hint: cmp.Or(path, "what it is looked up in") + " is " + what,
	}
}

// pathOf returns the path that x is, as a.b[0]; "" if it is none.
func pathOf(x expr) string {
	switch n := x.(type) {
	case *name:
		return n.name
	case *attribute:
		if path := pathOf(n.x); path != "" {
			return withEntry(path, nil, n.name)
		}
	case *item:
		key, ok := n.key.(*constant)
		if path := pathOf(n.x); ok && path != "" {
			return withEntry(path, key.value, new(printer).text(key.value))
		}
	}
	return ""
}

// withEntry returns the path of an entry with a key, and its text, of what is at a path.
func withEntry(path string, key any, text string) string {
	_, isIndex := key.(int64)
	switch {
	case path == "":
		return text
	case isIndex:
		return path + "[" + text + "]"
	}
	return path + "." + text
}

// kindOf returns what a value is, as people say.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string, date:
		return "a text"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case *dict:
		return "a map"
	case *list, tuple, *view:
		return "a list"
	}
	return "a " + typeName(v)
}

// missing returns the value of a key that is not there.
func (r *run) missing(known []string, key any, of expr) any {
	prefix := dottedPath(of)
	u := &undefined{name: prefix + r.str(key)}
	for _, name := range known {
		u.near = append(u.near, prefix+name)
	}
	return u
}

// attribute returns what loop.name is.
func (l *loopState) attribute(_ *run, name string) (any, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.i + 1), true
	case "index0":
		return int64(l.i), true
	case "first":
		return l.i == 0, true
	case "last":
		return l.i == n-1, true
	case "length":
		return int64(n), true
	case "revindex":
		return int64(n - l.i), true
	case "revindex0":
		return int64(n - l.i - 1), true
	case "depth":
		return int64(l.depth), true
	case "depth0":
		return int64(l.depth - 1), true
	case "previtem":
		return l.neighbour(l.i-1, name), true
	case "nextitem":
		return l.neighbour(l.i+1, name), true
	case "cycle":
		return &callable{name: "loop.cycle", call: l.cycle}, true
	case "changed":
		return &callable{name: "loop.changed", call: l.isChanged}, true
	}
	return nil, false
}

func (l *loopState) neighbour(i int, name string) any {
	if i < 0 || i >= len(l.items) {
		return &undefined{name: "loop." + name, hint: "the loop has no such item"}
	}
	return l.items[i]
}

func (l *loopState) cycle(r *run, a *args) any {
	values := a.rest()
	if len(values) == 0 {
		return r.failf("no items for cycling given")
	}
	return values[l.i%len(values)]
}

func (l *loopState) isChanged(r *run, a *args) any {
	value := tuple(a.rest())
	if l.begun && r.equal(l.changed, value) {
		return false
	}
	l.changed, l.begun = value, true
	return true
}
