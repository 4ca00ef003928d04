package jinja

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-go/slipway/render"
)

// Bounds of one run.
const (
	maxOutput = 8 << 20  // bytes of the output
	maxValue  = 8 << 20  // bytes of one value
	maxMade   = 96 << 20 // bytes of all the values that are made on the way
	maxParsed = 1 << 20  // bytes of a text that is parsed, as of a file
	maxSteps  = 1_000_000
	maxDepth  = 4000 // of what is evaluated, one within another
	maxMacros = 100  // macros and templates, one within another
)

// A run renders a template. Its methods note the first error in err and go on with
// nil values; whatever loops asks step.
type run struct {
	ctx    context.Context
	opts   Options
	source render.Source
	vars   *variables
	lib    *tables
	tpl    *program
	scope  *scope
	out    *strings.Builder
	main   *strings.Builder // the template's output; nil where nobody asks for marks
	marks  []render.Mark    // of main
	filter any              // what a filter block holds

	err       error
	located   bool // err has its place
	trace     *trace
	collected *collection // nil: the first error ends the run
	changes   bool        // a template may change values by what it prints
	lookedIn  []string    // what the name that is not set was looked up in, or stands for

	steps, depth, macros, made int
	regexLeft                  int // steps

	*family                  // that runs
	base    string           // the file from which others are looked for first
	parent  *program         // that the template extends, until it is run
	outside *strings.Builder // the output before there was a parent
	nowhere *strings.Builder // what is written outside of blocks then

	programs map[string]*program // by file
	mutates  bool                // a template names a method that changes a value
	copies   map[string]any      // of variables, where a template may change them
	hidden   bool                // without context: variables are not seen
	converts bool                // what blocks and macros make becomes a list if it looks like one
	reading  bool                // converts of the templates that are begun next
	kept     bool                // the last value must stay a text
	written  []bool              // of the first two writes to out: whether kept was set
}

// A scope holds what a template sets.
type scope struct {
	vars  map[string]any
	made  map[string]made // of which; in a run that has a trace
	outer *scope
}

func (s *scope) set(name string, value any) {
	if s.vars == nil {
		s.vars = map[string]any{}
	}
	s.vars[name] = value
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.outer {
		if value, ok := s.vars[name]; ok {
			return value, true
		}
	}
	return nil, false
}

// step counts something done. It is false when the run must end.
func (r *run) step() bool {
	if r.err != nil {
		return false
	}
	r.steps++
	switch {
	case r.steps > maxSteps:
		r.failf("stopped after %d steps: is there a loop without an end, or too much text?", maxSteps)
	case r.steps%256 == 0 && r.ctx.Err() != nil:
		r.fail(r.ctx.Err())
	}
	return r.err == nil
}

// long reports whether the run took a good part of what it may: another one is not made then.
func (r *run) long() bool {
	return r.steps > maxSteps/4 || r.made > maxMade/4 || r.regexLeft < maxRegexSteps/4*3
}

// work counts what looks at n bytes, or at a 16th as many items, in one go: a step is
// about as long as it takes for 64. It is step otherwise.
func (r *run) work(n int) bool {
	r.steps += n >> 6
	return r.step()
}

// enter is step for what holds others; if it is true, leave must follow.
func (r *run) enter() bool {
	if !r.step() {
		return false
	}
	if r.depth >= maxDepth {
		r.fail(errors.New("values or expressions are nested too deeply: does one hold itself?"))
		return false
	}
	r.depth++
	return true
}

func (r *run) leave() { r.depth-- }

// charge counts the bytes of a value that is made. It is false beyond the bounds.
func (r *run) charge(bytes int) bool {
	if bytes > maxValue || bytes < 0 {
		r.failf("a value has more than %d MiB, the bound", maxValue>>20)
	}
	return r.spend(bytes)
}

// spend is charge for what is no single value.
func (r *run) spend(bytes int) bool {
	if r.made += bytes; r.made > maxMade {
		r.failf("the values made on the way have more than %d MiB, the bound", maxMade>>20)
	}
	return r.err == nil
}

// perItem is about what an item of a list takes beside the 16 bytes that it is charged.
const perItem = 32

// collect counts n items of a list that is made. It is false beyond the bounds.
func (r *run) collect(n int) bool {
	return r.charge(times(16, n)) && r.spend(times(perItem, n))
}

// perParse is about what a parser takes for the shortest text.
const perParse = 2 << 10

// parses charges work, what parsing a text takes in bytes, before it is done: the text may
// be all brackets. It is false beyond the bounds.
func (r *run) parses(filter, text string, work int) bool {
	if len(text) > maxParsed {
		r.failf("%s: the text has more than %d MiB, the bound", filter, maxParsed>>20)
	}
	return r.spend(perParse + work)
}

// times returns a product for charge, without overflow.
func times(a, b int) int {
	if a > 0 && b > maxMade/a {
		return maxMade
	}
	return a * max(b, 0)
}

