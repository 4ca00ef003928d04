package jinja

import "slices"

func selectFilters() map[string]builtin {
	return map[string]builtin{
		"map": mapFilter, "select": selecting(true, false), "reject": selecting(false, false),
		"selectattr": selecting(true, true), "rejectattr": selecting(false, true), "attr": attrFilter,
	}
}

// mapFilter applies a filter to each item, or takes an attribute of it.
func mapFilter(r *run, v any, a *args) any {
	if !r.truth(v) {
		return none(a)
	}
	items := r.iterate(v)
	out := &list{make([]any, 0, len(items))}
	attribute, ok := a.takeNamed("attribute")
	def, hasDefault := a.takeNamed("default")
	name := ""
	if !ok {
		name = a.needStr("filter")
	}
	rest := *a
	a.rest()
	a.names = nil
	for _, item := range items {
		if !r.step() {
			return nil
		}
		var value any
		if ok {
			value = r.attributeOf(item, attribute)
			if _, missing := value.(*undefined); missing && hasDefault {
				value = def
			}
		} else {
			value = r.apply(name, item, rest.copy())
		}
		out.items = append(out.items, value)
	}
	r.collect(len(items))
	return out
}

// none is what map and those that select make of nothing, such as None or 0: they look at
// no argument.
func none(a *args) any {
	a.rest()
	a.names = nil
	return &list{}
}

// copy returns what is left of the arguments, for one more call.
func (a *args) copy() *args {
	return &args{r: a.r, pos: slices.Clone(a.pos[a.i:]), names: slices.Clone(a.names),
		named: slices.Clone(a.named)}
}

// selecting makes select, reject and those that look at an attribute.
func selecting(want, byAttribute bool) builtin {
	return func(r *run, v any, a *args) any {
		if !r.truth(v) {
			return none(a)
		}
		var attribute any
		if byAttribute {
			attribute = a.need("attribute")
		}
		name, ok := a.take("test")
		rest := *a
		a.rest()
		a.names = nil
		out := &list{}
		for _, item := range r.iterate(v) {
			value := r.attributeOf(item, attribute)
			var holds bool
			if ok {
				holds = r.test(r.str(name), value, rest.copy())
			} else {
				holds = r.truth(value)
			}
			if holds == want {
				out.items = append(out.items, item)
			}
			if !r.step() {
				return nil
			}
		}
		return out
	}
}

func attrFilter(r *run, v any, a *args) any {
	name := a.needStr("name")
	if value, ok := r.method(v, name); ok {
		return value
	}
	return r.missing(nil, name, nil)
}
