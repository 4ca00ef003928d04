package apply_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// resourceVersions returns those of what a test deploys, by kind and name. No
// controller writes any of these kinds.
func resourceVersions(t testing.TB, cfg *rest.Config, ns string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, resource := range []string{"configmaps", "secrets", "services", ingresses} {
		list, err := client(t, cfg, resource, ns).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, obj := range list.Items {
			if obj.GetName() != "kube-root-ca.crt" {
				out[obj.GetKind()+" "+obj.GetName()] = obj.GetResourceVersion()
			}
		}
	}
	return out
}

func TestPlanChangesNothing(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	opts := apply.Options{Namespace: ns, Adopt: []string{ansible}}
	a := newApplier(t, cfg, opts)
	first := append(objects(t, "shop.home", home), shopIngress(t, "home", "/", "home")...)
	mustPlan(t, a, first)
	if diff := cmp.Diff(map[string]string{}, resourceVersions(t, cfg, ns)); diff != "" {
		t.Errorf("after the first plan, on the cluster (-want +got):\n%s", diff)
	}

	createBy(t, cfg, ansible, "configmaps", ns, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs}")
	mustApply(t, a, first, configMaps(t, "shop.home", "old"))
	before, states := resourceVersions(t, cfg, ns), dump(t, cfg, ns)
	next := append(objects(t, "shop.home", strings.NewReplacer(
		":21", ":22", "  replicas: 2\n", "", "color: red", "color: blue", "c2VjcmV0", "Z2VoZWlt").Replace(home)),
		append(shopIngress(t, "home", "/home", "home"), configMaps(t, "shop.home", "theirs", "new")...)...)
	mustPlan(t, a, next)
	opts.Always = true
	mustPlan(t, newApplier(t, cfg, opts), next)
	if diff := cmp.Diff(before, resourceVersions(t, cfg, ns)); diff != "" {
		t.Errorf("resource versions (-before +after the plan):\n%s", diff)
	}
	if diff := cmp.Diff(states, dump(t, cfg, ns)); diff != "" {
		t.Errorf("objects (-before +after the plan):\n%s", diff)
	}
}

// scale sets the number of replicas as an autoscaler does.
func scale(t testing.TB, cfg *rest.Config, ns, name, manager string, replicas string) {
	t.Helper()
	_, err := client(t, cfg, deployments, ns).Patch(t.Context(), name, types.MergePatchType,
		[]byte(`{"spec":{"replicas":`+replicas+`}}`), metav1.PatchOptions{FieldManager: manager}, "scale")
	if err != nil {
		t.Fatal(err)
	}
}

// edit changes an object as a person does with kubectl.
func edit(t testing.TB, cfg *rest.Config, resource, ns, name, manager, patch string) {
	t.Helper()
	_, err := client(t, cfg, resource, ns).Patch(t.Context(), name, types.StrategicMergePatchType,
		[]byte(patch), metav1.PatchOptions{FieldManager: manager})
	if err != nil {
		t.Fatal(err)
	}
}

// What Plan says is what Apply then does, whatever happened on the cluster.
func TestPlanSaysWhatApplyDoes(t *testing.T) {
	t.Parallel()
	const more = "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs}\ndata: {a: one}"
	port := strings.Replace(home, "  - name: http\n    port: 80\n    targetPort: 5000",
		"  - {name: http, port: 8080, targetPort: 5000}", 1)
	tests := []struct {
		name          string
		before, after string
		meanwhile     func(cfg *rest.Config, ns string)
		changed       int
	}{
		{name: "nothing there", after: home, changed: 4},
		{name: "nothing changes", before: home, after: home},
		{
			name: "fields change, come and go", before: home, changed: 3, after: strings.NewReplacer(
				"labels: {app: shop}", "labels: {shop: app}", "{color: red}", "{size: M}",
				"c2VjcmV0}", "Z2VoZWlt}\nstringData: {other: hunter2}").Replace(home),
		},
		{name: "an item of a list has another key", before: home, after: port, changed: 1},
		{name: "an object is new, one is old", before: home + more,
			after: strings.Replace(home+more, "name: theirs", "name: ours", 1), changed: 2},
		{name: "replicas are left to others", before: home, changed: 1,
			after: strings.Replace(home, "  replicas: 2\n", "", 1)},
		{
			name: "it was scaled", before: home, after: strings.Replace(home, "  replicas: 2\n", "", 1),
			meanwhile: func(cfg *rest.Config, ns string) { scale(t, cfg, ns, "home", "autoscaler", "3") },
		},
		{
			name: "somebody has the same value", before: home, changed: 1,
			after: strings.Replace(home, "color: red", "color: red, size: M", 1),
			meanwhile: func(cfg *rest.Config, ns string) {
				edit(t, cfg, "configmaps", ns, "home", "hand", `{"data":{"size":"M"}}`)
			},
		},
		{
			name: "a field of ours was edited", before: home, after: home, changed: 1,
			meanwhile: func(cfg *rest.Config, ns string) {
				edit(t, cfg, "configmaps", ns, "home", "kubectl-edit", `{"data":{"color":"green","x":"y"}}`)
			},
		},
		{
			name: "an object is Ansible's", after: home + more, changed: 5,
			meanwhile: func(cfg *rest.Config, ns string) {
				createBy(t, cfg, ansible, "configmaps", ns, strings.Replace(more[4:], "a: one", "a: two, b: two", 1))
			},
		},
		{
			name: "a Deployment is Ansible's, its replicas nobody's", changed: 4,
			after: strings.Replace(home, "  replicas: 2\n", "", 1),
			meanwhile: func(cfg *rest.Config, ns string) {
				createBy(t, cfg, ansible, deployments, ns, strings.Split(home, "\n---\n")[0])
			},
		},
		{
			name: "a Service is kubectl's and has another port", after: home, changed: 4,
			meanwhile: func(cfg *rest.Config, ns string) {
				createBy(t, cfg, kubectl, "services", ns, strings.Split(port, "\n---\n")[1])
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			a := newApplier(t, cfg, apply.Options{
				Namespace: ns, NoWait: true, Adopt: []string{ansible, kubectl, "kubectl-edit"},
			})
			if tt.before != "" {
				mustApply(t, a, objects(t, "shop.home", tt.before))
			}
			if tt.meanwhile != nil {
				tt.meanwhile(cfg, ns)
			}
			var objs []*unstructured.Unstructured
			objs = append(objs, objects(t, "shop.home", tt.after)...)
			plan := mustPlan(t, a, objs)
			done := mustApply(t, a, objs)
			if diff := cmp.Diff(agreed(plan), agreed(done), unexported); diff != "" {
				t.Errorf("changes (-planned +done):\n%s", diff)
			}
			n := 0
			for _, action := range []apply.Action{apply.Created, apply.Configured, apply.Pruned} {
				n += done.Count(action)
			}
			if n != tt.changed {
				t.Errorf("Apply: %s, want %d changed", done, tt.changed)
			}
			if again := mustPlan(t, a, objs); again.Changed() {
				t.Errorf("Plan afterwards: %s, want nothing changed", again)
			}
		})
	}
}
