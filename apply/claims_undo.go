package apply

import (
	"context"
	"errors"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// unclaim gives back what a set that failed has claimed, once its HTTPRoutes are as before.
func (r *run) unclaim(ctx context.Context, s *set) {
	if !slices.ContainsFunc(s.items, (*item).keepsRoutes) {
		r.giveBack(ctx, r.ledgers[s.name])
	}
}

// keepsRoutes reports whether the item is an HTTPRoute that could not be put back.
func (it *item) keepsRoutes() bool { return ingress.Claiming(it.obj) && isUndo(it.change.Err) }

// undoClaiming undoes the items. What the HTTPRoutes among them held before is claimed first;
// those of a set that does not get it stay as they are.
func (r *run) undoClaiming(ctx context.Context, items []*item) error {
	refused, err := r.reclaim(ctx, items)
	if err != nil {
		return err
	}
	var errs []error
	items = slices.DeleteFunc(items, func(it *item) bool {
		err := refused[it.set]
		if err != nil && ingress.Claiming(it.obj) {
			it.change.Err = &ObjectError{it.change.Ref, it.change.Source, &UndoError{err}}
			errs = append(errs, it.change.Err)
			r.failed.block(it.set)
		}
		return err != nil && ingress.Claiming(it.obj)
	})
	errs = append(errs, r.undo(ctx, items))
	for _, it := range items {
		if it.keepsRoutes() {
			r.failed.block(it.set)
		}
	}
	r.release(ctx)
	for _, s := range r.sortedSets() {
		errs = append(errs, s.err)
	}
	return errors.Join(errs...)
}

// reclaim claims what the HTTPRoutes among the items held before the run; by set, why not.
func (r *run) reclaim(ctx context.Context, items []*item) (refused map[string]error, err error) {
	past, ever := map[string][]*unstructured.Unstructured{}, map[string][]*unstructured.Unstructured{}
	r.sets, r.ledgers = map[string]*set{}, map[string][]*ledger{}
	for _, it := range items {
		if it.set == "" || !ingress.Claiming(it.obj) {
			continue
		}
		before := it.past()
		r.sets[it.set] = &set{name: it.set}
		past[it.set] = append(past[it.set], before...)
		ever[it.set] = append(append(ever[it.set], before...), it.obj)
	}
	for name := range r.sets {
		found := map[identity]*unstructured.Unstructured{}
		all, err := ingress.Claims(ever[name])
		if err != nil {
			return nil, err
		}
		for _, want := range all {
			l := &ledger{set: name, want: want}
			live, err := r.get(ctx, l.item())
			if err == nil {
				found[identityOf(want)] = live
			} else if !apierrors.IsNotFound(err) {
				return nil, r.unclaimed(l, err)
			}
		}
		if err := r.openFor(name, past[name], found); err != nil {
			return nil, err
		}
	}
	return r.eachSet(ctx, r.claimAll), nil
}

// past returns the object as it is to be once it is undone, if it is to be there.
func (it *item) past() []*unstructured.Unstructured {
	past := it.obj
	switch it.undoable() {
	case Created, Pruned:
		past = nil
	case Configured, Undone:
		past = it.before
	case NotTried, Failed:
		past = it.live
	}
	if past == nil {
		return nil
	}
	return []*unstructured.Unstructured{past}
}
