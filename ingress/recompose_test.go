package ingress_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// deploy is what a pipeline publishes that deploys one service: its paths, each
// led to the Service of its name, or none.
func deploy(t testing.TB, owner string, sequence int64, paths ...string) *unstructured.Unstructured {
	t.Helper()
	files := tree{"shop/common/ingress.yml": v1Common, "shop/" + owner + "/deployment.yml": deployment}
	for i, path := range paths {
		path, backend, found := strings.Cut(path, " ")
		if !found {
			backend = owner
		}
		files[fmt.Sprintf("shop/%s/%d.yml", owner, i)] = v1Service(path, backend)
	}
	return merged(t, files, ingress.Options{Partial: true, Sequence: sequence})
}

// on publishes one after the other to the cluster's Ingress, if there is one.
func on(t testing.TB, live *unstructured.Unstructured, all ...*unstructured.Unstructured,
) *unstructured.Unstructured {
	t.Helper()
	for _, mine := range all {
		live = recompose(t, live, mine).Object
	}
	return live
}

// edit returns obj with its rules' paths changed, as kubectl edit does it.
func edit(t testing.TB, obj *unstructured.Unstructured, change func(paths []any) []any,
) *unstructured.Unstructured {
	t.Helper()
	obj = obj.DeepCopy()
	rules, _, err := unstructured.NestedSlice(obj.Object, "spec", "rules")
	if err != nil || len(rules) != 1 {
		t.Fatalf("rules = %v, %v, want one", rules, err)
	}
	http := rules[0].(map[string]any)["http"].(map[string]any)
	http["paths"] = change(http["paths"].([]any))
	if err := unstructured.SetNestedSlice(obj.Object, rules, "spec", "rules"); err != nil {
		t.Fatal(err)
	}
	return obj
}

// leads is an entry of a rule's paths that leads to a Service's port http.
func leads(path, service string) any {
	return map[string]any{"path": path, "pathType": "Prefix", "backend": map[string]any{
		"service": map[string]any{"name": service, "port": map[string]any{"name": "http"}}}}
}

func plus(more ...any) func([]any) []any {
	return func(paths []any) []any { return append(paths, more...) }
}

func same(t testing.TB, what string, want, got *unstructured.Unstructured) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRecomposeJoins(t *testing.T) {
	t.Parallel()
	home, kids, mens := deploy(t, "home", 1, "/home"), deploy(t, "kids", 5, "/kids"), deploy(t, "mens", 2, "/m")
	all := on(t, nil, home, kids, mens)
	wantLines(t, "routes", []string{
		"shop.example.com/home → home:http by home",
		"shop.example.com/kids → kids:http by kids",
		"shop.example.com/m → mens:http by mens",
	}, live(t, all))
	same(t, "joined in another order", all, on(t, nil, mens, home, kids))
	same(t, "joined again", all, on(t, all, kids, home))
	same(t, "joined by all at once", all, on(t, nil, on(t, nil, mens, kids), home))
}

func TestRecomposeReplaces(t *testing.T) {
	t.Parallel()
	before := on(t, nil, deploy(t, "home", 1, "/home"), deploy(t, "kids", 1, "/kids", "/toys"))
	got := recompose(t, before, deploy(t, "kids", 2, "/kids kids-two", "/games"))
	want := []string{
		"shop.example.com/games → kids:http by kids",
		"shop.example.com/home → home:http by home",
		"shop.example.com/kids → kids-two:http by kids",
	}
	wantLines(t, "routes", want, live(t, got.Object))
	wantLines(t, "Recompose() routes", want, lines(got.Routes))
	wantLines(t, "Recompose() restored", nil, lines(got.Restored))
}

