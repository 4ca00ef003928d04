package apply

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// Undo puts back what the run that returned result changed: the fields that were
// ours, or were taken over, have their old values again; objects that were new are
// deleted, but for those that hold data or other objects; the routes of its
// services are what they were. What was pruned or recreated is not undone; a
// Rollback makes it again. The changes in result are updated.
//
// Apply undoes the sets that fail by itself. This is for who waits, or tests the
// result, later. It needs the Applier that made result. The error joins an
// [*ObjectError] for each object that could not be put back.
func (a *Applier) Undo(ctx context.Context, result *Result) error {
	r := &run{Applier: a, result: result}
	var items []*item
	for i := range result.Changes {
		c := &result.Changes[i]
		if c.item == nil {
			return errors.New("undo: the result is not one that Apply returned")
		}
		c.item.change = c
		items = append(items, c.item)
	}
	return r.undo(quiet(ctx), items)
}

// An UndoError reports an object that could not be put back: it is as the failed run
// left it.
type UndoError struct{ Err error }

func (e *UndoError) Error() string {
	return "it could not be put back after the failure: " + e.Err.Error()
}

func (e *UndoError) Unwrap() error { return e.Err }

func isUndo(err error) bool {
	var undo *UndoError
	return errors.As(err, &undo)
}

// undo puts the items back, last stage first.
func (r *run) undo(ctx context.Context, items []*item) error {
	var errs []error
	for s := stages - 1; s >= 0; s-- {
		var now []*item
		for _, it := range items {
			if it.stage == s && slices.Contains([]Action{Created, Configured, Deleted}, it.undoable()) {
				now = append(now, it)
			}
		}
		r.each(ctx, now, r.undoOne)
		for _, it := range now {
			errs = append(errs, it.change.Err)
		}
	}
	return errors.Join(errs...)
}

// undoable returns what was done to the object, also if its rollout then failed.
func (it *item) undoable() Action {
	if it.change.Action == Created && slices.Contains(keptKinds, it.change.Kind) {
		return Kept
	}
	return it.change.Action
}

func (r *run) undoOne(ctx context.Context, it *item) {
	err := r.putBack(ctx, it)
	if err != nil {
		err = &ObjectError{it.change.Ref, it.change.Source, &UndoError{r.explain(it, err)}}
		it.change.Err = errors.Join(it.change.Err, err)
		it.change.emit(r.Applier, EventFailed)
		return
	}
	it.change.Action = Undone
	it.change.emit(r.Applier, EventUndone)
}

func (r *run) putBack(ctx context.Context, it *item) error {
	switch {
	case shared(it):
		return r.putBackRoutes(ctx, it)
	case it.change.Action == Created:
		defer func() { it.change.Live = nil }()
		return r.delete(ctx, it, it.change.Live)
	}
	live, err := r.patch(ctx, it, r.previous(it), true)
	it.change.Live = live
	return err
}

// previous returns what to apply so that the fields that were ours, or were taken
// over, are again as they were.
func (r *run) previous(it *item) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{}}
	if it.before != nil {
		fields := unite(r.ours(it.before), fieldsOf(it.before, r.adopts))
		obj.Object, _ = project(fields, it.before.Object).(map[string]any)
	}
	obj.SetAPIVersion(it.obj.GetAPIVersion())
	obj.SetKind(it.obj.GetKind())
	obj.SetName(it.obj.GetName())
	obj.SetNamespace(it.obj.GetNamespace())
	return obj
}

// putBackRoutes publishes the routes that the owners had before.
func (r *run) putBackRoutes(ctx context.Context, it *item) error {
	var past *unstructured.Unstructured
	if it.before != nil {
		past = r.previous(it)
	}
	owners, err := ingress.Owners(it.obj)
	if err != nil {
		return err
	}
	obj, err := ingress.Restore(cmp.Or(past, it.obj), past, it.obj, owners)
	if err != nil {
		return err
	}
	back := &item{obj: obj, resource: it.resource, change: &Change{Ref: it.change.Ref}}
	r.publish(ctx, back)
	it.change.Live = back.change.Live
	if back.change.Err != nil {
		return errors.Unwrap(back.change.Err)
	}
	return nil
}

// revive returns obj, the app's Ingress of a recorded revision, as it is to be
// published now: on what the live one is, and not as an older build's.
func (a *Applier) revive(ctx context.Context, obj *unstructured.Unstructured,
) (*unstructured.Unstructured, error) {
	now, err := a.current(ctx, obj)
	if now == nil || err != nil {
		return obj, err
	}
	owners, err := ingress.Owners(obj)
	if err != nil {
		return nil, err
	}
	return ingress.Restore(now, obj, now, owners)
}

// current returns what is ours in the live form of obj; nil if it is gone.
func (a *Applier) current(ctx context.Context, obj *unstructured.Unstructured,
) (*unstructured.Unstructured, error) {
	r := &run{Applier: a}
	res, err := a.lookup(obj.GroupVersionKind(), nil)
	if err != nil {
		return nil, err
	}
	it := &item{obj: obj, resource: res, change: &Change{Ref: refOf(obj)}}
	live, err := r.get(ctx, it)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, &ObjectError{Ref: it.change.Ref, Err: r.explain(it, err)}
	}
	it.before = live
	return r.previous(it), nil
}

// ours returns the fields that we own. The server keeps a Secret's stringData as
// data, and the entry as it was sent.
func (a *Applier) ours(obj *unstructured.Unstructured) fieldSet {
	fields, _ := ownFields(obj, a.opts.FieldManager, obj.GetAPIVersion())
	fields = maps.Clone(fields)
	if written, ok := fields["f:stringData"].(fieldSet); ok && isSecret(obj) {
		data, _ := fields["f:data"].(fieldSet)
		fields["f:data"] = unite(data, written)
		delete(fields, "f:stringData")
	}
	return fields
}
