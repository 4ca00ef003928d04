package jinja

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/nearest"
	"github.com/slipway-go/slipway/render"
)

// Options configures an engine. Every zero field has the stated default.
type Options struct {
	// FS is where lookup('file'), lookup('template'), include and import find files, by
	// the name of the template that asks; see [Places]. Nil means that there are none.
	FS fs.FS

	// Env are the variables that lookup('env') may see. Another name is an error,
	// so a template reads nothing that the caller does not know of.
	Env map[string]string

	// Warn, if set, is told what is likely not meant, such as a condition on the text
	// "false", which is true. It may be called by several goroutines, and again for the
	// same.
	Warn func(*render.Error)
}

// New returns what renders templates as Ansible's template module does, for
// render.Options.Jinja.
//
// The same source gives the same text. It is at most 8 MiB; what is made on the way is
// bounded too, and so is the number of steps. Nothing that is given is changed.
//
// A problem in a template or in a file of values is a [*render.Error] with its place and,
// in Values, the paths of the values that it is about; in it, a name that is not set is a
// [*render.UnknownNameError], and all that the template comes to are joined. A template with
// a problem is rendered twice, to find that out. When ctx ends, so does the engine, with an
// error that matches ctx.Err().
func New(opts Options) render.Engine {
	return func(ctx context.Context, source render.Source) (*render.Text, error) {
		text := &render.Text{}
		err := opts.start(ctx, source, func(r *run) {
			if p := r.parse(string(source.File.Data), source.File.Path, nil); p != nil {
				text = r.rendered(p)
			}
		})
		if err != nil {
			return nil, err
		}
		return text, nil
	}
}

// Eval returns the text of what Ansible makes of source's file as the value of a
// variable or of a task's argument, as Python prints it. It is bounded as an engine is.
func Eval(ctx context.Context, source render.Source, opts Options) (string, error) {
	var text string
	err := opts.run(ctx, source, func(r *run) {
		text = r.str(r.evaluate(string(source.File.Data), source.File.Path))
	})
	return text, err
}

// start makes a run, and returns its error; of one that goes wrong, and did not take long,
// those of another, which finds out more.
func (opts Options) start(ctx context.Context, source render.Source, do func(*run)) error {
	long := false
	err := opts.run(ctx, source, func(r *run) {
		do(r)
		long = r.long()
	})
	if err == nil || long || ctx.Err() != nil {
		return err
	}
	source.Trace, source.Print, opts.Warn = true, nil, nil // they have been told
	again := func(r *run) {
		r.collected = &collection{seen: map[string]bool{}}
		do(r)
	}
	if all := opts.run(ctx, source, again); all != nil && ctx.Err() == nil {
		return all
	}
	return err
}

