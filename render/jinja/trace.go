package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-go/slipway/render"
)

// A trace remembers which variables what is evaluated is made of. Only a run that is to
// tell them has one: the run of a template that went wrong, say.
type trace struct {
	used []string // paths, in the order of use
	from int      // where those of the innermost expression begin

	below map[string][]string // what the values at paths used
}

// A made is what a value was made of.
type made struct {
	paths []string
	alias bool // it is the value at the only path
}

// item returns what an item of a list was made of.
func (m made) item(i int) made {
	if m.alias {
		m.paths = []string{entryOf(m.paths[0], int64(i))}
	}
	return m
}

// maxUsed bounds how many paths are kept of a statement.
const maxUsed = 200

// use notes that the variable at a path is used.
func (r *run) use(paths ...string) {
	if t := r.trace; t != nil && len(t.used)-t.from < maxUsed {
		t.used = append(t.used, paths...)
	}
}

// begin begins an expression or a statement, and returns where the one around it began, for
// the trace's from.
func (r *run) begin() (outer int) {
	if r.trace == nil {
		return 0
	}
	outer = r.trace.from
	r.trace.from = len(r.trace.used)
	return outer
}

func (r *run) end(outer int) {
	if r.trace != nil {
		r.trace.from = outer
	}
}

// since returns what was used since a place in the trace.
func (r *run) since(from int) []string {
	if r.trace == nil || from > len(r.trace.used) {
		return nil
	}
	return distinct(r.trace.used[from:])
}

// distinct returns a copy of paths, each once: what is set to a value made of itself, as in a
// loop that adds up, would have twice as many each time.
func distinct(paths []string) []string {
	var found []string
	known := make(map[string]bool, min(len(paths), maxUsed))
	for _, path := range paths {
		if !known[path] && len(found) < maxUsed {
			known[path] = true
			found = append(found, path)
		}
	}
	return found
}

// take returns what the expression used, and takes it out of the trace.
func (r *run) take() []string {
	if r.trace == nil {
		return nil
	}
	used := r.since(r.trace.from)
	r.trace.used = r.trace.used[:r.trace.from]
	return used
}

// now returns the place in the trace.
func (r *run) now() int {
	if r.trace == nil {
		return 0
	}
	return len(r.trace.used)
}

// markMade notes what the text was made of that a statement printed after a mark, and
// forgets it: nobody else asks. What a block or a macro uses belongs to the expression
// around it, which begins at outer.
func (r *run) markMade(s stmt, number, from, outer int) {
	t := r.trace
	switch {
	case t == nil || r.err != nil:
		return
	case r.out != r.main:
		if len(t.used)-outer > maxUsed {
			slices.Sort(t.used[outer:])
			t.used = t.used[:outer+len(slices.Compact(t.used[outer:]))]
			t.used = t.used[:min(len(t.used), outer+maxUsed)]
		}
		return
	}
	switch s.(type) {
	case *printed, *callBlock, *filterBlock:
		r.marks[number].Values = r.origins(t.used[from:])
	}
	t.used = t.used[:from]
}

// evalMade is eval, and returns what the value was made of.
func (r *run) evalMade(x expr) (any, made) {
	from := r.now()
	value := r.eval(x)
	if r.trace == nil {
		return value, made{}
	}
	return value, made{paths: r.since(from), alias: r.now() == from+1 && rootOf(x) != ""}
}

// allMade returns what several values were made of.
func allMade(of []made) made {
	var all made
	for _, one := range of {
		all.paths = append(all.paths, one.paths...)
	}
	all.paths = distinct(all.paths)
	return all
}

// useScope notes what the value of a name that a template set was made of.
func (r *run) useScope(name string) {
	if r.trace == nil {
		return
	}
	if s := r.scope.holder(name); s != nil {
		r.use(s.made[name].paths...)
	}
}

