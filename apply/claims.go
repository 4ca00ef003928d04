package apply

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/slipway-go/slipway/ingress"
)

// The HTTPRoutes of two sets may hold the same path, and the Gateway would serve the older
// one without a word. So a set claims its paths first: the claims of a host are a ConfigMap,
// written by every set under a field manager of its own, so that the server itself refuses
// an entry that another set has. Claims grow before anything of the set is written and shrink
// after its HTTPRoutes are what they are to be: a run that is killed in between leaves a
// claim too many, which the set's next run gives up, and never a path without its claim.
//
// Two runs of one set at once share a field manager, as they share its objects: the last one
// wins, and the next run puts right what they left.

// A ledger is the ConfigMap with the claims of one host, as one set writes it.
type ledger struct {
	set  string
	want *unstructured.Unstructured // with what the set claims there; no data if nothing
	live *unstructured.Unstructured // as last read; nil if missing or unknown
	had  map[string]any             // what the set had claimed when live was first read
}

// claimant returns the field manager of a set's claims.
func (a *Applier) claimant(set string) string { return a.opts.FieldManager + "/" + set }

func (l *ledger) wanted() map[string]any {
	data, _ := l.want.Object["data"].(map[string]any)
	return data
}

// ledgers returns where the claims in a namespace are.
func ledgers(namespace string) place {
	return place{builtin[schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}], namespace}
}

// placesOfClaims returns where the ledgers of the items are.
func (r *run) placesOfClaims() []place {
	var places []place
	for _, it := range r.items {
		if ingress.Claiming(it.obj) && !it.hasFailed() && !r.failed.blocks(it.set) {
			places = append(places, ledgers(it.obj.GetNamespace()))
		}
	}
	return places
}

// readClaimed reads the HTTPRoutes of sets that have claims, but no record that tells where.
func (r *run) readClaimed(ctx context.Context) error {
	namespaces := map[string]bool{}
	for _, stray := range r.strays {
		for _, s := range r.sets {
			if s.live == nil && isLedger(stray) && len(r.claimed(s.name, stray.obj)) > 0 {
				namespaces[stray.obj.GetNamespace()] = true
			}
		}
	}
	var out []reading
	for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
		kind, err := r.lookup(ctx, httpRoute, nil)
		if _, ok := errors.AsType[*UnknownKindError](err); ok {
			return nil // and none of it
		}
		if err != nil {
			return r.unreadable(reading{}, err)
		}
		if p := (place{kind, namespace}); !r.listed[p] {
			out = append(out, reading{place: p})
		}
	}
	return r.readAll(ctx, out)
}

var httpRoute = schema.GroupVersionKind{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "HTTPRoute"}

func isLedger(s stray) bool {
	return setOf(s.obj) == ingress.ClaimsSet && s.resource == ledgers("").resource
}

// keepRoutes puts the HTTPRoutes on the cluster in the place of an item that stands for them,
// since some routes could not be told.
func (r *run) keepRoutes() {
	for _, it := range slices.Clone(r.items) {
		s := r.sets[it.set]
		if s == nil || !ingress.Claiming(it.obj) || !ingress.Incomplete(it.obj) {
			continue
		}
		found := []*unstructured.Unstructured{it.live}
		for _, stray := range r.strays {
			if setOf(stray.obj) == it.set && ingress.Claiming(stray.obj) {
				found = append(found, stray.obj)
			}
		}
		itself := func(other *item) bool { return other == it }
		r.items, s.items = slices.DeleteFunc(r.items, itself), slices.DeleteFunc(s.items, itself)
		for _, live := range found {
			if live == nil {
				continue
			}
			kept := r.newItem(r.previous(&item{obj: live, before: live}))
			kept.resource, kept.stage, kept.live, kept.known = it.resource, it.stage, live, true
			r.items, s.items = append(r.items, kept), append(s.items, kept)
		}
	}
}

