package apply_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
	"github.com/slipway-go/slipway/layouts"
)

// configMaps returns ConfigMaps of a set.
func configMaps(t testing.TB, set string, names ...string) []*unstructured.Unstructured {
	t.Helper()
	docs := make([]string, len(names))
	for i, name := range names {
		docs[i] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}"
	}
	return objects(t, set, strings.Join(docs, "\n---\n"))
}

// liveMaps returns the names of the ConfigMaps that are there, but for the one that
// Kubernetes makes itself.
func liveMaps(t testing.TB, cfg *rest.Config, ns string) []string {
	t.Helper()
	list, err := client(t, cfg, "configmaps", ns).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, obj := range list.Items {
		if obj.GetName() != "kube-root-ca.crt" {
			names = append(names, obj.GetName())
		}
	}
	return names
}

func mustApply(t testing.TB, a *apply.Applier, objs ...[]*unstructured.Unstructured) *apply.Result {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, some := range objs {
		all = append(all, some...)
	}
	result, err := a.Apply(testContext(t), all)
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	return result
}

func TestPrune(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, configMaps(t, "shop.home", "a", "b", "c", "d"), configMaps(t, "shop.kids", "k"))
	result := mustApply(t, a, configMaps(t, "shop.home", "a", "b"))
	want := map[string]apply.Action{
		"ConfigMap a": apply.Unchanged, "ConfigMap b": apply.Unchanged,
		"ConfigMap c": apply.Pruned, "ConfigMap d": apply.Pruned,
	}
	if diff := cmp.Diff(want, actions(result)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "k"}, liveMaps(t, cfg, ns)); diff != "" {
		t.Errorf("ConfigMaps (-want +got):\n%s", diff)
	}
}

// The last object of a kind is found by the record: no template tells of the kind.
func TestPruneOfAKindThatIsNoMoreRendered(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	service := objects(t, "shop.home", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}]}")
	mustApply(t, a, configMaps(t, "shop.home", "a"), service)
	result := mustApply(t, a, configMaps(t, "shop.home", "a"))
	if got := actions(result)["Service s"]; got != apply.Pruned {
		t.Errorf("Service s: %s, want pruned", got)
	}
	again := mustApply(t, a, configMaps(t, "shop.home", "a"))
	if again.Changed() || again.Requests != 2 {
		t.Errorf("Apply again: %s with %d requests, want nothing and 2", again, again.Requests)
	}
}

// Nor does a lost record hide it.
func TestPruneWithoutARecord(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	service := objects(t, "shop.home", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}]}")
	mustApply(t, a, configMaps(t, "shop.home", "a"), service)
	if err := client(t, cfg, "secrets", ns).Delete(t.Context(), "slipway.shop.home", deleteOptions); err != nil {
		t.Fatal(err)
	}
	if got := actions(mustApply(t, a, configMaps(t, "shop.home", "a")))["Service s"]; got != apply.Pruned {
		t.Errorf("Service s: %s, want pruned", got)
	}
}

func TestPruneRefusesTooMuch(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, configMaps(t, "shop.home", "a", "b", "c", "d", "e"))
	result, err := a.Apply(testContext(t), configMaps(t, "shop.home", "a", "new"))
	var refused *apply.PruneError
	if !errors.As(err, &refused) {
		t.Fatalf("Apply: %v, want a *PruneError", err)
	}
	wantText := fmt.Sprintf("shop.home: 4 of 5 objects on the cluster are in no template any more: "+
		"ConfigMap %[1]s/b, ConfigMap %[1]s/c, ConfigMap %[1]s/d, ConfigMap %[1]s/e: bring the templates back", ns)
	if !strings.Contains(err.Error(), wantText) {
		t.Errorf("Apply: error %q lacks %q", err, wantText)
	}
	if result.Changed() {
		t.Errorf("Apply: %s, want nothing changed", result)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, liveMaps(t, cfg, ns)); diff != "" {
		t.Errorf("ConfigMaps (-want +got):\n%s", diff)
	}
	all := newApplier(t, cfg, apply.Options{Namespace: ns, PrunePercent: 100})
	if got := mustApply(t, all, configMaps(t, "shop.home", "a", "new")).Count(apply.Pruned); got != 4 {
		t.Errorf("Apply with PrunePercent 100 pruned %d, want 4", got)
	}
	off := newApplier(t, cfg, apply.Options{Namespace: ns, PrunePercent: -1})
	if got := mustApply(t, off, configMaps(t, "shop.home", "a")).Count(apply.Pruned); got != 0 {
		t.Errorf("Apply with pruning off pruned %d", got)
	}
}