func (opts Options) run(ctx context.Context, source render.Source, do func(*run)) (err error) {
	defer func() { // the last resort: a template must not end the process
		if p := recover(); p != nil {
			err = &render.Error{File: source.File.Path, Err: fmt.Errorf("internal error: %v", p)}
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	if warn := opts.Warn; warn != nil {
		opts.Warn = func(e *render.Error) { warn(source.Quote(e)) }
	}
	vars, err := newVariables(source)
	if err != nil {
		return err
	}
	r := &run{
		ctx: ctx, opts: opts, source: source, vars: vars, lib: builtins(),
		out: &strings.Builder{}, regexLeft: maxRegexSteps,
		programs: map[string]*program{}, copies: map[string]any{}, tpl: &program{file: source.File.Path},
	}
	if source.Trace {
		r.trace = &trace{below: map[string][]string{}}
	}
	if do(r); r.err != nil {
		r.locate(0)
	}
	return r.errAll()
}

// evaluate returns the value of src.
func (r *run) evaluate(src, name string) any {
	if !isTemplate(src) {
		return src
	}
	p := &program{file: name, src: src}
	if !r.prepare(p, true, nil) {
		return nil
	}
	return r.value(p)
}

// rendered returns the text of a template, with as many newlines at its end as the
// template has.
func (r *run) rendered(p *program) *render.Text {
	r.main = r.out
	r.apart(false, func() { r.template(p, nil) })
	text := &render.Text{
		Data: []byte(padded(r.main.String(), p)), Marks: r.marks, Files: map[string]string{p.file: p.src},
	}
	for name, included := range r.programs {
		if included != nil {
			text.Files[name] = included.src
		}
	}
	return text
}

// reads reports whether p names variables that are templates themselves: Ansible reads
// those before it begins.
func (r *run) reads(p *program) bool {
	names := p.names
	p.names = nil // what they are does not change
	return slices.ContainsFunc(names, r.vars.isTemplate)
}

// parse parses a template with its #jinja2: line. marks are what differs of its syntax.
func (r *run) parse(src, name string, marks map[string]any) *program {
	p := &program{file: name, src: src}
	if !r.prepare(p, false, marks) {
		return nil
	}
	return p
}

// prepare parses the text of p. raw is true for a variable, where a backslash in {{ }}
// stands for itself.
func (r *run) prepare(p *program, raw bool, marks map[string]any) bool {
	p.newlines = newlines(p.src)
	p.src = strings.ReplaceAll(strings.ReplaceAll(p.src, "\r\n", "\n"), "\r", "\n")
	s, pos, err := header(p.src)
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		err = cmp.Or(err, s.override(name, marks[name]))
	}
	if s.rawBackslash = raw; err == nil {
		err = p.parseTrimmed(pos, s)
	} else {
		err = p.errorAt(0, err)
	}
	if err != nil {
		r.located = true
		r.fail(err)
	}
	return err == nil
}

const headerMark = "#jinja2:"

// header reads the line that changes the syntax of a template, and returns where the
// template begins.
func header(src string) (s syntax, pos int, err error) {
	s = ansibleSyntax()
	if !strings.HasPrefix(src, headerMark) {
		return s, 0, nil
	}
	line, _, ok := strings.Cut(src, "\n")
	if !ok {
		return s, 0, errors.New("the #jinja2: line has no end")
	}
	for pair := range strings.SplitSeq(line[len(headerMark):], ",") {
		key, text, ok := strings.Cut(pair, ":")
		if !ok {
			return s, 0, fmt.Errorf("the #jinja2: line: want key: value, have %q", strings.TrimSpace(pair))
		}
		value, ok := literal(strings.TrimSpace(text))
		if !ok {
			return s, 0, fmt.Errorf("the #jinja2: line: %q is no value", strings.TrimSpace(text))
		}
		if err := s.override(strings.TrimSpace(key), value); err != nil {
			return s, 0, err
		}
	}
	return s, min(len(src), len(line)+1), nil
}

func (s *syntax) override(key string, value any) error {
	text, isText := value.(string)
	on := value == true || isText && text != "" || value == int64(1)
	marks := map[string]*string{
		"block_start_string": &s.blockBegin, "block_end_string": &s.blockEnd,
		"variable_start_string": &s.varBegin, "variable_end_string": &s.varEnd,
		"comment_start_string": &s.commentBegin, "comment_end_string": &s.commentEnd,
	}
	switch mark := marks[key]; {
	case mark != nil && text == "":
		return fmt.Errorf("the #jinja2: line: %s must be a text", key)
	case mark != nil:
		*mark = text
	case key == "trim_blocks":
		s.trim = on
	case key == "lstrip_blocks":
		s.lstrip = on
	case key == "newline_sequence" && text != "\n", key == "autoescape" && on:
		return fmt.Errorf("the #jinja2: line: %s cannot be set here: leave it out", key)
	case key != "keep_trailing_newline" && key != "newline_sequence" && key != "autoescape":
		known := append(keys(marks), "trim_blocks", "lstrip_blocks")
		return fmt.Errorf("the #jinja2: line: unknown setting %q%s", key, nearest.Hint(key, known))
	}
	return nil
}

// errNoFiles says that the caller gave no file system.
var errNoFiles = errors.New("there are no files here to look up")
