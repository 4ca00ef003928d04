package ingress_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// TestRecomposeOrder checks that deploys of different services may come in any
// order, and that each that leaves takes its own routes and nobody else's.
func TestRecomposeOrder(t *testing.T) {
	t.Parallel()
	d := dice(1)
	for range 40 {
		var all []*unstructured.Unstructured
		for i := range 2 + d.IntN(5) {
			owner := fmt.Sprintf("s%d", i)
			var paths []string
			for range 1 + d.IntN(4) {
				shared := fmt.Sprintf("/shared/%d web", d.IntN(3))
				paths = append(paths, fmt.Sprintf("/%s/%d", owner, d.IntN(9)), shared)
			}
			all = append(all, deploy(t, owner, int64(d.IntN(9)), paths...))
		}
		together := on(t, nil, all...)
		last := len(all) - 1
		rest := on(t, nil, all[:last]...)
		same(t, "after the last one left", rest, on(t, together, leave(t, fmt.Sprintf("s%d", last))))
		shuffle(d, all)
		same(t, "joined in another order", together, on(t, nil, all...))
		same(t, "joined twice", together, on(t, together, all[:last]...))
	}
}

func leave(t testing.TB, owner string) *unstructured.Unstructured {
	t.Helper()
	return deploy(t, owner, 1000)
}

// A model is what the cluster's Ingress is to be, kept by plain maps from routes
// to backends.
type model struct {
	sequence map[string]int64
	owned    map[string]map[string]string // by owner
	live     map[string]string
}

func newModel() model {
	return model{map[string]int64{}, map[string]map[string]string{}, map[string]string{}}
}

// managed returns the routes of all owners; conflict says whether two disagree.
func managed(owned map[string]map[string]string) (all map[string]string, conflict bool) {
	all = map[string]string{}
	for _, routes := range owned {
		for route, backend := range routes {
			conflict = conflict || all[route] != "" && all[route] != backend
			all[route] = backend
		}
	}
	return all, conflict
}

// publish returns what the model is after a deploy, and what is to be reported
// as restored.
func (m model) publish(owner string, sequence int64, routes map[string]string) (model, []string, error) {
	if sequence < m.sequence[owner] {
		return m, nil, new(ingress.SupersededError)
	}
	next := model{maps.Clone(m.sequence), maps.Clone(m.owned), nil}
	next.sequence[owner], next.owned[owner] = sequence, routes
	if len(routes) == 0 {
		delete(next.sequence, owner)
		delete(next.owned, owner)
	}
	before, _ := managed(m.owned)
	after, conflict := managed(next.owned)
	var restored []string
	for route, backend := range after {
		if before[route] == backend && m.live[route] != backend {
			restored = append(restored, route)
		}
	}
	next.live = maps.Clone(after)
	for route, backend := range m.live {
		if _, known := before[route]; known {
			continue
		}
		conflict = conflict || after[route] != "" && after[route] != backend
		next.live[route] = backend // made by hand
	}
	if conflict {
		return m, nil, new(ingress.ConflictError)
	}
	slices.Sort(restored)
	return next, restored, nil
}

// FuzzRecompose plays deploys and edits by hand against the model.
func FuzzRecompose(f *testing.F) {
	seeds(f, 60)
	f.Fuzz(func(t *testing.T, seed uint64) {
		d := dice(seed)
		g := game{model: newModel()}
		for range 1 + d.IntN(20) {
			if d.IntN(3) == 0 && g.live != nil {
				g.byHand(t, d)
			} else {
				g.deploy(t, d)
			}
			if t.Failed() {
				return
			}
		}
	})
}

// A game is a cluster and what is expected of it.
type game struct {
	model
	live *unstructured.Unstructured
}

