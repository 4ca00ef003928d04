package render

import (
	"context"
	"errors"
	"maps"
	"path"

	"github.com/slipway-go/slipway/layouts"
)

// A Dialect is a language of templates.
type Dialect string

// The dialects.
const (
	Go    Dialect = "go"    // text/template with sprig
	Jinja Dialect = "jinja" // what Ansible makes of Jinja2
)

// An Engine renders a template. It may be called by several goroutines; the same
// source gives the same text. An error of it is an [*Error] with its place and the paths
// of the values that it is about, or matches what ctx.Err() returns.
type Engine func(ctx context.Context, source Source) (*Text, error)

// A Source is a template and what it is rendered with.
type Source struct {
	File layouts.File
	// Vars are the files of values, in plain text, later ones over earlier ones.
	Vars []layouts.File
	// Values are the caller's and the layout's, over those of Vars.
	Values map[string]any
	// Print, if set, is told of each text that an expression prints, in order, where the
	// template prints it, and returns what is printed instead. The values of variables, and
	// what macros and blocks make, are told only piece by piece.
	Print func(Printed) string
	// Trace asks for all values that what is printed was made of, in Text.Marks and in
	// Printed.Made: also those that came through names that a template sets, and those that
	// the texts of others use. Errors tell them anyhow.
	Trace bool
}

// A Printed is a text that an expression prints.
type Printed struct {
	// File and Pos, in bytes, are where the expression stands.
	File string
	Pos  int
	Text string
	// Values are the paths of the values that it names, as "resources.cpu".
	Values []string
	// Made are, with Source.Trace, those of all values that it was made of.
	Made []string
	// Composed says that the template means to print more than one scalar: a list, what a
	// macro makes, or a text through a filter such as to_json or indent.
	Composed bool
	// Literals are the texts that the expression itself adds.
	Literals []string
}

// Quote is [Quote] for what an engine tells while it renders, such as a warning.
func (s Source) Quote(err *Error) *Error {
	files := map[string]layouts.File{s.File.Path: s.File}
	for _, f := range s.Vars {
		files[f.Path] = f
	}
	quoteFrom(files, err)
	return err
}

// A Text is what a template made, and of what.
type Text struct {
	Data []byte
	// Marks say what made which part, in order of their offsets in Data.
	Marks []Mark
	// Files are the texts of the templates in Marks, by their names.
	Files map[string]string
}

// A Mark says that the text from Offset on, up to the next mark, was made by what
// stands at Pos, in bytes, of a template.
type Mark struct {
	Offset int
	File   string
	Pos    int
	// Verbatim says that it is the template's text from Pos on.
	Verbatim bool
	// Values are the paths of the values that it names, as "resources.cpu"; with
	// Source.Trace, those of all that it was made of.
	Values []string
}

func isJinja(f layouts.File) bool { return path.Ext(f.Path) == ".j2" }

// dialectOf returns the dialect of a template.
func (o Options) dialectOf(f layouts.File) Dialect {
	switch {
	case isJinja(f):
		return Jinja
	case path.Ext(f.Path) == ".tmpl":
		return Go
	}
	return o.Dialect
}

// jinja renders a template of Jinja.
func (r *renderer) jinja(ctx context.Context, f layouts.File, in setting) (*output, error) {
	if r.opts.Jinja == nil {
		return nil, &Error{File: f.Path, Err: errors.New("a Jinja template: set Options.Jinja to what " +
			"package render/jinja has; if it holds nothing but {{ names }}, render it as one of Go's, " +
			"without .j2 in its name")}
	}
	text, err := plainText(f)
	if err != nil {
		return nil, err
	}
	f.Data = text
	source := Source{File: f, Values: map[string]any{}}
	for _, layer := range in.layers.list {
		if layer.file == "" {
			source.Values = MergeValues(source.Values, layer.values)
			continue
		}
		vars := layouts.File{Path: layer.file, Data: layer.text, Origin: layer.made}
		source.Vars = append(source.Vars, vars)
	}
	delete(source.Values, serviceName)
	maps.Copy(source.Values, in.layers.fixed)
	source.Trace = in.trace
	complete := in.trace // the error says all: an engine's own does
	out, err := harmless(func(standing map[int]bool) (*output, error) {
		out, err := r.print(ctx, source, in, standing)
		complete = complete || err != nil
		return out, err
	})
	if err == nil || complete {
		return out, err
	}
	in.trace = true
	if _, traced := r.jinja(ctx, f, in); traced != nil {
		err = traced
	}
	return out, err
}

// print renders a source with something else for the printed texts of those numbers.
func (r *renderer) print(
	ctx context.Context, source Source, in setting, standing map[int]bool,
) (*output, error) {
	prints := newJinjaPrinter(source.Values, in.layers, standing)
	source.Print = prints.print
	text, err := r.opts.Jinja(ctx, source)
	if err != nil {
		return nil, in.told(err)
	}
	out := text.output(source.File.Path, in)
	out.printer = prints.printer
	return out, nil
}

// told returns an error of an engine with what it does not know: where the values are set
// that it is about.
func (s setting) told(err error) error {
	for _, one := range flatten(err) {
		var unknown *UnknownNameError
		if errors.As(one, &unknown) && unknown.Hint == "" {
			unknown.Hint = hint(unknown.Name, s.scope)
		}
		at := (*Error)(nil)
		if !errors.As(one, &at) {
			continue
		}
		var paths []string
		for _, value := range at.Values {
			paths = append(paths, value.Path)
		}
		at.Values = s.where(paths)
		if unknown != nil {
			unknown.Hint += s.layers.jsonHint(at.Values)
		}
	}
	return err
}

// output returns t as templates of Go have it.
func (t *Text) output(file string, in setting) *output {
	p := &program{setting: in, main: file, texts: t.Files}
	out := &output{program: p, text: t.Data}
	for i, m := range t.Marks {
		p.places = append(p.places, place{file: m.File, pos: m.Pos, verbatim: m.Verbatim, paths: m.Values})
		out.marks = append(out.marks, mark{offset: m.Offset, place: i})
	}
	return out
}
