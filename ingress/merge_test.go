package ingress_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

const v1Common = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: traefik
  rules:
  - host: shop.example.com`

// v1Service is a service's ingress.yml with a hostless rule.
func v1Service(path, backend string) string {
	return fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
spec:
  rules:
  - http:
      paths:
      - {path: %s, pathType: Prefix, backend: {service: {name: %s, port: {name: http}}}}`, path, backend)
}

func service(name string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Service\nmetadata: {name: %s}", name)
}

const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: any}"

func TestMergeModern(t *testing.T) {
	t.Parallel()
	files := tree{
		"shop/common/ingress.yml": v1Common,
		"shop/home/ingress.yml":   v1Service("/home", "home"),
		"shop/home/service.yml":   service("home"),
		"shop/kids/ingress.yml":   v1Service("/kids/", "kids"),
	}
	result := merge(t, files, ingress.Options{Sequence: 7, Commit: "c0ffee"})
	got := ingressOf(t, result)
	want := fields(t, `
ingressClassName: traefik
rules:
- host: shop.example.com
  http:
    paths:
    - {path: /home, pathType: Prefix, backend: {service: {name: home, port: {name: http}}}}
    - {path: /kids, pathType: Prefix, backend: {service: {name: kids, port: {name: http}}}}`)
	if diff := cmp.Diff(want, got.Object["spec"]); diff != "" {
		t.Errorf("Merge(shop) spec (-want +got):\n%s", diff)
	}
	if len(result.Objects) != 2 || result.Objects[0].GetKind() != "Service" || got.GetName() != "shop" {
		t.Errorf("Merge(shop) = %v, want Service home, then Ingress shop", result.Objects)
	}
	wantRoutes := []ingress.Route{{
		Host: "shop.example.com", PathType: "Prefix", Path: "/home", Owner: "home",
		Backend: ingress.Backend{Service: "home", Port: "http"}, Source: "shop/home/ingress.yml:1",
		Commit: "c0ffee",
	}, {
		Host: "shop.example.com", PathType: "Prefix", Path: "/kids", Owner: "kids",
		Backend: ingress.Backend{Service: "kids", Port: "http"}, Source: "shop/kids/ingress.yml:1",
		Commit: "c0ffee",
	}}
	if diff := cmp.Diff(wantRoutes, result.Routes); diff != "" {
		t.Errorf("Merge(shop) routes (-want +got):\n%s", diff)
	}
	wantNote := `{"v":1,"seq":7,"src":"shop/kids/ingress.yml:1","commit":"c0ffee","routes":` +
		`[{"host":"shop.example.com","type":"Prefix","path":"/kids","to":"kids:http"}]}`
	if got := got.GetAnnotations()["slipway/routes.kids"]; got != wantNote {
		t.Errorf("Merge(shop) annotation slipway/routes.kids = %s, want %s", got, wantNote)
	}
	if len(result.Warnings) > 0 {
		t.Errorf("Merge(shop) warnings = %q, want none", result.Warnings)
	}
}

// legacy is common/ingress.yml as trees for Ansible have it.
const legacy = `
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: shop-ingress}
spec:
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /home, backend: {serviceName: home-service, servicePort: http}}
      - {path: /kids, backend: {serviceName: kids-service, servicePort: http}}
      - {path: /old, backend: {serviceName: elsewhere, servicePort: 80}}`

