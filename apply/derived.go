package apply

import (
	"context"
	"errors"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// publishShared publishes to what is shared. What is derived from an app's own Ingress
// takes in what is new first, and lets go of what is not wanted once that is published,
// as does what is left altogether: see trim. So no route is nowhere for a moment, nor
// unstripped.
func (r *run) publishShared(ctx context.Context, it *item) {
	if it.leavers != nil {
		return // has nothing new
	}
	if !ingress.Derived(it.obj) {
		r.publish(ctx, it)
		return
	}
	whole := it.obj
	var err error
	if it.obj, err = ingress.Joining(whole); err != nil {
		r.fail(it, err)
		return
	}
	r.publish(ctx, it)
	it.obj = whole
}

// trim takes out of what is shared what its owners do not have there any more: routes,
// then prefixes.
func (r *run) trim(ctx context.Context) {
	r.takeBack(ctx)
	for _, s := range []stage{stageRoutes, stageDerivedRoutes, stageMiddlewares} {
		var now []*item
		for _, it := range r.shared {
			due := it.leavers != nil || ingress.Derived(it.obj)
			open := !it.hasFailed() && !r.failed.blocks(it.set)
			if it.stage == s && due && open && r.failed.spare(it) {
				now = append(now, it)
			}
		}
		r.each(ctx, now, r.trimOne)
	}
	r.giveUp(ctx)
}

// takeBack undoes what was published to what is derived from an app's Ingress when that
// could not be: another run was faster to take a path.
func (r *run) takeBack(ctx context.Context) {
	if r.dry {
		return
	}
	for _, main := range r.shared {
		if !main.hasFailed() || ingress.Derived(main.obj) {
			continue
		}
		var derived []*item
		for _, it := range r.shared {
			if it.set == main.set && it != main && ingress.Derived(it.obj) {
				derived = append(derived, it)
			}
		}
		_ = r.undo(ctx, derived) // told in the changes
	}
}

func (r *run) trimOne(ctx context.Context, it *item) {
	first := *it.change
	if first.Action != NotTried {
		if it.live = first.Live; r.dry || it.live == nil {
			return // a plan shows what is new, and what is gone was never there
		}
	}
	before := it.before
	r.publish(ctx, it)
	if first.Action != NotTried {
		it.before = before
	}
	if it.change.Action == Unchanged && first.Action != NotTried {
		it.change.Action, it.change.Fields = first.Action, first.Fields
	}
}

// findLeft makes an item of each live object that owners of this run have a part in and
// that this run does not make: they leave it.
func (r *run) findLeft(ctx context.Context) error {
	if err := r.findRecorded(ctx); err != nil {
		return err
	}
	for _, main := range slices.Clone(r.shared) {
		owners, err := ingress.Owners(main.obj)
		if err != nil || ingress.Derived(main.obj) || main.hasFailed() {
			continue // told elsewhere
		}
		lives := []*unstructured.Unstructured{main.live}
		for _, found := range r.strays {
			if ingress.Derived(found.obj) && setOf(found.obj) == main.set && !r.hasItem(found.obj) {
				r.addLeavers(&item{resource: found.resource, live: found.obj, set: main.set}, owners)
				lives = append(lives, found.obj)
			}
		}
		for _, live := range lives {
			if err := r.findMiddleware(ctx, live, main.set, owners); err != nil {
				return err
			}
		}
	}
	return nil
}

// findRecorded looks at what the sets' newest revisions shared: an app's Ingress may have
// another name now, or a service no Ingress any more.
func (r *run) findRecorded(ctx context.Context) error {
	for _, s := range r.sortedSets() {
		if r.failed.blocks(s.name) || s.claims() {
			continue // an Ingress may stay beside HTTPRoutes, so that traffic can go over step by step
		}
		_, owner, _ := strings.Cut(s.name, ".")
		for _, obj := range s.routed() {
			if !ingress.Shared(obj) || r.hasItem(obj) {
				continue
			}
			if err := r.findShared(ctx, obj, commonOf(s.name), []string{owner}); err != nil {
				return err
			}
		}
	}
	return nil
}

// findMiddleware adds the Middleware that a live Ingress names if owners are to leave it.
func (r *run) findMiddleware(ctx context.Context, live *unstructured.Unstructured, set string,
	owners []string,
) error {
	if live == nil {
		return nil
	}
	ref, err := ingress.MiddlewareOf(live, owners)
	if ref == nil || err != nil || r.hasItem(ref) {
		return err
	}
	return r.findShared(ctx, ref, set, owners)
}

// findShared reads what ref names, and adds it if owners are to leave it.
func (r *run) findShared(ctx context.Context, ref *unstructured.Unstructured, set string, owners []string,
) error {
	it := &item{obj: ref.DeepCopy(), set: set, change: &Change{Ref: refOf(ref)}}
	err := r.place(ctx, it, nil)
	if errors.As(err, new(*UnknownKindError)) {
		return nil // there is nothing to leave
	}
	if err != nil {
		r.fail(it, err)
		return it.change.Err
	}
	_, err = r.single(ctx, reading{it.place(), []*item{it}, true})
	if err == nil && it.live != nil {
		r.addLeavers(it, owners)
	}
	return err
}

// claims reports whether the run makes HTTPRoutes of the set.
func (s *set) claims() bool {
	return slices.ContainsFunc(s.items, func(it *item) bool { return ingress.Claiming(it.obj) })
}

func (r *run) hasItem(obj *unstructured.Unstructured) bool {
	return slices.ContainsFunc(r.items, func(it *item) bool {
		return it.change.Kind == obj.GetKind() && it.change.Name == obj.GetName() &&
			it.obj.GetNamespace() == obj.GetNamespace()
	})
}

// addLeavers adds the item if any of the owners has a part in its live form.
func (r *run) addLeavers(it *item, owners []string) {
	has, _ := ingress.Owners(it.live) // what cannot be read is told when it is recomposed
	app, _, _ := strings.Cut(it.set, ".")
	for _, owner := range owners {
		open := owner != layouts.Common && !r.failed.blocks(layouts.Set(app, owner))
		if open && slices.Contains(has, owner) {
			it.leavers = append(it.leavers, owner)
		}
	}
	if it.leavers == nil {
		return
	}
	it.obj, it.shared, it.known = it.live, true, true
	it.stage = it.stageOf()
	it.change = &Change{Ref: refOf(it.live), Action: NotTried}
	if !r.dry {
		it.change.item = it
	}
	r.items, r.shared = append(r.items, it), append(r.shared, it)
}
