package apply_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, User: "somebody"})
	ctx := testContext(t)
	empty, err := a.Status(ctx, "shop.home")
	if err != nil || len(empty.Objects)+len(empty.Routes) > 0 || empty.Newest != nil || !empty.Ready() {
		t.Errorf("Status(shop.home) = %+v, %v before a deploy, want nothing", empty, err)
	}
	mustApply(t, a, append(objects(t, "shop.home", home), shopIngress(t, "home", "/", "home")...))

	got, err := a.Status(ctx, "shop.home")
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, o := range got.Objects {
		states[o.Kind+" "+o.Name] = o.State
	}
	want := map[string]string{
		"Deployment home": "Current", "Service home": "Current", "ConfigMap home": "Current",
		"Secret home": "Current",
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("Status(shop.home) states mismatch (-want +got):\n%s", diff)
	}
	if !got.Ready() || got.Newest == nil || got.Newest.Number != 1 || got.Newest.User != "somebody" {
		t.Errorf("Status(shop.home) = ready %t, revision %+v, want the first, ready", got.Ready(), got.Newest)
	}
	if len(got.Routes) != 1 || got.Routes[0].Owner != "home" {
		t.Errorf("Status(shop.home) routes = %v, want its own", got.Routes)
	}
	names, err := a.Sets(ctx, "shop")
	if diff := cmp.Diff([]string{"shop.common", "shop.home"}, names); diff != "" || err != nil {
		t.Errorf("Sets(shop) = %v, %v", names, err)
	}
	if other, err := a.Sets(ctx, "sho"); err != nil || len(other) > 0 {
		t.Errorf("Sets(sho) = %v, %v, want none", other, err)
	}
}

// A rollout that is under way is no success.
func TestStatusOfRollout(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	mustApply(t, a, objects(t, "shop.slow", `
apiVersion: apps/v1
kind: Deployment
metadata: {name: slow}
spec:
  replicas: 2
  selector: {matchLabels: {task: slow}}
  template:
    metadata:
      labels: {task: slow}
      annotations: {slipway.test/fail: never-ready}
    spec:
      containers: [{name: app, image: shop/any}]`))
	got, err := a.Status(testContext(t), "shop.slow")
	if err != nil || len(got.Objects) != 1 {
		t.Fatalf("Status(shop.slow) = %+v, %v, want the Deployment", got, err)
	}
	if o := got.Objects[0]; got.Ready() || o.State != "InProgress" || o.Done != 0 || o.Total != 2 || o.Message == "" {
		t.Errorf("Status(shop.slow) = %+v, want 0 of 2 in progress, and why", o)
	}
}

func TestStatusForbidden(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	user := clustertest.User(t, cfg, ns, []rbacv1.PolicyRule{{
		Verbs: []string{"list"}, APIGroups: []string{""}, Resources: []string{"services"},
	}})
	a := newApplier(t, user, apply.Options{Namespace: ns})
	_, err := a.Status(testContext(t), "shop.home")
	if forbidden := new(apply.ForbiddenError); !errors.As(err, &forbidden) || forbidden.Resource != "secrets" {
		t.Errorf("Status(shop.home) error = %v, want a *ForbiddenError about Secrets", err)
	}
	if _, err := a.Sets(testContext(t), "shop"); !errors.As(err, new(*apply.ForbiddenError)) {
		t.Errorf("Sets(shop) error = %v, want a *ForbiddenError", err)
	}
}