func TestMergeRoutes(t *testing.T) {
	t.Parallel()
	all := map[string]string{"home-service": "home", "kids-service": "kids"}
	tests := []struct {
		name string
		tree tree
		opts ingress.Options
		want []string
	}{{
		name: "legacy paths belong to whose Service they name, the rest to common",
		tree: tree{
			"shop/common/ingress.yml": legacy,
			"shop/home/service.yml":   service("home-service"),
			"shop/kids/service.yml":   service("kids-service"),
		},
		want: []string{
			"shop.example.com/home (ImplementationSpecific) → home-service:http by home",
			"shop.example.com/kids (ImplementationSpecific) → kids-service:http by kids",
			"shop.example.com/old (ImplementationSpecific) → elsewhere:80 by common",
		},
	}, {
		name: "a legacy deploy of one service leaves the others' paths to them",
		tree: tree{
			"shop/common/ingress.yml": legacy,
			"shop/kids/service.yml":   service("kids-service"),
		},
		opts: ingress.Options{Partial: true, Services: all},
		want: []string{
			"shop.example.com/kids (ImplementationSpecific) → kids-service:http by kids",
			"shop.example.com/old (ImplementationSpecific) → elsewhere:80 by common",
		},
	}, {
		name: "a Service among the objects need not be in Services",
		tree: tree{
			"shop/common/ingress.yml": legacy,
			"shop/kids/service.yml":   service("kids-service"),
		},
		opts: ingress.Options{Partial: true, Services: map[string]string{"home-service": "home"}},
		want: []string{
			"shop.example.com/kids (ImplementationSpecific) → kids-service:http by kids",
			"shop.example.com/old (ImplementationSpecific) → elsewhere:80 by common",
		},
	}, {
		name: "whose Service is among the objects goes before Services",
		tree: tree{
			"shop/common/ingress.yml":  legacy,
			"shop/kids/service.yml":    service("kids-service"),
			"shop/mens/deployment.yml": deployment,
		},
		opts: ingress.Options{Services: map[string]string{"kids-service": "mens", "home-service": "mens"}},
		want: []string{
			"shop.example.com/home (ImplementationSpecific) → home-service:http by mens",
			"shop.example.com/kids (ImplementationSpecific) → kids-service:http by kids",
			"shop.example.com/old (ImplementationSpecific) → elsewhere:80 by common",
		},
	}, {
		name: "of two Services of one name the first service's counts",
		tree: tree{
			"shop/common/ingress.yml": legacy,
			"shop/home/service.yml":   service("elsewhere"),
			"shop/kids/service.yml":   service("elsewhere"),
		},
		opts: ingress.Options{Services: all},
		want: []string{
			"shop.example.com/home (ImplementationSpecific) → home-service:http by home",
			"shop.example.com/kids (ImplementationSpecific) → kids-service:http by kids",
			"shop.example.com/old (ImplementationSpecific) → elsewhere:80 by home",
		},
	}, {
		name: "what is called Service elsewhere attributes nothing",
		tree: tree{
			"shop/common/ingress.yml": legacy,
			"shop/kids/service.yml":   strings.Replace(service("elsewhere"), "v1", "serving.knative.dev/v1", 1),
		},
		opts: ingress.Options{Partial: true, Services: all},
		want: []string{
			"shop.example.com/kids (ImplementationSpecific) → kids-service:http by kids",
			"shop.example.com/old (ImplementationSpecific) → elsewhere:80 by common",
		},
	}, {
		name: "a hostless rule is for each of common's hosts; another keeps its host",
		tree: tree{
			"shop/common/ingress.yml": spec("networking.k8s.io/v1",
				"rules: [{host: b.example.com}, {host: a.example.com}, {host: a.example.com}]"),
			"shop/home/ingress.yml": v1Service("/home", "home"),
			"shop/kids/ingress.yml": `
apiVersion: extensions/v1beta1
kind: Ingress
spec:
  rules:
  - host: kids.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {serviceName: kids, servicePort: "80"}}]}`,
		},
		want: []string{
			"a.example.com/home → home:http by home",
			"b.example.com/home → home:http by home",
			"kids.example.com/ → kids:80 by kids",
		},
	}, {
		name: "services alone make an Ingress; their hostless rules are for any host",
		tree: tree{
			"shop/home/ingress.yml": v1Service("/home", "home"),
			"shop/kids/ingress.yml": v1Service("/kids", "kids"),
		},
		want: []string{"*/home → home:http by home", "*/kids → kids:http by kids"},
	}, {
		name: "several Ingresses of one service",
		tree: tree{
			"shop/home/a.yml": v1Service("/a", "home"),
			"shop/home/b.yml": v1Service("/b", "home"),
			"shop/home/c.yml": v1Service("/a", "home"),
		},
		want: []string{"*/a → home:http by home", "*/b → home:http by home"},
	}, {
		name: "owners that agree share a route",
		tree: tree{
			"shop/home/ingress.yml": v1Service("/x/", "web"),
			"shop/kids/ingress.yml": v1Service("/x", "web"),
		},
		want: []string{"*/x → web:http by home", "*/x → web:http by kids"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result := merge(t, tt.tree, tt.opts)
			wantLines(t, "Merge(shop) routes", tt.want, lines(result.Routes))
			wantLines(t, "Routes of the Ingress", tt.want, live(t, ingressOf(t, result)))
			if len(result.Warnings) > 0 {
				t.Errorf("Merge(shop) warnings = %q, want none", result.Warnings)
			}
		})
	}
}

// A shared route stands in the rules once: a controller would refuse it, or
// split the traffic.
func TestMergeSharedRouteOnce(t *testing.T) {
	t.Parallel()
	got := merged(t, tree{
		"shop/home/ingress.yml": v1Service("/x", "web"),
		"shop/kids/ingress.yml": v1Service("/x/", "web"),
	}, ingress.Options{})
	want := fields(t, `
rules:
- http:
    paths: [{path: /x, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]`)
	if diff := cmp.Diff(want, got.Object["spec"]); diff != "" {
		t.Errorf("Merge(shop) spec (-want +got):\n%s", diff)
	}
}

