package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/slipway-go/slipway/ingress"
)

// claim claims the routes of all sets that are not blocked, at once, and blocks those that
// did not get all of theirs: another run was faster.
func (r *run) claim(ctx context.Context) {
	if r.dry {
		return
	}
	errs := r.eachSet(ctx, r.claimAll)
	for _, s := range r.sortedSets() {
		if err := errs[s.name]; err != nil {
			r.refuseRoutes(s, err)
		}
	}
}

// eachSet calls f with the ledgers of every set that is not blocked, and returns the errors
// by set.
func (r *run) eachSet(ctx context.Context, f func(context.Context, []*ledger) error) map[string]error {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.ledgers)) {
		if !r.failed.blocks(name) {
			names = append(names, name)
		}
	}
	var mu sync.Mutex
	errs := map[string]error{}
	parallel(ctx, r.opts.Concurrency, names, func(ctx context.Context, name string) {
		err := f(ctx, r.ledgers[name])
		mu.Lock()
		defer mu.Unlock()
		errs[name] = err
	})
	return errs
}

// claimAll claims all that one set wants, or nothing.
func (r *run) claimAll(ctx context.Context, ledgers []*ledger) error {
	for i, l := range ledgers {
		more := maps.Clone(l.had)
		if more == nil {
			more = map[string]any{}
		}
		maps.Copy(more, l.wanted())
		if err := r.writeClaims(ctx, l, more, true); err != nil {
			r.giveBack(ctx, ledgers[:i])
			return err
		}
	}
	return nil
}

// giveBack makes the claims what they were before the run, those of other sets included.
// What fails is a claim too many, which the set's next run gives up.
func (r *run) giveBack(ctx context.Context, ledgers []*ledger) {
	for _, l := range ledgers {
		_ = r.writeClaims(ctx, l, l.had, false)
		for _, set := range slices.Sorted(maps.Keys(l.taken)) {
			want := l.want.DeepCopy()
			want.Object["data"] = l.taken[set]
			theirs := &ledger{set: set, want: want, live: l.live, known: l.known}
			data := maps.Clone(l.taken[set])
			maps.Copy(data, r.claimed(set, l.live))
			_ = r.writeClaims(ctx, theirs, data, true)
			l.live = theirs.live
		}
		l.taken = nil
	}
}

// noteTaken notes what was taken over from other sets.
func (r *run) noteTaken(l *ledger, taken map[string]map[string]any) {
	if len(taken) == 0 {
		return
	}
	l.taken = taken
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, set := range slices.Sorted(maps.Keys(taken)) {
		r.result.Notes = append(r.result.Notes, fmt.Sprintf("%s has taken %d of the routes of %s, whose "+
			"HTTPRoute, being the older, answers until it is deployed without them", l.set,
			len(taken[set]), set))
	}
}

// release gives up what the sets that succeeded do not need any more.
func (r *run) release(ctx context.Context) {
	if r.dry || !r.prunes() || ctx.Err() != nil { // an HTTPRoute that is not pruned needs its claims
		return
	}
	errs := r.eachSet(ctx, func(ctx context.Context, ledgers []*ledger) error {
		var errs []error
		for _, l := range ledgers {
			errs = append(errs, r.writeClaims(ctx, l, l.wanted(), false))
		}
		return errors.Join(errs...)
	})
	for _, s := range r.sortedSets() {
		s.err = errors.Join(s.err, errs[s.name])
	}
}

