package overlay

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// Options says which overlay to apply. The zero value applies none.
type Options struct {
	// Environment is the overlay's name: a directory of overlays/.
	Environment string

	// Partial says that objs may lack some of the app's objects. Patches and replicas
	// that match nothing are left out then, and so is what the overlay adds to
	// services that have no object in objs. Otherwise they are errors.
	Partial bool
}

// An Error is a problem with a file of an overlay.
type Error struct {
	// File is slash-separated and relative to the root of the layout.
	File string
	// Line and Column count from 1; Column in characters. Zero means unknown.
	Line, Column int
	// Field is the path of a field, as "resources[0]"; empty if it is not about one.
	Field string
	Err   error
}

func (e *Error) Error() string {
	text := layouts.Field{Line: e.Line, Column: e.Column}.In(e.File)
	if e.Field != "" {
		text += ": " + e.Field
	}
	return text + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// problems collects errors.
type problems []*Error

// addAt adds an error at a place.
func (p *problems) addAt(at spot, field string, err error) {
	if !p.full() {
		*p = append(*p, at.problem(field, err))
	}
}

// maxProblems is how many problems are told at once.
const maxProblems = 1000

// full reports that there are more problems than are told, so that none is looked for.
func (p *problems) full() bool { return len(*p) > maxProblems }

var errMore = errors.New("there are more problems than are told")

func (s spot) problem(field string, err error) *Error {
	return &Error{s.file, s.line, s.column, field, err}
}

// err joins them, sorted by place, each once.
func (p problems) err() error {
	slices.SortStableFunc(p, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column))
	})
	var errs []error
	for i, e := range p {
		if i == maxProblems {
			errs = append(errs, spot{e.File, e.Line, e.Column}.problem("", errMore))
			break
		}
		if i == 0 || e.Error() != p[i-1].Error() {
			errs = append(errs, e)
		}
	}
	return errors.Join(errs...)
}

// Apply returns objs, as rendered from app, as the kustomization of an environment
// makes them.
//
// They come in their order, then what the overlay adds, in kustomize's order; the same
// input gives the same objects. Each keeps its set, its source, and the lines of the
// fields that are as they were; what is added has the overlay's file as its source.
// Without an environment, or with one that has only values, Apply returns objs. objs
// and app are not changed.
//
// What is refused, and patches and replicas that match nothing, come joined, sorted by
// place, each an [*Error]; what kustomize says is one, too. An unknown environment
// yields an error matching [fs.ErrNotExist]. ctx ends Apply between its steps, but not
// kustomize.
func Apply(ctx context.Context, app *layouts.App, objs []*unstructured.Unstructured, opts Options,
) ([]*unstructured.Unstructured, error) {
	if opts.Environment == "" {
		return objs, nil
	}
	environment, err := app.Environment(opts.Environment)
	if err != nil {
		return nil, err
	}
	top := environment.Kustomization()
	if top == nil {
		return objs, nil
	}
	a := &application{app: app, opts: opts, objs: objs, top: top.Path}
	if a.tree, err = newTree(app); err != nil {
		return nil, err
	}
	if err := a.tree.scan(top.Path); err != nil {
		return nil, err
	}
	if err := a.tree.bounded(len(objs)); err != nil {
		return nil, err
	}
	if a.input, err = encode(app.Name, objs); err != nil {
		return nil, a.tree.problem(top.Path, "", err)
	}
	if err := a.fit(ctx); err != nil {
		return nil, err
	}
	made, err := a.run(ctx, rewritten)
	if err != nil {
		return nil, err
	}
	return a.decode(made)
}

// An application is one call of Apply.
type application struct {
	app   *layouts.App
	opts  Options
	objs  []*unstructured.Unstructured
	top   string // the kustomization's path
	tree  *tree
	input *input
}
