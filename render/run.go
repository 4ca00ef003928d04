package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// Bounds of one template's run.
const (
	maxOutput   = 8 << 20
	maxSteps    = 2_000_000
	maxIncludes = 100 // one within another
)

// An execution is one run of a program.
type execution struct {
	*program
	ctx      context.Context
	template *template.Template
	out      limited
	marks    []mark
	steps    int
	depth    int   // of includes
	stopped  error // why it must end
}

// A mark says that the output from offset on comes from a place.
type mark struct{ offset, place int }

// limited is a buffer that holds maxOutput bytes.
type limited struct{ bytes.Buffer }

func (l *limited) Write(data []byte) (int, error) {
	if l.Len()+len(data) > maxOutput {
		return 0, fmt.Errorf("the output is over %d bytes (8 MiB)", maxOutput)
	}
	return l.Buffer.Write(data)
}

// run executes the program. It ends with ctx and at the bounds.
func (p *program) run(ctx context.Context) (*output, error) {
	x := &execution{program: p, ctx: ctx}
	funcs := maps.Clone(p.funcs)
	funcs[stepFunc] = x.step
	funcs["include"] = x.include
	values := copyValue(p.values).(map[string]any)
	for name := range values {
		funcs[valuePrefix+name] = func() any { return values[name] }
	}
	maps.DeleteFunc(funcs, func(name string, _ any) bool { return !identifierPattern.MatchString(name) })
	x.template = template.New(p.main).Option("missingkey=error").Funcs(funcs)
	for name, tree := range p.trees {
		if _, err := x.template.AddParseTree(name, tree); err != nil {
			return nil, &Error{File: p.main, Err: err}
		}
	}
	if err := x.template.ExecuteTemplate(&x.out, p.main, values); err != nil {
		return nil, x.explain(err)
	}
	out := &output{text: x.out.Bytes(), marks: x.marks, places: p.places}
	return out, out.checkNothing(p.texts)
}

// identifierPattern matches what text/template takes as a function's name. Other
// values are reached by index.
var identifierPattern = regexp.MustCompile(`^[\pL_][\pL\p{Nd}_]*$`)

// step is called before each node. It notes where the output that follows comes
// from, and stops the run.
func (x *execution) step(id int) (string, error) {
	x.steps++
	switch {
	case x.steps > maxSteps:
		x.stopped = fmt.Errorf("stopped after %d steps: is there a loop without an end?", maxSteps)
	case x.steps%256 == 0:
		x.stopped = x.ctx.Err()
	}
	if x.stopped == nil && x.depth == 0 {
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
	if x.depth++; x.depth > maxIncludes {
		return "", fmt.Errorf("include %q: over %d includes, one within another", name, maxIncludes)
	}
	defer func() { x.depth-- }()
	var out limited
	err := x.template.ExecuteTemplate(&out, name, data)
	return out.String(), err
}

var (
	execPattern    = regexp.MustCompile(`(?s)^template: (.*?):(\d+):(\d+): executing .*? at <(.*?)>: (.*)$`)
	callPattern    = regexp.MustCompile(`(?s)^error calling \w+: (.*)$`)
	missingPattern = regexp.MustCompile(`^map has no entry for key "(.*)"$`)
)

// explain returns an error of text/template as an *Error at the innermost place
// that it names.
func (x *execution) explain(err error) error {
	if x.stopped != nil {
		at := x.places[x.marks[len(x.marks)-1].place]
		return &Error{File: at.file, Line: at.line, Err: x.stopped}
	}
	place := &Error{File: x.main, Err: err}
	expr := ""
	for text := err.Error(); ; {
		m := execPattern.FindStringSubmatch(text)
		if m == nil {
			break
		}
		line, _ := strconv.Atoi(m[2])   // digits, by the pattern
		column, _ := strconv.Atoi(m[3]) // from 0
		text, expr = m[5], m[4]
		if inner := callPattern.FindStringSubmatch(text); inner != nil {
			text = inner[1]
		}
		place = &Error{File: m[1], Line: line, Column: column + 1, Err: errors.New(text)}
	}
	if m := missingPattern.FindStringSubmatch(place.Err.Error()); m != nil {
		place.Err = x.missing(expr, m[1])
	}
	return place
}

// missing returns the error for a key that expr asked for.
func (x *execution) missing(expr, key string) error {
	path := strings.Split(strings.TrimPrefix(strings.TrimPrefix(expr, valuePrefix), "."), ".")
	at := x.values
	for _, name := range path[:max(0, slices.Index(path, key))] {
		at, _ = at[name].(map[string]any)
	}
	name := strings.Join(path, ".")
	if !strings.HasPrefix(expr, ".") && !strings.HasPrefix(expr, valuePrefix) {
		name = key // a variable's, or the like
	}
	return unknown(name, x.scope, slices.Collect(maps.Keys(at)))
}