// What is not ours, or is somebody's copy, or holds data, stays.
func TestPruneKeeps(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	claim := objects(t, "shop.home", "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"+
		"spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}")
	mustApply(t, a, configMaps(t, "shop.home", "a", "owner"), claim)
	theirs := configMaps(t, "shop.home", "theirs", "copy")
	maps := client(t, cfg, "configmaps", ns)
	if _, err := maps.Create(ctx, theirs[0], metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	owner, err := maps.Get(ctx, "owner", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	theirs[1].SetOwnerReferences([]metav1.OwnerReference{
		{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: owner.GetUID(), Controller: new(true)},
	})
	if _, err := maps.Apply(ctx, "copy", theirs[1], metav1.ApplyOptions{FieldManager: "slipway"}); err != nil {
		t.Fatal(err)
	}
	result := mustApply(t, a, configMaps(t, "shop.home", "a", "owner"))
	if got := actions(result)["PersistentVolumeClaim data"]; got != apply.Kept {
		t.Errorf("PersistentVolumeClaim data: %s, want kept", got)
	}
	if diff := cmp.Diff([]string{"a", "copy", "owner", "theirs"}, liveMaps(t, cfg, ns)); diff != "" {
		t.Errorf("ConfigMaps (-want +got):\n%s", diff)
	}
}

// An object that another service renders now belongs to that one.
func TestHandOver(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, configMaps(t, "shop.home", "a", "moves"), configMaps(t, "shop.kids", "k"))
	mustApply(t, a, configMaps(t, "shop.kids", "k", "moves"))
	result := mustApply(t, a, configMaps(t, "shop.home", "a"))
	if result.Count(apply.Pruned) != 0 {
		t.Errorf("Apply of the old owner: %s, want nothing pruned", result)
	}
	live, err := client(t, cfg, "configmaps", ns).Get(t.Context(), "moves", getOptions)
	if err != nil || live.GetLabels()[layouts.SetLabel] != "shop.kids" {
		t.Errorf("ConfigMap moves: %v, %v; want it in shop.kids", live, err)
	}
}

// Nothing is pruned in a set that failed.
func TestPruneNotAfterAFailure(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, configMaps(t, "shop.home", "a", "b"))
	bad := objects(t, "shop.home", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 99999}]}")
	result, err := a.Apply(testContext(t), append(configMaps(t, "shop.home", "a"), bad...))
	if err == nil || result.Count(apply.Pruned) != 0 {
		t.Errorf("Apply: %s, %v; want an error and nothing pruned", result, err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, liveMaps(t, cfg, ns)); diff != "" {
		t.Errorf("ConfigMaps (-want +got):\n%s", diff)
	}
}

// An object that goes to another version of its kind is the same object.
func TestNewVersionIsNotPruned(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	scaler := func(version, target string) []*unstructured.Unstructured {
		return objects(t, "shop.home", "apiVersion: autoscaling/"+version+"\nkind: HorizontalPodAutoscaler\n"+
			"metadata: {name: home}\nspec: {maxReplicas: 3, scaleTargetRef: "+target+"}")
	}
	const target = "{apiVersion: apps/v1, kind: Deployment, name: home}"
	mustApply(t, a, scaler("v1", target), configMaps(t, "shop.home", "a"))
	result := mustApply(t, a, scaler("v2", target), configMaps(t, "shop.home", "a"))
	if n := result.Count(apply.Pruned); n != 0 {
		t.Errorf("Apply of the new version: %s, want nothing pruned", result)
	}
	_, err := client(t, cfg, "horizontalpodautoscalers.v2.autoscaling", ns).Get(t.Context(), "home", getOptions)
	if err != nil {
		t.Errorf("the HorizontalPodAutoscaler: %v, want it there", err)
	}
}

// A service of which nothing is rendered loses nothing: more likely the render is
// wrong than that all of it is to go.
func TestEmptyRenderPrunesNothing(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, PrunePercent: 100})
	mustApply(t, a, configMaps(t, "shop.home", "a"), configMaps(t, "shop.kids", "k"))
	if result := mustApply(t, a, configMaps(t, "shop.kids", "k")); result.Changed() {
		t.Errorf("Apply without home: %s, want nothing changed", result)
	}
	if result := mustApply(t, a); result.Changed() {
		t.Errorf("Apply of nothing: %s, want nothing changed", result)
	}
	if diff := cmp.Diff([]string{"a", "k"}, liveMaps(t, cfg, ns)); diff != "" {
		t.Errorf("ConfigMaps (-want +got):\n%s", diff)
	}
}
