package apply_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// fleet returns n ConfigMaps, n Services and n Deployments without pods, in turns.
func fleet(t testing.TB, n int) []*unstructured.Unstructured {
	t.Helper()
	const one = `apiVersion: v1
kind: ConfigMap
metadata: {name: a%}
data: {color: red}
---
apiVersion: v1
kind: Service
metadata: {name: a%}
spec:
  selector: {task: a%}
  ports: [{name: http, port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a%}
spec:
  replicas: 0
  selector: {matchLabels: {task: a%}}
  template:
    metadata: {labels: {task: a%}}
    spec:
      containers: [{name: app, image: "shop/home:21"}]`
	var docs []string
	for i := range n {
		docs = append(docs, strings.ReplaceAll(one, "%", fmt.Sprint(i)))
	}
	return objects(t, "shop.home", strings.Join(docs, "\n---\n"))
}

// recolored returns objs with another color in the first, a ConfigMap.
func recolored(objs []*unstructured.Unstructured) []*unstructured.Unstructured {
	first := objs[0].DeepCopy()
	first.Object["data"] = map[string]any{"color": "blue"}
	return append([]*unstructured.Unstructured{first}, objs[1:]...)
}

// awaitControllers returns when the Deployments of the namespace are what their
// controller makes of them: what it writes between read and delete costs requests.
func awaitControllers(t *testing.T, cfg *rest.Config, ns string) {
	t.Helper()
	clustertest.Eventually(t, "the controllers", func(ctx context.Context) error {
		list, err := client(t, cfg, deployments, ns).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, obj := range list.Items {
			conditions, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
			if !strings.Contains(fmt.Sprint(conditions), "NewReplicaSetAvailable") {
				return fmt.Errorf("%s: %v", obj.GetName(), conditions)
			}
		}
		return nil
	})
}

// The golden numbers of requests. A run in one namespace sends:
//
//   - lists: one for each kind of the objects (ConfigMap, Service, Deployment) and
//     one of Secrets, for the record: 3 + 1;
//   - search: if the set has no record yet, a LIST for each of the 16 kinds that
//     services usually have, less the 4 that are listed anyway: 12;
//   - writes: a PATCH for each object that is new or changes, a DELETE for each that
//     no template makes any more;
//   - record: one PATCH if there was a write.
//
// How many objects stay as they are does not matter, and a plan sends what the run
// would, but for the record.
func TestRequestBudget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                          string
		before, each                  int // of each of the three kinds, before and now
		now                           func([]*unstructured.Unstructured) []*unstructured.Unstructured
		lists, search, writes, record int
		sum                           int
	}{
		{name: "3 fresh", each: 1, lists: 4, search: 12, writes: 3, record: 1, sum: 20},
		{name: "300 fresh", each: 100, lists: 4, search: 12, writes: 300, record: 1, sum: 317},
		{name: "3 unchanged", before: 1, each: 1, lists: 4, sum: 4},
		{name: "300 unchanged", before: 100, each: 100, lists: 4, sum: 4},
		{name: "1 changed", before: 100, each: 100, now: recolored, lists: 4, writes: 1, record: 1, sum: 6},
		{name: "5 of 12 pruned", before: 4, each: 4, now: firstSeven, lists: 4, writes: 5, record: 1, sum: 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
			if tt.before > 0 {
				mustApply(t, a, fleet(t, tt.before))
				awaitControllers(t, cfg, ns)
			}
			objs := fleet(t, tt.each)
			if tt.now != nil {
				objs = tt.now(objs)
			}
			plan := mustPlan(t, a, objs)
			result := mustApply(t, a, objs)
			if tt.lists+tt.search+tt.writes+tt.record != tt.sum {
				t.Errorf("the parts do not add up to %d", tt.sum)
			}
			if result.Requests != tt.sum || plan.Requests != tt.sum-tt.record {
				t.Errorf("Apply sent %d requests, and Plan %d; want %d and %d",
					result.Requests, plan.Requests, tt.sum, tt.sum-tt.record)
			}
			writes := result.Count(apply.Created) + result.Count(apply.Configured) + result.Count(apply.Pruned)
			if writes != tt.writes {
				t.Errorf("Apply: %s, want %d written", result, tt.writes)
			}
		})
	}
}

