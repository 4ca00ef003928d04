package render

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

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
	services, err := app.Select(opts.Services...)
	if err != nil {
		return nil, err
	}
	if opts.Environment != "" {
		if _, err := app.Environment(opts.Environment); err != nil {
			return nil, err
		}
	}
	r := renderer{app: app, opts: opts}
	r.directory(ctx, layouts.Common, app.Common, app.Common.Templates)
	for _, s := range services {
		r.directory(ctx, s.Name, s, app.Templates(s))
	}
	r.errs.add(checkTwins(r.objs))
	if err := r.errs.err(); err != nil {
		return nil, Quote(app, err)
	}
	return r.objs, nil
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
	err := each(ctx, app, opts, func(service string, objs []*unstructured.Unstructured) {
		for _, obj := range objs {
			if obj.GetKind() == "Service" && obj.GetAPIVersion() == "v1" {
				owners[obj.GetName()] = service
			}
		}
	})
	return owners, Quote(app, err)
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
	err := each(ctx, app, opts, func(service string, objs []*unstructured.Unstructured) {
		if !slices.Contains(opts.Services, service) {
			others = append(others, objs...)
		}
	})
	return others, Quote(app, err)
}

// each calls found with what each template of each service renders to.
func each(ctx context.Context, app *layouts.App, opts Options,
	found func(service string, objs []*unstructured.Unstructured),
) error {
	var errs collector
	for _, s := range app.Services {
		for _, f := range app.Templates(s) {
			r := renderer{app: app, opts: opts}
			r.directory(ctx, s.Name, s, []layouts.File{f})
			errs.add(r.errs.err())
			found(s.Name, r.objs)
		}
	}
	return errs.err()
}

// A renderer collects what directories render to.
type renderer struct {
	app  *layouts.App
	opts Options
	objs []*unstructured.Unstructured
	errs collector
}

func (r *renderer) directory(ctx context.Context, name string, dir layouts.Directory, files []layouts.File) {
	in, err := r.setting(name, dir)
	if err != nil {
		r.errs.add(err)
		return
	}
	for _, f := range files {
		out, err := r.execute(ctx, f, in)
		if err != nil {
			r.errs.add(err)
			continue
		}
		objs, err := out.decode(owner{r.app.Name, name, r.opts.Lines})
		r.errs.add(err)
		r.objs = append(r.objs, objs...)
	}
	if len(r.objs) > maxObjects {
		r.errs.add(&Error{File: r.app.Name, Err: fmt.Errorf("over %d objects", maxObjects)})
		r.objs = nil
	}
}

func (r *renderer) setting(name string, dir layouts.Directory) (setting, error) {
	layers, err := layersOf(r.app, dir, r.opts)
	if err != nil {
		return setting{}, err
	}
	in := setting{layers: layers, partials: r.app.Common.Partials, origins: sync.OnceValue(layers.origins)}
	if name != layouts.Common {
		in.partials = slices.Concat(in.partials, dir.Partials)
		in.scope = name
	}
	in.values, err = layers.merge()
	return in, err
}

func (r *renderer) execute(ctx context.Context, f layouts.File, in setting) (*output, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch dialect := r.opts.dialectOf(f); dialect {
	case Jinja:
		return r.jinja(ctx, f, in)
	case Go, "":
	default:
		return nil, fmt.Errorf("unknown dialect %q: there are %s and %s", dialect, Go, Jinja)
	}
	in.partials = slices.DeleteFunc(slices.Clone(in.partials), isJinja)
	program, err := compile(f, in)
	if err != nil {
		return nil, err
	}
	return program.run(ctx)
}

// checkTwins returns an error for each object that is rendered twice. Ingresses
// may be: they become one.
func checkTwins(objs []*unstructured.Unstructured) error {
	var errs collector
	first := map[[4]string]string{}
	for _, obj := range objs {
		if obj.GetKind() == "Ingress" {
			continue
		}
		id := [4]string{obj.GroupVersionKind().Group, obj.GetKind(), obj.GetNamespace(), obj.GetName()}
		source := obj.GetAnnotations()[layouts.SourceAnnotation]
		if other, twice := first[id]; twice {
			colon := strings.LastIndexByte(source, ':')
			file, digits := source[:colon], source[colon+1:]
			line, _ := strconv.Atoi(digits) // made by decode
			errs.add(&Error{File: file, Line: line, Err: fmt.Errorf("%s %s is also in %s: keep one of them",
				obj.GetKind(), obj.GetName(), other)})
		}
		first[id] = source
	}
	return errs.err()
}
