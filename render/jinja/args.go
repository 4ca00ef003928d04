package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// args are the values that a filter, a test, a method or a macro is given. It takes
// them one by one, in the order of its parameters.
type args struct {
	r     *run
	pos   []any
	i     int // of the next of pos
	names []string
	named []any

	made, namedMade []made // of what those were made; in a run that has a trace
	taken           made   // the same of what was taken last
}

// arguments evaluates those of a call.
func (r *run) arguments(from *arguments) *args {
	a := &args{r: r}
	for _, x := range from.positional {
		a.add(r.evalMade(x))
	}
	if from.list != nil {
		value, of := r.evalMade(from.list)
		for _, item := range r.iterate(value) {
			a.add(item, made{paths: of.paths})
		}
	}
	for i, x := range from.named {
		value, of := r.evalMade(x)
		a.addNamed(from.names[i], value, of)
	}
	if from.namedDict != nil {
		value, of := r.evalMade(from.namedDict)
		d, ok := value.(*dict)
		if !ok {
			r.failf("what follows ** must be a dict")
			return a
		}
		for i, key := range d.keys {
			a.addNamed(r.str(key), d.vals[i], made{paths: of.paths})
		}
	}
	return a
}

func (a *args) add(value any, of made) {
	a.pos = append(a.pos, value)
	if a.r.trace != nil {
		a.made = append(a.made, of)
	}
}

func (a *args) addNamed(name string, value any, of made) {
	a.names, a.named = append(a.names, name), append(a.named, value)
	if a.r.trace != nil {
		a.namedMade = append(a.namedMade, of)
	}
}

// take returns the argument for the next parameter.
func (a *args) take(name string) (any, bool) {
	if a.i < len(a.pos) {
		if a.i++; len(a.made) == len(a.pos) {
			a.taken = a.made[a.i-1]
		}
		return a.pos[a.i-1], true
	}
	return a.takeNamed(name)
}

func (a *args) takeNamed(name string) (any, bool) {
	i := slices.Index(a.names, name)
	if i < 0 {
		return nil, false
	}
	value := a.named[i]
	if len(a.namedMade) == len(a.named) {
		a.taken = a.namedMade[i]
		a.namedMade = slices.Delete(a.namedMade, i, i+1)
	}
	a.names, a.named = slices.Delete(a.names, i, i+1), slices.Delete(a.named, i, i+1)
	return value, true
}

// raw is any for a value that may be undefined.
func (a *args) raw(name string, def any) any {
	if value, ok := a.take(name); ok {
		return value
	}
	return def
}

func (a *args) any(name string, def any) any {
	value := a.raw(name, def)
	if u, ok := value.(*undefined); ok {
		a.r.failUndefined(u)
	}
	return value
}

// need returns an argument that must be there.
func (a *args) need(name string) any {
	value, ok := a.take(name)
	if !ok {
		return a.r.failf("the argument %q is missing", name)
	}
	if u, ok := value.(*undefined); ok {
		a.r.failUndefined(u)
	}
	return value
}

func (a *args) str(name, def string) string {
	value := a.any(name, def)
	if value == nil {
		return def
	}
	return a.r.str(value)
}

func (a *args) needStr(name string) string {
	value := a.need(name)
	if a.r.err != nil {
		return ""
	}
	return a.r.str(value)
}

// text is needStr for a method of strings: it takes strings only.
func (a *args) text(name string) string {
	value := a.need(name)
	text, ok := value.(string)
	if !ok {
		a.r.failf("the argument %q must be a string, not %s", name, typeName(value))
	}
	return text
}

func (a *args) int(name string, def int) int {
	value, ok := a.take(name)
	if !ok || value == nil {
		return def
	}
	switch v := value.(type) {
	case bool:
		return int(toInt(v))
	case int64:
		return int(v)
	case float64:
		return int(v)
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			return n
		}
	case *undefined:
		a.r.failUndefined(v)
	}
	a.r.failf("the argument %q must be a number, not %s", name, typeName(value))
	return def
}

func (a *args) bool(name string, def bool) bool {
	return a.r.truth(a.any(name, def))
}

func (a *args) list(name string) []any { return a.r.iterate(a.need(name)) }

// rest returns the positional arguments that are left.
func (a *args) rest() []any {
	rest := a.pos[a.i:]
	a.i = len(a.pos)
	return rest
}

// done reports arguments that nobody took.
func (a *args) done(what string) {
	switch {
	case a.r.err != nil:
	case a.i < len(a.pos):
		a.r.failf("%s is given too many arguments: it takes %d", what, a.i)
	case len(a.names) > 0:
		a.r.failf("%s has no argument %q", what, a.names[0])
	}
}
