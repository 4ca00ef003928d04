package ingress_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	good := on(t, nil, deploy(t, "home", 1, "/home", "/x web"), deploy(t, "kids", 1, "/kids", "/x web"))
	tests := []struct {
		name string
		obj  *unstructured.Unstructured
		want []string
	}{{
		name: "a shared route comes for each owner",
		obj:  good,
		want: []string{
			"shop.example.com/home → home:http by home",
			"shop.example.com/kids → kids:http by kids",
			"shop.example.com/x → web:http by home",
			"shop.example.com/x → web:http by kids",
		},
	}, {
		name: "it is the rules that count, not the registry",
		obj: edit(t, good, func([]any) []any {
			return []any{leads("/kids", "evil"), leads("/hand", "hand"), leads("/home", "home")}
		}),
		want: []string{
			"shop.example.com/hand → hand:http by ~unmanaged",
			"shop.example.com/home → home:http by home",
			"shop.example.com/kids → evil:http by ~unmanaged",
		},
	}, {
		name: "an Ingress without a registry",
		obj: object(t, v1Common+`
    http: {paths: [{path: /a/, pathType: Prefix, backend: {service: {name: a, port: {number: 1}}}}]}`),
		want: []string{"shop.example.com/a → a:1 by ~unmanaged"},
	}, {
		name: "v1beta1, as older clusters send it",
		obj: object(t, spec("networking.k8s.io/v1beta1",
			"rules: [{http: {paths: [{path: /a, backend: {serviceName: a, servicePort: 1}}]}}]")),
		want: []string{"*/a (ImplementationSpecific) → a:1 by ~unmanaged"},
	}, {
		name: "no rules",
		obj:  object(t, "apiVersion: networking.k8s.io/v1\nkind: Ingress"),
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantLines(t, "Routes()", tt.want, live(t, tt.obj))
		})
	}
}

func TestRoutesErrors(t *testing.T) {
	t.Parallel()
	_, err := ingress.Routes(object(t, spec("networking.k8s.io/v1",
		"rules: [{http: {paths: [{path: /a, pathType: Prefix, backend: {}}]}}]")))
	wantError(t, "Routes()", err, "Ingress shop", `path "/a"`, "names no Service")
	_, err = ingress.Routes(object(t, service("home")))
	wantError(t, "Routes(Service)", err, "home", "no kind Ingress")
}

func TestShared(t *testing.T) {
	t.Parallel()
	mine := deploy(t, "home", 1, "/home")
	tests := []struct {
		name string
		obj  *unstructured.Unstructured
		want bool
	}{
		{"made by Merge", mine, true},
		{"published", on(t, nil, mine), true},
		{"not published to", object(t, v1Common), false},
		{"another kind", annotated(object(t, service("home")), "slipway/routes.home", "{}"), false},
		{"another group's Ingress", annotated(object(t, "apiVersion: example.com/v1\nkind: Ingress"),
			"slipway/routes.home", "{}"), false},
		{"a broken registry is one", annotated(object(t, v1Common), "slipway/routes.home", ""), true},
	}
	for _, tt := range tests {
		if got := ingress.Shared(tt.obj); got != tt.want {
			t.Errorf("%s: Shared() = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	mine := merged(t, tree{
		"shop/common/ingress.yml": legacy,
		"shop/home/ingress.yml":   v1Service("/h", "home"),
		"shop/kids/ingress.yml":   v1Service("/k", "kids"),
	}, ingress.Options{})
	tests := []struct {
		drop []string
		want []string // owners that are left
	}{
		{nil, []string{"common", "home", "kids"}},
		{[]string{"home"}, []string{"common", "kids"}},
		{[]string{"common"}, []string{"home", "kids"}},
		{[]string{"home", "kids"}, nil},
	}
	for _, tt := range tests {
		before := mine.DeepCopy()
		got := ingress.Without(mine, func(owner string) bool { return slices.Contains(tt.drop, owner) })
		same(t, "mine after Without()", before, mine)
		var owners []string
		for _, name := range slices.Sorted(maps.Keys(got.GetAnnotations())) {
			if owner, ok := strings.CutPrefix(name, ingress.AnnotationPrefix); ok {
				owners = append(owners, owner)
			}
		}
		wantLines(t, "Without() owners", tt.want, owners)
		if got.GetAnnotations()["slipway/source"] != "shop/common/ingress.yml:1" {
			t.Errorf("Without() annotations = %v, want all others", got.GetAnnotations())
		}
	}
}

// An empty map of annotations would be sent as such.
func TestWithoutLastAnnotation(t *testing.T) {
	t.Parallel()
	mine := merged(t, tree{"shop/home/ingress.yml": v1Service("/home", "home")}, ingress.Options{})
	got := ingress.Without(mine, func(string) bool { return true })
	if _, found := got.Object["metadata"].(map[string]any)["annotations"]; found {
		t.Errorf("Without() metadata = %v, want no annotations", got.Object["metadata"])
	}
}

// The point of Without: a service whose rollout failed keeps its old routes.
func TestWithoutLeavesLiveRoutes(t *testing.T) {
	t.Parallel()
	cluster := on(t, nil, deploy(t, "home", 1, "/home"), deploy(t, "kids", 1, "/kids"))
	next := merged(t, tree{
		"shop/common/ingress.yml": v1Common,
		"shop/home/a.yml":         v1Service("/home-two", "home"),
		"shop/kids/a.yml":         v1Service("/kids-two", "kids"),
	}, ingress.Options{Sequence: 2})
	got := on(t, cluster, ingress.Without(next, func(owner string) bool { return owner == "kids" }))
	wantLines(t, "routes", []string{
		"shop.example.com/home-two → home:http by home",
		"shop.example.com/kids → kids:http by kids",
	}, live(t, got))
}
