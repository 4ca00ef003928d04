package apply

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/slipway-go/slipway/layouts"
)

// An item is an object on its way to the cluster.
type item struct {
	obj      *unstructured.Unstructured // as it will be sent
	resource resource
	stage    stage
	change   *Change
	live     *unstructured.Unstructured // before the run; nil if missing or unknown
	known    bool                       // live was read: nil means missing
}

func (it *item) set() string { return it.obj.GetLabels()[layouts.SetLabel] }

// prepare fills r.items and the Result from objs. It reports every object that
// cannot be sent, so that nothing is sent if one cannot.
func (r *run) prepare(objs []*unstructured.Unstructured) error {
	known := defined(objs)
	first := map[string]string{}
	for i, obj := range objs {
		it := &item{obj: obj.DeepCopy(), change: &r.result.Changes[i]}
		r.items = append(r.items, it)
		source := takeSource(it.obj)
		*it.change = Change{Ref: refOf(it.obj), Source: source, Action: NotTried}
		if err := r.place(it, known); err != nil {
			r.fail(it, err)
			continue
		}
		id := it.resource.Resource + "." + it.resource.Group + "/" + it.change.Ref.String()
		if other, twice := first[id]; twice {
			r.fail(it, fmt.Errorf("the object is also in %s: keep one of them", other))
		}
		first[id] = source
	}
	return errors.Join(r.result.errs()...)
}

// place finds out where the object goes.
func (r *run) place(it *item, known map[schema.GroupVersionKind]resource) error {
	if it.obj.GetName() == "" {
		return errors.New("metadata.name is empty: server-side apply needs a name")
	}
	gvk := it.obj.GroupVersionKind()
	var err error
	if it.resource, err = r.lookup(gvk, known); err != nil {
		return err
	}
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
	if len(annotations) == 0 {
		annotations = nil // no empty map, which would be sent
	}
	obj.SetAnnotations(annotations)
	return source
}

// at returns the client for objects like it.
func (r *run) at(it *item) dynamic.ResourceInterface {
	return r.in(it.resource, it.obj.GetNamespace())
}

func (a *Applier) in(res resource, namespace string) dynamic.ResourceInterface {
	client := a.client.Resource(res.GroupVersionResource)
	if res.namespaced {
		return client.Namespace(namespace)
	}
	return client
}

// fail records why the object failed.
func (r *run) fail(it *item, err error) {
	it.change.Action = Failed
	it.change.Err = &ObjectError{Ref: it.change.Ref, Source: it.change.Source, Err: r.explain(it, err)}
	r.emitChange(it)
}

// done records what was done to the object.
func (r *run) done(it *item, action Action, live *unstructured.Unstructured) {
	it.change.Action, it.change.Live = action, live
	r.emitChange(it)
}

func (r *run) emitChange(it *item) {
	c := it.change
	kind := EventApplied
	if c.Err != nil {
		kind = EventFailed
	}
	r.emit(Event{Kind: kind, Ref: c.Ref, Source: c.Source, Action: c.Action, Err: c.Err})
}
