package apply_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// Of a set that cannot be brought as a whole, nothing is written; the others are
// brought, and every reason is told.
func TestOneSetsFaultIsNotTheOthers(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, configMaps(t, "shop.shrunk", "s1", "s2", "s3"))
	mustApply(t, a, configMaps(t, "shop.broken", "b1"))
	_, err := client(t, cfg, "secrets", ns).Patch(t.Context(), "slipway.shop.broken", types.MergePatchType,
		[]byte(`{"data":{"places":"bm90IEpTT04="}}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var objs []*unstructured.Unstructured
	for set, names := range map[string][]string{
		"shop.shrunk": {"s1"}, "shop.broken": {"b1", "b2"}, "shop.alien": {"a"}, "shop.twin": {"same"},
		"shop.other": {"same"}, "shop.well": {"w"},
	} {
		objs = append(objs, configMaps(t, set, names...)...)
	}
	objs = append(objs, objects(t, "shop.alien", "apiVersion: example.com/v1\nkind: Alien\nmetadata: {name: x}")...)
	result, err := a.Apply(testContext(t), objs)
	for _, want := range []any{
		new(*apply.UnknownKindError), new(*apply.RecordError), new(*apply.PruneError), new(*apply.ObjectError),
	} {
		if !errors.As(err, want) {
			t.Errorf("Apply: %v, want a %T among others", err, want)
		}
	}
	want := map[string]apply.Action{
		"ConfigMap s1": apply.NotTried, "ConfigMap s2": apply.NotTried, "ConfigMap s3": apply.NotTried,
		"ConfigMap b1": apply.NotTried, "ConfigMap b2": apply.NotTried,
		"ConfigMap a": apply.NotTried, "Alien x": apply.Failed,
		"ConfigMap same": apply.Failed, "ConfigMap w": apply.Created,
	}
	if diff := cmp.Diff(want, actions(result)); diff != "" {
		t.Errorf("actions (-want +got):\n%s\n%v", diff, err)
	}
	again := mustApply(t, a, configMaps(t, "shop.well", "w"))
	if again.Changed() {
		t.Errorf("Apply of what was well, again: %s, want nothing changed", again)
	}
}

// What the whole app needs is needed by each of its services.
func TestFaultOfCommonIsEveryones(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	objs := append(objects(t, "shop.common", "apiVersion: example.com/v1\nkind: Alien\nmetadata: {name: x}"),
		configMaps(t, "shop.home", "h")...)
	objs = append(objs, configMaps(t, "books.home", "other-app")...)
	result, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), objs)
	if !errors.As(err, new(*apply.UnknownKindError)) {
		t.Errorf("Apply: %v, want an *UnknownKindError", err)
	}
	want := map[string]apply.Action{
		"Alien x": apply.Failed, "ConfigMap h": apply.NotTried, "ConfigMap other-app": apply.Created,
	}
	if diff := cmp.Diff(want, actions(result)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}
