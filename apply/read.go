package apply

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// A reading is one request for what is on the cluster: a LIST of the members that
// the sets have in a place, or a GET of the one object that is in no set or that
// other runs share.
type reading struct {
	place  place
	items  []*item
	single bool
}

// A stray is a member of a set that is no item's.
type stray struct {
	obj      *unstructured.Unstructured
	resource resource
}

// read fills in what is on the cluster: a LIST for each kind and namespace, all at
// once. The records tell where else the sets have members; these are read next.
// What may not be read stays unknown, and is sent without comparison.
func (r *run) read(ctx context.Context) error {
	r.groupSets()
	if err := r.readSets(ctx); err != nil {
		return err
	}
	for _, it := range r.shared {
		r.checkRoutes(it)
	}
	if err := r.findLeft(ctx); err != nil {
		return err
	}
	if err := r.openLedgers(ctx); err != nil {
		return err
	}
	r.checkClaims()
	return ended(ctx)
}

// readSets reads the items, the records, and whatever else is of the sets.
func (r *run) readSets(ctx context.Context) error {
	r.listed = map[place]bool{}
	for _, readings := range []func() []reading{r.readings, r.furtherReadings} {
		if err := r.readAll(ctx, readings()); err != nil {
			return err
		}
	}
	if err := r.readClaimed(ctx); err != nil {
		return err
	}
	r.keepRoutes()
	if r.prunes() {
		r.pruned = r.prunable()
	}
	return nil
}

// groupSets finds out which sets the items are of.
func (r *run) groupSets() {
	r.sets = map[string]*set{}
	for _, it := range r.items {
		if it.set == "" || r.failed.blocks(it.set) || r.only != "" && it.set != r.only {
			continue
		}
		s := r.sets[it.set]
		if s == nil {
			s = &set{name: it.set}
			r.sets[it.set] = s
		}
		s.items = append(s.items, it)
	}
}

func (r *run) sortedSets() []*set {
	var out []*set
	for _, name := range slices.Sorted(maps.Keys(r.sets)) {
		out = append(out, r.sets[name])
	}
	return out
}

// readings are those for the items, and for the records.
func (r *run) readings() []reading {
	var out []reading
	index := map[place]int{}
	add := func(p place) *reading {
		i, ok := index[p]
		if !ok {
			i = len(out)
			index[p] = i
			out = append(out, reading{place: p})
		}
		return &out[i]
	}
	for _, it := range r.items {
		if it.hasFailed() || r.failed.blocks(it.set) {
			continue
		}
		if it.set == "" {
			out = append(out, reading{it.place(), []*item{it}, true})
			continue
		}
		one := add(it.place())
		one.items = append(one.items, it)
	}
	for _, p := range r.placesOfClaims() {
		add(p)
	}
	if len(r.sets) > 0 {
		add(r.records())
	}
	return out
}

// furtherReadings are those for the places that the records name and no item is
// in. Without a record, the sets may have members in any place.
func (r *run) furtherReadings() []reading {
	r.readRecords()
	if !r.prunes() || !r.listed[r.records()] {
		return nil // where records cannot be read, neither can much else
	}
	wanted := map[place]bool{}
	for _, s := range r.sets {
		if s.live != nil {
			maps.Copy(wanted, s.places)
			continue
		}
		for _, p := range r.usualPlaces(s) {
			wanted[p] = true
		}
	}
	var out []reading
	for p := range wanted {
		if !r.listed[p] {
			out = append(out, reading{place: p})
		}
	}
	return out
}

// usualKinds are what a service may consist of, less what is never pruned.
var usualKinds = []schema.GroupKind{
	{Kind: "ConfigMap"}, {Kind: "Secret"}, {Kind: "Service"}, {Kind: "ServiceAccount"},
	{Kind: "LimitRange"}, {Kind: "ResourceQuota"},
	{Group: "apps", Kind: "DaemonSet"}, {Group: "apps", Kind: "Deployment"},
	{Group: "apps", Kind: "StatefulSet"},
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"},
	{Group: "batch", Kind: "CronJob"}, {Group: "batch", Kind: "Job"},
	{Group: "networking.k8s.io", Kind: "NetworkPolicy"}, {Group: "policy", Kind: "PodDisruptionBudget"},
	{Group: "rbac.authorization.k8s.io", Kind: "Role"},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"},
}

// usualPlaces are those of the usual kinds in the namespaces that the set is in.
func (r *run) usualPlaces(s *set) []place {
	namespaces := map[string]bool{r.opts.Namespace: true}
	for _, it := range s.items {
		if it.resource.namespaced {
			namespaces[it.obj.GetNamespace()] = true
		}
	}
	var out []place
	for gvk, res := range builtin {
		if !slices.Contains(usualKinds, gvk.GroupKind()) {
			continue
		}
		for namespace := range namespaces {
			out = append(out, place{res, namespace})
		}
	}
	return out
}

