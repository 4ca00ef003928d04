package jinja

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/nearest"
)

func (s *text) exec(r *run) {
	r.kept = false
	r.write(s.text)
}

func (s *printed) exec(r *run) {
	if r.discards() {
		return
	}
	value := r.eval(s.x)
	text := r.printed(value)
	if r.source.Print != nil && r.err == nil && len(r.vars.open) == 0 {
		text = r.source.Print(s.told(r, value, text))
	}
	r.write(text)
}

// printed returns what the template shows of a value: nothing for None.
func (r *run) printed(v any) string {
	if v == nil {
		return ""
	}
	return r.str(unrolled(v))
}

func (s *branches) exec(r *run) {
	for i, test := range s.tests {
		if r.holds(test) {
			r.exec(s.bodies[i])
			return
		}
		if r.err != nil {
			return
		}
	}
	r.exec(s.other)
}

// holds evaluates a condition.
func (r *run) holds(x expr) bool {
	value := r.eval(x)
	ok := r.truth(value)
	r.at(x)
	r.suspect(x, value)
	return ok && r.err == nil
}

// falseTexts are texts that look false, and are true in a condition.
var falseTexts = []string{"false", "no", "off", "0", "none", "null"}

// suspect warns of a condition that holds for a text such as "false": -e name=false gives
// a text, as it does in Ansible.
func (r *run) suspect(x expr, value any) {
	text, _ := value.(string)
	if r.opts.Warn == nil || r.err != nil || !slices.Contains(falseTexts, strings.ToLower(text)) {
		return
	}
	if l, ok := x.(*logic); ok && l.op == "and" {
		x = l.right // which a value that holds is that of
	}
	if f, ok := x.(*filter); ok && isString(shortName(f.name), "default", "d") {
		x = f.x
	}
	what := strings.TrimSuffix(dottedPath(x), ".")
	if what == "" {
		return
	}
	r.opts.Warn(r.tpl.errorAt(x.at(), fmt.Errorf("%s is a text that looks false, and is true in a "+
		"condition: write %[1]s | bool, or pass a boolean (-e '{\"%[1]s\": false}')", what)))
}

// A loopState is the variable loop.
type loopState struct {
	items   []any
	i       int
	depth   int
	recurse *callable // of a recursive loop
	changed any
	begun   bool // changed holds something
}

func (s *loop) exec(r *run) {
	over, of := r.evalMade(s.over)
	items := r.iterate(over)
	if r.err != nil {
		r.locate(s.over.at())
		return
	}
	_, isList := over.(*list)
	of.alias = of.alias && isList && s.test == nil
	s.run(r, items, of, 1)
}

// run runs the loop over items, which were made of something; depth counts the levels of a
// recursive one.
func (s *loop) run(r *run, items []any, of made, depth int) {
	if s.test != nil {
		items = s.only(r, items, of)
	}
	state := &loopState{items: items, depth: depth}
	if s.recursive {
		state.recurse = &callable{name: "loop", call: func(r *run, a *args) any {
			inner := r.iterate(a.any("iterable", nil))
			return r.capture(func() { s.run(r, inner, made{paths: of.paths}, depth+1) })
		}}
	}
	outer := r.scope
	for i := range items {
		if !r.step() {
			return
		}
		state.i = i
		r.within(outer, func() {
			if s.named {
				r.scope.set("loop", state)
			}
			r.assign(s.target, items[i], of.item(i))
			r.exec(s.body)
		})
	}
	if len(items) == 0 {
		r.exec(s.other)
	}
}

// only returns the items for which the loop's test holds.
func (s *loop) only(r *run, items []any, of made) []any {
	var out []any
	for _, item := range items {
		r.within(r.scope, func() {
			r.assign(s.target, item, made{paths: of.paths})
			if r.holds(s.test) {
				out = append(out, item)
			}
		})
		if r.err != nil {
			return nil
		}
	}
	return out
}

// assign sets names to a value, or to the items of it; of is what it was made of.
func (r *run) assign(target expr, value any, of made) {
	switch t := target.(type) {
	case *name:
		r.scope.set(t.name, value)
		r.scope.note(t.name, of)
	case *attribute:
		ns, ok := r.eval(t.x).(*namespace)
		if !ok {
			r.failf("cannot assign an attribute: only those of a namespace() can be set")
			return
		}
		ns.set(t.name, value)
		r.scope.add(t.x.(*name).name, of)
	case *tupleExpr:
		items := r.iterate(value)
		if r.err == nil && len(items) != len(t.items) {
			r.failf("want %d values to assign, have %d", len(t.items), len(items))
		}
		for i, item := range t.items {
			if r.err == nil {
				r.assign(item, items[i], made{paths: of.paths})
			}
		}
	}
	r.locate(target.at())
}

func (s *set) exec(r *run) {
	value, of := r.evalMade(s.value)
	r.assign(s.target, value, of)
}

func (s *setBlock) exec(r *run) {
	outer, from := r.scope, r.now()
	value := r.block(func() { r.within(outer, func() { r.exec(s.body) }) })
	if s.filter != nil {
		value = r.filtered(s.filter, value)
	}
	r.assign(s.target, value, made{paths: r.since(from)})
}