// write writes a text of a template or the value of an expression.
func (r *run) write(text string) {
	if r.discards() {
		return
	}
	if len(r.written) < 2 {
		r.written = append(r.written, r.kept)
	}
	if r.out.Len()+len(text) > maxOutput {
		r.fail(fmt.Errorf("the output is over %d bytes (8 MiB)", maxOutput))
		return
	}
	r.out.WriteString(text)
}

// capture returns what do writes. It notes whether that must stay a text: it is all of
// it the value of one expression, which must.
func (r *run) capture(do func()) string {
	outer, written := r.out, r.written
	r.out, r.written = &strings.Builder{}, written[:0:0]
	do()
	text := r.out.String()
	r.kept = len(r.written) == 1 && r.written[0]
	r.out, r.written = outer, written
	r.charge(len(text))
	return text
}

// block returns what do writes, as the value of a macro or a block.
func (r *run) block(do func()) any {
	text := r.capture(do)
	if r.converts && !r.kept {
		return r.converted(text)
	}
	return text
}

// apart runs do with variables of its own: what it changes in them does not stay.
// hidden are variables that do cannot see.
func (r *run) apart(hidden bool, do func()) {
	copies, back := r.copies, r.hidden
	r.copies, r.hidden = map[string]any{}, hidden
	do()
	r.copies, r.hidden = copies, back
}

// within runs do in a scope of its own, inside of outer.
func (r *run) within(outer *scope, do func()) *scope {
	back := r.scope
	inner := &scope{outer: outer}
	r.scope = inner
	do()
	r.scope = back
	return inner
}

// eval returns the value of an expression.
func (r *run) eval(x expr) any {
	if x == nil || !r.enter() {
		return r.at(x)
	}
	outer := r.begin()
	value := x.eval(r)
	r.leave()
	switch x.(type) {
	case *name, *filter, *call, *conditional, *logic: // they may give a value as it is
	default:
		r.kept = false
	}
	if r.err != nil {
		value = r.at(x)
	}
	r.end(outer)
	return value
}

// at notes that the error, if there is one, is in x.
func (r *run) at(x expr) any {
	if x != nil && r.err != nil {
		r.locate(x.at())
	}
	return nil
}

// exec runs statements.
func (r *run) exec(body []stmt) {
	for _, s := range body {
		if outer := r.begin(); !r.one(s, outer) {
			return
		}
	}
}

// one runs a statement; outer is where the one around it began. It is false after an error.
func (r *run) one(s stmt, outer int) bool {
	from := r.now()
	if r.enter() {
		r.mark(s)
		number := len(r.marks) - 1
		s.exec(r)
		r.leave()
		r.markMade(s, number, from, outer)
	}
	if r.err != nil {
		r.locate(s.at())
	}
	r.end(outer)
	return r.err == nil || r.pass(s)
}

// mark notes that what comes next in the output is made by s.
func (r *run) mark(s stmt) {
	if r.out != r.main {
		return
	}
	_, verbatim := s.(*text)
	m := render.Mark{Offset: r.out.Len(), File: r.tpl.file, Pos: s.at(), Verbatim: verbatim}
	if p, ok := s.(*printed); ok {
		m.Values = p.paths
	}
	if last := len(r.marks) - 1; last >= 0 && r.marks[last].Offset == m.Offset {
		r.marks[last] = m
		return
	}
	r.marks = append(r.marks, m)
}

// template runs a program in a scope inside of outer, and returns its scope.
//
// Its blocks and macros convert texts if a variable's template was read before it begins:
// in Ansible, that changes the environment of templates, for good.
func (r *run) template(p *program, outer *scope) *scope {
	converts := r.reading
	r.reading = r.reading || !r.hidden && r.reads(p)
	return r.converting(converts, func() *scope {
		return r.nested(outer, func() { r.whole(p) })
	})
}

func (r *run) converting(converts bool, do func() *scope) *scope {
	back := r.converts
	r.converts = converts
	inner := do()
	r.converts = back
	return inner
}

// turnTo makes p the program that runs.
func (r *run) turnTo(p *program) {
	r.tpl = p
	r.mutates = r.mutates || p.mutates
	r.changes = r.changes || p.mutates || p.changes
}

// body runs the body of a macro.
func (r *run) body(p *program, outer *scope) {
	r.nested(outer, func() {
		r.turnTo(p)
		r.exec(p.body)
	})
}

// nested does what is bound in how deep it goes, in a scope of its own.
func (r *run) nested(outer *scope, do func()) *scope {
	if r.macros++; r.macros > maxMacros {
		r.failf("over %d macros and templates, one within another: does one call itself?", maxMacros)
	}
	back := r.tpl
	inner := r.within(outer, func() {
		if r.err == nil {
			do()
		}
	})
	r.tpl = back
	r.macros--
	return inner
}