// readAll carries out the readings.
func (r *run) readAll(ctx context.Context, readings []reading) error {
	var mu sync.Mutex
	errs := make([]error, len(readings))
	numbers := make([]int, len(readings))
	for i := range numbers {
		numbers[i] = i
	}
	parallel(ctx, r.opts.Concurrency, numbers, func(ctx context.Context, i int) {
		one, read := readings[i], r.list
		if one.single {
			read = r.single
		}
		found, err := read(ctx, one)
		mu.Lock()
		defer mu.Unlock()
		r.strays = append(r.strays, found...)
		errs[i] = err
		r.listed[one.place] = r.listed[one.place] || err == nil && !one.single && found != nil
	})
	return firstOf(errs)
}

// firstOf returns the first of the errors: all are of the same cause where requests fail
// that do not depend on an object.
func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// list reads the members of the sets in a place. It returns those that are no
// item's; nil, not empty, if it may not look.
func (r *run) list(ctx context.Context, one reading) ([]stray, error) {
	list, err := tryFor(ctx, r.Applier, func(ctx context.Context) (*unstructured.UnstructuredList, error) {
		return r.in(one.place).List(ctx, metav1.ListOptions{LabelSelector: r.selector()})
	})
	strays := []stray{}
	switch {
	case apierrors.IsForbidden(err):
		return nil, r.getEach(ctx, one.items)
	case apierrors.IsNotFound(err): // the kind comes with the run
	case err != nil:
		return nil, r.unreadable(one, err)
	default:
		byName := map[string]*item{}
		for _, it := range one.items {
			byName[it.obj.GetName()] = it
		}
		for i := range list.Items {
			obj := &list.Items[i]
			if it := byName[obj.GetName()]; it != nil {
				it.live = obj
				continue
			}
			strays = append(strays, stray{obj, one.place.resource})
		}
	}
	return strays, r.getUnlisted(ctx, one.items)
}

// getUnlisted reads the shared objects that were not in the list: one that is not ours yet
// has no label of ours.
func (r *run) getUnlisted(ctx context.Context, items []*item) error {
	var missing []*item
	for _, it := range items {
		if it.known = true; it.shared && it.live == nil {
			missing = append(missing, it)
		}
	}
	return r.getEach(ctx, missing)
}

// unreadable returns err as the object's for which it was read, or as it is.
func (r *run) unreadable(one reading, err error) error {
	if len(one.items) == 0 {
		nobody := &item{obj: &unstructured.Unstructured{}, resource: one.place.resource, change: &Change{}}
		nobody.obj.SetNamespace(one.place.namespace)
		return r.explain(nobody, err)
	}
	r.fail(one.items[0], err)
	return one.items[0].change.Err
}

// getEach reads items one by one, for a role that may not list.
func (r *run) getEach(ctx context.Context, items []*item) error {
	for _, it := range items {
		_, err := r.single(ctx, reading{it.place(), []*item{it}, true})
		if err != nil {
			return err
		}
	}
	return nil
}

// single reads the one object of a reading.
func (r *run) single(ctx context.Context, one reading) ([]stray, error) {
	it := one.items[0]
	live, err := r.get(ctx, it)
	switch {
	case apierrors.IsForbidden(err):
		return nil, nil
	case err != nil && !apierrors.IsNotFound(err):
		return nil, r.unreadable(one, err)
	}
	it.live, it.known = live, true
	return nil, nil
}

// selector selects the members of the run's sets, what they share, and the claims of all.
func (r *run) selector() string {
	names := append(slices.Collect(maps.Keys(r.sets)), ingress.ClaimsSet)
	for _, it := range r.shared {
		names = append(names, it.set)
	}
	return setSelector(names)
}

func setSelector(sets []string) string {
	sets = slices.Compact(slices.Sorted(slices.Values(sets)))
	return layouts.SetLabel + " in (" + strings.Join(sets, ",") + ")"
}

// announce tells what is going to happen, after the last checks.
func (r *run) announce(ctx context.Context) error {
	r.checkPrune()
	if r.dry {
		return nil
	}
	for _, it := range r.items {
		action := NotTried
		switch {
		case it.hasFailed() || r.failed.blocks(it.set):
			continue
		case !it.shared && r.proved(it.live, it.obj):
			action = Unchanged
		}
		r.emit(Event{Kind: EventPlanned, Ref: it.change.Ref, Source: it.change.Source, Action: action})
	}
	return errors.Join(r.announceKinds(ctx)...)
}