// filtered applies the filters of a block to its text.
func (r *run) filtered(x expr, value any) any {
	outer := r.filter
	r.filter = value
	value = r.eval(x)
	r.filter = outer
	return value
}

func (s *filterBlock) exec(r *run) {
	outer := r.scope
	text := r.block(func() { r.within(outer, func() { r.exec(s.body) }) })
	r.write(r.printed(r.filtered(s.filter, text)))
}

func (s *with) exec(r *run) {
	values, of := make([]any, len(s.values)), make([]made, len(s.values))
	for i, x := range s.values {
		values[i], of[i] = r.evalMade(x)
	}
	r.within(r.scope, func() {
		for i, target := range s.targets {
			r.assign(target, values[i], of[i])
		}
		r.exec(s.body)
	})
}

func (s *macro) exec(r *run) { r.scope.set(s.name, s.bind(r)) }

// bind returns the macro as a value that sees the names around it.
func (s *macro) bind(r *run) *callable {
	outer, tpl, hidden, converts, of := r.scope, r.tpl, r.hidden, r.converts, r.family
	params := make(tuple, len(s.params))
	for i, param := range s.params {
		params[i] = param
	}
	return &callable{
		name: "Macro '" + s.name + "'",
		data: dictOf("name", s.name, "arguments", params, "caller", s.uses.caller,
			"catch_varargs", s.uses.varargs, "catch_kwargs", s.uses.kwargs),
		call: func(r *run, a *args) any {
			if s.refuses(a); r.err != nil {
				return nil
			}
			body := *tpl
			body.body = append([]stmt{&binding{s, a}}, s.body...)
			back := r.hidden
			r.hidden = hidden
			var value any
			r.converting(converts, func() *scope {
				value = r.block(func() { r.of(of, func() { r.body(&body, outer) }) })
				return nil
			})
			r.hidden = back
			return value
		},
	}
}

// refuses fails where a call gives an argument that the macro does not take.
func (s *macro) refuses(a *args) {
	if n := len(s.params); len(a.pos) > n && !s.uses.varargs {
		a.r.failf("macro %s is given too many arguments: it takes %d", s.name, n)
	}
	for _, name := range a.names {
		if name != "caller" && !s.uses.kwargs && !slices.Contains(s.params, name) {
			a.r.failf("macro %s has no argument %q%s", s.name, name, nearest.Hint(name, s.params))
		}
	}
}

// A binding sets the parameters of a macro before its body.
type binding struct {
	*macro
	args *args
}

func (b *binding) exec(r *run) {
	a := b.args
	first := len(b.params) - len(b.defaults)
	for i, param := range b.params {
		value, ok := a.take(param)
		of := a.taken
		switch {
		case ok:
		case i >= first:
			value, of = r.evalMade(b.defaults[i-first])
		default:
			value = &undefined{name: param, hint: "the macro's caller gave no such argument"}
		}
		r.scope.set(param, value)
		r.scope.note(param, of)
	}
	if caller, ok := a.takeNamed("caller"); ok && b.uses.caller {
		r.scope.set("caller", caller)
	}
	if b.uses.varargs {
		r.scope.set("varargs", tuple(slices.Clone(a.pos[a.i:])))
		r.scope.note("varargs", allMade(a.made))
		a.i = len(a.pos)
	}
	if b.uses.kwargs {
		kwargs := newDict()
		for i, name := range a.names {
			kwargs.set(name, a.named[i])
		}
		r.scope.set("kwargs", kwargs)
		r.scope.note("kwargs", allMade(a.namedMade))
		a.names = nil
	}
	a.done("macro " + b.name)
}

func (s *callBlock) exec(r *run) {
	args := r.arguments(&s.call.args)
	args.addNamed("caller", s.caller.bind(r), made{})
	r.write(r.printed(r.callValue(s.call.x, args)))
}

func (s *include) exec(r *run) {
	p := r.find(r.eval(s.template), s.ignoreMissing)
	if p == nil {
		return
	}
	outer := r.scope
	if s.isolated {
		outer = nil
	}
	r.apart(s.isolated, func() { r.template(p, outer) })
}

func (s *imported) exec(r *run) {
	p := r.find(r.eval(s.template), false)
	if p == nil {
		return
	}
	var outer, inner *scope
	if s.context {
		outer = r.scope
	}
	r.capture(func() { r.apart(!s.context, func() { inner = r.template(p, outer) }) })
	if s.as != "" {
		module, of := newDict(), map[any]made{}
		for name, value := range inner.vars {
			if !strings.HasPrefix(name, "_") {
				module.set(name, value)
				of[name] = inner.made[name]
			}
		}
		r.scope.set(s.as, &object{"module " + p.file, module, of})
		return
	}
	for i, name := range s.names {
		value, ok := inner.vars[name]
		if !ok {
			value = &undefined{
				name: name, near: keys(inner.vars), hint: "the template " + p.file + " does not set it",
			}
		}
		r.scope.set(s.aliases[i], value)
		r.scope.note(s.aliases[i], inner.made[name])
	}
}
