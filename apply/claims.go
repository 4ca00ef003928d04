package apply

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/slipway-go/slipway/ingress"
)

// The HTTPRoutes of two sets may hold the same path, and the Gateway would serve the older
// one without a word. So a set claims its paths first: the claims of a host are a ConfigMap,
// written by every set under a field manager of its own, so that the server itself refuses
// an entry that another set has. Claims grow before anything of the set is written and shrink
// after its HTTPRoutes are what they are to be: a run that is killed in between leaves a
// claim too many, which the set's next run gives up, and never a path without its claim.
//
// Two runs of one set at once share a field manager, as they share its objects: neither drops
// what the other has claimed before its routes are written, the last one wins, and the next run
// puts right what they left.

// A ledger is the ConfigMap with the claims of one host, as one set writes it.
type ledger struct {
	set   string
	want  *unstructured.Unstructured // with what the set claims there; no data if nothing
	live  *unstructured.Unstructured // as last read; nil if missing or unknown
	known bool                       // live was read: nil means missing
	had   map[string]any             // what the set had claimed when live was first read
	from  []string                   // the sets whose claims may be taken over
	taken map[string]map[string]any  // what was, by set
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
	var from []string
	for _, obj := range objs {
		if ingress.Claiming(obj) {
			from = append(from, ingress.TakenFrom(obj)...)
		}
	}
	for _, want := range wants {
		wanted[identityOf(want)] = true
		r.open(&ledger{set: set, want: want, live: found[identityOf(want)], from: from})
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
	l.had, l.known = r.claimed(l.set, l.live), r.listed[ledgers(l.want.GetNamespace())]
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
		if l.known = !apierrors.IsForbidden(err); err == nil {
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
			_, err := ingress.CheckClaims(l.want, l.live, l.from)
			errs = append(errs, err)
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
