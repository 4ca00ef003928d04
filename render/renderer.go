package render

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// A renderer renders directories. It remembers what several of them share.
type renderer struct {
	app   *layouts.App
	opts  Options
	found func(service string, obj *unstructured.Unstructured, err error) bool

	made made // what people know the app's files as

	vars     map[string]layer    // of common and the environment, by file
	programs map[string]compiled // of templates in common/each/, by file
}

// compiled is a program, and what it was compiled for.
type compiled struct {
	program *program
	names   []string // of the values, sorted
	own     string   // the service that has partials of its own, or ""
}

// newRenderer returns a renderer that calls found with each object, or with the error
// of a template, until that returns false.
func newRenderer(app *layouts.App, opts Options,
	found func(service string, obj *unstructured.Unstructured, err error) bool,
) *renderer {
	return &renderer{app, opts, found, nil, map[string]layer{}, map[string]compiled{}}
}

// directory renders files with what dir is to see. It reports whether to go on.
func (r *renderer) directory(
	ctx context.Context, name string, dir layouts.Directory, files []layouts.File,
) bool {
	in, err := r.setting(name, dir)
	if err != nil {
		return r.found(name, nil, err)
	}
	for _, f := range files {
		objs, err := r.file(ctx, f, in, owner{r.app.Name, name, r.opts.Lines})
		if err != nil && !r.found(name, nil, in.layers.masked(err)) {
			return false
		}
		for _, obj := range objs {
			if !r.found(name, obj, nil) {
				return false
			}
		}
	}
	return true
}

func (r *renderer) setting(name string, dir layouts.Directory) (setting, error) {
	layers, err := r.layersOf(dir)
	if err != nil {
		return setting{}, err
	}
	in := setting{
		layers: layers, partials: r.app.Common.Partials, made: r.made,
		origins: sync.OnceValue(layers.origins), trace: r.opts.Lines,
	}
	if name != layouts.Common {
		in.partials = slices.Concat(in.partials, dir.Partials)
		in.scope = name
	}
	if len(dir.Partials) > 0 {
		in.own = name
	}
	in.partials = slices.DeleteFunc(slices.Clone(in.partials), isJinja)
	in.values, err = layers.merge()
	return in, err
}

func (r *renderer) file(
	ctx context.Context, f layouts.File, in setting, who owner,
) ([]*unstructured.Unstructured, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	objs, err := r.objects(ctx, f, in, who)
	if err == nil {
		err = checkFile(f, objs)
	}
	return objs, err
}

// objects returns what a template makes. If something is wrong with that, it is made again
// to find out which values it is made of, which takes time.
func (r *renderer) objects(
	ctx context.Context, f layouts.File, in setting, who owner,
) ([]*unstructured.Unstructured, error) {
	out, err := r.execute(ctx, f, in)
	if err != nil {
		return nil, err
	}
	objs, err := out.decode(who)
	if err == nil || in.trace {
		return objs, err
	}
	in.trace = true
	if out, bad := r.execute(ctx, f, in); bad == nil {
		return out.decode(who)
	}
	return objs, err
}

func (r *renderer) execute(ctx context.Context, f layouts.File, in setting) (*output, error) {
	switch dialect := r.opts.dialectOf(f); dialect {
	case Jinja:
		return r.jinja(ctx, f, in)
	case Go, "":
	default:
		return nil, fmt.Errorf("unknown dialect %q: there are %s and %s", dialect, Go, Jinja)
	}
	program, err := r.program(f, in)
	if err != nil {
		return nil, err
	}
	out, err := program.run(ctx)
	if err != nil {
		return nil, r.allUnknown(ctx, f, in, err)
	}
	return out, nil
}

// program returns the program of a template, for those values: an earlier one, if that
// is of the same names.
func (r *renderer) program(f layouts.File, in setting) (*program, error) {
	names := slices.Sorted(maps.Keys(in.values))
	if c := r.programs[f.Path]; c.program != nil && c.own == in.own && slices.Equal(c.names, names) {
		again := *c.program
		again.setting = in
		return &again, nil
	}
	p, err := compile(f, in)
	if err == nil && path.Base(path.Dir(f.Path)) == "each" {
		r.programs[f.Path] = compiled{p, names, in.own}
	}
	return p, err
}

// twins are the objects that were rendered, with their sources.
type twins map[[4]string]string

// add returns an error for an object that is there already. Ingresses may be: they
// become one. source is the object's, for the error of another.
func (t twins) add(obj *unstructured.Unstructured, source string) error {
	id := [4]string{obj.GroupVersionKind().Group, obj.GetKind(), obj.GetNamespace(), obj.GetName()}
	if obj.GetKind() == "Ingress" {
		id = [4]string{"", "", "", source + strconv.Itoa(len(t))} // it only counts
	}
	first, twice := t[id]
	if len(t) >= maxObjects {
		t[[4]string{}] = ""
		return &Error{Err: fmt.Errorf("over %d objects", maxObjects), File: layouts.Common}
	}
	t[id] = source
	if !twice {
		return nil
	}
	at := errorAt(obj)
	at.Err = fmt.Errorf("%s %s is also in %s: keep one of them", obj.GetKind(), obj.GetName(), first)
	return at
}