// openLedgers finds the ledgers of the run's sets: those that their HTTPRoutes need, and
// those in which they have claims from before.
func (r *run) openLedgers(ctx context.Context) error {
	found := map[identity]*unstructured.Unstructured{}
	for _, stray := range r.strays {
		if isLedger(stray) {
			found[identityOf(stray.obj)] = stray.obj
		}
	}
	r.ledgers = map[string][]*ledger{}
	for _, s := range r.sortedSets() {
		var objs []*unstructured.Unstructured
		for _, it := range s.items {
			objs = append(objs, it.obj)
		}
		if err := r.openFor(s.name, objs, found); err != nil {
			r.refuseRoutes(s, err)
		}
	}
	return r.readUnlisted(ctx)
}

// openFor opens the ledgers of one set, whose HTTPRoutes are among objs.
func (r *run) openFor(set string, objs []*unstructured.Unstructured,
	found map[identity]*unstructured.Unstructured,
) error {
	wants, err := ingress.Claims(objs)
	if err != nil {
		return err
	}
	wanted := map[identity]bool{}
	for _, want := range wants {
		wanted[identityOf(want)] = true
		r.open(&ledger{set: set, want: want, live: found[identityOf(want)]})
	}
	for id, live := range found {
		if claimed := r.claimed(set, live); len(claimed) > 0 && !wanted[id] {
			none := &unstructured.Unstructured{}
			none.SetAPIVersion("v1")
			none.SetKind("ConfigMap")
			none.SetName(live.GetName())
			none.SetNamespace(live.GetNamespace())
			r.open(&ledger{set: set, want: none, live: live})
		}
	}
	slices.SortFunc(r.ledgers[set], func(a, b *ledger) int {
		return strings.Compare(refOf(a.want).String(), refOf(b.want).String())
	})
	return nil
}

func (r *run) open(l *ledger) {
	l.had = r.claimed(l.set, l.live)
	r.ledgers[l.set] = append(r.ledgers[l.set], l)
}

// claimed returns the entries of live, which may be nil, that the set has claimed.
func (a *Applier) claimed(set string, live *unstructured.Unstructured) map[string]any {
	if live == nil {
		return nil
	}
	fields, ok := ownFields(live, a.claimant(set), "v1")
	if !ok || !has(fields, "f:data") {
		return nil
	}
	owned, _ := project(fields, live.Object).(map[string]any)
	data, _ := owned["data"].(map[string]any)
	return data
}

// readUnlisted reads the ledgers that could not be listed, one by one. What may not be read
// stays unknown; the server refuses what is not to be claimed all the same.
func (r *run) readUnlisted(ctx context.Context) error {
	for _, l := range r.allLedgers() {
		if r.listed[ledgers(l.want.GetNamespace())] {
			continue
		}
		live, err := r.get(ctx, l.item())
		if err != nil && !apierrors.IsForbidden(err) && !apierrors.IsNotFound(err) {
			return r.unclaimed(l, err)
		}
		if err == nil {
			l.live, l.had = live, r.claimed(l.set, live)
		}
	}
	return nil
}

// allLedgers returns the ledgers of all sets, in order of these.
func (r *run) allLedgers() []*ledger {
	var all []*ledger
	for _, set := range slices.Sorted(maps.Keys(r.ledgers)) {
		all = append(all, r.ledgers[set]...)
	}
	return all
}

// item returns what sends requests for the ledger.
func (l *ledger) item() *item {
	p := ledgers(l.want.GetNamespace())
	return &item{obj: l.want, resource: p.resource, change: &Change{Ref: refOf(l.want)}}
}

// unclaimed returns err as the ledger's.
func (r *run) unclaimed(l *ledger, err error) error {
	return &ObjectError{Ref: refOf(l.want), Err: r.explain(l.item(), err)}
}

// checkClaims blocks the sets whose routes other sets have, or that a later build has
// published, so that nothing of theirs is written.
func (r *run) checkClaims() {
	for _, s := range r.sortedSets() {
		var errs []error
		for _, it := range s.items {
			if ingress.Claiming(it.obj) {
				errs = append(errs, ingress.CheckSequence(it.obj, it.live))
			}
		}
		for _, l := range r.ledgers[s.name] {
			errs = append(errs, ingress.CheckClaims(l.want, l.live))
		}
		if err := errors.Join(errs...); err != nil {
			r.refuseRoutes(s, err)
		}
	}
}

