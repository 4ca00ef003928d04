package apply_test

import (
	"errors"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// applyError applies the objects of set shop.home and returns the error, which
// must hold every one of the texts and none of the secrets.
func applyError(t *testing.T, cfg *rest.Config, ns, text string, wants ...string) error {
	t.Helper()
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	result, err := a.Apply(testContext(t), objects(t, "shop.home", text))
	if err == nil {
		t.Fatalf("Apply: %s, want an error", result)
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Apply: error %q\nlacks %q", err, want)
		}
	}
	if text := err.Error(); strings.Contains(text, "hunter2") || strings.Contains(text, "aHVudGVyMg") {
		t.Errorf("Apply: error %q holds the secret", err)
	}
	return err
}

func TestErrorsOfObjects(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	tests := []struct {
		name  string
		text  string
		as    any
		wants []string
	}{{
		name:  "unknown field",
		text:  "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {prots: []}",
		as:    new(*apply.InvalidError),
		wants: []string{"shop/shop.home/file.yml:1: Service " + ns + "/s: invalid: ", ".spec.prots", "correct the template"},
	}, {
		name:  "wrong type does not echo the value",
		text:  "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: {deep: hunter2}}",
		as:    new(*apply.InvalidError),
		wants: []string{".stringData.password"},
	}, {
		name:  "a secret the server refuses",
		text:  "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {'bad key': aHVudGVyMg==}",
		as:    new(*apply.InvalidError),
		wants: []string{"invalid: data"},
	}, {
		name:  "validation",
		text:  "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 99999}]}",
		as:    new(*apply.InvalidError),
		wants: []string{"spec.ports[0].port"},
	}, {
		name:  "immutable field",
		text:  "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nimmutable: false\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}",
		wants: []string{"the object is also in shop/shop.home/file.yml:1"},
	}, {
		name:  "unknown kind",
		text:  "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: s}",
		as:    new(*apply.UnknownKindError),
		wants: []string{"no kind Deployment in extensions/v1beta1", "kubectl api-resources"},
	}, {
		name:  "missing namespace",
		text:  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s, namespace: not-there}",
		as:    new(*apply.NamespaceError),
		wants: []string{"ConfigMap not-there/s: namespace not-there does not exist: create it"},
	}, {
		name:  "no name",
		text:  "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: s-}",
		wants: []string{"metadata.name is empty"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := applyError(t, cfg, ns, tt.text, tt.wants...)
			var object *apply.ObjectError
			if !errors.As(err, &object) {
				t.Errorf("Apply: error %v is no *ObjectError", err)
			}
			if tt.as != nil && !errors.As(err, tt.as) {
				t.Errorf("Apply: error %v is no %T", err, tt.as)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	cfg := &rest.Config{Host: "https://127.0.0.1:1"}
	err := applyError(t, cfg, "ns", home, "cluster https://127.0.0.1:1 cannot be reached",
		"connection refused", "kubeconfig")
	var unreachable *apply.UnreachableError
	if !errors.As(err, &unreachable) {
		t.Errorf("Apply: error %v is no *UnreachableError", err)
	}
	if n := strings.Count(err.Error(), "cannot be reached"); n != 1 {
		t.Errorf("Apply says %d times that the cluster cannot be reached, want once:\n%v", n, err)
	}
}

func TestForbidden(t *testing.T) {
	t.Parallel()
	admin, ns := clustertest.Namespace(t)
	cfg := clustertest.User(t, admin, ns, []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"get", "create", "patch", "delete"}},
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}},
	})
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n" +
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}"
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	result, err := a.Apply(testContext(t), objects(t, "shop.home", text))
	var forbidden *apply.ForbiddenError
	if !errors.As(err, &forbidden) {
		t.Fatalf("Apply: %v, want a *ForbiddenError", err)
	}
	if forbidden.Verb != "patch" || forbidden.Resource != "secrets" || forbidden.Namespace != ns {
		t.Errorf("forbidden: %+v, want patch on secrets in %s", forbidden, ns)
	}
	if want := `grant verb "patch" on secrets in namespace ` + ns; !strings.Contains(err.Error(), want) {
		t.Errorf("Apply: error %q lacks %q", err, want)
	}
	// Half a set is none: what was done is put back, and told.
	if got := actions(result)["ConfigMap c"]; got != apply.Undone {
		t.Errorf("ConfigMap c: %s, want undone", got)
	}
}

// A role that may write but not read still deploys.
func TestApplyWithoutReading(t *testing.T) {
	t.Parallel()
	admin, ns := clustertest.Namespace(t)
	cfg := clustertest.User(t, admin, ns, []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"create", "patch"}},
	})
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}"
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	result, err := a.Apply(testContext(t), objects(t, "shop.home", text))
	if err != nil || result.Count(apply.Created) != 1 {
		t.Errorf("Apply: %s, %v; want 1 created", result, err)
	}
}

// After a failure the same set's later stages are left alone; others go on.
func TestFailureStopsItsOwnSet(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	bad := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %}\n---\n" +
		"apiVersion: v1\nkind: Service\nmetadata: {name: %}\nspec: {ports: [{port: 80}]}"
	objs := append(
		objects(t, "shop.home", strings.ReplaceAll(strings.Replace(bad, "{name: %}", "{name: '%.', labels: {a: '!'}}", 1), "%", "home")),
		objects(t, "shop.kids", strings.ReplaceAll(bad, "%", "kids"))...)
	result, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), objs)
	var invalid *apply.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("Apply: %v, want an *InvalidError", err)
	}
	got := []apply.Action{}
	for _, c := range result.Changes {
		got = append(got, c.Action)
	}
	want := []apply.Action{apply.Failed, apply.NotTried, apply.Created, apply.Created}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("actions: %v, want %v", got, want)
			break
		}
	}
}
