package jinja

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Options configures a run. Every zero field has the stated default.
type Options struct {
	// FS is where lookup('file'), lookup('template'), include and import find
	// files. Nil means that there are none.
	FS fs.FS

	// Dirs are directories of FS, searched in turn, each with its files/ and
	// templates/. Empty means the directory of the template and those above it.
	Dirs []string

	// Env are the variables that lookup('env') may see. Another name is an error,
	// so a template reads nothing that the caller does not know of.
	Env map[string]string
}

// Render returns what Ansible's template module makes of src. name is the path of
// the template in opts.FS, or any name; errors have it.
//
// The same arguments give the same text. It is at most 8 MiB; what is made on the
// way is bounded too, and so is the number of steps. Nothing that is given is
// changed. Render may be called from several goroutines.
//
// A problem in a template or in a file of variables is an [*Error] with its place; a
// name that is not set is in it an [*UndefinedError]. When ctx ends, so does Render,
// with an error that matches ctx.Err().
func Render(ctx context.Context, src, name string, vars Vars, opts Options) (string, error) {
	var text string
	err := start(ctx, vars, opts, func(r *run) {
		if p := r.parse(src, name); p != nil {
			text = r.rendered(p)
		}
	})
	if err != nil {
		return "", err
	}
	return text, nil
}

// Eval returns what Ansible makes of src as the value of a variable or a task's
// argument: nil, a bool, int64, float64, string, []any or map[string]any. It is
// bounded as [Render] is.
func Eval(ctx context.Context, src, name string, vars Vars, opts Options) (any, error) {
	var value any
	err := start(ctx, vars, opts, func(r *run) {
		value = r.export(r.evaluate(src, name))
	})
	return value, err
}

// EvalText is [Eval] with the value as Python prints it.
func EvalText(ctx context.Context, src, name string, vars Vars, opts Options) (string, error) {
	var text string
	err := start(ctx, vars, opts, func(r *run) {
		text = r.str(r.evaluate(src, name))
	})
	return text, err
}

// start makes a run, and returns its error.
func start(ctx context.Context, vars Vars, opts Options, do func(*run)) (err error) {
	defer func() { // the last resort: a template must not end the process
		if p := recover(); p != nil {
			err = &Error{Err: fmt.Errorf("internal error: %v", p)}
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	merged, err := vars.variables()
	if err != nil {
		return err
	}
	r := &run{
		ctx: ctx, opts: opts, vars: merged, lib: builtins(),
		out: &strings.Builder{}, regexLeft: maxRegexSteps,
		programs: map[string]*program{}, copies: map[string]any{}, tpl: &program{},
	}
	if do(r); r.err != nil {
		r.locate(0)
	}
	return r.err
}

// evaluate returns the value of src.
func (r *run) evaluate(src, name string) any {
	if !isTemplate(src) {
		return src
	}
	p := &program{file: name, src: src}
	s := ansibleSyntax()
	s.rawBackslash = true
	if err := p.parseTrimmed(0, s); err != nil {
		r.located = true
		return r.fail(err)
	}
	return r.value(p)
}

// rendered returns the text of a template, with as many newlines at its end as the
// template has.
func (r *run) rendered(p *program) string {
	var text string
	r.apart(false, func() { text = r.capture(func() { r.template(p, nil) }) })
	return padded(text, p.src)
}

// parse parses a template with its #jinja2: line.
func (r *run) parse(src, name string) *program {
	src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	p := &program{file: name, src: src}
	s, pos, err := header(src)
	if err == nil {
		err = p.parseTrimmed(pos, s)
	} else {
		err = p.errorAt(0, err)
	}
	if err != nil {
		r.located = true
		r.fail(err)
		return nil
	}
	return p
}

const headerMark = "#jinja2:"

// header reads the line that changes the syntax of a template, and returns where the
// template begins.
func header(src string) (s syntax, pos int, err error) {
	s = ansibleSyntax()
	if !strings.HasPrefix(src, headerMark) {
		return s, 0, nil
	}
	line, _, _ := strings.Cut(src, "\n")
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
	case key != "keep_trailing_newline" && key != "newline_sequence" && key != "autoescape":
		return fmt.Errorf("the #jinja2: line: unknown setting %q%s", key, hint(key, marks))
	}
	return nil
}

// export returns a value as Go's types.
func (r *run) export(v any) any {
	if !r.enter() {
		return nil
	}
	defer r.leave()
	switch v := v.(type) {
	case nil, bool, int64, float64, string:
		return v
	case *dict:
		out := map[string]any{}
		for i, key := range v.keys {
			out[r.str(key)] = r.export(v.vals[i])
		}
		return out
	case *undefined:
		r.failUndefined(v)
		return nil
	}
	items, ok := sequence(v)
	if !ok {
		return r.str(v)
	}
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = r.export(item)
	}
	return out
}

// errNoFiles says that the caller gave no file system.
var errNoFiles = errors.New("there are no files here to look up")
