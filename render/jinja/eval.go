package jinja

import (
	"slices"
	"strings"
)

func (x *constant) eval(*run) any { return x.value }

func (x *name) eval(r *run) any {
	r.kept = false
	if value, ok := r.scope.get(x.name); ok {
		r.useScope(x.name)
		return value
	}
	if value, ok := r.lookup(x.name); ok {
		r.kept = r.vars.texts[x.name]
		return value
	}
	return r.unknown(x.name)
}

// lookup returns the value of a name.
func (r *run) lookup(name string) (any, bool) {
	if value, ok := r.scope.get(name); ok {
		r.useScope(name)
		return value, true
	}
	value, ok := r.variable(name)
	if !ok && name == "vars" && !r.hidden {
		return allVars{}, true
	}
	return value, ok
}

// unknown returns the value of a name that nobody set. A function is no value: a
// template that prints namespace wants a variable of that name.
func (r *run) unknown(name string) any {
	u := &undefined{name: name, near: r.names()}
	if r.lib.globals[name] != nil {
		u.hint = "it is a function; a variable of that name must be set"
	} else if isString(name, "now", "lipsum") {
		u.hint = absent(name)
	}
	if _, isSet := r.vars.raw.get(name); isSet && r.hidden {
		u.near = nil
		u.hint = "what is imported sees no variables: import it with context, or pass the value to the macro"
	}
	return u
}

// names returns all names that have a value here.
func (r *run) names() []string {
	names := r.vars.names()
	for s := r.scope; s != nil; s = s.outer {
		for name := range s.vars {
			names = append(names, name)
		}
	}
	return names
}

func (x *attribute) eval(r *run) any {
	from := r.now()
	value := r.eval(x.x)
	if r.err != nil {
		return nil
	}
	entry := r.attribute(value, x.name, x.x)
	r.useEntry(from, r.now(), x.x, value, x.name, entry)
	return entry
}

func (x *item) eval(r *run) any {
	from := r.now()
	value := r.eval(x.x)
	to := r.now()
	key := r.eval(x.key)
	if r.err != nil {
		return nil
	}
	entry := r.item(value, key, x.x)
	r.useEntry(from, to, x.x, value, key, entry)
	return entry
}

func (x *slice) eval(r *run) any {
	value := r.eval(x.x)
	return r.slice(value, r.eval(x.start), r.eval(x.end), r.eval(x.step))
}

func (x *call) eval(r *run) any {
	a := r.arguments(&x.args)
	return r.callValue(x.x, a)
}

// callValue calls what x is: a function by its name, or a value.
func (r *run) callValue(x expr, a *args) any {
	if r.err != nil {
		return nil
	}
	if n, ok := x.(*name); ok {
		if _, ok := r.lookup(n.name); !ok && r.lib.globals[n.name] != nil {
			return r.invoke(n.name, r.lib.globals[n.name], nil, a)
		}
	}
	switch f := r.eval(x).(type) {
	case *callable:
		return f.call(r, a)
	case *loopState:
		if f.recurse != nil {
			return f.recurse.call(r, a)
		}
		return r.failf("the loop is not recursive")
	case *undefined:
		if n, ok := x.(*name); ok {
			f.near = append(f.near, keys(r.lib.globals)...)
			f.name = n.name
		}
		r.failUndefined(f)
		return nil
	default:
		return r.failf("%s is not a function", typeName(f))
	}
}

// A builtin is a filter, a test, a method or a global function. v is what a filter
// or test is applied to, or the value of the method.
type builtin func(r *run, v any, a *args) any

// invoke calls f and checks that it took all arguments.
func (r *run) invoke(what string, f builtin, v any, a *args) any {
	if r.err != nil || !r.work(size(v)) {
		return nil
	}
	value := f(r, v, a)
	a.done(what)
	return value
}

// size returns about how many bytes v takes itself, without what it holds.
func size(v any) int {
	if s, ok := v.(string); ok {
		return len(s)
	}
	if d, ok := v.(*dict); ok {
		return 64 * len(d.keys)
	}
	items, _ := sequence(v)
	return 16 * len(items)
}

func (x *filter) eval(r *run) any {
	value, kept := r.filter, false
	if x.x != nil {
		value = r.eval(x.x)
		kept = r.kept
	}
	out := r.apply(x.name, value, r.arguments(&x.args))
	r.kept = r.keeps(x, kept, value, out)
	return out
}

