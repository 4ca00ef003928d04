package apply

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// Undo puts back what the run that returned result changed: the fields that were
// ours, or were taken over, have their old values again; objects that were new are
// deleted, but for those that hold data or other objects; the routes of its
// services are what they were. What was pruned or recreated is not undone; a
// Rollback makes it again. What another run has changed since is left as it is. The
// changes in result are updated.
//
// Apply undoes the sets that fail by itself. This is for who waits, or tests the
// result, later. It needs an Applier with the same options. The error joins an
// [*ObjectError] for each object that could not be put back.
func (a *Applier) Undo(ctx context.Context, result *Result) error {
	r := &run{Applier: a, result: result, failed: failures{}}
	var items []*item
	for i := range result.Changes {
		c := &result.Changes[i]
		if c.item == nil {
			return errors.New("undo: the result is not one that Apply returned")
		}
		c.item.change = c
		items = append(items, c.item)
	}
	return r.undoClaiming(quiet(ctx), items)
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
	case it.shared:
		return r.putBackRoutes(ctx, it)
	case it.change.Action == Created:
		gone, err := r.deleteWhile(ctx, it, it.change.Live, r.isAsLeft(it))
		if err == nil && !gone {
			return errSuperseded
		}
		it.change.Live = nil
		return err
	case it.before == nil:
		return errors.New("what it was before is not known: it could not be read")
	case len(r.ours(it.before)) == 0 && r.hasApplied(it.before):
		return errors.New("what it was before is not known: it was applied in another apiVersion")
	}
	return r.putBackFields(ctx, it)
}

// hasApplied reports whether we have applied the object, in whatever version.
func (a *Applier) hasApplied(obj *unstructured.Unstructured) bool {
	return slices.ContainsFunc(obj.GetManagedFields(), func(entry metav1.ManagedFieldsEntry) bool {
		return isApply(entry, a.opts.FieldManager)
	})
}

// errSuperseded is why an object is not put back that is not as the run left it.
var errSuperseded = errors.New("another run has changed it since: it is left as that made it")

// isAsLeft returns a function that reports whether what is ours in an object is as
// the run left it.
func (r *run) isAsLeft(it *item) func(*unstructured.Unstructured) bool {
	left := it.change.Live
	return func(live *unstructured.Unstructured) bool {
		fields := r.ours(live)
		return jsonText(fields) == jsonText(r.ours(left)) &&
			jsonText(project(fields, live.Object)) == jsonText(project(fields, left.Object))
	}
}

// putBackFields applies what was ours before, unless another run has changed the
// object meanwhile; controllers may.
func (r *run) putBackFields(ctx context.Context, it *item) error {
	asLeft := r.isAsLeft(it)
	for try := range publishTries {
		if err := backOff(ctx, try); err != nil {
			return err
		}
		live, err := r.get(ctx, it)
		if err != nil {
			return err
		}
		if !asLeft(live) {
			return errSuperseded
		}
		got, err := r.swapIn(ctx, it, live, r.previous(it))
		if stale(err) {
			continue
		}
		if err == nil {
			it.change.Live = got
		}
		return err
	}
	return &ContentionError{publishTries}
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

// putBackRoutes publishes the routes that the owners had before, but for those of
// owners that another run has published since.
func (r *run) putBackRoutes(ctx context.Context, it *item) error {
	var past *unstructured.Unstructured
	if it.before != nil {
		past = r.previous(it)
	}
	owners, err := partiesOf(it.obj)
	if err != nil {
		return err
	}
	live, err := r.get(ctx, it)
	if ignoreNotFound(err) != nil {
		return err
	}
	owners = slices.DeleteFunc(owners, func(owner string) bool {
		return fragment(live, owner) != fragment(it.change.Live, owner)
	})
	if len(owners) == 0 {
		return nil // other runs have published all of them since
	}
	obj, err := ingress.Restore(cmp.Or(past, it.obj), past, it.obj, owners)
	if err != nil {
		return err
	}
	back := &item{obj: obj, shared: true, resource: it.resource, change: &Change{Ref: it.change.Ref}}
	r.publish(ctx, back)
	it.change.Live = back.change.Live
	if back.change.Err != nil {
		return errors.Unwrap(back.change.Err)
	}
	return nil
}

// partiesOf returns the owners that have a fragment in obj, and those whose routes these
// took.
func partiesOf(obj *unstructured.Unstructured) ([]string, error) {
	fragments, err := ingress.Fragments(obj)
	parties := map[string]bool{}
	for owner, f := range fragments {
		parties[owner] = true
		for _, taken := range f.Takes {
			parties[taken.From] = true
		}
	}
	return slices.Sorted(maps.Keys(parties)), err
}

// fragment returns what the Ingress, which may be nil, holds for the owner.
func fragment(obj *unstructured.Unstructured, owner string) string {
	if obj == nil {
		return ""
	}
	fragments, _ := ingress.Fragments(obj) // what cannot be read is told when it is recomposed
	return jsonText(fragments[owner])
}

// revive returns obj, the app's Ingress or an HTTPRoute of a recorded revision, as it is to
// be published now: not as an older build's, and the Ingress on what the live one is.
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
	base := now
	if ingress.Claiming(obj) {
		base = obj
	}
	return ingress.Restore(base, obj, now, owners)
}

// current returns what is ours in the live form of obj; nil if it is gone.
func (a *Applier) current(ctx context.Context, obj *unstructured.Unstructured,
) (*unstructured.Unstructured, error) {
	live, err := a.Live(ctx, obj)
	if live == nil || err != nil {
		return nil, err
	}
	return (&run{Applier: a}).previous(&item{obj: obj, before: live}), nil
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
