package jinja

import (
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// Uses are what a template takes from outside of it, in the order of their places.
type Uses struct {
	Names []NameUse
	Files []FileUse
	// Missing are the filters and tests that there are none of here, each once.
	Missing []string
}

// A NameUse is a place where a template uses a variable that it does not set itself.
type NameUse struct {
	// Path has dots between the names, as far as the template says them: resources.cpu of
	// {{ resources['cpu'] }}.
	Path string
	// Optional says that it does no harm if the variable is not set: the place has a
	// default, asks whether it is defined, or is reached only if it is.
	Optional bool
	// Line and Column count from 1; Column in characters.
	Line, Column int
}

// A FileUse is a place where a template takes in a file, or looks something up.
type FileUse struct {
	// By is include, import or extends, or the look-up's name, such as file, without its
	// collection.
	By string
	// Names are the file's: of several, the first that there is. There are none if they
	// are not literal.
	Names []string
	// Optional says that the file may be missing.
	Optional bool
	// Isolated says that the file does not see variables.
	Isolated bool
	// Set are the names that the template has set there, and that the file sees.
	Set []string
	// Line and Column count from 1; Column in characters.
	Line, Column int
}

// Inspect returns what a template uses. Names of functions and of Jinja's own, such as
// loop, are not among them. A template that cannot be parsed is a [*render.Error].
func Inspect(f layouts.File) (*Uses, error) {
	r := &run{}
	p := r.parse(string(f.Data), f.Path, nil)
	if p == nil {
		return nil, r.err
	}
	i := &inspector{program: p, uses: &Uses{}}
	i.block(p.body)
	return i.uses, nil
}

// An inspector walks through a template.
type inspector struct {
	program *program
	uses    *Uses
	set     []string // names that the template has set here
	defined []string // paths of which it is known that they are set
}

// within walks with what names and paths are known on the way, and forgets them.
func (i *inspector) within(names, defined []string, walk func()) {
	outerSet, outerDefined := i.set, i.defined
	i.set = slices.Concat(i.set, names)
	i.defined = slices.Concat(i.defined, defined)
	walk()
	i.set, i.defined = outerSet, outerDefined
}

func (i *inspector) place(pos int) (line, column int) {
	at := i.program.errorAt(pos, nil)
	return at.Line, at.Column
}

// name notes a path of a variable.
func (i *inspector) name(path string, pos int, optional bool) {
	first, _, _ := strings.Cut(path, ".")
	if slices.Contains(i.set, first) || builtins().globals[first] != nil {
		return
	}
	known := slices.ContainsFunc(i.defined, func(d string) bool {
		return d == path || strings.HasPrefix(path, d+".") || strings.HasPrefix(d, path+".")
	})
	line, column := i.place(pos)
	i.uses.Names = append(i.uses.Names, NameUse{path, optional || known, line, column})
}

// block walks through statements. What they set is known to those after them.
func (i *inspector) block(body []stmt) {
	for _, s := range body {
		i.stmt(s)
	}
}

// body walks through statements in a scope of their own.
func (i *inspector) body(body []stmt, names []string) {
	i.within(names, nil, func() { i.block(body) })
}

func (i *inspector) stmt(s stmt) {
	switch s := s.(type) {
	case *printed:
		i.expr(s.x)
	case *branches:
		i.branches(s)
	case *loop:
		i.expr(s.over)
		i.within(append(targets(s.target), "loop"), nil, func() {
			i.expr(s.test)
			i.within(nil, truths(s.test), func() { i.block(s.body) })
		})
		i.body(s.other, nil)
	case *set:
		i.expr(s.value)
		i.set = slices.Concat(i.set, targets(s.target))
	case *setBlock:
		i.body(s.body, nil)
		i.expr(s.filter)
		i.set = slices.Concat(i.set, targets(s.target))
	case *macro:
		i.set = slices.Concat(i.set, []string{s.name})
		i.macro(s)
	case *callBlock:
		i.expr(s.call)
		i.macro(s.caller)
	case *filterBlock:
		i.body(s.body, nil)
		i.expr(s.filter)
	case *include:
		i.file(s.template, FileUse{By: "include", Optional: s.ignoreMissing, Isolated: s.isolated}, s.at())
	case *extension:
		i.file(s.template, FileUse{By: "extends"}, s.at())
	case *block:
		i.body(s.body, []string{"self", "super"})
	case *imported:
		i.file(s.template, FileUse{By: "import", Isolated: !s.context}, s.at())
		i.set = slices.Concat(i.set, s.aliases)
		if s.as != "" {
			i.set = append(i.set, s.as)
		}
	case *with:
		var names []string
		for k, target := range s.targets {
			i.expr(s.values[k])
			names = append(names, targets(target)...)
		}
		i.body(s.body, names)
	}
}

// branches walks through an if, which is no scope: what it sets may be set after it.
func (i *inspector) branches(s *branches) {
	var later, defined []string
	branch := func(body []stmt, more []string) {
		before := len(i.set)
		i.within(nil, append(slices.Clone(defined), more...), func() {
			i.block(body)
			later = append(later, i.set[before:]...)
		})
	}
	for k, test := range s.tests {
		i.within(nil, defined, func() { i.expr(test) })
		branch(s.bodies[k], truths(test))
		defined = append(defined, falsehoods(test)...) // those tests did not hold
	}
	branch(s.other, nil)
	i.set = slices.Concat(i.set, later)
}

func (i *inspector) macro(s *macro) {
	for _, x := range s.defaults {
		i.expr(x)
	}
	i.body(s.body, append([]string{"caller", "varargs", "kwargs"}, s.params...))
}

// targets returns the names that are assigned to.
func targets(x expr) []string {
	switch x := x.(type) {
	case *name:
		return []string{x.name}
	case *tupleExpr:
		var all []string
		for _, item := range x.items {
			all = append(all, targets(item)...)
		}
		return all
	}
	return nil
}
