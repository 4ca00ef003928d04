package apply_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

const middlewares = "middlewares.v1alpha1.traefik.io"

// middlewareDefinition is as much of Traefik's as its stripPrefix needs.
const middlewareDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: middlewares.traefik.io}
spec:
  group: traefik.io
  names: {kind: Middleware, plural: middlewares, singular: middleware, listKind: MiddlewareList}
  scope: Namespaced
  versions:
  - name: v1alpha1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [metadata, spec]
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object}
          spec:
            type: object
            properties:
              stripPrefix:
                type: object
                properties:
                  forceSlash: {type: boolean}
                  prefixes: {type: array, items: {type: string}}`

var installMiddlewares sync.Once

// withTraefik returns a namespace of a cluster that has Traefik's kind Middleware.
func withTraefik(t *testing.T) (*rest.Config, string) {
	t.Helper()
	cfg, ns := clustertest.Namespace(t)
	installMiddlewares.Do(func() {
		mustApply(t, newApplier(t, cfg, apply.Options{}), objects(t, "traefik.common", middlewareDefinition))
	})
	return cfg, ns
}

// stripped returns what a pipeline publishes of an app that strips, or not, whose
// services, by name, have a path each, and are stripped or not.
func stripped(t testing.TB, app bool, services map[string]bool) []*unstructured.Unstructured {
	t.Helper()
	objs := objects(t, "shop.common", fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {slipway/strip-prefix: '%t'}}
spec:
  ingressClassName: traefik
  rules:
  - host: shop.example.com`, app))
	for service, strip := range services {
		objs = append(objs, configMaps(t, "shop."+service, service)...)
		objs = append(objs, objects(t, "shop."+service, fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {annotations: {slipway/strip-prefix: '%t'}}
spec:
  rules:
  - http:
      paths:
      - path: /%[2]s
        pathType: Prefix
        backend: {service: {name: %[2]s, port: {name: http}}}`, strip, service))...)
	}
	merged, err := ingress.Merge("shop", objs, ingress.Options{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	return merged.Objects
}

// published returns the Ingresses with their paths, and the Middlewares with their
// prefixes.
func published(t testing.TB, cfg *rest.Config, ns string) []string {
	t.Helper()
	var out []string
	for _, resource := range []string{ingresses, middlewares} {
		list, err := client(t, cfg, resource, ns).List(t.Context(), listOptions)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, obj := range list.Items {
			what, _, _ := unstructured.NestedStringSlice(obj.Object, "spec", "stripPrefix", "prefixes")
			rules, _, _ := unstructured.NestedSlice(obj.Object, "spec", "rules")
			for _, rule := range rules {
				paths, _, _ := unstructured.NestedSlice(rule.(map[string]any), "http", "paths")
				for _, path := range paths {
					what = append(what, path.(map[string]any)["path"].(string))
				}
			}
			owners, _ := ingress.Owners(&obj)
			out = append(out, fmt.Sprintf("%s %v %v", obj.GetName(), what, owners))
		}
	}
	slices.Sort(out)
	return out
}

// otherIngress is the name of the Ingress for what is stripped where the app is not.
const otherIngress = "shop-3d036433"

// Services come stripped and not, change their mind, and leave: each is where it belongs,
// once, and nothing stays behind.
func TestDerived(t *testing.T) {
	t.Parallel()
	cfg, ns := withTraefik(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, Drain: -1})
	steps := []struct {
		name string
		do   func() *apply.Result
		want []string
	}{{
		"home comes, not stripped",
		func() *apply.Result { return mustApply(t, a, stripped(t, false, map[string]bool{"home": false})) },
		[]string{"shop [/home] [home]"},
	}, {
		"kids come, stripped",
		func() *apply.Result { return mustApply(t, a, stripped(t, false, map[string]bool{"kids": true})) },
		[]string{"shop [/home] [home kids]", otherIngress + " [/kids] [kids]",
			otherIngress + "-strip-prefix [/kids] [kids]"},
	}, {
		"home is not moved by what kids did",
		func() *apply.Result { return mustApply(t, a, stripped(t, false, map[string]bool{"home": false})) },
		[]string{"shop [/home] [home kids]", otherIngress + " [/kids] [kids]",
			otherIngress + "-strip-prefix [/kids] [kids]"},
	}, {
		"mens come, stripped, too",
		func() *apply.Result { return mustApply(t, a, stripped(t, false, map[string]bool{"mens": true})) },
		[]string{"shop [/home] [home kids mens]", otherIngress + " [/kids /mens] [kids mens]",
			otherIngress + "-strip-prefix [/kids /mens] [kids mens]"},
	}, {
		"kids change their mind",
		func() *apply.Result { return mustApply(t, a, stripped(t, false, map[string]bool{"kids": false})) },
		[]string{"shop [/home /kids] [home kids mens]", otherIngress + " [/mens] [mens]",
			otherIngress + "-strip-prefix [/mens] [mens]"},
	}, {
		"and back, together with home",
		func() *apply.Result {
			return mustApply(t, a, stripped(t, false, map[string]bool{"kids": true, "home": true}))
		},
		[]string{"shop [] [home kids mens]", otherIngress + " [/home /kids /mens] [home kids mens]",
			otherIngress + "-strip-prefix [/home /kids /mens] [home kids mens]"},
	}, {
		"a rollback takes kids back once more",
		func() *apply.Result {
			result, err := a.Rollback(testContext(t), "shop.kids", 0)
			if err != nil {
				t.Fatal(err)
			}
			return result
		},
		[]string{"shop [/kids] [home kids mens]", otherIngress + " [/home /mens] [home mens]",
			otherIngress + "-strip-prefix [/home /mens] [home mens]"},
	}, {
		"mens leave",
		func() *apply.Result { return mustRemove(t, a, "shop.mens") },
		[]string{"shop [/kids] [home kids]", otherIngress + " [/home] [home]",
			otherIngress + "-strip-prefix [/home] [home]"},
	}, {
		"home leaves, and with it the other Ingress",
		func() *apply.Result { return mustRemove(t, a, "shop.home") },
		[]string{"shop [/kids] [kids]"},
	}, {
		"kids leave",
		func() *apply.Result { return mustRemove(t, a, "shop.kids") },
		nil,
	}}
	for _, step := range steps {
		step.do()
		if diff := cmp.Diff(step.want, published(t, cfg, ns)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

// The app of the article strips all: its own Ingress keeps account, the derived one has
// the paths, and a deploy that changes nothing writes nothing.
func TestDerivedOfWhatStripsAll(t *testing.T) {
	t.Parallel()
	cfg, ns := withTraefik(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, Drain: -1})
	for _, service := range []string{"home", "home-deep"} {
		mustApply(t, a, stripped(t, true, map[string]bool{service: true}))
	}
	want := []string{
		"shop [] [home home-deep]",
		otherIngress + " [/home-deep /home] [home home-deep]",
		otherIngress + "-strip-prefix [/home-deep /home] [home home-deep]",
	}
	got := published(t, cfg, ns)
	slices.Sort(got)
	if len(got) != 3 || got[0] != want[0] || got[2] != want[2] || !strings.Contains(got[1], "/home-deep") {
		t.Errorf("published %q, want %q", got, want)
	}
	again := mustApply(t, a, stripped(t, true, map[string]bool{"home": true}))
	if again.Changed() {
		t.Errorf("Apply again: %s, want nothing changed", again)
	}
	plan := actions(mustPlan(t, a, stripped(t, true, map[string]bool{"kids": true})))
	for _, name := range []string{
		"Middleware " + otherIngress + "-strip-prefix", "Ingress " + otherIngress, "Ingress shop",
	} {
		if plan[name] != apply.Configured {
			t.Errorf("Plan: %v, want %s configured", plan, name)
		}
	}
}

// Of two services that take one path at once, one stripped and one not, one gets it, and
// the other one's is nowhere.
func TestDerivedConflictAtOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		cfg, ns := withTraefik(t)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, strip := range []bool{true, false} {
			common := objects(t, "shop.common", "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"+
				"metadata: {name: shop}\nspec: {ingressClassName: traefik, rules: [{host: shop.example.com}]}")
			text := fmt.Sprintf("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {annotations: "+
				"{slipway/strip-prefix: '%t'}}\nspec: {rules: [{http: {paths: [{path: /x, "+
				"pathType: Prefix, backend: {service: {name: s%[1]t, port: {name: http}}}}]}}]}", strip)
			merged, err := ingress.Merge("shop", append(common, objects(t, fmt.Sprintf("shop.s%t", strip), text)...),
				ingress.Options{Partial: true})
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				_, errs[i] = newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), merged.Objects)
			})
		}
		wg.Wait()
		got := published(t, cfg, ns)
		text := strings.Join(got, "\n")
		if (errs[0] == nil) == (errs[1] == nil) || strings.Count(text, "[/x]") != map[bool]int{true: 2, false: 1}[errs[0] == nil] {
			t.Errorf("errors %v, published %q; want one winner, and /x its alone", errs, got)
		}
	}
}

// A dozen pipelines that strip, or do not, lose nothing, whoever is first.
func TestDerivedAtOnce(t *testing.T) {
	t.Parallel()
	cfg, ns := withTraefik(t)
	var wg sync.WaitGroup
	var plain, other []string
	for i := range 12 {
		service, strip := fmt.Sprintf("s%02d", i), i%2 == 0
		if strip {
			other = append(other, "/"+service)
		} else {
			plain = append(plain, "/"+service)
		}
		objs := stripped(t, false, map[string]bool{service: strip})
		wg.Go(func() {
			if _, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), objs); err != nil {
				t.Errorf("publish %s: %v", service, err)
			}
		})
	}
	wg.Wait()
	got := published(t, cfg, ns)
	for i, want := range []string{
		fmt.Sprintf("shop %v ", plain), fmt.Sprintf("%s %v ", otherIngress, other),
		fmt.Sprintf("%s-strip-prefix %v ", otherIngress, other),
	} {
		if len(got) != 3 || !strings.HasPrefix(got[i], want) {
			t.Fatalf("published %q, want %q", got, want)
		}
	}
}

// A path moves from a service that is stripped to one that is not, and to another one.
func TestDerivedTaken(t *testing.T) {
	t.Parallel()
	cfg, ns := withTraefik(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, stripped(t, false, map[string]bool{"home": true, "mens": true}))
	take := func(strip bool) []*unstructured.Unstructured {
		text := fmt.Sprintf("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {annotations: "+
			"{slipway/strip-prefix: '%t'}}\nspec: {rules: [{host: shop.example.com, http: {paths: [{path: /home, "+
			"pathType: Prefix, backend: {service: {name: new, port: {name: http}}}}]}}]}", strip)
		common := objects(t, "shop.common", "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"+
			"metadata: {name: shop}\nspec: {ingressClassName: traefik, rules: [{host: shop.example.com}]}")
		merged, err := ingress.Merge("shop", append(common, objects(t, fmt.Sprintf("shop.new%t", strip), text)...),
			ingress.Options{Partial: true, TakeFrom: []string{"home", "newfalse"}})
		if err != nil {
			t.Fatal(err)
		}
		return merged.Objects
	}
	mustApply(t, a, take(false))
	want := []string{"shop [/home] [mens newfalse]", otherIngress + " [/mens] [mens]", otherIngress + "-strip-prefix "}
	for i, got := range published(t, cfg, ns) {
		if !strings.HasPrefix(got, want[i]) {
			t.Errorf("published %q, want %q", got, want[i])
		}
	}
	mustApply(t, a, take(true))
	want = []string{
		"shop [] [mens newtrue]", otherIngress + " [/home /mens] [mens newtrue]",
		otherIngress + "-strip-prefix [/home /mens] ",
	}
	for i, got := range published(t, cfg, ns) {
		if !strings.HasPrefix(got, want[i]) {
			t.Errorf("published %q, want %q", got, want[i])
		}
	}
}

// Who took over a path and is undone gives it back.
func TestUndoOfTakeOver(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	mustPublish(t, cfg, ns, "home")
	common := objects(t, "shop.common", "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"+
		"metadata: {name: shop}\nspec: {rules: [{host: shop.example.com}]}")
	own := objects(t, "shop.new", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {rules: [{http: "+
		"{paths: [{path: /home, pathType: Prefix, backend: {service: {name: new, port: {name: http}}}}]}}]}")
	merged, err := ingress.Merge("shop", append(common, own...), ingress.Options{Partial: true, TakeFrom: []string{"home"}})
	if err != nil {
		t.Fatal(err)
	}
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	result := mustApply(t, a, merged.Objects)
	if diff := cmp.Diff([]string{"/home → new:http by new"}, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if err := a.Undo(testContext(t), result); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/home → home:http by home"}, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes, undone (-want +got):\n%s", diff)
	}
}

// A failed rollout takes its routes back, out of whatever they are in.
func TestDerivedUndone(t *testing.T) {
	t.Parallel()
	cfg, ns := withTraefik(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, stripped(t, false, map[string]bool{"home": false, "mens": true}))
	want := published(t, cfg, ns)
	result := mustApply(t, a, stripped(t, false, map[string]bool{"home": true}))
	if err := a.Undo(testContext(t), result); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, published(t, cfg, ns)); diff != "" {
		t.Errorf("published (-before +undone):\n%s", diff)
	}
}

// Killed anywhere while a service moves to the stripped, or is removed, its path is
// always somewhere until it is to be nowhere, and the next run finishes the job.
func TestDerivedKilledAnywhere(t *testing.T) {
	t.Parallel()
	const mens = "shop [/mens] [mens]"
	jobs := map[string]struct {
		strips bool // home, before
		again  func(*testing.T, *apply.Applier)
		want   []string
	}{
		"strip": {false, func(t *testing.T, a *apply.Applier) {
			mustApply(t, a, stripped(t, false, map[string]bool{"home": true}))
		}, []string{
			"shop [/mens] [home mens]", otherIngress + " [/home] [home]", otherIngress + "-strip-prefix [/home] [home]",
		}},
		"remove": {true, func(t *testing.T, a *apply.Applier) { mustRemove(t, a, "shop.home") }, []string{mens}},
	}
	for job, tt := range jobs {
		before := func(t *testing.T) (*rest.Config, string) {
			cfg, ns := withTraefik(t)
			mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}),
				stripped(t, false, map[string]bool{"home": tt.strips, "mens": false}))
			return cfg, ns
		}
		cfg, ns := before(t)
		out, err := child(t, cfg, ns, "never", job)
		requests, _ := strconv.Atoi(out)
		if err != nil || requests < 10 {
			t.Fatalf("%s, undisturbed: %q requests, %v; want at least 10", job, out, err)
		}
		for k := 1; k <= requests; k++ {
			t.Run(fmt.Sprintf("%s %d", job, k), func(t *testing.T) {
				t.Parallel()
				cfg, ns := before(t)
				if _, err := child(t, cfg, ns, fmt.Sprintf("after:%d", k), job); err == nil {
					t.Logf("the run was over before request %d", k)
				}
				text := strings.Join(published(t, cfg, ns), " ")
				if job == "strip" && (!strings.Contains(text, "/home]") && !strings.Contains(text, "/home ")) {
					t.Errorf("killed after request %d, /home is nowhere: %s", k, text)
				}
				tt.again(t, removing(t, cfg, ns))
				if diff := cmp.Diff(tt.want, published(t, cfg, ns)); diff != "" {
					t.Errorf("published (-want +got):\n%s", diff)
				}
			})
		}
	}
}
