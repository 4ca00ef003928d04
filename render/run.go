package render

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
)

// Bounds of one template's run.
const (
	maxOutput = 8 << 20
	maxSteps  = 1_000_000
	maxNested = 100 // templates, one within another
)

// An execution is one run of a program.
type execution struct {
	*program
	ctx      context.Context
	seen     map[string]any // a copy of the values
	out      limited
	marks    []mark
	steps    int
	last     int // the place where the run is
	total    int // bytes that functions made
	effort   time.Duration
	nested   int   // templates, one within another
	includes int   // how many of those are includes
	by       *call // the innermost one
	within   []place
	stopped  error // why it must end

	printer
}

// A mark says that the output from offset on comes from a place.
type mark struct {
	offset, place int
	call          *call
	within        []place // see place
}

func (m mark) compare(offset int) int { return m.offset - offset }

// limited is a buffer that holds maxOutput bytes.
type limited struct{ bytes.Buffer }

func (l *limited) Write(data []byte) (int, error) {
	if l.Len()+len(data) > maxOutput {
		return 0, fmt.Errorf("the output is over %d bytes (8 MiB)", maxOutput)
	}
	return l.Buffer.Write(data)
}

// run executes the program. It ends with ctx and at the bounds. A value that changes
// the shape of the documents is an error.
func (p *program) run(ctx context.Context) (*output, error) {
	return harmless(func(standing map[int]bool) (*output, error) { return p.execute(ctx, standing) })
}

// execute executes the program with something else for the values of those numbers, in
// the order in which they are printed.
func (p *program) execute(ctx context.Context, standing map[int]bool) (*output, error) {
	x := &execution{program: p, ctx: ctx, printer: printer{standing: standing}}
	x.seen = copyValue(p.values).(map[string]any)
	p.engine.x = x
	if err := p.engine.ExecuteTemplate(&x.out, p.main, x.seen); err != nil {
		return nil, x.explain(err)
	}
	return &output{program: p, text: x.out.Bytes(), marks: x.marks, steps: x.steps, printer: x.printer}, nil
}

// An engine is a template that is linked with the functions that it names. It executes
// one execution at a time.
type engine struct {
	*template.Template
	x *execution
}

// link makes the program's engine.
func (p *program) link() error {
	e := &engine{}
	funcs := template.FuncMap{
		stepFunc:  func(id int) (string, error) { return e.x.step(id) },
		printFunc: func(id int, value any) (any, error) { return e.x.print(id, value) },
		enterFunc: func(id int) (string, error) { return e.x.enter(e.x.places[id].node) },
		leaveFunc: func() (string, error) { return e.x.leave() },
		"include": func(name string, data any) (string, error) { return e.x.include(name, data) },
	}
	for name := range p.used {
		if value, ok := strings.CutPrefix(name, valuePrefix); ok {
			funcs[name] = func() any { return e.x.seen[value] }
		} else if f := cmp.Or[any](p.funcs[name], standard[name]); f != nil && name != "include" {
			funcs[name] = e.bounded(name, f)
		}
	}
	e.Template = template.New(p.main).Option("missingkey=error").Funcs(funcs)
	for name, tree := range p.trees {
		if _, err := e.AddParseTree(name, tree); err != nil {
			return &Error{File: p.main, Err: err}
		}
	}
	p.engine = e
	return nil
}

// step is called before each node. It notes where the output that follows comes
// from, and stops the run.
func (x *execution) step(id int) (string, error) {
	x.steps++
	x.last = id
	switch {
	case x.steps > maxSteps:
		x.stopped = fmt.Errorf("stopped after %d steps: is there a loop without an end?", maxSteps)
	case x.steps%256 == 0:
		x.stopped = x.ctx.Err()
	}
	if x.stopped == nil && x.includes == 0 {
		x.mark(id)
	}
	return "", x.stopped
}

func (x *execution) mark(id int) {
	m := mark{offset: x.out.Len(), place: id, call: x.by}
	if last := len(x.marks) - 1; last >= 0 && x.marks[last].offset == m.offset {
		x.marks[last] = m
		return
	}
	x.marks = append(x.marks, m)
}

// include returns what a named template makes of data.
func (x *execution) include(name string, data any) (string, error) {
	if _, err := x.enter(x.places[x.last].node); err != nil {
		return "", err
	}
	x.by.name = name
	x.includes++
	var out limited
	err := x.engine.ExecuteTemplate(&out, name, data)
	if err != nil { // the run ends where it is
		return "", err
	}
	x.includes--
	_, _ = x.leave()
	return out.String(), x.made("include", out.String())
}

// enter is called before a template that a node calls, leave after it.
func (x *execution) enter(by parse.Node) (string, error) {
	x.steps++ // a call takes as long as two nodes
	x.by = &call{by: by, outer: x.by}
	if n, ok := by.(*parse.TemplateNode); ok {
		x.by.name = n.Name
	}
	if x.nested++; x.nested > maxNested {
		return "", fmt.Errorf("over %d templates, one within another: does one call itself?", maxNested)
	}
	return "", nil
}

func (x *execution) leave() (string, error) {
	x.nested--
	x.by = x.by.outer
	return "", nil
}
