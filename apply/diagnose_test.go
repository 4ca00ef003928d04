package apply_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

func mustDiagnose(t *testing.T, cfg *rest.Config, ns, text string) *apply.Diagnosis {
	t.Helper()
	d, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Diagnose(testContext(t), objects(t, "shop.home", text))
	if err != nil {
		t.Fatalf("Diagnose: %v", err)
	}
	return d
}

// Who owns what: Slipway, Ansible, or nobody yet.
func TestDiagnoseOwners(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	const theirs = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs}\ndata: {a: b}"
	const ours = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ours}\ndata: {a: b}"
	const boat = "apiVersion: example.com/v1\nkind: Boat\nmetadata: {name: b}"
	createBy(t, cfg, ansible, "configmaps", ns, theirs)
	mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), objects(t, "shop.home", ours))
	d := mustDiagnose(t, cfg, ns,
		theirs+"\n---\n"+ours+"\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n---\n"+boat)
	want := []apply.Ownership{{
		Present: true, Managers: []apply.Manager{{Name: ansible, Content: []string{"data"}}},
	}, {
		Present: true, Set: "shop.home",
		Managers: []apply.Manager{{Name: "slipway", Content: []string{"data"}, Ours: true}},
	}, {}}
	ignored := cmp.Options{
		cmpopts.IgnoreFields(apply.Ownership{}, "Ref", "Source"), cmpopts.IgnoreFields(apply.Manager{}, "Time"),
	}
	if diff := cmp.Diff(want, d.Owners, ignored); diff != "" {
		t.Fatalf("Owners mismatch (-want +got):\n%s", diff)
	}
	if f := d.Owners[0].Foreign(); len(f) != 1 || f[0].Name != ansible || f[0].Time.IsZero() {
		t.Errorf("Foreign() = %v, want %s, with a time", f, ansible)
	}
	if f := d.Owners[1].Foreign(); len(f) != 0 {
		t.Errorf("Foreign() = %v of our own object, want none", f)
	}
	if len(d.Problems) != 1 || !errors.As(d.Problems[0], new(*apply.UnknownKindError)) {
		t.Errorf("Problems = %v, want a kind that the cluster does not have", d.Problems)
	}
	if d.Version == "" || d.Server != cfg.Host || d.Namespace != ns || d.Missing {
		t.Errorf("Diagnose() = %+v, want the cluster, its version, and the namespace", d)
	}
}

// The controllers that work on an object do not own what it is.
func TestDiagnoseControllers(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), objects(t, "shop.home", home))
	for _, o := range mustDiagnose(t, cfg, ns, home).Owners {
		if len(o.Foreign()) > 0 {
			t.Errorf("%s: Foreign() = %v, want none of %v", o.Ref, o.Foreign(), o.Managers)
		}
	}
}

func TestDiagnoseRights(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	for _, right := range mustDiagnose(t, cfg, ns, home).Rights {
		if len(right.Denied) > 0 || len(right.Allowed) == 0 {
			t.Errorf("administrator: %+v, want all allowed", right)
		}
	}
	user := clustertest.User(t, cfg, ns, []rbacv1.PolicyRule{
		{Verbs: []string{"get", "list", "watch", "create", "patch"}, APIGroups: []string{"apps"}, Resources: []string{"deployments"}},
		{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"pods/log"}},
	})
	d := mustDiagnose(t, user, ns, home)
	if d.Missing {
		t.Error("who may not look is told that the namespace is missing")
	}
	byResource := map[string]apply.Right{}
	for _, right := range d.Rights {
		byResource[right.Resource] = right
	}
	deployments, secrets, logs := byResource["deployments.apps"], byResource["secrets"], byResource["pods/log"]
	if !slices.Equal(deployments.Denied, []string{"delete"}) || deployments.Without != "" || len(deployments.Allowed) != 5 {
		t.Errorf("deployments: %+v, want all but delete", deployments)
	}
	if len(secrets.Allowed) > 0 || secrets.Without == "" {
		t.Errorf("secrets: %+v, want none, which costs the history", secrets)
	}
	if len(logs.Denied) > 0 {
		t.Errorf("logs: %+v, want all", logs)
	}
}

func TestDiagnoseMissingNamespace(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns + "-not"})
	d, err := a.Diagnose(testContext(t), nil)
	if err != nil || !d.Missing || len(d.Rights) == 0 || len(d.Owners) > 0 {
		t.Errorf("Diagnose(nothing) = %+v, %v, want rights, and that the namespace is missing", d, err)
	}
}

func TestDiagnoseRefused(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	dead := rest.AnonymousClientConfig(cfg)
	dead.Host = "https://127.0.0.1:1"
	_, err := newApplier(t, dead, apply.Options{Namespace: ns}).Diagnose(testContext(t), nil)
	if !errors.As(err, new(*apply.UnreachableError)) {
		t.Errorf("Diagnose() error = %v, want an *UnreachableError", err)
	}
	wrong := rest.AnonymousClientConfig(cfg)
	wrong.BearerToken = "wrong"
	_, err = newApplier(t, wrong, apply.Options{Namespace: ns}).Diagnose(testContext(t), nil)
	if !errors.As(err, new(*apply.UnauthorizedError)) {
		t.Errorf("Diagnose() error = %v, want an *UnauthorizedError", err)
	}
}
