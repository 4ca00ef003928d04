package apply_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
	"github.com/slipway-go/slipway/layouts"
)

const theirs = `apiVersion: v1
kind: ConfigMap
metadata:
  name: c
  labels: {app: shop, team: old}
  annotations: {` + lastApplied + `: "{}"}
data: {color: red, stale: "yes"}`

const ours = `apiVersion: v1
kind: ConfigMap
metadata: {name: c, labels: {app: shop}}
data: {color: blue}`

func getLive(t testing.TB, cfg *rest.Config, resource, ns, name string) *unstructured.Unstructured {
	t.Helper()
	live, err := client(t, cfg, resource, ns).Get(t.Context(), name, getOptions)
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// managers returns who owns fields of the object itself, sorted.
func managers(obj *unstructured.Unstructured) []string {
	var out []string
	for _, entry := range obj.GetManagedFields() {
		if entry.Subresource == "" {
			out = append(out, entry.Manager+" "+string(entry.Operation))
		}
	}
	slices.Sort(out)
	return out
}

// conflicts applies objs and returns the fields in conflict, "field manager" each.
func conflicts(t testing.TB, a *apply.Applier, objs []*unstructured.Unstructured) ([]string, error) {
	t.Helper()
	_, err := a.Apply(testContext(t), objs)
	var conflict *apply.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("Apply: %v, want a *ConflictError", err)
	}
	var out []string
	for _, f := range conflict.Fields {
		if f.Time.IsZero() && f.Field != ".spec.replicas" { // the server notes none for a scaling
			t.Errorf("conflict about %s says no time", f.Field)
		}
		out = append(out, f.Field+" "+f.Manager)
	}
	return out, err
}

// What another program owns is in conflict, or, if it is to be adopted, taken over
// with all that the template no longer mentions.
func TestAdopt(t *testing.T) {
	t.Parallel()
	for _, manager := range []string{ansible, kubectl} {
		t.Run(manager, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			createBy(t, cfg, manager, "configmaps", ns, theirs)
			objs := objects(t, "shop.home", ours)
			strict := newApplier(t, cfg, apply.Options{Namespace: ns})
			got, err := conflicts(t, strict, objs)
			if diff := cmp.Diff([]string{".data.color " + manager}, got); diff != "" {
				t.Errorf("conflicts (-want +got):\n%s", diff)
			}
			if !strings.Contains(err.Error(), "adopt "+manager) {
				t.Errorf("error %q does not say what to do", err)
			}
			live := getLive(t, cfg, "configmaps", ns, "c")
			if diff := cmp.Diff([]string{manager + " Update"}, managers(live)); diff != "" {
				t.Errorf("managers after the conflict (-want +got):\n%s", diff)
			}

			adopting := newApplier(t, cfg, apply.Options{Namespace: ns, Adopt: []string{manager}})
			mustApply(t, adopting, objs)
			live = getLive(t, cfg, "configmaps", ns, "c")
			want := objects(t, "shop.home", ours)[0]
			if diff := cmp.Diff(want.Object["data"], live.Object["data"]); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.GetLabels(), live.GetLabels()); diff != "" || live.GetAnnotations() != nil {
				t.Errorf("annotations %v, want none; labels (-want +got):\n%s", live.GetAnnotations(), diff)
			}
			if diff := cmp.Diff([]string{"slipway Apply"}, managers(live)); diff != "" {
				t.Errorf("managers (-want +got):\n%s", diff)
			}
			// From now on it is one like any other, for those who do not adopt, too.
			if again := mustApply(t, strict, objs); again.Changed() || again.Requests != 2 {
				t.Errorf("Apply again: %s in %d requests, want nothing changed in 2", again, again.Requests)
			}
		})
	}
}