func firstSeven(objs []*unstructured.Unstructured) []*unstructured.Unstructured { return objs[:7] }

// rule allows the verbs on resources of the core API.
func rule(resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{resource}, Verbs: verbs}
}

// What a role may not do costs requests, or the history, and never the deploy.
func TestNarrowRoles(t *testing.T) {
	t.Parallel()
	const n = 3 // ConfigMaps
	const unlisted, unwritten = "may not be listed", "may not be written"
	tests := []struct {
		name  string
		rules []rbacv1.PolicyRule
		// Requests of a fresh run, of one with nothing to do, and of one with one change.
		fresh, unchanged, changed int
		second                    apply.Action // what is said of objects that do not change
		note                      string
	}{{
		// LIST ConfigMaps and Secrets are refused: 2. Instead, a GET each.
		name:  "no list",
		rules: []rbacv1.PolicyRule{rule("configmaps", "get", "patch", "create", "delete")},
		fresh: 2 + n + n, unchanged: 2 + n, changed: 2 + n + 1,
		second: apply.Unchanged, note: unlisted,
	}, {
		// Every GET is refused too, so each object is sent each time.
		name:  "patch and create alone",
		rules: []rbacv1.PolicyRule{rule("configmaps", "patch", "create")},
		fresh: 2 + n + n, unchanged: 2 + n + n, changed: 2 + n + n,
		second: apply.Configured, note: unlisted,
	}, {
		// One LIST is refused, and with it the search of usual kinds is off.
		name:  "no Secrets",
		rules: []rbacv1.PolicyRule{rule("configmaps", "get", "list", "patch", "create", "delete")},
		fresh: 2 + n, unchanged: 2, changed: 2 + 1,
		second: apply.Unchanged, note: unlisted,
	}, {
		// The search finds 14 of 16 kinds refused; so is the PATCH of the record.
		name: "Secrets to read alone",
		rules: []rbacv1.PolicyRule{
			rule("configmaps", "get", "list", "patch", "create", "delete"), rule("secrets", "get", "list"),
		},
		fresh: 2 + 14 + n + 1, unchanged: 2 + 14 + 1, changed: 2 + 14 + 1 + 1,
		second: apply.Unchanged, note: unwritten,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			admin, ns := clustertest.Namespace(t)
			a := newApplier(t, clustertest.User(t, admin, ns, tt.rules), apply.Options{Namespace: ns})
			objs := configMaps(t, "shop.home", "a", "b", "c")
			first, second := mustApply(t, a, objs), mustApply(t, a, objs)
			third := mustApply(t, a, recolored(objs))
			got := []int{first.Requests, second.Requests, third.Requests}
			if want := []int{tt.fresh, tt.unchanged, tt.changed}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("requests: %d, want %d", got, want)
			}
			if first.Count(apply.Created) != n || second.Count(tt.second) != n || third.Count(apply.Configured) == 0 {
				t.Errorf("Apply: %s, then %s, then %s; want %d created, then %s", first, second, third, n, tt.second)
			}
			for _, result := range []*apply.Result{first, second, third} {
				if len(result.Notes) != 1 || !strings.Contains(result.Notes[0], "no history") ||
					!strings.Contains(result.Notes[0], tt.note) {
					t.Errorf("notes %q, want one that no history is kept since Secrets %s", result.Notes, tt.note)
				}
			}
			a = newApplier(t, admin, apply.Options{Namespace: ns})
			if history, err := a.History(t.Context(), "shop.home"); len(history) != 0 || err != nil {
				t.Errorf("history: %v, %v; want none", history, err)
			}
		})
	}
}
