package ingress_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

func TestMergeConflicts(t *testing.T) {
	t.Parallel()
	files := tree{
		"shop/common/ingress.yml": v1Common,
		"shop/home/a.yml":         v1Service("/z", "home"),
		"shop/home/b.yml":         v1Service("/a", "home"),
		"shop/kids/a.yml":         v1Service("/a/", "kids"),
		"shop/kids/z.yml":         v1Service("/z", "kids"),
		"shop/mens/ok.yml":        v1Service("/mens", "mens"),
	}
	result, err := ingress.Merge("shop", files.objects(t), ingress.Options{})
	conflict := as[*ingress.ConflictError](t, "Merge(shop)", err)
	route := func(path, owner, source string) ingress.Route {
		return ingress.Route{
			Host: "shop.example.com", PathType: "Prefix", Path: path, Owner: owner, Source: source,
			Backend: ingress.Backend{Service: owner, Port: "http"},
		}
	}
	want := []ingress.Conflict{
		{A: route("/a", "home", "shop/home/b.yml:1"), B: route("/a", "kids", "shop/kids/a.yml:1")},
		{A: route("/z", "home", "shop/home/a.yml:1"), B: route("/z", "kids", "shop/kids/z.yml:1")},
	}
	if diff := cmp.Diff(want, conflict.Conflicts); diff != "" {
		t.Errorf("Merge(shop) conflicts (-want +got):\n%s", diff)
	}
	wantText := "route conflict: " +
		"shop.example.com/a: home (shop/home/b.yml:1) leads it to home:http, kids (shop/kids/a.yml:1) to kids:http; " +
		"shop.example.com/z: home (shop/home/a.yml:1) leads it to home:http, kids (shop/kids/z.yml:1) to kids:http: " +
		"take the path out of one of them, make both agree, or let the one take it from the other (TakeFrom)"
	if err.Error() != wantText {
		t.Errorf("Merge(shop) error = %q, want %q", err, wantText)
	}
	if result != nil {
		t.Errorf("Merge(shop) = %v, want nil with an error", result)
	}
}

func TestMergeConflictPairs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		tree tree
		want []string // parts of the error
	}{{
		name: "the same backend by another port",
		tree: tree{
			"shop/home/ingress.yml": v1Service("/x", "web"),
			"shop/kids/ingress.yml": strings.Replace(v1Service("/x", "web"), "name: http", "number: 80", 1),
		},
		want: []string{"*/x: home", "leads it to web:http", "kids", "to web:80"},
	}, {
		name: "two files of one service",
		tree: tree{
			"shop/home/a.yml": v1Service("/x", "one"),
			"shop/home/b.yml": v1Service("/x", "two"),
		},
		want: []string{"*/x: home (shop/home/a.yml:1)", "home (shop/home/b.yml:1)"},
	}, {
		name: "common and a service",
		tree: tree{
			"shop/common/ingress.yml": legacy,
			"shop/kids/ingress.yml": `
apiVersion: extensions/v1beta1
kind: Ingress
spec:
  rules: [{http: {paths: [{path: /old, backend: {serviceName: kids, servicePort: 80}}]}}]`,
		},
		want: []string{"shop.example.com/old (ImplementationSpecific): common (shop/common/ingress.yml:1)",
			"kids (shop/kids/ingress.yml:1)"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ingress.Merge("shop", tt.tree.objects(t), ingress.Options{})
			if n := len(as[*ingress.ConflictError](t, "Merge(shop)", err).Conflicts); n != 1 {
				t.Errorf("Merge(shop) has %d conflicts, want 1", n)
			}
			wantError(t, "Merge(shop)", err, tt.want...)
		})
	}
}

// Each field that is common's to say is named, with its file and where it goes.
func TestMergeFieldsOfCommon(t *testing.T) {
	t.Parallel()
	files := tree{
		"shop/common/ingress.yml": v1Common,
		"shop/home/ingress.yml": `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: home, namespace: web, labels: {a: b}, annotations: {c: d}}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: home, port: {number: 80}}}
  tls: [{secretName: home-tls}]`,
		"shop/kids/ingress.yml": `
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: shop}
spec: {backend: {serviceName: kids, servicePort: 80}}`,
	}
	_, err := ingress.Merge("shop", files.objects(t), ingress.Options{})
	if err == nil {
		t.Fatal("Merge(shop) error = nil, want one for each field")
	}
	const to = " belongs to the whole app: move it to shop/common/ingress.yml, which makes Ingress shop"
	home := "shop/home/ingress.yml:1: Ingress: "
	want := []string{
		home + "metadata.name" + to,
		home + "metadata.namespace" + to,
		home + "metadata.labels" + to,
		home + "metadata.annotations" + to,
		home + "spec.ingressClassName" + to,
		home + "spec.defaultBackend" + to,
		home + "spec.tls" + to,
		"shop/kids/ingress.yml:1: Ingress: spec.defaultBackend" + to,
	}
	wantLines(t, "Merge(shop) error", want, strings.Split(err.Error(), "\n"))
}

