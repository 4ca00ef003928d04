package apply

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/slipway-go/slipway/ingress"
)

// keptKinds are never pruned: with them would go the data or the objects of others
// that they hold.
var keptKinds = []string{
	"Namespace", "CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim",
}

// A PruneError reports a run that would prune more of a set than is allowed, as
// one does whose templates were not rendered in full. Nothing of
// the set was changed.
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
		"bring the templates back, or raise the share that may be pruned", e.Set, len(names), e.Members,
		strings.Join(names, ", "))
}

// identity is what an object has in all versions of its kind.
type identity struct {
	kind            schema.GroupKind
	namespace, name string
}

func identityOf(obj *unstructured.Unstructured) identity {
	return identity{obj.GroupVersionKind().GroupKind(), obj.GetNamespace(), obj.GetName()}
}

// prunable returns items for the members of the sets that no template makes any
// more and that are ours, sorted by name. A member may have been seen in several
// versions of its kind.
func (r *run) prunable() []*item {
	seen := map[identity]bool{}
	for _, it := range r.items {
		seen[identityOf(it.obj)] = true
		if s := r.sets[it.set]; s != nil && it.live != nil && setOf(it.live) == it.set && !it.shared {
			s.members++
		}
	}
	var out []*item
	for _, found := range r.strays {
		obj := found.obj
		s := r.sets[setOf(obj)]
		if s == nil || seen[identityOf(obj)] || !r.appliedByUs(obj) {
			continue
		}
		seen[identityOf(obj)] = true
		s.members++
		change := &Change{Ref: refOf(obj), Action: NotTried, Live: obj}
		it := &item{obj: obj, set: s.name, resource: found.resource, change: change, live: obj, known: true}
		it.stage = stageOf(obj.GroupVersionKind().GroupKind())
		if !r.dry {
			change.item = it
		}
		out = append(out, it)
	}
	slices.SortFunc(out, func(a, b *item) int { return cmp.Compare(a.change.String(), b.change.String()) })
	return out
}

// appliedByUs reports whether a member of a set is one that an earlier run of ours
// applied for itself: not the copy that a controller made, labels and all.
func (r *run) appliedByUs(obj *unstructured.Unstructured) bool {
	return metav1.GetControllerOfNoCopy(obj) == nil && !isRecord(obj) && !ingress.Shared(obj) &&
		r.hasApplied(obj)
}

// prunes reports whether the run deletes anything at all.
func (r *run) prunes() bool { return r.removal || r.opts.PrunePercent > 0 }

// checkPrune blocks the sets of which too much would be pruned.
func (r *run) checkPrune() {
	bySet := map[string][]Ref{}
	for _, it := range r.pruned {
		if !slices.Contains(keptKinds, it.change.Kind) {
			bySet[it.set] = append(bySet[it.set], it.change.Ref)
		}
	}
	for _, s := range r.sets {
		if refs := bySet[s.name]; len(refs) > 0 && len(refs)*100 > s.members*r.opts.PrunePercent {
			s.err = &PruneError{Set: s.name, Objects: refs, Members: s.members}
			r.failed.block(s.name)
		}
	}
}

// prune deletes what no template makes any more, in the sets that succeeded, last
// stage first.
func (r *run) prune(ctx context.Context) {
	byStage := map[stage][]*item{}
	for _, it := range r.pruned {
		switch {
		case r.failed.blocks(it.set) || ctx.Err() != nil:
		case slices.Contains(keptKinds, it.change.Kind):
			it.change.Notes = []string{"kept for what it holds: delete it by hand if nothing needs it"}
			it.change.Action = Kept
		default:
			byStage[it.stage] = append(byStage[it.stage], it)
		}
	}
	for s := stages - 1; s >= 0; s-- {
		now := slices.DeleteFunc(byStage[s], func(it *item) bool { return r.failed.blocks(it.set) })
		r.each(ctx, now, r.pruneOne)
		r.failed.add(now)
		if s == stageRoutes && r.removal {
			r.drain(ctx)
		}
	}
}

func (r *run) pruneOne(ctx context.Context, it *item) {
	still := func(live *unstructured.Unstructured) bool { return setOf(live) == it.set }
	gone, err := r.deleteWhile(ctx, it, it.live, still)
	switch {
	case err != nil:
		r.fail(it, err)
		return
	case !gone:
		it.change.Action = Kept
		it.change.Notes = append(it.change.Notes, "another set has taken it over meanwhile")
		return
	}
	it.change.Before = it.live
	kind := EventPruned
	if r.dry {
		kind = EventPlanned
	} else {
		it.change.Live = nil
	}
	it.change.Action = Pruned
	it.change.emit(r.Applier, kind)
}

// deleteWhile deletes the object unless it has come to be another one, by its uid,
// or to be what still does not hold for. It reports whether the object is gone.
func (r *run) deleteWhile(ctx context.Context, it *item, live *unstructured.Unstructured,
	still func(*unstructured.Unstructured) bool,
) (gone bool, err error) {
	uid := live.GetUID()
	for try := range publishTries {
		if err := backOff(ctx, try); err != nil {
			return false, err
		}
		err := r.deleteAs(ctx, it, live)
		if !apierrors.IsConflict(err) {
			return err == nil || apierrors.IsNotFound(err), ignoreNotFound(err)
		}
		if live, err = r.get(ctx, it); err != nil {
			return apierrors.IsNotFound(err), ignoreNotFound(err)
		}
		if live.GetUID() != uid {
			return true, nil
		}
		if !still(live) {
			return false, nil
		}
	}
	return false, &ContentionError{publishTries}
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// deleteAs deletes the object if it is as in live.
func (r *run) deleteAs(ctx context.Context, it *item, live *unstructured.Unstructured) error {
	uid, version, background := live.GetUID(), live.GetResourceVersion(), metav1.DeletePropagationBackground
	opts := metav1.DeleteOptions{
		Preconditions:     &metav1.Preconditions{UID: &uid, ResourceVersion: &version},
		PropagationPolicy: &background,
		DryRun:            r.dryRun(),
	}
	_, err := tryFor(ctx, r.Applier, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, r.in(it.place()).Delete(ctx, live.GetName(), opts)
	})
	return err
}

func (r *run) dryRun() []string {
	if r.dry {
		return []string{metav1.DryRunAll}
	}
	return nil
}
