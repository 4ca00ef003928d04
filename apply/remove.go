package apply

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/slipway-go/slipway/ingress"
)

// Remove takes a set, named as [layouts.Set] does, off the cluster: first its routes,
// out of every Ingress that it shares, and those of its own, so that no new request
// comes; then, after Options.Drain, its objects, workloads before what these need; last
// its claims and its record. What goes is what carries the set's label and was applied by our manager.
// What holds data or other objects is Kept, as Apply does. Other services' routes stay,
// in any interleaving with their deploys.
//
// A run that was killed is finished by the next one. Of a set that is not there,
// nothing is removed, and a Note says so. The Result is never nil and complete even
// when the error is not, which joins an [*ObjectError] for each object that could not
// be removed; the record then stays.
func (a *Applier) Remove(ctx context.Context, name string) (*Result, error) {
	r := &run{Applier: a, removal: true}
	return r.do(quiet(ctx), func(ctx context.Context) error { return r.remove(ctx, name) })
}

func (r *run) remove(ctx context.Context, name string) error {
	s := &set{name: name}
	r.sets = map[string]*set{name: s}
	if err := errors.Join(r.readSets(ctx), s.err, ctx.Err()); err != nil {
		return err
	}
	if err := r.checkSeen(s); err != nil {
		return err
	}
	if err := r.findRoutes(ctx, s); err != nil {
		return err
	}
	if err := r.openLedgers(ctx); err != nil {
		return err
	}
	if s.live == nil && len(r.items)+len(r.pruned)+len(r.ledgers) == 0 {
		r.result.Notes = append(r.result.Notes, "nothing of "+name+" is on the cluster")
		return nil
	}
	r.each(ctx, r.items, r.publish)
	if r.failed.add(r.items); !r.failed.blocks(name) {
		r.prune(ctx)
		r.release(ctx)
		r.removeRecord(ctx, s)
	}
	return r.err(ctx)
}

// checkSeen returns an error for each place that may hold members and could not be
// listed: to remove half of a set would leave the rest to nobody.
func (r *run) checkSeen(s *set) error {
	places := maps.Clone(s.places)
	if places == nil {
		places = map[place]bool{}
	}
	places[r.records()] = true
	var errs []error
	for p := range places {
		if !r.listed[p] {
			errs = append(errs, &ForbiddenError{"list", p.resource.GroupResource().String(), p.namespace,
				"what " + s.name + " consists of cannot be seen"})
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// findRoutes makes an item of each Ingress in which the set has routes.
func (r *run) findRoutes(ctx context.Context, s *set) error {
	_, owner, _ := strings.Cut(s.name, ".")
	kind := builtin[schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}]
	for _, namespace := range r.namespacesOf(s) {
		list, err := r.listSet(ctx, place{kind, namespace}, commonOf(s.name))
		if err != nil {
			one := reading{place: place{kind, namespace}}
			return r.unreadable(one, err)
		}
		for i := range list.Items {
			live := &list.Items[i]
			if _, ok := live.GetAnnotations()[ingress.AnnotationPrefix+owner]; !ok {
				continue
			}
			change := &Change{Ref: refOf(live), Action: NotTried}
			it := &item{
				obj: live, set: s.name, shared: true, resource: kind, stage: stageRoutes, change: change,
				live: live, known: true, leaver: owner,
			}
			change.item = it
			r.items = append(r.items, it)
		}
	}
	return nil
}

func (r *run) listSet(ctx context.Context, p place, name string) (*unstructured.UnstructuredList, error) {
	return tryFor(ctx, r.Applier, func(ctx context.Context) (*unstructured.UnstructuredList, error) {
		return r.in(p).List(ctx, metav1.ListOptions{LabelSelector: setSelector([]string{name})})
	})
}

// namespacesOf returns where the set is, or may be.
func (r *run) namespacesOf(s *set) []string {
	namespaces := map[string]bool{r.opts.Namespace: true}
	for p := range s.places {
		namespaces[p.namespace] = p.resource.namespaced
	}
	maps.DeleteFunc(namespaces, func(_ string, namespaced bool) bool { return !namespaced })
	return slices.Sorted(maps.Keys(namespaces))
}

// leave returns what to publish so that the owner has no routes in live any more and
// all else is as it is there.
func (r *run) leave(it *item, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	now := r.previous(&item{obj: it.obj, before: live})
	return ingress.Restore(now, nil, now, []string{it.leaver})
}

// drain waits for the requests that are under way, and for controllers to see that the
// routes are gone, if this run took any.
func (r *run) drain(ctx context.Context) {
	routes := slices.Concat(r.items, r.pruned)
	taken := slices.IndexFunc(routes, func(it *item) bool {
		return slices.Contains([]Action{Configured, Deleted, Pruned}, it.change.Action)
	})
	if taken < 0 || r.opts.Drain < 0 {
		return
	}
	r.emit(Event{Kind: EventWaiting, Ref: routes[taken].change.Ref,
		Message: "draining for " + r.opts.Drain.String()})
	select {
	case <-time.After(r.opts.Drain):
	case <-ctx.Done():
	}
}

// removeRecord deletes the record once nothing else of the set is left to remove.
func (r *run) removeRecord(ctx context.Context, s *set) {
	if s.live == nil || s.err != nil || r.failed.blocks(s.name) || ctx.Err() != nil {
		return
	}
	it := &item{obj: s.live, resource: r.records().resource, change: &Change{Ref: refOf(s.live)}}
	still := func(live *unstructured.Unstructured) bool {
		return live.GetResourceVersion() == s.live.GetResourceVersion()
	}
	gone, err := r.deleteWhile(ctx, it, s.live, still)
	switch {
	case err != nil:
		s.err = r.unrecorded(s, err)
	case !gone:
		r.result.Notes = append(r.result.Notes, "another run has deployed "+s.name+" meanwhile")
	}
}