// A program that goes on after it was adopted is adopted again.
func TestAdoptAgain(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, Adopt: []string{ansible}})
	objs := objects(t, "shop.home", ours)
	mustApply(t, a, objs)
	edit(t, cfg, "configmaps", ns, "c", ansible, `{"data":{"color":"red","stale":"yes"}}`)
	result := mustApply(t, a, objs)
	want := []apply.Adoption{{Manager: ansible, Dropped: []apply.FieldChange{{Path: ".data.stale", Old: "yes"}}}}
	if diff := cmp.Diff(want, result.Changes[0].Adopted); diff != "" {
		t.Errorf("adopted (-want +got):\n%s", diff)
	}
	data := getLive(t, cfg, "configmaps", ns, "c").Object["data"]
	if diff := cmp.Diff(map[string]any{"color": "blue"}, data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// To adopt one is not to overrule others: a third manager's fields stay its own.
func TestAdoptNeverForcesOthers(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	createBy(t, cfg, ansible, "configmaps", ns, theirs)
	edit(t, cfg, "configmaps", ns, "c", "hand", `{"data":{"size":"XL"}}`)
	objs := objects(t, "shop.home", strings.Replace(ours, "color: blue", "color: blue, size: M", 1))
	a := newApplier(t, cfg, apply.Options{Namespace: ns, Adopt: []string{ansible, kubectl}})
	before := getLive(t, cfg, "configmaps", ns, "c").Object["data"]
	if _, err := a.Plan(testContext(t), objs); !errors.As(err, new(*apply.ConflictError)) {
		t.Errorf("Plan: %v, want a *ConflictError", err)
	}
	for range 2 { // a second attempt forces as little as the first
		got, err := conflicts(t, a, objs)
		if diff := cmp.Diff([]string{".data.size hand"}, got); diff != "" {
			t.Errorf("conflicts (-want +got):\n%s", diff)
		}
		if !strings.Contains(err.Error(), "adopt hand") {
			t.Errorf("error %q does not say what to do", err)
		}
		if diff := cmp.Diff(before, getLive(t, cfg, "configmaps", ns, "c").Object["data"]); diff != "" {
			t.Errorf("data (-before +after):\n%s", diff)
		}
	}
	// With the field out of the template, the way is free, and the field stays.
	mustApply(t, a, objects(t, "shop.home", ours))
	want := map[string]any{"color": "blue", "size": "XL"}
	if diff := cmp.Diff(want, getLive(t, cfg, "configmaps", ns, "c").Object["data"]); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// scaled is a Deployment without pods to wait for.
const scaled = `apiVersion: apps/v1
kind: Deployment
metadata: {name: home}
spec:
  replicas: 2
  selector: {matchLabels: {task: home}}
  template:
    metadata: {labels: {task: home}}
    spec:
      containers: [{name: app, image: "shop/home:21"}]`

var unscaled = strings.Replace(scaled, "  replicas: 2\n", "", 1)

func replicas(t testing.TB, cfg *rest.Config, ns string) int64 {
	t.Helper()
	return nestedInt(getLive(t, cfg, deployments, ns, "home"), "spec", "replicas")
}

// A number that an autoscaler set is in conflict with the template's, and the
// error knows why.
func TestAutoscalerConflict(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	// To adopt does not help: an autoscaler writes the scale, not the Deployment.
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true, Adopt: []string{"autoscaler"}})
	mustApply(t, a, objects(t, "shop.home", scaled))
	scale(t, cfg, ns, "home", "autoscaler", "5")
	got, err := conflicts(t, a, objects(t, "shop.home", scaled))
	if diff := cmp.Diff([]string{".spec.replicas autoscaler"}, got); diff != "" {
		t.Errorf("conflicts (-want +got):\n%s", diff)
	}
	const hint = "if an autoscaler sets the number, take replicas out of the template"
	if !strings.Contains(err.Error(), hint) || strings.Contains(err.Error(), "adopt") {
		t.Errorf("error %q, want one that says %q", err, hint)
	}
	if n := replicas(t, cfg, ns); n != 5 {
		t.Errorf("%d replicas, want 5", n)
	}
	mustApply(t, a, objects(t, "shop.home", unscaled))
	if n := replicas(t, cfg, ns); n != 5 {
		t.Errorf("%d replicas without them in the template, want 5", n)
	}
}

// A template that drops replicas leaves the number as it is, whoever had set it,
// and to whoever sets it next.
func TestReplicasAreReleased(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, cfg *rest.Config, ns string){
		"ours": func(t *testing.T, cfg *rest.Config, ns string) {
			mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true}),
				objects(t, "shop.home", scaled))
		},
		"Ansible's": func(t *testing.T, cfg *rest.Config, ns string) {
			createBy(t, cfg, ansible, deployments, ns, scaled)
		},
		"ours and Ansible's": func(t *testing.T, cfg *rest.Config, ns string) {
			createBy(t, cfg, ansible, deployments, ns, scaled)
			mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true}),
				objects(t, "shop.home", scaled))
		},
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true, Adopt: []string{ansible}})
			begin(t, cfg, ns)
			next := objects(t, "shop.home", strings.Replace(unscaled, ":21", ":22", 1))
			for range 2 {
				mustApply(t, a, next)
				if n := replicas(t, cfg, ns); n != 2 {
					t.Fatalf("%d replicas, want 2", n)
				}
			}
			scale(t, cfg, ns, "home", "autoscaler", "5")
			staysScaled(t, cfg, ns, next, 5)
			// Somebody who wants the number has it without a conflict.
			_, err := client(t, cfg, deployments, ns).Patch(t.Context(), "home", types.ApplyPatchType,
				[]byte(`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":6}}`),
				metav1.PatchOptions{FieldManager: "operator"})
			if err != nil {
				t.Fatalf("another manager takes the replicas: %v", err)
			}
			staysScaled(t, cfg, ns, next, 6)
			want := []string{"operator Apply", "slipway Apply"}
			if diff := cmp.Diff(want, managers(getLive(t, cfg, deployments, ns, "home"))); diff != "" {
				t.Errorf("managers (-want +got):\n%s", diff)
			}
		})
	}
}

func staysScaled(t *testing.T, cfg *rest.Config, ns string, objs []*unstructured.Unstructured, want int64) {
	t.Helper()
	for _, always := range []bool{false, true} {
		opts := apply.Options{Namespace: ns, NoWait: true, Always: always}
		result := mustApply(t, newApplier(t, cfg, opts), objs)
		if n := replicas(t, cfg, ns); n != want || result.Changed() {
			t.Errorf("Apply (always: %t): %s, and %d replicas; want nothing changed and %d", always, result, n, want)
		}
	}
}

// Controllers write the status all the time; an adoption does not mind.
func TestAdoptWhileTheStatusChanges(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	createBy(t, cfg, ansible, deployments, ns, scaled)
	ctx := testContext(t)
	deps := client(t, cfg, deployments, ns)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if live, err := deps.Get(ctx, "home", getOptions); err == nil {
					_ = unstructured.SetNestedField(live.Object, int64(i), "status", "observedGeneration")
					_, _ = deps.UpdateStatus(ctx, live, metav1.UpdateOptions{}) // may be late, too
				}
			}
		}
	}()
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true, Adopt: []string{ansible}})
	mustApply(t, a, objects(t, "shop.home", strings.Replace(scaled, ":21", ":22", 1)))
	close(stop)
	<-stopped
	live := getLive(t, cfg, deployments, ns, "home")
	if got := managers(live); slices.Contains(got, ansible+" Update") {
		t.Errorf("managers %v, want no %s", got, ansible)
	}
	if got := live.GetLabels()[layouts.SetLabel]; got != "shop.home" {
		t.Errorf("label %s is %q, want shop.home", layouts.SetLabel, got)
	}
}
