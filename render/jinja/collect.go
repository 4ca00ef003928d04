package jinja

import (
	"errors"
	"slices"
)

// A collection gathers the names of a template that are not set. A run that has one goes on
// after each, as long as it is sure where: what it prints is thrown away.
type collection struct {
	errs []error
	seen map[string]bool // what they say
	all  int             // with those that were seen
}

// Bounds of a collection.
const (
	maxCollected = 50   // names that are told
	maxPassed    = 1000 // of them, in loops
)

// errTold ends a statement whose error was told.
var errTold = errors.New("told")

// errAll returns what was gathered, and the run's own error if nothing was.
func (r *run) errAll() error {
	if r.collected != nil && len(r.collected.errs) > 0 {
		return errors.Join(r.collected.errs...)
	}
	return r.err
}

// gather takes the error of the run, if it is of a name that is not set, and takes it away;
// it is false if the run must end.
func (r *run) gather() bool {
	c := r.collected
	told := errors.Is(r.err, errTold)
	if c == nil || len(r.vars.open) > 0 || !told && !isUndefined(r.err) {
		return false
	}
	c.all++
	if text := r.err.Error(); !told && !c.seen[text] {
		c.seen[text] = true
		c.errs = append(c.errs, r.err)
	}
	if len(c.errs) >= maxCollected || c.all >= maxPassed {
		return false
	}
	r.err, r.located = nil, false
	return true
}

// pass gathers the error of a statement, and goes on without it; it is false if the run must
// end. What is printed depends on nothing else then; a block that is passed must not set names
// that what follows sees.
func (r *run) pass(s stmt) bool {
	if r.err == nil || r.out != r.main || r.changes && !isPlain(s) || !r.passable(s) {
		return false
	}
	if !r.gather() {
		return false
	}
	for _, target := range targetsOf(s) {
		r.assign(target, told(), made{})
	}
	return r.err == nil
}

// told returns the value of what has none, since of an error that was told.
func told() *undefined { return &undefined{err: errTold} }

func isTold(value any) bool {
	u, ok := value.(*undefined)
	return ok && errors.Is(u.err, errTold)
}

// isPlain reports whether a statement can change nothing but the output.
func isPlain(s stmt) bool {
	p, ok := s.(*printed)
	return ok && !p.calls
}

func (r *run) passable(s stmt) bool {
	switch s := s.(type) {
	case *branches:
		return !slices.ContainsFunc(s.bodies, setsNames) && !setsNames(s.other)
	case *printed, *loop, *with, *include, *callBlock, *filterBlock, *set, *setBlock, *imported:
		return true
	}
	return false
}

// setsNames reports whether statements set names that what follows them sees.
func setsNames(body []stmt) bool {
	return slices.ContainsFunc(body, func(s stmt) bool {
		switch s := s.(type) {
		case *set, *setBlock, *macro, *imported:
			return true
		case *branches:
			return slices.ContainsFunc(s.bodies, setsNames) || setsNames(s.other)
		}
		return false
	})
}

// targetsOf returns what a statement sets.
func targetsOf(s stmt) []expr {
	switch s := s.(type) {
	case *set:
		return namesIn(s.target)
	case *setBlock:
		return namesIn(s.target)
	case *imported:
		var targets []expr
		for _, alias := range append(slices.Clone(s.aliases), s.as) {
			if alias != "" {
				targets = append(targets, &name{s.position, alias})
			}
		}
		return targets
	}
	return nil
}

func namesIn(target expr) []expr {
	t, ok := target.(*tupleExpr)
	if !ok {
		return []expr{target}
	}
	var names []expr
	for _, item := range t.items {
		names = append(names, namesIn(item)...)
	}
	return names
}

// operand is eval for an operand that must be there: the names of all operands are told.
func (r *run) operand(x expr) any {
	value := r.eval(x)
	if r.collected == nil {
		return value
	}
	if u, ok := value.(*undefined); ok && !u.soft {
		r.failUndefined(u)
		r.at(x)
	}
	if r.err != nil && r.gather() {
		return told()
	}
	return value
}
