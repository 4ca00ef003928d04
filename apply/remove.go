package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/slipway-go/slipway/ingress"
)

// Remove takes a set, named as [layouts.Set] does, off the cluster: first its routes,
// out of every Ingress that it shares, and those of its own, so that no new request
// comes; then, after Options.Drain, its objects, workloads before what these need; last
// its claims and its record, and, when the last service leaves, that of a common which
// has no objects. What goes is what carries the set's label and was applied by our manager.
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
	if name == commonOf(name) {
		return fmt.Errorf("%s cannot be removed: it is what the services of the app have in common: "+
			"remove these, and delete what is left by hand", name)
	}
	if !strings.Contains(name, ".") || len(validation.IsValidLabelValue(name)) > 0 {
		return fmt.Errorf("%q names no set: want <app>.<service>", name)
	}
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
	}
	for stage := stages - 1; stage >= 0; stage-- { // no Ingress may name a Middleware that is gone
		now := slices.DeleteFunc(slices.Clone(r.items), func(it *item) bool {
			return it.stage != stage || r.failed.blocks(name)
		})
		r.each(ctx, now, r.publish)
		if slices.ContainsFunc(now, (*item).hasFailed) {
			r.failed.block(name)
		}
	}
	if !r.failed.blocks(name) {
		r.prune(ctx)
		r.release(ctx)
		r.removeRecord(ctx, s)
		r.forgetCommon(ctx, s)
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

var ingressKind = schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}

// findRoutes makes an item of each Ingress in which the set has routes, and of their
// Middlewares. It counts the app's other Ingresses.
func (r *run) findRoutes(ctx context.Context, s *set) error {
	_, owner, _ := strings.Cut(s.name, ".")
	kind := builtin[ingressKind]
	for _, namespace := range r.namespacesOf(s) {
		list, err := r.listSet(ctx, place{kind, namespace}, commonOf(s.name))
		if err != nil {
			return r.unreadable(reading{place: place{kind, namespace}}, err)
		}
		for i := range list.Items {
			live := &list.Items[i]
			known := len(r.items)
			r.addLeavers(&item{resource: kind, live: live, set: s.name}, []string{owner})
			if len(r.items) == known {
				r.others++
			}
		}
		if err := r.findMiddlewares(ctx, namespace, s, owner); err != nil {
			return err
		}
	}
	return nil
}

// findMiddlewares does so for the Middlewares, whose Ingress may be gone already if a run
// was killed.
func (r *run) findMiddlewares(ctx context.Context, namespace string, s *set, owner string) error {
	kind, err := r.lookup(ctx, ingress.MiddlewareKind, nil)
	if errors.As(err, new(*UnknownKindError)) {
		return nil
	}
	if err != nil {
		return r.objectError(err, ingress.MiddlewareKind)
	}
	list, err := r.listSet(ctx, place{kind, namespace}, commonOf(s.name))
	if err != nil {
		return r.unreadable(reading{place: place{kind, namespace}}, err)
	}
	for i := range list.Items {
		r.addLeavers(&item{resource: kind, live: &list.Items[i], set: s.name}, []string{owner})
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
	for _, obj := range s.routed() {
		namespaces[obj.GetNamespace()] = true
	}
	maps.DeleteFunc(namespaces, func(_ string, namespaced bool) bool { return !namespaced })
	return slices.Sorted(maps.Keys(namespaces))
}

// leave returns what to publish so that the leavers have no routes in live any more and
// all else is as it is there.
func (r *run) leave(it *item, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	now := r.previous(&item{obj: it.obj, before: live})
	return ingress.Restore(now, nil, now, it.leavers)
}

// drain waits for the requests that are under way, and for controllers to see that the
// routes are gone, if this run took any, or one before it may have that was killed.
func (r *run) drain(ctx context.Context) {
	var routes []Ref
	for _, it := range slices.Concat(r.items, r.pruned) {
		if slices.Contains([]Action{Configured, Deleted, Pruned}, it.change.Action) {
			routes = append(routes, it.change.Ref)
		}
	}
	for _, s := range r.sets {
		for _, obj := range s.routed() {
			routes = append(routes, refOf(obj))
		}
	}
	if len(routes) == 0 || r.opts.Drain < 0 || ctx.Err() != nil {
		return
	}
	r.emit(Event{Kind: EventWaiting, Ref: routes[0], Message: "draining for " + r.opts.Drain.String()})
	select {
	case <-time.After(r.opts.Drain):
	case <-ctx.Done():
	}
}

// removeRecord deletes the record once nothing else of the set is left to remove.
func (r *run) removeRecord(ctx context.Context, s *set) {
	r.unfinished = ctx.Err() != nil
	if s.live == nil || s.err != nil || r.failed.blocks(s.name) || r.unfinished {
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

// forgetCommon deletes the record of the app's common when the last service has left:
// if no Ingress of the app is left, and the record names no objects. One that comes at
// the same time makes it anew.
func (r *run) forgetCommon(ctx context.Context, s *set) {
	common := &set{name: commonOf(s.name)}
	left := slices.ContainsFunc(r.items, func(it *item) bool { return it.change.Live != nil })
	if common.name == s.name || s.err != nil || left || r.others > 0 || ctx.Err() != nil {
		return
	}
	list, err := r.listSet(ctx, r.records(), common.name)
	if err != nil {
		s.err = r.unrecorded(common, err)
		return
	}
	for i := range list.Items {
		live := &list.Items[i]
		if !isRecord(live) || common.read(live) != nil || len(common.places) > 0 {
			continue
		}
		it := &item{obj: live, resource: r.records().resource, change: &Change{Ref: refOf(live)}}
		never := func(*unstructured.Unstructured) bool { return false }
		if _, err := r.deleteWhile(ctx, it, live, never); err != nil {
			s.err = r.unrecorded(common, err)
		}
	}
}