// A service may repeat what common says about the object: templates are copied.
func TestMergeFieldsRepeated(t *testing.T) {
	t.Parallel()
	const metadata = "metadata: {name: shop, namespace: web, labels: {a: b}, annotations: {c: d}}"
	result := merge(t, tree{
		"shop/common/ingress.yml": strings.Replace(v1Common, "metadata: {name: shop}", metadata, 1),
		"shop/kids/ingress.yml":   strings.Replace(v1Service("/kids", "kids"), "spec:", metadata+"\nspec:", 1),
	}, ingress.Options{})
	want := []string{"shop.example.com/kids → kids:http by kids"}
	wantLines(t, "Merge(shop) routes", want, lines(result.Routes))
}

// Without common the Ingress has its default name, which may be said as well.
func TestMergeDefaultName(t *testing.T) {
	t.Parallel()
	named := func(name string) tree {
		text := strings.Replace(v1Service("/kids", "kids"), "spec:", "metadata: {name: "+name+"}\nspec:", 1)
		return tree{"shop/kids/ingress.yml": text}
	}
	if got := merged(t, named("shop-ingress"), ingress.Options{}).GetName(); got != "shop-ingress" {
		t.Errorf("Merge(shop) name = %s, want shop-ingress", got)
	}
	_, err := ingress.Merge("shop", named("kids").objects(t), ingress.Options{})
	wantError(t, "Merge(shop)", err, "shop/kids/ingress.yml:1", "metadata.name", "shop/common/ingress.yml",
		"Ingress shop-ingress")
}

func TestMergeTwoInCommon(t *testing.T) {
	t.Parallel()
	_, err := ingress.Merge("shop", tree{
		"shop/common/a.yml": v1Common,
		"shop/common/b.yml": v1Common,
		"shop/common/c.yml": v1Common,
	}.objects(t), ingress.Options{})
	if err == nil {
		t.Fatal("Merge(shop) error = nil, want one for each further Ingress")
	}
	const why = "the app's Ingress is already in shop/common/a.yml:1: an app has one; put both files' rules into it"
	want := []string{"shop/common/b.yml:1: Ingress: " + why, "shop/common/c.yml:1: Ingress: " + why}
	wantLines(t, "Merge(shop) error", want, strings.Split(err.Error(), "\n"))
}

// All that is wrong is said at once: common's first, then by source.
func TestMergeJoinsErrors(t *testing.T) {
	t.Parallel()
	bad := spec("networking.k8s.io/v1", "oops: 1")
	objs := tree{
		"shop/common/ingress.yml": bad,
		"shop/home/ingress.yml":   bad,
		"shop/kids/ingress.yml":   bad,
	}.objects(t)
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		var shuffled []*unstructured.Unstructured
		for _, i := range order {
			shuffled = append(shuffled, objs[i])
		}
		_, err := ingress.Merge("shop", shuffled, ingress.Options{})
		wantError(t, "Merge(shop)", err, "shop/common/ingress.yml:1", `"spec.oops"`,
			"shop/home/ingress.yml:1", `"spec.oops"`, "shop/kids/ingress.yml:1", `"spec.oops"`)
	}
}

// Objects without a source are told apart by name, in an order that is not the
// one in which they came.
func TestMergeErrorsWithoutSource(t *testing.T) {
	t.Parallel()
	one, two := object(t, v1Common), object(t, v1Common)
	one.SetName("one")
	two.SetName("two")
	_, err := ingress.Merge("shop", []*unstructured.Unstructured{one, two}, ingress.Options{})
	wantError(t, "Merge(shop)", err, "Ingress two: the app's Ingress is already in one")
	_, err = ingress.Merge("shop", []*unstructured.Unstructured{two, one}, ingress.Options{})
	wantError(t, "Merge(shop)", err, "Ingress two: the app's Ingress is already in one")
}
