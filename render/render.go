package render

import (
	"context"
	"iter"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// maxObjects bounds the objects of one App.
const maxObjects = 100_000

// Options says what to render, and with which values.
type Options struct {
	// Services are the ones to render; none means all. common is always
	// rendered.
	Services []string

	// Environment is the one of overlays/ whose vars.yml goes over those of the
	// services; empty means none. Its kustomization is not for this package:
	// package render/overlay applies it.
	Environment string

	// Values go over those of the vars.yml files; see [Values]. They are not
	// changed.
	Values map[string]any

	// Origins say where Values were set, as a flag or a file and line, by their paths,
	// such as "resources.cpu"; one of "resources" is for all below it. Errors quote
	// them. Nil means that they are not known.
	Origins map[string]Origin

	// Dialect is the language of the templates whose names do not say it. Those that end
	// in .j2 are Jinja's, those that end in .tmpl are Go's. Empty means Go.
	Dialect Dialect

	// Jinja renders the templates of Jinja, as package render/jinja does; it is linked only
	// by who imports it. Nil means that such a template is an error that says so.
	Jinja Engine

	// Decrypt, if set, returns the plain text of a file of values, as package render/vault
	// does. It is called for each, encrypted or not.
	Decrypt func(layouts.File) (layouts.File, error)

	// Lines adds layouts.LinesAnnotation to the objects, so that package apply can
	// tell the line of a field that the server refuses.
	Lines bool
}

// App renders the templates of app: those of common, then those of the services.
//
// Objects come in a fixed order: common first, services in byte order of their
// names, templates in byte order of theirs, documents as they stand. The same
// input gives the same objects. Each carries its set and its source; see
// [layouts.SetLabel].
//
// All problems come joined, sorted by place, each an [*Error]. A name that nobody
// set is an [*UnknownNameError]. An output of over 8 MiB, more than 100,000
// objects and a template that does not come to an end are errors; ctx ends it
// sooner.
func App(ctx context.Context, app *layouts.App, opts Options) ([]*unstructured.Unstructured, error) {
	var objs []*unstructured.Unstructured
	var errs collector
	for obj, err := range Each(ctx, app, opts) {
		if err != nil {
			errs.add(err)
			continue
		}
		objs = append(objs, obj)
	}
	if err := errs.err(); err != nil {
		return nil, err
	}
	return objs, nil
}

// Each yields the objects that [App] returns, in that order, as they are rendered: of
// what it has yielded it keeps no more than the names, so that memory is bounded by the
// largest template, not by all. For a template that cannot be rendered it yields the
// error, which may join several, and goes on with the next one.
func Each(ctx context.Context, app *layouts.App, opts Options) iter.Seq2[*unstructured.Unstructured, error] {
	return func(yield func(*unstructured.Unstructured, error) bool) {
		services, err := app.Select(opts.Services...)
		if err == nil && opts.Environment != "" {
			_, err = app.Environment(opts.Environment)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		t, files := twins{}, madeFiles(app)
		r := newRenderer(app, opts, func(_ string, obj *unstructured.Unstructured, err error) bool {
			if err == nil {
				err = t.add(obj, files.source(obj))
			}
			if err == nil {
				files.place(obj)
			} else {
				obj = nil
			}
			return yield(obj, Quote(app, err)) && len(t) <= maxObjects
		})
		r.made = files
		going := r.directory(ctx, layouts.Common, app.Common, app.Common.Templates)
		for _, s := range services {
			going = going && r.directory(ctx, s.Name, s, app.Templates(s))
		}
	}
}

// Owners returns the services of app by the names of the Services that they
// render: whose are the backends in common/ingress.yml. opts.Services does not
// matter.
//
// A template that cannot be rendered, for want of a value that only another
// pipeline passes, does not keep the others from the map; the error joins what
// went wrong. ctx ends it.
func Owners(ctx context.Context, app *layouts.App, opts Options) (map[string]string, error) {
	owners := map[string]string{}
	err := all(ctx, app, opts, func(service string, obj *unstructured.Unstructured) {
		if obj.GetKind() == "Service" && obj.GetAPIVersion() == "v1" {
			owners[obj.GetName()] = service
		}
	})
	return owners, err
}

// Others renders what App leaves out: the services that opts.Services does not name;
// none if it names none. An overlay needs them, since its patches and names are the
// whole app's.
//
// A template that cannot be rendered, for want of a value that only another
// pipeline passes, does not keep the others from the result; the error joins what
// went wrong. The order is that of App. ctx ends it.
func Others(ctx context.Context, app *layouts.App, opts Options) ([]*unstructured.Unstructured, error) {
	if len(opts.Services) == 0 {
		return nil, nil
	}
	var others []*unstructured.Unstructured
	err := all(ctx, app, opts, func(service string, obj *unstructured.Unstructured) {
		if !slices.Contains(opts.Services, service) {
			others = append(others, obj)
		}
	})
	return others, err
}

// all calls found with what each template of each service renders to.
func all(ctx context.Context, app *layouts.App, opts Options,
	found func(service string, obj *unstructured.Unstructured),
) error {
	var errs collector
	files := madeFiles(app)
	r := newRenderer(app, opts, func(service string, obj *unstructured.Unstructured, err error) bool {
		errs.add(err)
		if err == nil {
			files.place(obj)
			found(service, obj)
		}
		return true
	})
	r.made = files
	for _, s := range app.Services {
		r.directory(ctx, s.Name, s, app.Templates(s))
	}
	return Quote(app, errs.err())
}
