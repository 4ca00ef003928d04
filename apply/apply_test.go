package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
	"github.com/slipway-go/slipway/layouts"
)

// deadline bounds what a test waits for; nothing should come near it.
const deadline = 2 * time.Minute

// objects reads YAML documents, as package render would hand them over: with a
// set and a source.
func objects(t testing.TB, set, text string) []*unstructured.Unstructured {
	t.Helper()
	var objs []*unstructured.Unstructured
	for i, doc := range strings.Split(text, "\n---\n") {
		obj := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(doc), &obj.Object); err != nil {
			t.Fatalf("document %d: %v", i, err)
		}
		// Numbers as an API client has them: int64, not float64.
		data, err := obj.MarshalJSON()
		if err == nil {
			err = obj.UnmarshalJSON(data)
		}
		if err != nil {
			t.Fatalf("document %d: %v", i, err)
		}
		labels := obj.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels[layouts.SetLabel] = set
		obj.SetLabels(labels)
		annotations := obj.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[layouts.SourceAnnotation] = fmt.Sprintf("shop/%s/file.yml:%d", set, i+1)
		obj.SetAnnotations(annotations)
		objs = append(objs, obj)
	}
	return objs
}

func newApplier(t testing.TB, cfg *rest.Config, opts apply.Options) *apply.Applier {
	t.Helper()
	a, err := apply.New(cfg, opts)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return a
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	t.Cleanup(cancel)
	return ctx
}

func actions(r *apply.Result) map[string]apply.Action {
	got := map[string]apply.Action{}
	for _, c := range r.Changes {
		got[c.Kind+" "+c.Name] = c.Action
	}
	return got
}

func client(t testing.TB, cfg *rest.Config, resource, namespace string) dynamic.ResourceInterface {
	t.Helper()
	c, err := dynamic.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	gvr, _ := schema.ParseResourceArg(resource)
	if gvr == nil {
		gvr = &schema.GroupVersionResource{Version: "v1", Resource: resource}
	}
	return c.Resource(*gvr).Namespace(namespace)
}

const (
	deployments = "deployments.v1.apps"
	ingresses   = "ingresses.v1.networking.k8s.io"
)

const home = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: home
  labels: {app: shop}
spec:
  replicas: 2
  selector:
    matchLabels: {task: home}
  template:
    metadata:
      labels: {task: home}
    spec:
      containers:
      - name: app
        image: shop/home:21
        ports:
        - containerPort: 5000
---
apiVersion: v1
kind: Service
metadata:
  name: home
spec:
  selector: {task: home}
  ports:
  - name: http
    port: 80
    targetPort: 5000
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: home
data: {color: red}
---
apiVersion: v1
kind: Secret
metadata:
  name: home
data: {password: c2VjcmV0}
`

func TestApplyCreatesThenSkipsThenConfigures(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	ctx := testContext(t)
	objs := objects(t, "shop.home", home)
	before := make([]*unstructured.Unstructured, len(objs))
	for i, obj := range objs {
		before[i] = obj.DeepCopy()
	}

	first, err := a.Apply(ctx, objs)
	if err != nil {
		t.Fatalf("first Apply: %v", err)
	}
	want := map[string]apply.Action{
		"Deployment home": apply.Created, "Service home": apply.Created,
		"ConfigMap home": apply.Created, "Secret home": apply.Created,
	}
	if diff := cmp.Diff(want, actions(first)); diff != "" {
		t.Errorf("first Apply: actions (-want +got):\n%s", diff)
	}
	for _, c := range first.Changes {
		if c.Set != "shop.home" {
			t.Errorf("%s is of set %q, want shop.home", c.Ref, c.Set)
		}
	}
	if diff := cmp.Diff(before, objs); diff != "" {
		t.Errorf("Apply changed its argument (-before +after):\n%s", diff)
	}

	second, err := a.Apply(ctx, objs)
	if err != nil {
		t.Fatalf("second Apply: %v", err)
	}
	if got := second.Count(apply.Unchanged); got != 4 || second.Changed() {
		t.Errorf("second Apply: %s, want 4 unchanged", second)
	}
	if second.Requests != 4 { // a GET for each kind
		t.Errorf("second Apply sent %d requests, want 4", second.Requests)
	}
	for i := range first.Changes {
		was, is := first.Changes[i].Live, second.Changes[i].Live
		if was.GetGeneration() != is.GetGeneration() {
			t.Errorf("%s: generation %d, want %d", first.Changes[i].Ref, is.GetGeneration(), was.GetGeneration())
		}
		if _, ok := is.GetAnnotations()[layouts.SourceAnnotation]; ok {
			t.Errorf("%s: the source annotation is on the cluster", first.Changes[i].Ref)
		}
	}

	changed := objects(t, "shop.home", strings.ReplaceAll(home, "home:21", "home:22"))
	third, err := a.Apply(ctx, changed)
	if err != nil {
		t.Fatalf("third Apply: %v", err)
	}
	want = map[string]apply.Action{
		"Deployment home": apply.Configured, "Service home": apply.Unchanged,
		"ConfigMap home": apply.Unchanged, "Secret home": apply.Unchanged,
	}
	if diff := cmp.Diff(want, actions(third)); diff != "" {
		t.Errorf("third Apply: actions (-want +got):\n%s", diff)
	}
}

// What the template no longer has goes away; what others added stays.
func TestApplyRemovesOnlyItsOwnFields(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	ctx := testContext(t)
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: one, b: two}"
	if _, err := a.Apply(ctx, objects(t, "shop.c", text)); err != nil {
		t.Fatal(err)
	}
	maps := client(t, cfg, "configmaps", ns)
	patch := []byte(`{"data":{"theirs":"z"}}`)
	if _, err := maps.Patch(ctx, "c", types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "hand"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Apply(ctx, objects(t, "shop.c", strings.Replace(text, ", b: two", "", 1))); err != nil {
		t.Fatal(err)
	}
	live, err := maps.Get(ctx, "c", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, _, _ := unstructured.NestedStringMap(live.Object, "data")
	if diff := cmp.Diff(map[string]string{"a": "one", "theirs": "z"}, got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// The proof that nothing is to be sent must not be fooled.
func TestApplyRepairsDrift(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, resource, object, patch string }{
		{"a value", deployments, "home", `{"spec":{"replicas":5}}`},
		{"a value in a list", deployments, "home",
			`{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"other"}]}}}}`},
		{"a label", "services", "home", `{"metadata":{"labels":{"slipway/set":"other.set"}}}`},
		{"a removed key", "configmaps", "home", `{"data":{"color":null}}`},
		{"a secret", "secrets", "home", `{"data":{"password":"eA=="}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			a := newApplier(t, cfg, apply.Options{Namespace: ns, Adopt: []string{"hand"}, NoWait: true})
			ctx := testContext(t)
			objs := objects(t, "shop.home", home)
			if _, err := a.Apply(ctx, objs); err != nil {
				t.Fatal(err)
			}
			patchType := types.StrategicMergePatchType
			_, err := client(t, cfg, tt.resource, ns).Patch(ctx, tt.object, patchType, []byte(tt.patch),
				metav1.PatchOptions{FieldManager: "hand"})
			if err != nil {
				t.Fatal(err)
			}
			result, err := a.Apply(ctx, objs)
			if err != nil {
				t.Fatalf("Apply: %v", err)
			}
			if got := result.Count(apply.Configured); got != 1 {
				t.Errorf("Apply: %s, want 1 configured", result)
			}
			again, err := a.Apply(ctx, objs)
			if err != nil || again.Changed() {
				t.Errorf("Apply again: %s, %v; want nothing changed", again, err)
			}
		})
	}
}