// writeClaims makes data what the set has claimed in the ledger, less what it did not have
// and does not want, and, if it is to grow, with what another run of the set has claimed. A
// *ingress.ConflictError says that another set has some of it. Nothing is sent if it is so
// already.
func (r *run) writeClaims(ctx context.Context, l *ledger, data map[string]any, grow bool) error {
	for try := range publishTries {
		if err := backOff(ctx, try); err != nil {
			return err
		}
		claimed := r.claimed(l.set, l.live)
		if len(data)+len(claimed) == 0 || reflect.DeepEqual(data, claimed) {
			return nil
		}
		var taken map[string]map[string]any
		if grow {
			var err error
			if taken, err = ingress.CheckClaims(l.want, l.live, l.from); err != nil {
				return err
			}
		}
		got, err := r.patchClaims(ctx, l, data, len(taken) > 0)
		if err == nil {
			l.live = got
			r.noteTaken(l, taken)
			return r.tearOut(ctx, l)
		}
		if !stale(err) && fieldConflict(err) == nil {
			return r.unclaimed(l, err)
		}
		live, getErr := r.get(ctx, l.item())
		if getErr != nil && !apierrors.IsNotFound(getErr) {
			return r.unclaimed(l, err)
		}
		if _, claimErr := ingress.CheckClaims(l.want, live, l.from); claimErr != nil {
			return claimErr
		}
		if fieldConflict(err) != nil && sameVersion(live, l.live) {
			return r.unclaimed(l, err) // an entry of ours was edited by hand
		}
		l.live, l.known = live, true
		claimed, wanted := r.claimed(l.set, live), l.wanted()
		data = maps.Clone(data)
		if grow {
			maps.Copy(data, claimed)
		}
		maps.DeleteFunc(data, func(entry string, _ any) bool {
			return claimed[entry] == nil && wanted[entry] == nil
		})
	}
	return r.unclaimed(l, &ContentionError{publishTries})
}

// sameVersion reports whether both are there, and none has changed since the other was read.
func sameVersion(a, b *unstructured.Unstructured) bool {
	return a != nil && b != nil && a.GetResourceVersion() == b.GetResourceVersion()
}

// patchClaims applies data as all that the set claims in the ledger, by one request that
// another set's claim makes fail as a whole, unless it is to be taken over.
func (r *run) patchClaims(ctx context.Context, l *ledger, data map[string]any, take bool,
) (*unstructured.Unstructured, error) {
	obj := l.want.DeepCopy()
	obj.Object["data"] = data
	if len(data) == 0 {
		delete(obj.Object, "data")
		obj.SetLabels(nil)
	}
	// Two runs of one set share a field manager: the second is not to drop what the first
	// has claimed since.
	if l.known {
		obj.SetResourceVersion(absent)
	}
	if l.live != nil {
		obj.SetUID(l.live.GetUID())
		obj.SetResourceVersion(l.live.GetResourceVersion())
	}
	body, err := json.Marshal(obj)
	if err != nil {
		return nil, err
	}
	opts := metav1.PatchOptions{
		FieldManager: r.claimant(l.set), FieldValidation: metav1.FieldValidationStrict,
		Force: &take, // only of what was read: the versions are those
	}
	return tryFor(ctx, r.Applier, func(ctx context.Context) (*unstructured.Unstructured, error) {
		return r.in(ledgers(obj.GetNamespace())).Patch(ctx, obj.GetName(), types.ApplyPatchType, body, opts)
	})
}

// tearOut deletes a ledger in which nobody claims anything any more, if that is still so.
func (r *run) tearOut(ctx context.Context, l *ledger) error {
	if data, _, _ := unstructured.NestedMap(l.live.Object, "data"); len(data) > 0 {
		return nil
	}
	err := r.deleteAs(ctx, l.item(), l.live)
	if err == nil || apierrors.IsNotFound(err) {
		l.live = nil
	}
	if apierrors.IsConflict(err) || apierrors.IsForbidden(err) {
		return nil // it is in use again, or stays and is empty
	}
	return ignoreNotFound(err)
}

// sendRoutes applies an HTTPRoute if it still is as it was read, and not a later build's.
func (r *run) sendRoutes(ctx context.Context, it *item) (*unstructured.Unstructured, error) {
	for try := range publishTries {
		if err := errors.Join(backOff(ctx, try), ingress.CheckSequence(it.obj, it.live)); err != nil {
			return nil, err
		}
		obj := it.obj.DeepCopy()
		if it.known {
			obj.SetResourceVersion(absent)
		}
		if it.live != nil {
			obj.SetUID(it.live.GetUID())
			obj.SetResourceVersion(it.live.GetResourceVersion())
		}
		got, err := r.patch(ctx, it, obj, false)
		if !stale(err) || !it.known {
			return got, err
		}
		live, err := r.get(ctx, it)
		if ignoreNotFound(err) != nil {
			return nil, err
		}
		it.live = live
		if apierrors.IsNotFound(err) {
			it.live = nil
		}
	}
	return nil, &ContentionError{publishTries}
}