// keeps reports whether what the filter x makes must stay a text; kept, whether value must.
func (r *run) keeps(x *filter, kept bool, value, out any) bool {
	if short := shortName(x.name); !isString(short, passing...) {
		return isString(short, keepText...)
	}
	if _, missing := value.(*undefined); !missing {
		before, isText := value.(string)
		return kept && isText && out == any(before)
	}
	if len(x.args.positional) == 0 {
		return false
	}
	switch def := x.args.positional[0].(type) {
	case *filter:
		return isString(shortName(def.name), keepText...)
	case *name:
		return r.vars.texts[def.name]
	}
	return false
}

// apply applies a filter to a value.
func (r *run) apply(name string, value any, a *args) any {
	short := shortName(name)
	f := r.lib.filters[short]
	if f == nil {
		return r.unknownName("filter", name, hint(short, r.lib.filters))
	}
	if u, ok := value.(*undefined); ok && (!u.soft && !lenient[short] || isTold(u)) {
		r.failUndefined(u)
	}
	return unrolled(r.invoke("the filter "+name, f, value, a))
}

// unrolled returns a list for a view: Ansible does so with what filters give.
func unrolled(v any) any {
	if view, ok := v.(*view); ok {
		return &list{view.items}
	}
	return v
}

func (x *test) eval(r *run) any {
	value := r.eval(x.x)
	return r.test(x.name, value, r.arguments(&x.args))
}

// test applies a test to a value.
func (r *run) test(name string, value any, a *args) bool {
	short := shortName(name)
	f := r.lib.tests[short]
	if f == nil {
		r.unknownName("test", name, hint(short, r.lib.tests))
		return false
	}
	if isTold(value) {
		r.fail(errTold)
	}
	ok, _ := r.invoke("the test "+name, f, value, a).(bool)
	return ok
}

func (x *unary) eval(r *run) any {
	value := r.eval(x.x)
	if x.op == "not" {
		r.suspect(x.x, value)
		return !r.truth(value)
	}
	return r.negate(x.op, value)
}

func (x *binary) eval(r *run) any {
	left := r.operand(x.left)
	right := r.operand(x.right)
	if r.err != nil {
		return nil
	}
	return r.binary(x.op, left, right)
}

func (x *logic) eval(r *run) any {
	left := r.eval(x.left)
	r.suspect(x.left, left)
	if r.truth(left) != (x.op == "and") || r.err != nil {
		r.at(x.left)
		return left
	}
	return r.eval(x.right)
}

func (x *comparison) eval(r *run) any {
	left := r.eval(x.x)
	for i, op := range x.ops {
		right := r.eval(x.with[i])
		if r.err != nil || !r.compare(op, left, right) {
			return false
		}
		left = right
	}
	return true
}

func (x *concat) eval(r *run) any {
	total, told := 0, false
	parts := make([]string, len(x.parts))
	for i, part := range x.parts {
		value := r.operand(part)
		if isTold(value) { // so are those of the other parts
			told = true
			continue
		}
		parts[i] = r.str(value)
		r.at(part)
		total += len(parts[i])
	}
	if told {
		return r.fail(errTold)
	}
	return r.join(parts, "", total)
}

func (x *conditional) eval(r *run) any {
	switch {
	case r.holds(x.test):
		return r.eval(x.yes)
	case r.err != nil:
		return nil
	case x.no == nil:
		return &undefined{name: "else", hint: "the condition is false and there is no else", soft: true}
	}
	return r.eval(x.no)
}

func (r *run) all(items []expr) []any {
	out := make([]any, len(items))
	for i, x := range items {
		out[i] = r.eval(x)
	}
	return out
}

func (x *listExpr) eval(r *run) any { return &list{r.all(x.items)} }

func (x *tupleExpr) eval(r *run) any { return tuple(r.all(x.items)) }

func (x *dictExpr) eval(r *run) any {
	d := newDict()
	for i := range x.keys {
		key := r.eval(x.keys[i])
		if value := r.eval(x.vals[i]); !d.set(key, value) {
			return r.failf("unhashable type: '%s'", typeName(key))
		}
	}
	return d
}

// dottedPath returns the names in an expression such as a.b.c, with a dot at the end; ""
// for other expressions.
func dottedPath(x expr) string {
	var parts []string
	for {
		switch n := x.(type) {
		case *name:
			parts = append(parts, n.name)
			slices.Reverse(parts)
			return strings.Join(parts, ".") + "."
		case *attribute:
			parts = append(parts, n.name)
			x = n.x
		case *item:
			key, ok := n.key.(*constant)
			s, isString := "", false
			if ok {
				s, isString = key.value.(string)
			}
			if !isString {
				return ""
			}
			parts = append(parts, s)
			x = n.x
		default:
			return ""
		}
	}
}
