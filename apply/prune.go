package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// keptKinds are never pruned: with them would go the data or the objects of others
// that they hold.
var keptKinds = []string{
	"Namespace", "CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim",
}

// A PruneError reports a run that would prune more of a set than is allowed, as
// one does whose templates were not rendered in full. Nothing was changed.
type PruneError struct {
	Set string
	// Objects are those that no template makes any more, sorted.
	Objects []Ref
	// Members is how many objects the set has on the cluster.
	Members int
}

func (e *PruneError) Error() string {
	names := make([]string, len(e.Objects))
	for i, ref := range e.Objects {
		names[i] = ref.String()
	}
	return fmt.Sprintf("%s: %d of %d objects on the cluster are in no template any more: %s: "+
		"bring the templates back, or allow more to be pruned", e.Set, len(names), e.Members,
		strings.Join(names, ", "))
}

// prunable returns items for the members of the sets that no template makes any
// more and that are ours, sorted by name.
func (r *run) prunable() []*item {
	var out []*item
	for _, it := range r.items {
		if s := r.sets[it.set]; s != nil && it.live != nil && setOf(it.live) == it.set && !shared(it) {
			s.members++
		}
	}
	for _, obj := range r.strays {
		s := r.sets[setOf(obj)]
		if s == nil || !r.isOurs(obj) {
			continue
		}
		res, err := r.lookup(obj.GroupVersionKind(), nil)
		if err != nil {
			continue // its definition is gone, and so is it
		}
		s.members++
		change := &Change{Ref: refOf(obj), Action: NotTried, Live: obj}
		it := &item{obj: obj, set: s.name, resource: res, change: change, live: obj, known: true}
		change.item = it
		out = append(out, it)
	}
	slices.SortFunc(out, func(a, b *item) int { return cmp.Compare(a.change.String(), b.change.String()) })
	return out
}

// isOurs reports whether a member of a set is one that an earlier run of ours
// applied for itself: not the copy that a controller made, labels and all.
func (r *run) isOurs(obj *unstructured.Unstructured) bool {
	return r.opts.PrunePercent > 0 && metav1.GetControllerOfNoCopy(obj) == nil &&
		!isRecord(obj) && !ingress.Shared(obj) &&
		slices.ContainsFunc(obj.GetManagedFields(), func(entry metav1.ManagedFieldsEntry) bool {
			return isApply(entry, r.opts.FieldManager)
		})
}

// checkPrune returns an error if too much would be pruned.
func (r *run) checkPrune() error {
	bySet := map[string][]Ref{}
	for _, it := range r.pruned {
		if !slices.Contains(keptKinds, it.change.Kind) {
			bySet[it.set] = append(bySet[it.set], it.change.Ref)
		}
	}
	var errs []error
	for _, s := range r.sortedSets() {
		if refs := bySet[s.name]; len(refs) > 0 && len(refs)*100 > s.members*r.opts.PrunePercent {
			errs = append(errs, &PruneError{Set: s.name, Objects: refs, Members: s.members})
		}
	}
	return errors.Join(errs...)
}

// prune deletes what no template makes any more, in the sets that succeeded.
func (r *run) prune(ctx context.Context) {
	var now []*item
	for _, it := range r.pruned {
		switch {
		case r.failed.blocks(it.set) || ctx.Err() != nil:
		case slices.Contains(keptKinds, it.change.Kind):
			it.change.Notes = []string{"no template makes it any more; delete it by hand if nothing needs " +
				"what it holds"}
			it.change.Action = Kept
		default:
			now = append(now, it)
		}
	}
	r.each(ctx, now, func(ctx context.Context, it *item) {
		if err := r.delete(ctx, it, it.live); err != nil {
			r.fail(it, err)
			return
		}
		it.change.Action = Pruned
		if !r.dry {
			it.change.Live = nil
		}
		it.change.emit(r.Applier, EventPruned)
	})
	r.failed.add(now)
}

// delete deletes the object, and no other that has come to have its name. It is
// done, too, if the object is gone.
func (r *run) delete(ctx context.Context, it *item, live *unstructured.Unstructured) error {
	uid, background := live.GetUID(), metav1.DeletePropagationBackground
	opts := metav1.DeleteOptions{
		Preconditions:     &metav1.Preconditions{UID: &uid},
		PropagationPolicy: &background,
		DryRun:            r.dryRun(),
	}
	_, err := tryFor(ctx, r.Applier, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, r.in(it.place()).Delete(ctx, live.GetName(), opts)
	})
	// With a uid precondition, 409 says that the name is another object's by now.
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

func (r *run) dryRun() []string {
	if r.dry {
		return []string{metav1.DryRunAll}
	}
	return nil
}
