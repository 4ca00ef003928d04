package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// An item is an object on its way to the cluster, or off it.
type item struct {
	obj      *unstructured.Unstructured // as it will be sent
	set      string                     // whose member it is; "" if nobody's
	shared   bool                       // it is an Ingress that other runs write, too
	resource resource
	defined  bool // the run itself defines its kind
	stage    stage
	lines    map[string]int // of its fields, in its template, by path; nil if not told
	change   *Change
	live     *unstructured.Unstructured // as last read; nil if missing or unknown
	known    bool                       // live was read: nil means missing
	unsure   bool                       // a request whose answer was lost may have changed it
	before   *unstructured.Unstructured // as it was when this run changed it; nil if missing
}

func setOf(obj *unstructured.Unstructured) string { return obj.GetLabels()[layouts.SetLabel] }

// place returns where the objects of its kind are.
func (it *item) place() place { return place{it.resource, it.obj.GetNamespace()} }

// A place is a kind in a namespace, or cluster-wide.
type place struct {
	resource  resource
	namespace string
}

func (a *Applier) in(p place) dynamic.ResourceInterface {
	client := a.client.Resource(p.resource.GroupVersionResource)
	if p.resource.namespaced {
		return client.Namespace(p.namespace)
	}
	return client
}

// prepare fills r.items from objs. It reports every object that cannot be sent, so
// that nothing is sent if one cannot.
func (r *run) prepare(ctx context.Context, objs []*unstructured.Unstructured) error {
	r.failed = failures{}
	known := defined(objs)
	first := map[place]map[string]string{}
	var errs []error
	away := false // the server: to ask it about each kind would take ages
	for _, obj := range objs {
		it := &item{obj: withOwnMetadata(obj), set: setOf(obj), shared: ingress.Shared(obj)}
		it.lines = linesOf(it.obj)
		source := takeSource(it.obj)
		it.change = &Change{Ref: refOf(it.obj), Source: source, Action: NotTried}
		r.items = append(r.items, it)
		if away {
			continue
		}
		err := r.place(ctx, it, known)
		if err == nil {
			err = twin(first, it, source)
		}
		if it.shared {
			r.shared = append(r.shared, it)
		}
		if !r.dry {
			it.change.item = it
		}
		if err != nil {
			r.fail(it, err)
			errs = append(errs, it.change.Err)
			away = isUnreachable(err) || isOverloaded(err)
		}
	}
	return errors.Join(errs...)
}

// withOwnMetadata returns a copy of obj that shares all but its metadata, which is
// all that is changed: a run may hold thousands of objects.
func withOwnMetadata(obj *unstructured.Unstructured) *unstructured.Unstructured {
	content := maps.Clone(obj.Object)
	if metadata, ok := content["metadata"].(map[string]any); ok {
		content["metadata"] = runtime.DeepCopyJSON(metadata)
	}
	return &unstructured.Unstructured{Object: content}
}

// twin returns an error if the object is among the first ones already.
func twin(first map[place]map[string]string, it *item, source string) error {
	names := first[it.place()]
	if names == nil {
		names = map[string]string{}
		first[it.place()] = names
	}
	if other, twice := names[it.obj.GetName()]; twice {
		return fmt.Errorf("the object is also in %s: keep one of them", other)
	}
	names[it.obj.GetName()] = source
	return nil
}

// place finds out where the object goes.
func (r *run) place(ctx context.Context, it *item, known map[schema.GroupVersionKind]resource) error {
	if it.obj.GetName() == "" {
		return errors.New("metadata.name is empty: server-side apply needs a name")
	}
	gvk := it.obj.GroupVersionKind()
	var err error
	if it.resource, err = r.lookup(ctx, gvk, known); err != nil {
		return err
	}
	_, it.defined = known[gvk]
	switch {
	case !it.resource.namespaced:
		it.obj.SetNamespace("")
	case it.obj.GetNamespace() == "":
		it.obj.SetNamespace(r.opts.Namespace)
	}
	it.change.Ref = refOf(it.obj)
	it.stage = stageOf(gvk.GroupKind())
	return nil
}

// takeSource removes and returns the source annotation.
func takeSource(obj *unstructured.Unstructured) string {
	annotations := obj.GetAnnotations()
	source, ok := annotations[layouts.SourceAnnotation]
	if !ok {
		return ""
	}
	delete(annotations, layouts.SourceAnnotation)
	delete(annotations, layouts.LinesAnnotation)
	if len(annotations) == 0 {
		annotations = nil // no empty map, which would be sent
	}
	obj.SetAnnotations(annotations)
	return source
}

// fail records why the object failed.
func (r *run) fail(it *item, err error) {
	it.change.Action = Failed
	err = r.explain(it, err)
	it.change.Err = &ObjectError{Ref: it.change.Ref, Source: it.sourceOf(err), Err: err}
	it.change.emit(r.Applier, EventFailed)
}

// done records what was done to the object.
func (r *run) done(it *item, action Action, live *unstructured.Unstructured) {
	it.change.Action, it.change.Live = action, live
	kind := EventApplied
	if r.dry {
		kind = EventPlanned
	}
	it.change.emit(r.Applier, kind)
}
