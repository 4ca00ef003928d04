package jinja

import "fmt"

// globalTable returns the functions that a template can call by name.
func globalTable() map[string]builtin {
	return map[string]builtin{
		"range": rangeFunc, "dict": dictFunc, "namespace": namespaceFunc, "cycler": cyclerFunc,
		"joiner": joinerFunc, "undef": undefFunc, "lookup": lookupFunc, "query": queryFunc, "q": queryFunc,
	}
}

func rangeFunc(r *run, _ any, a *args) any {
	first, rest := a.int("start", 0), a.rest()
	start, stop, step := 0, first, 1
	bounds := []*int{&stop, &step}
	if len(rest) > 0 {
		start = first
	}
	for i, v := range rest {
		n, ok := v.(int64)
		if !ok || i >= len(bounds) {
			return r.failf("range: want up to three integers")
		}
		*bounds[i] = int(n)
	}
	if step == 0 {
		return r.failf("range: the step must not be zero")
	}
	out := &view{kind: "range", text: fmt.Sprintf("range(%d, %d)", start, stop)}
	if step != 1 {
		out.text = fmt.Sprintf("range(%d, %d, %d)", start, stop, step)
	}
	for i := start; (step > 0 && i < stop || step < 0 && i > stop) && r.step(); i += step {
		if out.items = append(out.items, int64(i)); !r.collect(1) {
			break
		}
	}
	return out
}

func dictFunc(r *run, _ any, a *args) any {
	out := newDict()
	if from := a.any("from", nil); from != nil {
		out = r.dictFrom(from)
	}
	for i, name := range a.names {
		out.set(name, a.named[i])
	}
	a.names = nil
	return out
}

func namespaceFunc(r *run, v any, a *args) any {
	d, ok := dictFunc(r, v, a).(*dict)
	if !ok {
		return nil
	}
	return &namespace{d}
}

// undefFunc returns what is not set, and must be.
func undefFunc(_ *run, _ any, a *args) any {
	return &undefined{name: "undef()", hint: a.str("hint", "mandatory variable has not been overridden")}
}

func cyclerFunc(r *run, _ any, a *args) any {
	items, i := a.rest(), 0
	if len(items) == 0 {
		return r.failf("cycler: want at least one item")
	}
	attrs := dictOf("next", &callable{name: "cycler.next", call: func(*run, *args) any {
		i++
		return items[(i-1)%len(items)]
	}}, "reset", &callable{name: "cycler.reset", call: func(*run, *args) any {
		i = 0
		return nil
	}})
	return &object{"Cycler", attrs, nil}
}

func joinerFunc(_ *run, _ any, a *args) any {
	sep, used := a.str("sep", ", "), false
	return &callable{name: "Joiner", call: func(*run, *args) any {
		if !used {
			used = true
			return ""
		}
		return sep
	}}
}
