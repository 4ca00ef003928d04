package render

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"
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
	stopped  error // why it must end

	printer
}

// A mark says that the output from offset on comes from a place.
type mark struct{ offset, place int }

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
	return &output{program: p, text: x.out.Bytes(), marks: x.marks, printer: x.printer}, nil
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
		enterFunc: func() (string, error) { return e.x.enter() },
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
	m := mark{x.out.Len(), id}
	if last := len(x.marks) - 1; last >= 0 && x.marks[last].offset == m.offset {
		x.marks[last] = m
		return
	}
	x.marks = append(x.marks, m)
}

// include returns what a named template makes of data.
func (x *execution) include(name string, data any) (string, error) {
	if _, err := x.enter(); err != nil {
		return "", err
	}
	x.includes++
	var out limited
	err := x.engine.ExecuteTemplate(&out, name, data)
	x.includes--
	if err == nil {
		err = x.made("include", out.String())
	}
	_, _ = x.leave()
	return out.String(), err
}

// enter is called before a template that another one calls, leave after it.
func (x *execution) enter() (string, error) {
	x.steps++ // a call takes as long as two nodes
	if x.nested++; x.nested > maxNested {
		return "", fmt.Errorf("over %d templates, one within another: does one call itself?", maxNested)
	}
	return "", nil
}

func (x *execution) leave() (string, error) {
	x.nested--
	return "", nil
}

var (
	execPattern    = regexp.MustCompile(`(?s)^template: (.*?):(\d+):(\d+): executing .*? at <(.*?)>: (.*)$`)
	callPattern    = regexp.MustCompile(`(?s)^error calling \w+: (.*)$`)
	missingPattern = regexp.MustCompile(`^map has no entry for key "(.*)"$`)
)

// explain returns an error of text/template as an *Error at the innermost place
// that it names.
func (x *execution) explain(err error) error {
	place := x.here(cmp.Or(x.stopped, err))
	if x.stopped != nil {
		return place
	}
	expr := ""
	for text := err.Error(); ; {
		m := execPattern.FindStringSubmatch(text)
		if m == nil {
			break
		}
		line, _ := strconv.Atoi(m[2])   // digits, by the pattern
		column, _ := strconv.Atoi(m[3]) // from 0, in bytes
		before, after := x.source(m[1], line, column)
		text, expr = m[5], m[4]
		if strings.HasPrefix(expr, valuePrefix) { // without what follows it
			expr = "." + chainPattern.FindString(after)
		}
		if inner := callPattern.FindStringSubmatch(text); inner != nil {
			text = inner[1]
		}
		place = &Error{
			File: m[1], Line: line, Column: 1 + utf8.RuneCountInString(before), Err: errors.New(text),
			Values: place.Values,
		}
	}
	if m := missingPattern.FindStringSubmatch(place.Err.Error()); m != nil {
		missing := x.missing(expr, m[1])
		place.Err, place.Values = missing, x.where(missing.Near)
	}
	return place
}

// here returns err where the run is.
func (x *execution) here(err error) *Error {
	if x.steps == 0 {
		return &Error{File: x.main, Err: err}
	}
	return x.at(&x.places[x.last], err)
}

// source returns a line of a template, cut at a column in bytes from 0.
func (x *execution) source(file string, line, column int) (before, after string) {
	lines := strings.Split(x.texts[file], "\n")
	text := lines[min(line, len(lines))-1]
	column = min(column, len(text))
	return text[:column], text[column:]
}

var chainPattern = regexp.MustCompile(`^[\pL\p{Nd}_]+(\.[\pL\p{Nd}_]+)*`)

// missing returns the error for a key that expr asked for.
func (x *execution) missing(expr, key string) *UnknownNameError {
	path, ok := strings.CutPrefix(strings.TrimPrefix(expr, "$"), ".")
	names := strings.Split(path, ".")
	i := slices.Index(names, key)
	if !ok || i < 0 { // a variable's, or a function's
		return unknown(key, x.scope, nil)
	}
	at := x.values
	for _, name := range names[:i] {
		at, _ = at[name].(map[string]any)
	}
	err := unknown(key, x.scope, slices.Collect(maps.Keys(at)))
	prefix := strings.Join(append(names[:i:i], ""), ".")
	err.Name = prefix + key
	for i := range err.Near {
		err.Near[i] = prefix + err.Near[i]
	}
	return err
}
