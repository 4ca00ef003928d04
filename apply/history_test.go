package apply_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	for i := range 12 {
		a := newApplier(t, cfg, apply.Options{
			Namespace: ns, NoWait: true, Commit: fmt.Sprintf("c%d", i), User: "jenkins",
		})
		mustApply(t, a, version(t, fmt.Sprintf("shop/home:%d", i), "blue"))
		mustApply(t, a, version(t, fmt.Sprintf("shop/home:%d", i), "blue")) // no revision of its own
	}
	history, err := newApplier(t, cfg, apply.Options{Namespace: ns}).History(ctx, "shop.home")
	if err != nil {
		t.Fatalf("History: %v", err)
	}
	if len(history) != 10 {
		t.Fatalf("History has %d revisions, want 10", len(history))
	}
	newest := history[0]
	if newest.Number != 12 || newest.Commit != "c11" || newest.User != "jenkins" || newest.Time.IsZero() {
		t.Errorf("newest revision: %+v, want number 12 of c11 by jenkins, with a time", newest)
	}
	if diff := cmp.Diff([]string{"shop/home:11"}, newest.Images); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
	if oldest := history[9]; oldest.Number != 3 || len(oldest.Objects) != 2 {
		t.Errorf("oldest revision: number %d with %d objects, want 3 with 2", oldest.Number, len(oldest.Objects))
	}
	none, err := newApplier(t, cfg, apply.Options{Namespace: ns}).History(ctx, "shop.never")
	if err != nil || none != nil {
		t.Errorf("History of a set that is not there: %v, %v; want none", none, err)
	}
}

func TestHistoryHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	secret := objects(t, "shop.home", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {password: aHVudGVyMg==}\n"+
		"stringData: {other: hunter2}")
	mustApply(t, a, secret)
	history, err := a.History(t.Context(), "shop.home")
	if err != nil || len(history) != 1 {
		t.Fatalf("History: %v, %v", history, err)
	}
	text := fmt.Sprint(history[0].Objects[0].Object)
	if strings.Contains(text, "hunter2") || strings.Contains(text, "aHVudGVyMg") {
		t.Errorf("the revision holds the secret: %s", text)
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, PrunePercent: 100})
	secret := func(value string) string {
		return "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: " + value + "}"
	}
	mustPublish(t, cfg, ns, "kids")
	mustApply(t, a, configMaps(t, "shop.common", "shared"))
	mustApply(t, a, version(t, "shop/home:21", "blue"), objects(t, "shop.home", secret("one")),
		shopIngress(t, "home", "/home", "home"), configMaps(t, "shop.common", "shared"))
	deps := client(t, cfg, deployments, ns)
	before, _ := deps.Get(ctx, "home", getOptions)
	mustApply(t, a, objects(t, "shop.home", rollout("shop/home:22", "")), objects(t, "shop.home", secret("two")),
		configMaps(t, "shop.home", "later"), shopIngress(t, "home", "/start", "home"),
		configMaps(t, "shop.common", "shared"))

	result, err := a.Rollback(ctx, "shop.home", 0)
	if err != nil {
		t.Fatalf("Rollback: %v", err)
	}
	got := actions(result)
	want := map[string]apply.Action{
		"Deployment home": apply.Configured, "ConfigMap home": apply.Created, "Secret s": apply.Configured,
		"ConfigMap later": apply.Pruned, "Ingress shop": apply.Configured,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	after, _ := deps.Get(ctx, "home", getOptions)
	if diff := cmp.Diff(settled(before), settled(after)); diff != "" {
		t.Errorf("Deployment (-first +after):\n%s", diff)
	}
	live, err := client(t, cfg, "secrets", ns).Get(ctx, "s", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := unstructured.NestedString(live.Object, "data", "password"); got != "dHdv" {
		t.Errorf("the Secret holds %q, want what it held before the rollback", got)
	}
	if diff := cmp.Diff([]string{"home", "shared"}, liveMaps(t, cfg, ns)); diff != "" {
		t.Errorf("ConfigMaps, of which shared is common's (-want +got):\n%s", diff)
	}
	routes := []string{"/home → home:http by home", "/kids → kids:http by kids"}
	if diff := cmp.Diff(routes, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	history, err := a.History(ctx, "shop.home")
	if err != nil || len(history) != 3 || history[0].Images[0] != "shop/home:21" {
		t.Errorf("History after the rollback: %+v, %v; want a third revision with the first image", history, err)
	}
}

func TestRollbackToNoRevision(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, configMaps(t, "shop.home", "a"))
	for number, want := range map[int]string{
		0: "shop.home has no revision before the newest (there are: [1])",
		7: "shop.home has no revision 7 (there are: [1])",
	} {
		_, err := a.Rollback(testContext(t), "shop.home", number)
		var missing *apply.NoRevisionError
		if !errors.As(err, &missing) || err.Error() != want {
			t.Errorf("Rollback(%d): %v, want %s", number, err, want)
		}
	}
}

// A record that cannot be read stops the run before it does anything.
func TestBrokenRecord(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, configMaps(t, "shop.home", "a"))
	patch := []byte(`{"data":{"revision.1":"eA=="}}`)
	_, err := client(t, cfg, "secrets", ns).Patch(ctx, "slipway.shop.home", types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := a.Apply(ctx, configMaps(t, "shop.home", "a", "b"))
	var broken *apply.RecordError
	if !errors.As(err, &broken) || result.Changed() {
		t.Errorf("Apply: %s, %v; want a *RecordError and nothing changed", result, err)
	}
	if want := "Secret " + ns + "/slipway.shop.home, the record of shop.home: revision.1: "; !strings.Contains(err.Error(), want) {
		t.Errorf("Apply: error %q lacks %q", err, want)
	}
}

// A rollback can be planned, and then changes nothing.
func TestPlanRollback(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	ctx := testContext(t)
	mustApply(t, a, version(t, "shop/home:1", "blue"))
	mustApply(t, a, version(t, "shop/home:2", "blue"))
	plan, err := a.PlanRollback(ctx, "shop.home", 1)
	if err != nil || plan.Count(apply.Configured) != 1 {
		t.Fatalf("PlanRollback(1) = %s, %v, want 1 configured", plan, err)
	}
	for _, c := range plan.Changes {
		if c.Action == apply.Configured && !strings.Contains(c.Diff(), "+      - image: shop/home:1\n") {
			t.Errorf("the plan's diff lacks the old image:\n%s", c.Diff())
		}
	}
	revision, err := a.Revision(ctx, "shop.home", 0)
	if err != nil || revision.Number != 1 || revision.Images[0] != "shop/home:1" {
		t.Errorf("Revision(0) = %d of %v, %v, want the one before the newest", revision.Number, revision.Images, err)
	}
	if history, err := a.History(ctx, "shop.home"); err != nil || len(history) != 2 {
		t.Errorf("History after a plan: %d revisions, %v, want 2", len(history), err)
	}
	if _, err := a.PlanRollback(ctx, "shop.home", 7); !errors.As(err, new(*apply.NoRevisionError)) {
		t.Errorf("PlanRollback(7) error = %v, want a *NoRevisionError", err)
	}
}