// useEntry notes that of x, which is v and used what is in the trace between two places, only
// the entry with a key was used.
func (r *run) useEntry(from, to int, x expr, v, key, entry any) {
	if r.trace == nil {
		return
	}
	if module, ok := v.(*object); ok {
		r.use(module.made[key].paths...)
	}
	if u, ok := entry.(*undefined); ok {
		if u.made == nil {
			u.made = r.since(from)
		}
		return
	}
	root := rootOf(x)
	_, isMethod := entry.(*callable)
	if isMethod || v == any(allVars{}) || root == "" || to != from+1 {
		return
	}
	if s := r.scope.holder(root); s == nil || s.made[root].alias {
		r.trace.used[from] = entryOf(r.trace.used[from], key)
	}
}

// entryOf returns the path of an entry of what is at a path.
func entryOf(path string, key any) string {
	switch key := key.(type) {
	case string:
		return path + "." + key
	case int64:
		if key >= 0 {
			return fmt.Sprintf("%s[%d]", path, key)
		}
	}
	return path
}

// rootOf returns the name whose entry x is, or one of an entry; "" if it is none.
func rootOf(x expr) string {
	for {
		switch n := x.(type) {
		case *name:
			return n.name
		case *attribute:
			x = n.x
		case *item:
			x = n.x
		default:
			return ""
		}
	}
}

// holder returns the scope that holds a name; nil if none does.
func (s *scope) holder(name string) *scope {
	for ; s != nil; s = s.outer {
		if _, ok := s.vars[name]; ok {
			return s
		}
	}
	return nil
}

// note notes what the value of a name was made of.
func (s *scope) note(name string, m made) {
	if len(m.paths) == 0 {
		delete(s.made, name)
		return
	}
	if s.made == nil {
		s.made = map[string]made{}
	}
	s.made[name] = m
}

// add notes what an attribute of a name was made of, too.
func (s *scope) add(name string, m made) {
	if s = s.holder(name); s != nil {
		s.note(name, made{paths: distinct(slices.Concat(s.made[name].paths, m.paths))})
	}
}

// origins returns the paths of the values that those at paths were made of, with them,
// sorted: also what the texts in files of variables use.
func (r *run) origins(paths []string) []string {
	known := map[string]bool{}
	for open := slices.Clone(paths); len(open) > 0 && len(known) < maxUsed; {
		path := open[len(open)-1]
		open = open[:len(open)-1]
		if known[path] {
			continue
		}
		known[path] = true
		open = append(open, r.usedAt(path)...)
	}
	return slices.Sorted(slices.Values(keys(known)))
}

// maxBelow bounds how many paths are remembered.
const maxBelow = 10_000

// usedAt returns what the templates in the value at a path used.
func (r *run) usedAt(path string) []string {
	used, ok := r.trace.below[path]
	if !ok {
		used = usedBy(r.vars.rawAt(path))
		slices.Sort(used)
		used = slices.Compact(used)
		if len(r.trace.below) < maxBelow {
			r.trace.below[path] = used
		}
	}
	return used
}

// rawAt returns the value at a path before its templates are done, or what holds it.
func (v *variables) rawAt(path string) any {
	var at any = v.raw
	separates := func(c rune) bool { return strings.ContainsRune(".[]", c) }
	for name := range strings.FieldsFuncSeq(path, separates) {
		switch within := at.(type) {
		case *dict:
			at, _ = within.get(name)
		case *list:
			if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(within.items) {
				at = within.items[n]
			}
		}
	}
	return at
}

// usedBy returns what the templates in a value used.
func usedBy(raw any) []string {
	var used []string
	switch v := raw.(type) {
	case *lazy:
		return slices.Clone(v.used)
	case *list:
		for _, item := range v.items {
			used = append(used, usedBy(item)...)
		}
	case *dict:
		for _, item := range v.vals {
			used = append(used, usedBy(item)...)
		}
	}
	return used
}

// blame notes in the run's error the values that it is about.
func (r *run) blame(at *render.Error) {
	if r.trace == nil {
		return
	}
	paths := r.trace.used[min(r.trace.from, len(r.trace.used)):]
	if unknown := (*render.UnknownNameError)(nil); errors.As(at.Err, &unknown) {
		paths = unknown.Near
		if without := (*valueError)(nil); errors.As(at.Err, &without) {
			paths = append(slices.Clone(paths), without.name)
		} else if len(paths) == 0 {
			paths = r.lookedIn
		}
	}
	for _, path := range r.origins(paths) {
		at.Values = append(at.Values, render.Origin{Path: path})
	}
}