// refuseRoutes records that the routes of a set cannot be claimed.
func (r *run) refuseRoutes(s *set, err error) {
	for _, it := range s.items {
		if ingress.Claiming(it.obj) {
			r.refuse(it, err)
			return
		}
	}
	s.err = err // its routes are to go
	r.failed.block(s.name)
}

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
		if err := r.writeClaims(ctx, l, more); err != nil {
			r.giveBack(ctx, ledgers[:i])
			return err
		}
	}
	return nil
}

// giveBack makes the claims what they were before the run. What fails is a claim too many,
// which the set's next run gives up.
func (r *run) giveBack(ctx context.Context, ledgers []*ledger) {
	for _, l := range ledgers {
		_ = r.writeClaims(ctx, l, l.had)
	}
}

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

// resequence returns obj, an HTTPRoute of a recorded revision, so that it is not taken for an
// older build's.
func (a *Applier) resequence(ctx context.Context, obj *unstructured.Unstructured,
) (*unstructured.Unstructured, error) {
	now, err := a.current(ctx, obj)
	if now == nil || err != nil {
		return obj, err
	}
	owners, err := ingress.Owners(obj)
	if err != nil {
		return nil, err
	}
	return ingress.Restore(obj, obj, now, owners)
}

// release gives up what the sets that succeeded do not need any more.
func (r *run) release(ctx context.Context) {
	if r.dry || !r.prunes() || ctx.Err() != nil { // an HTTPRoute that is not pruned needs its claims
		return
	}
	errs := r.eachSet(ctx, func(ctx context.Context, ledgers []*ledger) error {
		var errs []error
		for _, l := range ledgers {
			errs = append(errs, r.writeClaims(ctx, l, l.wanted()))
		}
		return errors.Join(errs...)
	})
	for _, s := range r.sortedSets() {
		s.err = errors.Join(s.err, errs[s.name])
	}
}

// writeClaims makes data what the set has claimed in the ledger, less what it did not have and
// does not want; a *ingress.ConflictError says that another set has some of it. Nothing is
// sent if it is so already.
func (r *run) writeClaims(ctx context.Context, l *ledger, data map[string]any) error {
	for try := range publishTries {
		if err := backOff(ctx, try); err != nil {
			return err
		}
		claimed := r.claimed(l.set, l.live)
		if len(data)+len(claimed) == 0 || reflect.DeepEqual(data, claimed) {
			return nil
		}
		got, err := r.patchClaims(ctx, l, data)
		if err == nil {
			l.live = got
			return r.tearOut(ctx, l)
		}
		if !stale(err) && fieldConflict(err) == nil {
			return r.unclaimed(l, err)
		}
		live, getErr := r.get(ctx, l.item())
		if getErr != nil && !apierrors.IsNotFound(getErr) {
			return r.unclaimed(l, err)
		}
		l.live = live
		if err := ingress.CheckClaims(l.want, live); err != nil {
			return err
		}
		claimed, wanted := r.claimed(l.set, live), l.wanted()
		maps.DeleteFunc(data, func(entry string, _ any) bool {
			return claimed[entry] == nil && wanted[entry] == nil
		})
	}
	return r.unclaimed(l, &ContentionError{publishTries})
}

// patchClaims applies data as all that the set claims in the ledger, by one request that
// another set's claim makes fail as a whole.
func (r *run) patchClaims(ctx context.Context, l *ledger, data map[string]any,
) (*unstructured.Unstructured, error) {
	obj := l.want.DeepCopy()
	obj.Object["data"] = data
	if len(data) == 0 {
		delete(obj.Object, "data")
		obj.SetLabels(nil)
		obj.SetUID(l.live.GetUID()) // what is gone is not to be made for it
	}
	body, err := json.Marshal(obj)
	if err != nil {
		return nil, err
	}
	opts := metav1.PatchOptions{
		FieldManager: r.claimant(l.set), FieldValidation: metav1.FieldValidationStrict,
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
