package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

var (
	getOptions    = metav1.GetOptions{}
	deleteOptions = metav1.DeleteOptions{}
	listOptions   = metav1.ListOptions{}
)

func nestedInt(obj *unstructured.Unstructured, fields ...string) int64 {
	n, _, _ := unstructured.NestedInt64(obj.Object, fields...)
	return n
}

// shopIngress returns what a pipeline of service publishes: its path, in the
// app's Ingress.
func shopIngress(t testing.TB, service, path, backend string) []*unstructured.Unstructured {
	t.Helper()
	common := objects(t, "shop.common", `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules:
  - host: shop.example.com`)
	own := objects(t, "shop."+service, fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
spec:
  rules:
  - http:
      paths:
      - path: %s
        pathType: Prefix
        backend: {service: {name: %s, port: {name: http}}}`, path, backend))
	merged, err := ingress.Merge("shop", append(common, own...), ingress.Options{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	return merged.Objects
}

// liveRoutes returns "path → backend by owner" of each route on the cluster.
func liveRoutes(t testing.TB, cfg *rest.Config, ns string) []string {
	t.Helper()
	live, err := client(t, cfg, ingresses, ns).Get(t.Context(), "shop", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := ingress.Routes(live)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range routes {
		got = append(got, fmt.Sprintf("%s → %s by %s", r.Path, r.Backend, r.Owner))
	}
	return got
}

func publish(t testing.TB, cfg *rest.Config, ns, service string) (*apply.Result, error) {
	t.Helper()
	return newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t),
		shopIngress(t, service, "/"+service, service))
}

func mustPublish(t testing.TB, cfg *rest.Config, ns, service string) {
	t.Helper()
	if _, err := publish(t, cfg, ns, service); err != nil {
		t.Fatalf("publish %s: %v", service, err)
	}
}

// A dozen pipelines, and a hundred, publish to an Ingress that is not there yet. They are
// load enough for the machine, so no other test runs beside them.
func TestPublishAtOnceLosesNothing(t *testing.T) {
	cfg, _ := clustertest.Namespace(t)
	for round, pipelines := range []int{12, 12, 12, 12, 100} {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			_, ns := clustertest.Namespace(t)
			var wg sync.WaitGroup
			var want []string
			start := make(chan struct{})
			for i := range pipelines {
				service := fmt.Sprintf("s%03d", i)
				want = append(want, fmt.Sprintf("/%[1]s → %[1]s:http by %[1]s", service))
				wg.Go(func() {
					<-start
					if _, err := publish(t, cfg, ns, service); err != nil {
						t.Errorf("publish %s: %v", service, err)
					}
				})
			}
			close(start)
			wg.Wait()
			if diff := cmp.Diff(want, liveRoutes(t, cfg, ns)); diff != "" {
				t.Errorf("routes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPublishKeepsWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	mustPublish(t, cfg, ns, "home")
	mustPublish(t, cfg, ns, "kids")
	// By hand: a path more, and home's taken away.
	patch := `[{"op":"replace","path":"/spec/rules/0/http/paths/0","value":{"path":"/by-hand",
		"pathType":"Exact","backend":{"service":{"name":"x","port":{"number":1}}}}}]`
	_, err := client(t, cfg, ingresses, ns).Patch(t.Context(), "shop", types.JSONPatchType,
		[]byte(patch), metav1.PatchOptions{FieldManager: "hand"})
	if err != nil {
		t.Fatal(err)
	}
	result, err := publish(t, cfg, ns, "mens")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"/by-hand → x:1 by ~unmanaged", "/home → home:http by home",
		"/kids → kids:http by kids", "/mens → mens:http by mens",
	}
	if diff := cmp.Diff(want, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if notes := strings.Join(result.Changes[0].Notes, "\n"); !strings.Contains(notes, "shop.example.com/home") {
		t.Errorf("notes %q do not tell that /home was put back", notes)
	}
}

func TestPublishAgainWritesNothing(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	mustPublish(t, cfg, ns, "home")
	mustPublish(t, cfg, ns, "kids")
	before, _ := client(t, cfg, ingresses, ns).Get(t.Context(), "shop", getOptions)
	result, err := publish(t, cfg, ns, "home")
	if err != nil {
		t.Fatal(err)
	}
	after, _ := client(t, cfg, ingresses, ns).Get(t.Context(), "shop", getOptions)
	if result.Count(apply.Unchanged) != 1 || result.Requests != 2 ||
		before.GetResourceVersion() != after.GetResourceVersion() {
		t.Errorf("publish: %s with %d requests, want 1 unchanged with 2 requests", result, result.Requests)
	}
}

// A conflict with another service writes nothing at all.
func TestPublishConflictWritesNothing(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	mustPublish(t, cfg, ns, "home")
	objs := append(objects(t, "shop.thief", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: thief}"),
		shopIngress(t, "thief", "/home", "thief")...)
	result, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), objs)
	var conflict *ingress.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("Apply: %v, want an *ingress.ConflictError", err)
	}
	for _, want := range []string{"home (shop/shop.home/file.yml:1)", "thief (shop/shop.thief/file.yml:1)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Apply: error %q lacks %q", err, want)
		}
	}
	if got := actions(result)["ConfigMap thief"]; got != apply.NotTried {
		t.Errorf("ConfigMap thief: %s, want not tried", got)
	}
	if diff := cmp.Diff([]string{"/home → home:http by home"}, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}

// What cannot be published keeps back its services alone, each with its reason: one
// whose path is another's, one whose newer build is live.
func TestOthersPublishBesideAConflict(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	deploy := func(sequence int64, paths map[string]string) (*apply.Result, error) {
		objs := objects(t, "shop.common", "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"+
			"metadata: {name: shop}\nspec: {rules: [{host: shop.example.com}]}")
		for service, path := range paths {
			objs = append(objs, configMaps(t, "shop."+service, service)...)
			objs = append(objs, objects(t, "shop."+service, fmt.Sprintf("apiVersion: networking.k8s.io/v1\n"+
				"kind: Ingress\nspec: {rules: [{http: {paths: [{path: %s, pathType: Prefix, "+
				"backend: {service: {name: %s, port: {number: 80}}}}]}}]}", path, service))...)
		}
		merged, err := ingress.Merge("shop", objs, ingress.Options{Partial: true, Sequence: sequence})
		if err != nil {
			t.Fatal(err)
		}
		return newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), merged.Objects)
	}
	for _, first := range []func() (*apply.Result, error){
		func() (*apply.Result, error) { return deploy(7, map[string]string{"home": "/home"}) },
		func() (*apply.Result, error) { return deploy(9, map[string]string{"ladies": "/ladies"}) },
	} {
		if _, err := first(); err != nil {
			t.Fatal(err)
		}
	}
	result, err := deploy(8, map[string]string{"thief": "/home", "kids": "/kids", "ladies": "/old"})
	if !errors.As(err, new(*ingress.ConflictError)) || !errors.As(err, new(*ingress.SupersededError)) {
		t.Errorf("Apply: %v, want a *ConflictError and a *SupersededError", err)
	}
	want := map[string]apply.Action{
		"ConfigMap thief": apply.NotTried, "ConfigMap ladies": apply.NotTried,
		"ConfigMap kids": apply.Created, "Ingress shop": apply.Configured,
	}
	if diff := cmp.Diff(want, actions(result)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	routes := []string{
		"/home → home:80 by home", "/kids → kids:80 by kids", "/ladies → ladies:80 by ladies",
	}
	slices.Sort(routes)
	got := liveRoutes(t, cfg, ns)
	slices.Sort(got)
	if diff := cmp.Diff(routes, got); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}

// The Ingress that Ansible left is taken over only when told, and whole.
func TestPublishToForeignIngress(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	old := objects(t, "", `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {stale: 'yes'}}
spec:
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /home, pathType: Prefix, backend: {service: {name: home, port: {name: http}}}}
      - {path: /mens, pathType: Prefix, backend: {service: {name: mens, port: {name: http}}}}`)[0]
	old.SetLabels(nil)
	_, err := client(t, cfg, ingresses, ns).Create(t.Context(), old,
		metav1.CreateOptions{FieldManager: "OpenAPI-Generator"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = publish(t, cfg, ns, "home")
	var conflict *apply.ConflictError
	if !errors.As(err, &conflict) || conflict.Fields[0].Manager != "OpenAPI-Generator" {
		t.Fatalf("publish: %v, want a *ConflictError with OpenAPI-Generator", err)
	}
	adopting := newApplier(t, cfg, apply.Options{Namespace: ns, Adopt: []string{"OpenAPI-Generator"}})
	if _, err := adopting.Apply(testContext(t), shopIngress(t, "home", "/home", "home")); err != nil {
		t.Fatal(err)
	}
	want := []string{"/home → home:http by home", "/mens → mens:http by ~unmanaged"}
	if diff := cmp.Diff(want, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	live, err := client(t, cfg, ingresses, ns).Get(t.Context(), "shop", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := live.GetAnnotations()["stale"]; ok {
		t.Error("the annotation that the template lacks is still there")
	}
}

// An Ingress of a controller, or of a tool that has only set other fields yet, is nobody's
// to take either.
func TestPublishToForeignIngressWithoutRules(t *testing.T) {
	t.Parallel()
	for name, metadata := range map[string]string{
		"default backend": "{name: shop}",
		"controller": "{name: shop, ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: UID, " +
			"controller: true}]}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			createBy(t, cfg, "helm", "configmaps", ns, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owner}")
			uid := string(getLive(t, cfg, "configmaps", ns, "owner").GetUID())
			createBy(t, cfg, "helm", ingresses, ns, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: "+
				strings.Replace(metadata, "UID", uid, 1)+"\nspec: {defaultBackend: {service: {name: d, port: {number: 80}}}}")
			_, err := publish(t, cfg, ns, "home")
			var conflict *apply.ConflictError
			if !errors.As(err, &conflict) {
				t.Fatalf("publish: %v, want a *ConflictError", err)
			}
			adopting := newApplier(t, cfg, apply.Options{Namespace: ns, Adopt: []string{"helm"}})
			_, err = adopting.Apply(testContext(t), shopIngress(t, "home", "/home", "home"))
			if owned := name == "controller"; (err != nil) != owned {
				t.Errorf("publish, adopting: %v, want an error only for what a controller owns", err)
			}
		})
	}
}

// A path that was added by hand is taken over when told.
func TestTakeFromUnmanaged(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	mustPublish(t, cfg, ns, "home")
	edit(t, cfg, ingresses, ns, "shop", "hand", `{"spec":{"rules":[{"host":"shop.example.com","http":{"paths":[
		{"path":"/home","pathType":"Prefix","backend":{"service":{"name":"home","port":{"name":"http"}}}},
		{"path":"/kids","pathType":"Prefix","backend":{"service":{"name":"x","port":{"number":1}}}}]}}]}}`)
	if _, err := publish(t, cfg, ns, "kids"); !errors.As(err, new(*ingress.ConflictError)) {
		t.Fatalf("publish: %v, want a *ConflictError", err)
	}
	common := objects(t, "shop.common", "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"+
		"metadata: {name: shop}\nspec: {rules: [{host: shop.example.com}]}")
	own := objects(t, "shop.kids", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {rules: [{http: "+
		"{paths: [{path: /kids, pathType: Prefix, backend: {service: {name: kids, port: {name: http}}}}]}}]}")
	merged, err := ingress.Merge("shop", append(common, own...),
		ingress.Options{Partial: true, TakeFrom: []string{ingress.Unmanaged}})
	if err != nil {
		t.Fatal(err)
	}
	mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), merged.Objects)
	want := []string{"/home → home:http by home", "/kids → kids:http by kids"}
	if diff := cmp.Diff(want, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}

// A service whose rollout fails does not get its route; the others do.
func TestFailedServiceKeepsItsRoutes(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	deploy := func(image string, path string) error {
		kids := strings.NewReplacer("home", "kids").Replace(rollout(image, ""))
		common := objects(t, "shop.common", "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"+
			"metadata: {name: shop}\nspec: {rules: [{host: shop.example.com}]}")
		objs := append(objects(t, "shop.home", rollout("shop/home:21", "")), objects(t, "shop.kids", kids)...)
		for _, service := range []string{"home", "kids"} {
			own := strings.ReplaceAll("apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {rules: [{http: "+
				"{paths: [{path: /@"+path+", pathType: Prefix, backend: {service: {name: '@', port: {number: 80}}}}]}}]}", "@", service)
			objs = append(objs, objects(t, "shop."+service, own)...)
		}
		merged, err := ingress.Merge("shop", append(common, objs...), ingress.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), merged.Objects)
		return err
	}
	if err := deploy("registry.invalid/kids:1", "/old"); err == nil {
		t.Fatal("deploy with a bad image: no error")
	}
	want := []string{"/home/old → home:80 by home"}
	if diff := cmp.Diff(want, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes after the bad deploy (-want +got):\n%s", diff)
	}
	if err := deploy("shop/kids:2", "/new"); err != nil {
		t.Fatal(err)
	}
	want = []string{"/home/new → home:80 by home", "/kids/new → kids:80 by kids"}
	if diff := cmp.Diff(want, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes after the good deploy (-want +got):\n%s", diff)
	}
}

func TestLastRouteOutDeletesTheIngress(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	mustPublish(t, cfg, ns, "home")
	objs := append(objects(t, "shop.home", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}"),
		objects(t, "shop.common", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shop}\nspec: {rules: [{host: a.b}]}")...)
	merged, err := ingress.Merge("shop", objs, ingress.Options{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), merged.Objects)
	if err != nil || result.Count(apply.Deleted) != 1 {
		t.Fatalf("Apply: %s, %v; want 1 deleted", result, err)
	}
}

// An app's Ingress may get another name, and a service may give up its routes, common's
// Ingress or not: the old ones are taken along.
func TestRoutesThatAreNotMadeAnyMore(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	deploy := func(name, service string, routed bool) {
		t.Helper()
		var objs []*unstructured.Unstructured
		if routed {
			objs = objects(t, "shop."+service, fmt.Sprintf("apiVersion: networking.k8s.io/v1\nkind: Ingress\n"+
				"spec: {rules: [{http: {paths: [{path: /%[1]s, pathType: Prefix, "+
				"backend: {service: {name: %[1]s, port: {number: 80}}}}]}}]}", service))
		}
		if name != "" {
			objs = append(objs, objects(t, "shop.common", "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"+
				"metadata: {name: "+name+"}\nspec: {rules: [{host: a.b}]}")...)
		}
		merged, err := ingress.Merge("shop", append(objs, configMaps(t, "shop."+service, service)...),
			ingress.Options{Partial: true})
		if err != nil {
			t.Fatal(err)
		}
		mustApply(t, a, merged.Objects)
	}
	steps := []struct {
		name, service string
		routed        bool
		want          []string
	}{
		{"old", "home", true, []string{"old [/home] [home]"}},
		{"old", "kids", true, []string{"old [/home /kids] [home kids]"}},
		{"new", "home", true, []string{"new [/home] [home]", "old [/kids] [kids]"}},
		{"new", "kids", true, []string{"new [/home /kids] [home kids]"}},
		{"", "kids", false, []string{"new [/home] [home]"}},
		{"", "home", true, []string{"shop-ingress [/home] [home]"}},
		{"", "home", false, nil},
	}
	for _, step := range steps {
		deploy(step.name, step.service, step.routed)
		if diff := cmp.Diff(step.want, published(t, cfg, ns)); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", step, diff)
		}
	}
}

func TestApplyCancelled(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	result, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(ctx, objects(t, "shop.home", home))
	if !errors.Is(err, context.Canceled) || result.Count(apply.NotTried) != 4 {
		t.Errorf("Apply: %s, %v; want 4 not tried and context.Canceled", result, err)
	}
}
