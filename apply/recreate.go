package apply

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// recreate deletes the object and creates it anew, once the server has accepted the
// new form under another name: what is merely invalid must not cost the object that
// works.
func (r *run) recreate(ctx context.Context, it *item) {
	form, err := r.rehearse(ctx, it, it.live)
	if err != nil {
		r.fail(it, err)
		return
	}
	r.compare(ctx, it, it.live, form)
	it.change.Before = it.live
	if r.dry {
		r.done(it, Recreated, form)
		return
	}
	r.sent(it)
	if err := r.deleteAndAwait(ctx, it); err != nil {
		r.fail(it, err)
		return
	}
	got, err := r.patch(ctx, it, it.obj, false)
	if err != nil {
		it.change.Notes = append(it.change.Notes, "it was deleted and not made again: run again")
		r.fail(it, err)
		return
	}
	it.before = it.live
	r.done(it, Recreated, got)
}

// rehearse creates the object in a dry run, under a name that is free, since it is
// made of the uid of live, and good for every kind. It returns what it would be.
func (r *run) rehearse(ctx context.Context, it *item, live *unstructured.Unstructured,
) (*unstructured.Unstructured, error) {
	rehearsal := &run{Applier: r.Applier, dry: true}
	obj := it.obj.DeepCopy()
	obj.SetName("slipway-" + string(live.GetUID()))
	probe := &item{obj: obj, resource: it.resource, change: &Change{}}
	form, err := rehearsal.patch(ctx, probe, obj, false)
	if err == nil {
		form.SetName(it.obj.GetName())
	}
	return form, err
}

// deleteAndAwait returns when the object is gone, its dependents too.
func (r *run) deleteAndAwait(ctx context.Context, it *item) error {
	uid, foreground := it.live.GetUID(), metav1.DeletePropagationForeground
	_, err := tryFor(ctx, r.Applier, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, r.in(it.place()).Delete(ctx, it.live.GetName(), metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &uid}, PropagationPolicy: &foreground,
		})
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	for {
		live, err := r.get(ctx, it)
		if apierrors.IsNotFound(err) || err == nil && live.GetUID() != uid {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ended(ctx)
		}
	}
}