func TestRecomposeLeaves(t *testing.T) {
	t.Parallel()
	home, kids := deploy(t, "home", 1, "/home", "/x web"), deploy(t, "kids", 1, "/kids", "/x web")
	alone := on(t, nil, home)
	both := on(t, alone, kids)
	same(t, "after kids left", alone, on(t, both, deploy(t, "kids", 2)))
	if got := recompose(t, alone, deploy(t, "home", 2)); got.Object != nil || got.Routes != nil {
		t.Errorf("Recompose() after the last left = %v, want none", got.Object)
	}
	if got := recompose(t, nil, deploy(t, "home", 2)); got.Object != nil {
		t.Errorf("Recompose(nil) of an empty fragment = %v, want none", got.Object)
	}
	edited := edit(t, alone, plus(leads("/hand", "hand")))
	if got := recompose(t, edited, deploy(t, "home", 2)); got.Object == nil {
		t.Error("Recompose() with a path made by hand = none, want an Ingress with it")
	}
}

func TestRecomposeDefaultBackend(t *testing.T) {
	t.Parallel()
	withDefault := func(obj *unstructured.Unstructured, name string) *unstructured.Unstructured {
		obj = obj.DeepCopy()
		backend := map[string]any{"service": map[string]any{
			"name": name, "port": map[string]any{"number": int64(80)}}}
		obj.Object["spec"].(map[string]any)["defaultBackend"] = backend
		return obj
	}
	service := func(obj *unstructured.Unstructured) string {
		if obj == nil {
			return ""
		}
		name, _, _ := unstructured.NestedString(obj.Object, "spec", "defaultBackend", "service", "name")
		return name
	}
	joins, leaves := deploy(t, "home", 1, "/home"), deploy(t, "home", 2)
	cluster := withDefault(joins, "old")
	tests := []struct {
		name string
		mine *unstructured.Unstructured
		want string
	}{
		{"mine's, else none, while there are routes", joins, ""},
		{"mine's replaces the live one", withDefault(joins, "new"), "new"},
		{"the live one keeps the Ingress when the last route is gone", leaves, "old"},
		{"mine's is preferred then", withDefault(leaves, "new"), "new"},
	}
	for _, tt := range tests {
		got := recompose(t, cluster, tt.mine)
		if service(got.Object) != tt.want {
			t.Errorf("%s: default backend = %q, want %q", tt.name, service(got.Object), tt.want)
		}
		if got.Object == nil {
			t.Errorf("%s: Recompose() = nil, want an Ingress", tt.name)
		}
	}
}

func TestRecomposeKeepsHandmade(t *testing.T) {
	t.Parallel()
	cluster := on(t, nil, deploy(t, "home", 1, "/home"), deploy(t, "kids", 1, "/kids"))
	cluster = edit(t, cluster, plus(leads("/hand", "hand"), leads("/new", "mens"), leads("/hand", "hand")))
	hand := "shop.example.com/hand → hand:http by ~unmanaged"
	got := recompose(t, cluster, deploy(t, "kids", 2))
	want := []string{
		hand,
		"shop.example.com/home → home:http by home",
		"shop.example.com/new → mens:http by ~unmanaged",
	}
	wantLines(t, "routes after kids left", want, live(t, got.Object))
	wantLines(t, "Recompose() routes after kids left", want, lines(got.Routes))
	got = recompose(t, got.Object, deploy(t, "mens", 1, "/new/"))
	wantLines(t, "routes after mens declared what was made by hand", []string{
		hand,
		"shop.example.com/home → home:http by home",
		"shop.example.com/new → mens:http by mens",
	}, live(t, got.Object))
	got = recompose(t, got.Object, deploy(t, "mens", 2))
	wantLines(t, "routes after mens left", want[:2], live(t, got.Object))
}

// Two paths made by hand that disagree are nobody's to resolve.
func TestRecomposeHandmadeTwins(t *testing.T) {
	t.Parallel()
	cluster := edit(t, on(t, nil, deploy(t, "home", 1, "/home")), plus(leads("/t", "b"), leads("/t", "a")))
	want := []string{
		"shop.example.com/home → home:http by home",
		"shop.example.com/kids → kids:http by kids",
		"shop.example.com/t → b:http by ~unmanaged",
		"shop.example.com/t → a:http by ~unmanaged",
	}
	got := on(t, cluster, deploy(t, "kids", 1, "/kids"))
	wantLines(t, "routes", want, live(t, got))
	same(t, "published again", got, on(t, got, deploy(t, "home", 1, "/home")))
	_, err := ingress.Recompose(got, deploy(t, "mens", 1, "/t a"))
	_ = as[*ingress.ConflictError](t, "Recompose() of one of them", err)
}