func TestMergeWithoutCommon(t *testing.T) {
	t.Parallel()
	got := merged(t, tree{"shop/home/ingress.yml": v1Service("/home", "home")}, ingress.Options{})
	want := object(t, strings.Replace(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop-ingress
  labels: {slipway/set: shop.common}
  annotations:
    slipway/routes.home: '{"v":1,"src":"shop/home/ingress.yml:1",REST'
spec:
  rules:
  - http:
      paths: [{path: /home, pathType: Prefix, backend: {service: {name: home, port: {name: http}}}}]`,
		"REST", `"routes":[{"type":"Prefix","path":"/home","to":"home:http"}]}`, 1))
	if diff := cmp.Diff(want.Object, got.Object); diff != "" {
		t.Errorf("Merge(shop) Ingress (-want +got):\n%s", diff)
	}
}

func other(version string) string {
	return "apiVersion: " + version + "\nkind: Ingress\nmetadata: {name: other}"
}

// Objects that are not the app's Ingresses come back as they are, in their order.
func TestMergeLeavesTheRest(t *testing.T) {
	t.Parallel()
	objs := tree{
		"shop/home/deployment.yml":   deployment,
		"shop/home/ingress.yml":      v1Service("/home", "home"),
		"shop/home/knative.yml":      other("networking.internal.knative.dev/v1alpha1"),
		"shoes/common/ingress.yml":   v1Common,
		"shop-two/home/ingress.yml":  v1Service("/home", "other"),
		"shop-two/home/service.yml":  service("home"),
		"shop-two/common/broken.yml": other("networking.k8s.io/v9"),
	}.objects(t)
	result, err := ingress.Merge("shop", objs, ingress.Options{})
	if err != nil {
		t.Fatalf("Merge(shop) error = %v, want none", err)
	}
	var want []*unstructured.Unstructured
	for _, obj := range objs {
		if obj.GetAnnotations()["slipway/source"] != "shop/home/ingress.yml:1" {
			want = append(want, obj)
		}
	}
	got := result.Objects[:len(result.Objects)-1]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Merge(shop) other objects (-want +got):\n%s", diff)
	}
	wantLines(t, "Merge(shop) routes", []string{"*/home → home:http by home"}, lines(result.Routes))
}

func TestMergeNoIngress(t *testing.T) {
	t.Parallel()
	result := merge(t, tree{"shop/home/service.yml": service("home")}, ingress.Options{})
	if len(result.Objects) != 1 || result.Routes != nil || result.Objects[0].GetKind() != "Service" {
		t.Errorf("Merge(shop) = %v, want the Service alone", result)
	}
}

// An object without the mark is common's, as in a pipeline that does not render.
func TestMergeUnmarked(t *testing.T) {
	t.Parallel()
	objs := []*unstructured.Unstructured{object(t, legacy), object(t, service("home-service"))}
	result, err := ingress.Merge("shop", objs, ingress.Options{})
	if err != nil {
		t.Fatalf("Merge(shop) error = %v, want none", err)
	}
	wantLines(t, "Merge(shop) routes", []string{
		"shop.example.com/home (ImplementationSpecific) → home-service:http by common",
		"shop.example.com/kids (ImplementationSpecific) → kids-service:http by common",
		"shop.example.com/old (ImplementationSpecific) → elsewhere:80 by common",
	}, lines(result.Routes))
}

func TestMergeDoesNotChangeItsArguments(t *testing.T) {
	t.Parallel()
	objs := tree{
		"shop/common/ingress.yml": legacy,
		"shop/home/service.yml":   service("home-service"),
		"shop/kids/ingress.yml":   v1Service("/x/", "web"),
	}.objects(t)
	var before []*unstructured.Unstructured
	for _, obj := range objs {
		before = append(before, obj.DeepCopy())
	}
	result, err := ingress.Merge("shop", objs, ingress.Options{})
	if err != nil {
		t.Fatalf("Merge(shop) error = %v, want none", err)
	}
	for _, obj := range result.Objects[len(result.Objects)-1:] {
		obj.SetName("changed")
		obj.SetLabels(nil)
		clear(obj.Object["spec"].(map[string]any))
	}
	if diff := cmp.Diff(before, objs); diff != "" {
		t.Errorf("Merge(shop) changed objs, or shares memory with them (-want +got):\n%s", diff)
	}
}

func TestMergeTLSAndDefaultBackend(t *testing.T) {
	t.Parallel()
	got := merged(t, tree{"shop/common/ingress.yml": spec("networking.k8s.io/v1", `
defaultBackend: {service: {name: web, port: {name: "8080"}}}
tls:
- {hosts: [b.example.com, a.example.com], secretName: z-tls}
- {hosts: [c.example.com], secretName: a-tls}
- {hosts: [d.example.com, a.example.com], secretName: z-tls}`)}, ingress.Options{})
	want := fields(t, `
defaultBackend: {service: {name: web, port: {number: 8080}}}
tls:
- {hosts: [c.example.com], secretName: a-tls}
- {hosts: [a.example.com, b.example.com, d.example.com], secretName: z-tls}`)
	if diff := cmp.Diff(want, got.Object["spec"]); diff != "" {
		t.Errorf("Merge(shop) spec (-want +got):\n%s", diff)
	}
}
