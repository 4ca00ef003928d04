package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// version returns a Deployment and a ConfigMap of set shop.home with an image.
func version(t testing.TB, image, color string) []*unstructured.Unstructured {
	t.Helper()
	text := rollout(image, "") + "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: home}\n" +
		"data: {color: " + color + "}"
	return objects(t, "shop.home", text)
}

// settled returns obj without what the server or a controller counts.
func settled(obj *unstructured.Unstructured) map[string]any {
	obj = obj.DeepCopy()
	for _, path := range [][]string{
		{"metadata", "generation"}, {"metadata", "resourceVersion"}, {"metadata", "uid"},
		{"metadata", "creationTimestamp"}, {"metadata", "annotations", "deployment.kubernetes.io/revision"},
		{"status"},
	} {
		unstructured.RemoveNestedField(obj.Object, path...)
	}
	var entries []any
	for _, entry := range obj.GetManagedFields() {
		if entry.Subresource == "" && entry.Manager != "kube-controller-manager" {
			entries = append(entries, entry.Manager+" "+string(entry.Operation)+" "+string(entry.FieldsV1.GetRawBytes()))
		}
	}
	_ = unstructured.SetNestedSlice(obj.Object, entries, "metadata", "managedFields")
	return obj.Object
}

// A rollout that fails is undone: what was there is there again, and the old pods
// never stopped to serve.
func TestFailedRolloutIsUndone(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	if _, err := a.Apply(ctx, version(t, "shop/home:21", "blue")); err != nil {
		t.Fatal(err)
	}
	deps, maps := client(t, cfg, deployments, ns), client(t, cfg, "configmaps", ns)
	depBefore, _ := deps.Get(ctx, "home", getOptions)
	mapBefore, _ := maps.Get(ctx, "home", getOptions)

	least := watchAvailable(ctx, t, cfg, ns)
	next := append(version(t, "registry.invalid/home:22", "red"),
		objects(t, "shop.home", "apiVersion: v1\nkind: Secret\nmetadata: {name: fresh}")...)
	result, err := a.Apply(ctx, next)
	var failed *apply.RolloutError
	if !errors.As(err, &failed) {
		t.Fatalf("Apply: %v, want a *RolloutError", err)
	}
	want := map[string]apply.Action{"Deployment home": apply.Undone, "ConfigMap home": apply.Undone, "Secret fresh": apply.Undone}
	if diff := cmp.Diff(want, actions(result)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	depAfter, _ := deps.Get(ctx, "home", getOptions)
	mapAfter, _ := maps.Get(ctx, "home", getOptions)
	if diff := cmp.Diff(settled(depBefore), settled(depAfter)); diff != "" {
		t.Errorf("Deployment (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(settled(mapBefore), settled(mapAfter)); diff != "" {
		t.Errorf("ConfigMap (-before +after):\n%s", diff)
	}
	if _, err := client(t, cfg, "secrets", ns).Get(ctx, "fresh", getOptions); err == nil {
		t.Error("the Secret that was new is still there")
	}
	clustertest.Eventually(t, "the old pods alone", func(ctx context.Context) error {
		live, err := deps.Get(ctx, "home", getOptions)
		if err == nil && (nestedInt(live, "status", "replicas") != 2 || nestedInt(live, "status", "updatedReplicas") != 2) {
			err = fmt.Errorf("status: %v", live.Object["status"])
		}
		return err
	})
	if n := least(); n < 2 {
		t.Errorf("there were only %d pods available at a time, want 2 throughout", n)
	}
}

// watchAvailable watches the Deployment home; least returns the smallest number of
// available replicas that was seen.
func watchAvailable(ctx context.Context, t testing.TB, cfg *rest.Config, ns string) (least func() int64) {
	t.Helper()
	w, err := client(t, cfg, deployments, ns).Watch(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	var seen, events atomic.Int64
	seen.Store(1 << 30)
	go func() {
		for event := range w.ResultChan() {
			if obj, ok := event.Object.(*unstructured.Unstructured); ok {
				seen.Store(min(seen.Load(), nestedInt(obj, "status", "availableReplicas")))
				events.Add(1)
			}
		}
		events.Store(-1 << 30) // the watch ended too early
	}()
	return func() int64 {
		if events.Load() < 3 { // there are the new template, its failure, and the undo
			return -1
		}
		return seen.Load()
	}
}

// A set is undone alone: the others go on.
func TestUndoLeavesOtherSets(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	kids := objects(t, "shop.kids", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kids}")
	result, err := newApplier(t, cfg, apply.Options{Namespace: ns}).
		Apply(testContext(t), append(version(t, "registry.invalid/home:1", "red"), kids...))
	if err == nil {
		t.Fatal("Apply of a bad image: no error")
	}
	want := map[string]apply.Action{
		"Deployment home": apply.Undone, "ConfigMap home": apply.Undone, "ConfigMap kids": apply.Created,
	}
	if diff := cmp.Diff(want, actions(result)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}

// What belongs to the whole app fails for all of it.
func TestFailureInCommonUndoesTheApp(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	objs := append(objects(t, "shop.home", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: home}"),
		objects(t, "shop.common", "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: 99999}]}")...)
	result, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), objs)
	if err == nil {
		t.Fatal("Apply of a bad Service: no error")
	}
	want := map[string]apply.Action{"ConfigMap home": apply.Undone, "Service bad": apply.Failed}
	if diff := cmp.Diff(want, actions(result)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}

func TestKeepFailed(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, KeepFailed: true})
	result, err := a.Apply(testContext(t), version(t, "registry.invalid/home:1", "red"))
	if err == nil || result.Count(apply.Created) != 2 {
		t.Errorf("Apply: %s, %v; want 2 created and an error", result, err)
	}
}

// An object that was adopted in the run that failed has its old values again.
func TestUndoOfAnAdoption(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	old := objects(t, "", strings.Split(home, "\n---\n")[0])[0]
	old.SetLabels(map[string]string{"app": "shop", "stale": "yes"})
	old.SetAnnotations(nil)
	deps := client(t, cfg, deployments, ns)
	_, err := deps.Create(ctx, old, metav1.CreateOptions{FieldManager: "OpenAPI-Generator"})
	if err != nil {
		t.Fatal(err)
	}
	a := newApplier(t, cfg, apply.Options{Namespace: ns, Adopt: []string{"OpenAPI-Generator"}})
	if _, err := a.Apply(ctx, version(t, "registry.invalid/home:22", "red")); err == nil {
		t.Fatal("Apply of a bad image: no error")
	}
	live, err := deps.Get(ctx, "home", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"app": "shop", "stale": "yes"}, live.GetLabels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	before, _, _ := unstructured.NestedFieldNoCopy(old.Object, "spec", "template", "spec", "containers")
	after, _, _ := unstructured.NestedSlice(live.Object, "spec", "template", "spec", "containers")
	if image := after[0].(map[string]any)["image"]; image != before.([]any)[0].(map[string]any)["image"] {
		t.Errorf("image %v after the undo, want the old one", image)
	}
}

// Who waits later undoes later, routes included.
func TestUndoOfAResult(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	mustPublish(t, cfg, ns, "kids")
	mustPublish(t, cfg, ns, "home")
	before := liveRoutes(t, cfg, ns)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	objs := append(version(t, "shop/home:21", "blue"), shopIngress(t, "home", "/new", "home")...)
	result, err := a.Apply(ctx, objs)
	if err != nil {
		t.Fatal(err)
	}
	mustPublish(t, cfg, ns, "mens") // meanwhile
	if err := a.Undo(ctx, result); err != nil {
		t.Fatalf("Undo: %v", err)
	}
	if got := result.Count(apply.Undone); got != 3 {
		t.Errorf("Undo: %s, want 3 undone", result)
	}
	want := slices.Concat(before, []string{"/mens → mens:http by mens"})
	if diff := cmp.Diff(want, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if err := a.Undo(ctx, &apply.Result{Changes: []apply.Change{{}}}); err == nil {
		t.Error("Undo of a result from elsewhere: no error")
	}
}

// What another run has deployed since is newer than what was there before.
func TestUndoLeavesWhatIsNewer(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	mustApply(t, a, version(t, "shop/home:21", "blue"))
	result := mustApply(t, a, version(t, "shop/home:22", "red"), configMaps(t, "shop.home", "new"))
	mustApply(t, a, version(t, "shop/home:23", "green"),
		objects(t, "shop.home", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\ndata: {by: another}"))
	err := a.Undo(ctx, result)
	var undo *apply.UndoError
	if !errors.As(err, &undo) || strings.Count(err.Error(), "another run has changed it since") != 3 {
		t.Errorf("Undo: %v, want an *UndoError for each of the three", err)
	}
	live, err := client(t, cfg, deployments, ns).Get(ctx, "home", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	containers, _, _ := unstructured.NestedSlice(live.Object, "spec", "template", "spec", "containers")
	if image := containers[0].(map[string]any)["image"]; image != "shop/home:23" {
		t.Errorf("image %v after the undo, want the newest", image)
	}
	if diff := cmp.Diff([]string{"home", "new"}, liveMaps(t, cfg, ns)); diff != "" {
		t.Errorf("ConfigMaps (-want +got):\n%s", diff)
	}
}

func TestUndoOfAPlan(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	plan, err := a.Plan(testContext(t), configMaps(t, "shop.home", "a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Undo(t.Context(), plan); err == nil {
		t.Error("Undo of a plan: no error")
	}
}

// The values of a Secret come back too, though the server keeps them elsewhere than
// where they were written.
func TestUndoOfASecret(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	secret := func(value string) []*unstructured.Unstructured {
		return objects(t, "shop.home", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: "+value+"}")
	}
	mustApply(t, a, secret("one"))
	result := mustApply(t, a, secret("two"))
	if err := a.Undo(ctx, result); err != nil {
		t.Fatalf("Undo: %v", err)
	}
	live, err := client(t, cfg, "secrets", ns).Get(ctx, "s", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := unstructured.NestedString(live.Object, "data", "password"); got != "b25l" {
		t.Errorf("the Secret holds %q after the undo, want its first value", got)
	}
}

// What somebody else changed meanwhile stays changed.
func TestUndoTouchesOurFieldsOnly(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	if _, err := a.Apply(ctx, version(t, "shop/home:21", "blue")); err != nil {
		t.Fatal(err)
	}
	result, err := a.Apply(ctx, version(t, "shop/home:22", "red"))
	if err != nil {
		t.Fatal(err)
	}
	maps := client(t, cfg, "configmaps", ns)
	patch := []byte(`{"data":{"theirs":"z"}}`)
	if _, err := maps.Patch(ctx, "home", types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "hand"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Undo(ctx, result); err != nil {
		t.Fatalf("Undo: %v", err)
	}
	live, err := maps.Get(ctx, "home", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	got, _, _ := unstructured.NestedStringMap(live.Object, "data")
	if diff := cmp.Diff(map[string]string{"color": "blue", "theirs": "z"}, got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}
