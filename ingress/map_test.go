package ingress_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// to returns a route of a type, such as "Prefix", to a service's port.
func to(pathType, host, path, service, port string) ingress.Route {
	return ingress.Route{
		Host: host, PathType: pathType, Path: path, Owner: service,
		Backend: ingress.Backend{Service: service, Port: port},
	}
}

func TestNewMapFollowsServices(t *testing.T) {
	t.Parallel()
	deployment := func(name, more string) *unstructured.Unstructured {
		return object(t, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: "+name+more+"}\n"+
			"spec: {template: {metadata: {labels: {app: home, name: "+name+"}}}}")
	}
	service := func(spec string) *unstructured.Unstructured {
		return object(t, "apiVersion: v1\nkind: Service\nmetadata: {name: home}\nspec: "+spec)
	}
	pod := object(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: debug, labels: {app: home}}")
	selects := "{selector: {app: home}, ports: [{name: http, port: 80}, {name: admin, port: 81}]}"
	tests := []struct {
		name  string
		route ingress.Route
		objs  []*unstructured.Unstructured
		port  int32
		pods  []string
	}{{
		name: "by the port's name", route: to("Prefix", "", "/", "home", "admin"), port: 81,
		objs: []*unstructured.Unstructured{service(selects)},
	}, {
		name: "by its number", route: to("Prefix", "", "/", "home", "80"), port: 80,
		objs: []*unstructured.Unstructured{service(selects)},
	}, {
		name: "a port that the Service does not have", route: to("Prefix", "", "/", "home", "https"),
		objs: []*unstructured.Unstructured{service(selects), deployment("b", "")},
		pods: []string{"Deployment/b"},
	}, {
		name: "all that it selects, sorted", route: to("Prefix", "", "/", "home", "80"), port: 80,
		objs: []*unstructured.Unstructured{pod, deployment("b", ""), service(selects), deployment("a", "")},
		pods: []string{"Deployment/a", "Deployment/b", "Pod/debug"},
	}, {
		name: "all labels have to match", route: to("Prefix", "", "/", "home", "80"),
		objs: []*unstructured.Unstructured{
			pod, deployment("a", ""), deployment("b", ""), service("{selector: {app: home, name: a}}"),
		},
		pods: []string{"Deployment/a"},
	}, {
		name: "no selector selects nothing", route: to("Prefix", "", "/", "home", "80"),
		objs: []*unstructured.Unstructured{service("{type: ExternalName}"), deployment("a", "")},
	}, {
		name: "what is in another namespace is another's", route: to("Prefix", "", "/", "home", "80"), port: 80,
		objs: []*unstructured.Unstructured{
			object(t, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {namespace: shop}"),
			deployment("a", ", namespace: other"), deployment("b", ", namespace: shop"), service(selects),
		},
		pods: []string{"Deployment/b"},
	}, {
		name: "a Service that makes no sense", route: to("Prefix", "", "/", "home", "80"),
		objs: []*unstructured.Unstructured{service("{ports: http}"), pod},
	}, {
		name:  "a Resource is followed no further",
		route: ingress.Route{PathType: "Prefix", Backend: ingress.Backend{Resource: ingress.Resource{Kind: "Bucket", Name: "home"}}},
		objs:  []*unstructured.Unstructured{service(selects), pod},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := ingress.Map{Routes: []ingress.MappedRoute{{Route: tt.route, Port: tt.port, Workloads: tt.pods}}}
			if diff := cmp.Diff(want, ingress.NewMap([]ingress.Route{tt.route}, tt.objs)); diff != "" {
				t.Errorf("NewMap() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewMapShadows(t *testing.T) {
	t.Parallel()
	const specific = "ImplementationSpecific"
	kids := to("Prefix", "a", "/kids", "kids", "http")
	shared := kids
	shared.Owner = "common"
	tests := []struct {
		name   string
		routes []ingress.Route
		want   []string // of each route, what it is shadowed by
	}{{
		name:   "the longer path comes first, wherever it stands",
		routes: []ingress.Route{to("Prefix", "a", "/", "home", "http"), kids, to("Exact", "a", "/kids", "x", "1")},
		want:   []string{"", "", ""},
	}, {
		name:   "a shared route is one route",
		routes: []ingress.Route{kids, shared},
		want:   []string{"", ""},
	}, {
		name:   "of two that lead elsewhere the first counts",
		routes: []ingress.Route{kids, to("Prefix", "a", "/kids", "other", "http")},
		want:   []string{"", "a/kids"},
	}, {
		name:   "Prefix before what is read as Prefix",
		routes: []ingress.Route{to(specific, "a", "/kids/", "x", "1"), kids, to(specific, "a", "/kids/a", "x", "1")},
		want:   []string{"a/kids", "", ""},
	}, {
		name:   "another host is another host",
		routes: []ingress.Route{kids, to("Prefix", "", "/kids", "x", "1"), to("Prefix", "*.a", "/kids", "x", "1")},
		want:   []string{"", "", ""},
	}, {
		name:   "Exact takes no other path",
		routes: []ingress.Route{to("Exact", "a", "/kids", "x", "1"), to(specific, "a", "/kids", "y", "1")},
		want:   []string{"", ""},
	}}
	for _, tt := range tests {
		var got []string
		for _, r := range ingress.NewMap(tt.routes, nil).Routes {
			got = append(got, r.ShadowedBy)
		}
		wantLines(t, tt.name, tt.want, got)
	}
}

// A shadowed route answers no request.
func FuzzShadow(f *testing.F) {
	seeds(f, 200)
	f.Fuzz(func(t *testing.T, seed uint64) {
		d := dice(seed)
		path := func() string { return pick(d, "/", "/a", "/a/b", "/ab", "/b") }
		var routes []ingress.Route
		for range 1 + d.IntN(6) {
			pathType := pick(d, "Exact", "Prefix", "ImplementationSpecific")
			r := to(pathType, pick(d, "", "x.y", "*.y"), path(), pick(d, "one", "two"), "80")
			if pathType != "Prefix" {
				r.Path += pick(d, "", "/")
			}
			routes = append(routes, r)
		}
		m := ingress.NewMap(routes, nil)
		for range 10 {
			url := pick(d, "x.y", "z.y", "z") + path() + pick(d, "", "/", "/c")
			e, err := ingress.Explain(routes, url)
			if err != nil {
				t.Fatalf("Explain(%s): %v", url, err)
			}
			for _, r := range m.Routes {
				if e.Winner != nil && r.Route == *e.Winner && r.ShadowedBy != "" && !answered(m, r) {
					t.Errorf("%s → %s is shadowed by %s, and answers %s", r, r.Backend, r.ShadowedBy, url)
				}
			}
		}
	})
}

// answered reports whether the same route stands elsewhere without a shadow.
func answered(m ingress.Map, route ingress.MappedRoute) bool {
	for _, r := range m.Routes {
		if r.Route == route.Route && r.ShadowedBy == "" {
			return true
		}
	}
	return false
}
