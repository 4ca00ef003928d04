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
	shared   bool                       // other runs write it, too: see ingress.Shared
	resource resource
	defined  bool // the run itself defines its kind
	stage    stage
	lines    layouts.Fields // nil if not told
	secrets  *secrets       // of the run; nil has none
	change   *Change
	live     *unstructured.Unstructured // as last read; nil if missing or unknown
	known    bool                       // live was read: nil means missing
	unsure   bool                       // a request whose answer was lost may have changed it
	before   *unstructured.Unstructured // as it was when this run changed it; nil if missing
	leavers  []string                   // the owners that are to leave what they share; obj is made for them
	refused  error                      // why some of the routes that it shares are not published
}

func setOf(obj *unstructured.Unstructured) string { return obj.GetLabels()[layouts.SetLabel] }

// stageOf returns the stage of its kind. What is derived from an app's Ingress is
// published before that.
func (it *item) stageOf() stage {
	s := stageOf(it.obj.GroupVersionKind().GroupKind())
	if s == stageRoutes && ingress.Derived(it.obj) {
		return stageDerivedRoutes
	}
	return s
}

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

// prepare fills r.items from objs. An object that cannot be sent fails, and blocks
// its set, before anything is written. The error is one of the server's that
// concerns all.
func (r *run) prepare(ctx context.Context, objs []*unstructured.Unstructured) error {
	for _, obj := range objs {
		r.items = append(r.items, r.newItem(obj))
	}
	known := defined(objs)
	first := map[place]map[string]*item{}
	for _, it := range r.items {
		err := r.place(ctx, it, known)
		if err != nil {
			r.refuse(it, err)
		}
		if isUnreachable(err) || isOverloaded(err) || ctx.Err() != nil {
			return errors.Join(it.change.Err, ended(ctx))
		}
		if err == nil {
			r.tellTwins(first, it)
		}
	}
	return nil
}

func (r *run) newItem(obj *unstructured.Unstructured) *item {
	it := &item{obj: withOwnMetadata(obj), set: setOf(obj), shared: ingress.Shared(obj)}
	it.lines = layouts.FieldsOf(it.obj.GetAnnotations())
	source := takeSource(it.obj)
	it.change = &Change{Ref: refOf(it.obj), Source: source, Action: NotTried}
	it.change.made = it
	if !r.dry {
		it.change.item = it
	}
	if r.secrets == nil {
		r.secrets = &secrets{}
	}
	it.secrets = r.secrets
	it.secrets.add(it)
	if it.shared {
		r.shared = append(r.shared, it)
	}
	return it
}

// refuse records why the object cannot be sent, and blocks its set.
func (r *run) refuse(it *item, err error) {
	r.fail(it, err)
	r.failed.block(it.set)
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

// tellTwins refuses the object, and the one that is first of that name, if there is
// one: which of them is meant cannot be told.
func (r *run) tellTwins(first map[place]map[string]*item, it *item) {
	names := first[it.place()]
	if names == nil {
		names = map[string]*item{}
		first[it.place()] = names
	}
	other, twice := names[it.obj.GetName()]
	if !twice {
		names[it.obj.GetName()] = it
		return
	}
	for _, pair := range [][2]*item{{other, it}, {it, other}} {
		r.refuse(pair[0], fmt.Errorf("the object is also in %s: keep one of them", pair[1].change.Source))
	}
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
	it.stage = it.stageOf()
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
	err = &ObjectError{Ref: it.change.Ref, Source: it.sourceOf(err), Err: err}
	it.change.Err = err
	if it.refused != nil {
		it.change.Err = errors.Join(it.refused, err)
	}
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