func TestApplyStages(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	group := ns + ".example.com"
	text := fmt.Sprintf(`
apiVersion: %[1]s/v1
kind: Boat
metadata: {name: b, namespace: %[2]s-new}
spec: {length: 3}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: %[2]s-new}
---
apiVersion: v1
kind: Namespace
metadata: {name: %[2]s-new}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.%[1]s}
spec:
  group: %[1]s
  names: {kind: Boat, plural: boats, singular: boat, listKind: BoatList}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {length: {type: integer}}}
`, group, ns)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(ctx)
		for resource, name := range map[string]string{
			"namespaces": ns + "-new", "customresourcedefinitions.v1.apiextensions.k8s.io": "boats." + group,
		} {
			err := client(t, cfg, resource, "").Delete(ctx, name, metav1.DeleteOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				t.Error(err)
			}
		}
	})
	result, err := newApplier(t, cfg, apply.Options{}).Apply(ctx, objects(t, "shop.common", text))
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	if got := result.Count(apply.Created); got != 4 {
		t.Errorf("Apply: %s, want 4 created", result)
	}
}

func TestAdoptTakesOverAndDropsStaleFields(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	deps := client(t, cfg, deployments, ns)
	// As Ansible's k8s module leaves it: an update by OpenAPI-Generator.
	old := objects(t, "", strings.Split(home, "\n---\n")[0])[0]
	old.SetLabels(map[string]string{"app": "shop", "stale": "yes"})
	old.SetAnnotations(nil)
	_, err := deps.Create(ctx, old, metav1.CreateOptions{FieldManager: "OpenAPI-Generator"})
	if err != nil {
		t.Fatal(err)
	}
	objs := objects(t, "shop.home", strings.ReplaceAll(home, "home:21", "home:22"))

	_, err = newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true}).Apply(ctx, objs)
	var conflict *apply.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("Apply: %v, want a *ConflictError", err)
	}
	const field = `.spec.template.spec.containers[name="app"].image`
	if f := conflict.Fields[0]; f.Manager != "OpenAPI-Generator" || f.Field != field || f.Time.IsZero() {
		t.Errorf("conflict: %+v, want field %s of OpenAPI-Generator, and a time", f, field)
	}
	for _, want := range []string{"shop/shop.home/file.yml:1: Deployment " + ns + "/home: conflict", "adopt OpenAPI-Generator"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Apply: error %q lacks %q", err, want)
		}
	}

	adopting := newApplier(t, cfg, apply.Options{
		Namespace: ns, Adopt: []string{"OpenAPI-Generator"}, NoWait: true,
	})
	if _, err := adopting.Apply(ctx, objs); err != nil {
		t.Fatalf("Apply with Adopt: %v", err)
	}
	live, err := deps.Get(ctx, "home", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"app": "shop", layouts.SetLabel: "shop.home"}
	if diff := cmp.Diff(want, live.GetLabels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}