// An Ingress that was there before Slipway becomes shared without losing a path.
func TestRecomposeTakesOver(t *testing.T) {
	t.Parallel()
	cluster := object(t, strings.Replace(legacy, "extensions/v1beta1", "networking.k8s.io/v1beta1", 1))
	got := recompose(t, cluster, deploy(t, "mens", 1, "/mens"))
	wantLines(t, "routes", []string{
		"shop.example.com/mens → mens:http by mens",
		"shop.example.com/home (ImplementationSpecific) → home-service:http by ~unmanaged",
		"shop.example.com/kids (ImplementationSpecific) → kids-service:http by ~unmanaged",
		"shop.example.com/old (ImplementationSpecific) → elsewhere:80 by ~unmanaged",
	}, live(t, got.Object))
}

func TestRecomposeRestores(t *testing.T) {
	t.Parallel()
	good := on(t, nil, deploy(t, "home", 1, "/home", "/x web"), deploy(t, "kids", 1, "/kids", "/x web"))
	broken := edit(t, good, func([]any) []any { return []any{leads("/kids", "evil"), leads("/hand", "hand")} })
	got := recompose(t, broken, deploy(t, "home", 1, "/home", "/x web"))
	wantLines(t, "Recompose() restored", []string{
		"shop.example.com/home → home:http by home",
		"shop.example.com/kids → kids:http by kids",
		"shop.example.com/x → web:http by home",
	}, lines(got.Restored))
	same(t, "restored", edit(t, good, func(paths []any) []any {
		return append([]any{leads("/hand", "hand")}, paths...)
	}), got.Object)
	again := recompose(t, got.Object, deploy(t, "home", 1, "/home", "/x web"))
	wantLines(t, "Recompose() restored after that", nil, lines(again.Restored))
	leaves := recompose(t, edit(t, good, func(p []any) []any { return p[1:] }), deploy(t, "home", 2))
	wantLines(t, "Recompose() restored when its owner leaves", nil, lines(leaves.Restored))
}

func TestRecomposeConflict(t *testing.T) {
	t.Parallel()
	cluster := on(t, nil, deploy(t, "home", 1, "/home", "/x"), deploy(t, "kids", 1, "/kids"))
	cluster = edit(t, cluster, plus(leads("/hand", "hand")))
	before := cluster.DeepCopy()
	got, err := ingress.Recompose(cluster, deploy(t, "mens", 1, "/mens", "/x", "/hand", "/kids"))
	conflict := as[*ingress.ConflictError](t, "Recompose()", err)
	var pairs []string
	for _, c := range conflict.Conflicts {
		pairs = append(pairs, fmt.Sprintf("%s: %s, %s", c.A, c.A.Owner, c.B.Owner))
	}
	wantLines(t, "Recompose() conflicts", []string{
		"shop.example.com/hand: mens, ~unmanaged",
		"shop.example.com/kids: kids, mens",
		"shop.example.com/x: home, mens",
	}, pairs)
	wantError(t, "Recompose()", err, "mens (shop/mens/2.yml:1) leads it to mens:http",
		"the live Ingress, by hand or another tool, to hand:http", "home (shop/home/1.yml:1) leads it to home:http",
		"take the path out of one of them")
	if got != nil {
		t.Errorf("Recompose() = %v, want nil with an error", got)
	}
	same(t, "live after a conflict", before, cluster)
	// Where they are known, the commits of both sides are told.
	one := merged(t, tree{"shop/toys/ingress.yml": v1Service("/x", "toys")},
		ingress.Options{Partial: true, Commit: "c0ffee"})
	_, err = ingress.Recompose(on(t, nil, one), merged(t, tree{"shop/kids/ingress.yml": v1Service("/x", "kids")},
		ingress.Options{Partial: true, Commit: "bada55"}))
	wantError(t, "Recompose()", err, "kids (shop/kids/ingress.yml:1 of commit bada55) leads",
		"toys (shop/toys/ingress.yml:1 of commit c0ffee) to")
	on(t, cluster, deploy(t, "kids", 2, "/kids", "/other")) // third parties go on
}