func (g *game) byHand(t *testing.T, d *rand.Rand) {
	t.Helper()
	route := pick(d, "/a", "/b", "/c", "/home", "/hand", "/x/y")
	backend := pick(d, "", "web", "hand", "home")
	next := maps.Clone(g.model.live)
	delete(next, route)
	if backend != "" {
		next[route] = backend
	}
	if len(next) == 0 {
		return // the API server wants a path
	}
	g.model.live = next
	var paths []any
	for _, route := range slices.Sorted(maps.Keys(next)) {
		paths = append(paths, leads(route, next[route]))
	}
	g.live = edit(t, g.live, func([]any) []any { return paths })
}

func (g *game) deploy(t *testing.T, d *rand.Rand) {
	t.Helper()
	owner := pick(d, "home", "kids", "mens")
	sequence := int64(d.IntN(4))
	routes := map[string]string{}
	var paths []string
	for range d.IntN(4) {
		route := pick(d, "/a", "/b", "/c", "/"+owner, "/"+owner+"/x", "/x/y")
		if routes[route] == "" {
			routes[route] = pick(d, owner, "web", "web")
			paths = append(paths, route+" "+routes[route])
		}
	}
	mine := deploy(t, owner, sequence, paths...)
	want, restored, wantErr := g.publish(owner, sequence, routes)
	liveBefore, mineBefore := g.live.DeepCopy(), mine.DeepCopy()
	got, err := ingress.Recompose(g.live, mine)
	same(t, "live", liveBefore, g.live)
	same(t, "mine", mineBefore, mine)
	if wantErr != nil {
		checkKind(t, wantErr, err)
		return
	}
	if err != nil {
		t.Fatalf("Recompose() error = %v, want none", err)
	}
	var gotRestored []string
	for _, route := range got.Restored {
		gotRestored = append(gotRestored, route.Path)
	}
	slices.Sort(gotRestored)
	wantLines(t, "Recompose() restored", restored, gotRestored)
	checkRecomposition(t, want, got, mine)
	g.model, g.live = want, got.Object
}

func checkKind(t *testing.T, want, err error) {
	t.Helper()
	if _, superseded := errors.AsType[*ingress.SupersededError](want); superseded {
		_ = as[*ingress.SupersededError](t, "Recompose()", err)
		return
	}
	_ = as[*ingress.ConflictError](t, "Recompose()", err)
}

// checkRecomposition checks what results against the model, and that to publish
// it again, or to read and write it, changes nothing.
func checkRecomposition(t *testing.T, want model, got *ingress.Recomposition,
	mine *unstructured.Unstructured) {
	t.Helper()
	if len(want.live) == 0 {
		if got.Object != nil {
			t.Errorf("Recompose() = %v, want none", got.Object)
		}
		return
	}
	var expected []string
	all, _ := managed(want.owned)
	for owner, routes := range want.owned {
		for route, backend := range routes {
			expected = append(expected, fmt.Sprintf("%s → %s by %s", route, backend, owner))
		}
	}
	for route, backend := range want.live {
		if all[route] == "" {
			expected = append(expected, fmt.Sprintf("%s → %s by ~unmanaged", route, backend))
		}
	}
	slices.Sort(expected)
	routes, err := ingress.Routes(got.Object)
	if err != nil {
		t.Fatalf("Routes() error = %v, want none", err)
	}
	var have []string
	for _, r := range routes {
		have = append(have, fmt.Sprintf("%s → %s by %s", r.Path, r.Backend.Service, r.Owner))
	}
	slices.Sort(have)
	wantLines(t, "Routes()", expected, have)
	if diff := cmp.Diff(routes, got.Routes); diff != "" {
		t.Errorf("Recompose() routes (-want +got):\n%s", diff)
	}
	again := recompose(t, got.Object, mine)
	same(t, "recomposed again", got.Object, again.Object)
	wantLines(t, "Recompose() restored again", nil, lines(again.Restored))
	same(t, "read and written", got.Object, recompose(t, got.Object, leave(t, "nobody")).Object)
}
