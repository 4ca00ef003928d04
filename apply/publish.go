package apply

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// publishTries bounds how often an object is read and written again when other runs
// got there first. Each time one of them has got its write in, so that of a number of
// writers none can need more tries than there are writers; with full jitter, far fewer
// do. What goes on for longer is no contention, but somebody who writes all the time.
const publishTries = 200

// absent is a resource version that no stored object has: etcd's first revision
// is taken before anything is stored. Server-side apply ignores a resource
// version when it creates and compares it when it updates, so an apply with this
// one creates, or conflicts. A plain apply would not do: all runs share a field
// manager, so the second of two that create would silently replace the first's
// rules. Neither would a POST: fields that are created by it are not ours to
// remove by a later apply.
const absent = "1"

// A ContentionError reports that other runs kept writing a shared Ingress
// between this run's read and its write. Nothing was changed; run it again.
type ContentionError struct{ Tries int }

func (e *ContentionError) Error() string {
	return fmt.Sprintf("other runs changed it %d times in a row between read and write: run again",
		e.Tries)
}

// publish puts the routes of this run into the app's Ingress by compare-and-swap:
// every write is one request that fails if the Ingress is not as it was read.
func (r *run) publish(ctx context.Context, it *item) {
	for try := range publishTries {
		if err := backOff(ctx, try); err != nil {
			r.fail(it, err)
			return
		}
		again, err := r.publishOnce(ctx, it, try == 0 && it.known)
		if err != nil {
			r.fail(it, err)
		}
		if err != nil || !again {
			return
		}
	}
	r.fail(it, &ContentionError{publishTries})
}

// publishOnce reports whether somebody else was faster.
func (r *run) publishOnce(ctx context.Context, it *item, read bool) (again bool, err error) {
	live := it.live
	if !read {
		live, err = r.get(ctx, it)
		if err != nil && !apierrors.IsNotFound(err) {
			return false, err
		}
	}
	if r.adoptable(live) && !r.dry {
		return true, r.adopt(ctx, it, live)
	}
	if it.leavers != nil && live != nil {
		if it.obj, err = r.leave(it, live); err != nil {
			return false, err
		}
	}
	next, err := r.recompose(it.obj, live)
	if err != nil {
		return false, err
	}
	var notes []string
	for _, route := range next.Restored {
		notes = append(notes, "put back route "+route.String()+", removed by hand")
	}
	err = r.swap(ctx, it, live, next.Object)
	if stale(err) {
		return true, nil
	}
	it.before = live
	it.change.Notes = append(it.change.Notes, notes...)
	return false, err
}

func (r *run) recompose(mine, live *unstructured.Unstructured) (*ingress.Recomposition, error) {
	if err := r.foreign(live); err != nil {
		return nil, err
	}
	return ingress.Recompose(live, mine)
}

// swap makes the Ingress go from live to next, either of which may be nil.
func (r *run) swap(ctx context.Context, it *item, live, next *unstructured.Unstructured) error {
	switch {
	case next == nil && live == nil:
		r.done(it, Unchanged, nil)
		return nil
	case next == nil:
		return r.withdraw(ctx, it, live)
	case r.proved(live, next):
		r.done(it, Unchanged, live)
		return nil
	}
	r.sent(it)
	got, err := r.swapIn(ctx, it, live, next)
	if r.foresee(it, err) {
		return nil
	}
	if err != nil {
		return err
	}
	r.conclude(ctx, it, live, got)
	return nil
}

// swapIn writes next if the object is still live, or still missing if that is nil.
// Else the error is stale.
func (r *run) swapIn(ctx context.Context, it *item, live, next *unstructured.Unstructured,
) (*unstructured.Unstructured, error) {
	next = next.DeepCopy()
	next.SetResourceVersion(absent)
	if live != nil {
		next.SetUID(live.GetUID())
		next.SetResourceVersion(live.GetResourceVersion())
	}
	return r.patch(ctx, it, next, true)
}

// withdraw deletes the Ingress that nobody routes through any more.
func (r *run) withdraw(ctx context.Context, it *item, live *unstructured.Unstructured) error {
	uid, version := live.GetUID(), live.GetResourceVersion()
	opts := metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &uid, ResourceVersion: &version},
		DryRun:        r.dryRun(),
	}
	_, err := tryFor(ctx, r.Applier, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, r.in(it.place()).Delete(ctx, live.GetName(), opts)
	})
	if err == nil {
		it.change.Before = live
		r.done(it, Deleted, nil)
	}
	return err
}

// maxBackOff is long enough that many writers on a slow server get out of each
// other's way.
const maxBackOff = 5 * time.Second

// backOff waits before the given try: full jitter, which spreads writers that
// start in the same instant.
func backOff(ctx context.Context, try int) error {
	if try == 0 {
		return ended(ctx)
	}
	ceiling := min(maxBackOff, 20*time.Millisecond<<min(try, 10))
	timer := time.NewTimer(rand.N(ceiling))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}