func TestRecomposeSuperseded(t *testing.T) {
	t.Parallel()
	cluster := on(t, nil, deploy(t, "home", 1, "/home"), deploy(t, "kids", 7, "/kids"))
	got, err := ingress.Recompose(cluster, deploy(t, "kids", 6, "/kids", "/older"))
	want := &ingress.SupersededError{Owner: "kids", Live: 7, Mine: 6}
	if diff := cmp.Diff(want, as[*ingress.SupersededError](t, "Recompose()", err)); diff != "" {
		t.Errorf("Recompose() error (-want +got):\n%s", diff)
	}
	wantError(t, "Recompose()", err, "kids", "build 6", "build 7 is live", "higher sequence")
	if got != nil {
		t.Errorf("Recompose() = %v, want nil with an error", got)
	}
	if _, err := ingress.Recompose(cluster, deploy(t, "kids", 6)); err == nil {
		t.Error("Recompose() of an older build that leaves: error = nil, want a *SupersededError")
	}
	for _, sequence := range []int64{7, 8} {
		on(t, cluster, deploy(t, "kids", sequence, "/kids"))
	}
	on(t, cluster, deploy(t, "mens", 1, "/mens")) // builds are counted by owner
	_, err = ingress.Recompose(cluster, merged(t, tree{
		"shop/common/ingress.yml": v1Common,
		"shop/home/a.yml":         v1Service("/home", "home"),
		"shop/kids/a.yml":         v1Service("/kids", "kids"),
	}, ingress.Options{}))
	wantError(t, "Recompose() of two older builds", err, "home: build 1 is live", "kids: build 7 is live")
}

// A route moves from one service to another by one write, and nothing else does.
func TestRecomposeTakes(t *testing.T) {
	t.Parallel()
	live1 := on(t, on(t, nil, deploy(t, "kids", 3, "/kids", "/shoes")), deploy(t, "mens", 1, "/shoes kids", "/mens"))
	take := func(from ...string) *unstructured.Unstructured {
		files := tree{
			"shop/common/ingress.yml": v1Common, "shop/toys/deployment.yml": deployment,
			"shop/toys/ingress.yml": v1Service("/shoes", "toys"),
		}
		return merged(t, files, ingress.Options{Partial: true, TakeFrom: from})
	}
	_, err := ingress.Recompose(live1, take("kids"))
	if c := as[*ingress.ConflictError](t, "Recompose()", err); len(c.Conflicts) != 1 || c.Conflicts[0].A.Owner != "mens" {
		t.Errorf("Recompose() conflicts = %v, want one, with mens", c.Conflicts)
	}
	next := recompose(t, live1, take("kids", "mens", "nobody"))
	var got []string
	for _, line := range lines(next.Routes) {
		_, rest, _ := strings.Cut(line, "/")
		got = append(got, rest)
	}
	wantLines(t, "Recompose() routes", []string{
		"shoes → toys:http by toys", "kids → kids:http by kids", "mens → mens:http by mens",
	}, got)
	if text := fmt.Sprint(next.Object.GetAnnotations()); strings.Contains(text, "takes") {
		t.Errorf("Recompose() keeps what was taken: %s", text)
	}
	_, err = ingress.Recompose(next.Object, deploy(t, "kids", 4, "/kids", "/shoes"))
	_ = as[*ingress.ConflictError](t, "Recompose() of who has lost it", err)
}
