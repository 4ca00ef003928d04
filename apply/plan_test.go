package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

const (
	ansible = "OpenAPI-Generator"
	kubectl = "kubectl-client-side-apply"

	jobs = "jobs.v1.batch"

	lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
)

func mustPlan(t testing.TB, a *apply.Applier, objs []*unstructured.Unstructured) *apply.Result {
	t.Helper()
	result, err := a.Plan(testContext(t), objs)
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	return result
}

// changeOf returns the change of the object that is named as "ConfigMap c".
func changeOf(t testing.TB, r *apply.Result, name string) apply.Change {
	t.Helper()
	for _, c := range r.Changes {
		if c.Kind+" "+c.Name == name {
			return c
		}
	}
	t.Fatalf("the result has no %s: %v", name, actions(r))
	return apply.Change{}
}

// createBy creates an object as another program does, without server-side apply.
func createBy(t testing.TB, cfg *rest.Config, manager, resource, ns, text string) {
	t.Helper()
	obj := objects(t, "", text)[0]
	labels, annotations := obj.GetLabels(), obj.GetAnnotations()
	delete(labels, "slipway/set")
	delete(annotations, "slipway/source")
	obj.SetLabels(labels)
	obj.SetAnnotations(annotations)
	_, err := client(t, cfg, resource, ns).Create(t.Context(), obj, metav1.CreateOptions{FieldManager: manager})
	if err != nil {
		t.Fatal(err)
	}
}

// Every field that is ours and changes is told, by its path, and no other.
func TestPlanTellsFields(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	mustApply(t, a, objects(t, "shop.home", home))
	next := strings.NewReplacer(
		"home:21", "home:22", "replicas: 2", "replicas: 3", "  labels: {app: shop}\n", "",
		"        ports:\n", "        env:\n        - {name: MODE, value: fast}\n        ports:\n",
		"{color: red}", "{color: blue, size: M}",
	).Replace(home)

	plan := mustPlan(t, a, objects(t, "shop.home", next))
	const app = `.spec.template.spec.containers[name="app"]`
	want := map[string][]apply.FieldChange{
		"Deployment home": {
			{Path: ".metadata.labels.app", Old: "shop"},
			{Path: ".spec.replicas", Old: int64(2), New: int64(3)},
			{Path: app + `.env[name="MODE"].name`, New: "MODE"},
			{Path: app + `.env[name="MODE"].value`, New: "fast"},
			{Path: app + ".image", Old: "shop/home:21", New: "shop/home:22"},
		},
		"ConfigMap home": {
			{Path: ".data.color", Old: "red", New: "blue"}, {Path: ".data.size", New: "M"},
		},
		"Service home": nil, "Secret home": nil,
	}
	for name, fields := range want {
		c := changeOf(t, plan, name)
		if diff := cmp.Diff(fields, c.Fields); diff != "" {
			t.Errorf("%s: fields (-want +got):\n%s", name, diff)
		}
		action := apply.Configured
		if fields == nil {
			action = apply.Unchanged
		}
		if c.Action != action || c.Live == nil {
			t.Errorf("%s: %s, live form %v; want %s and a live form", name, c.Action, c.Live, action)
		}
	}
	const text = `.spec.replicas: 2 → 3`
	if got := changeOf(t, plan, "Deployment home").Fields[1].String(); got != text {
		t.Errorf("String() = %q, want %q", got, text)
	}
}

const dataClaim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}`

func TestPlanCreatesPrunesAndKeeps(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	mustApply(t, a, configMaps(t, "shop.home", "same", "old", "other"), objects(t, "shop.home", dataClaim))

	plan := mustPlan(t, a, configMaps(t, "shop.home", "new", "same", "other"))
	var got []string
	for _, c := range plan.Changes {
		got = append(got, fmt.Sprint(c.Kind, " ", c.Name, " ", c.Action))
	}
	want := []string{
		"ConfigMap new created", "ConfigMap same unchanged", "ConfigMap other unchanged",
		"ConfigMap old pruned", "PersistentVolumeClaim data kept",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if notes := changeOf(t, plan, "PersistentVolumeClaim data").Notes; len(notes) != 1 {
		t.Errorf("the kept claim has notes %q, want one that says what to do", notes)
	}
	if diff := cmp.Diff([]string{"old", "other", "same"}, liveMaps(t, cfg, ns)); diff != "" {
		t.Errorf("ConfigMaps after the plan (-want +got):\n%s", diff)
	}
}

const job = `apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: app, image: "shop/migrate:1"}`

func TestPlanRecreates(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	opts := apply.Options{Namespace: ns, NoWait: true}
	mustApply(t, newApplier(t, cfg, opts), objects(t, "shop.home", job))
	before, err := client(t, cfg, jobs, ns).Get(ctx, "migrate", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	next := objects(t, "shop.home", strings.Replace(job, "migrate:1", "migrate:2", 1))

	_, err = newApplier(t, cfg, opts).Plan(ctx, next)
	var immutable *apply.ImmutableError
	if !errors.As(err, &immutable) || !strings.Contains(err.Error(), "spec.template") {
		t.Errorf("Plan: %v, want an *ImmutableError about spec.template", err)
	}
	opts.Recreate = []string{"Job"}
	plan := mustPlan(t, newApplier(t, cfg, opts), next)
	want := []apply.FieldChange{{
		Path: `.spec.template.spec.containers[name="app"].image`, Old: "shop/migrate:1", New: "shop/migrate:2",
	}}
	c := changeOf(t, plan, "Job migrate")
	if diff := cmp.Diff(want, c.Fields); diff != "" || c.Action != apply.Recreated {
		t.Errorf("Plan: %s, want recreated; fields (-want +got):\n%s", c.Action, diff)
	}
	after, err := client(t, cfg, jobs, ns).Get(ctx, "migrate", getOptions)
	if err != nil || after.GetUID() != before.GetUID() {
		t.Fatalf("after the plan: Job %v, %v; want the same as before", after, err)
	}
	result := mustApply(t, newApplier(t, cfg, opts), next)
	if diff := cmp.Diff(agreed(plan), agreed(result), unexported); diff != "" {
		t.Errorf("changes (-planned +done):\n%s", diff)
	}
}

// agreed returns what Plan and Apply must agree on.
func agreed(r *apply.Result) []apply.Change {
	var out []apply.Change
	for _, c := range r.Changes {
		c.Live, c.Before, c.Notes = nil, nil, nil
		out = append(out, c)
	}
	return out
}

// unexported ignores what a Change holds for Undo.
var unexported = cmpopts.IgnoreUnexported(apply.Change{})

// What comes with its own namespace or definition cannot be asked about yet.
func TestPlanOfNewNamespaceAndKind(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	group := ns + ".example.com"
	text := fmt.Sprintf(`
apiVersion: v1
kind: Namespace
metadata: {name: %[2]s-new}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: %[2]s-new}
---
apiVersion: %[1]s/v1
kind: Boat
metadata: {name: b, namespace: %[2]s}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.%[1]s}
spec:
  group: %[1]s
  names: {kind: Boat, plural: boats, singular: boat, listKind: BoatList}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]`, group, ns)
	objs := objects(t, "shop.common", text)
	routes := shopIngress(t, "home", "/", "home")
	routes[0].SetNamespace(ns + "-new")
	plan := mustPlan(t, newApplier(t, cfg, apply.Options{Namespace: ns}), append(objs, routes...))
	notes := map[string]string{
		"Namespace " + ns + "-new": "[]",
		"ConfigMap c":              "[not checked by the server: its namespace is new]",
		"Boat b":                   "[not checked by the server: its kind is new]",
		"CustomResourceDefinition boats." + group: "[]",
		"Ingress shop": "[not checked by the server: its namespace is new]",
	}
	for name, want := range notes {
		c := changeOf(t, plan, name)
		if c.Action != apply.Created || fmt.Sprint(c.Notes) != want || (c.Live.GetUID() == "") != (want != "[]") {
			t.Errorf("Plan: %s %s, notes %v, live form %v; want created, %s", name, c.Action, c.Notes, c.Live, want)
		}
	}
	_, err := client(t, cfg, "namespaces", "").Get(testContext(t), ns+"-new", getOptions)
	if !apierrors.IsNotFound(err) {
		t.Errorf("after the plan: Namespace %s-new: %v, want none", ns, err)
	}
}

// Nothing but what the run brings is taken on trust.
func TestMissingNamespaceIsToldAtOnce(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	routes := shopIngress(t, "home", "/", "home")
	routes[0].SetNamespace("not-there")
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	for name, do := range map[string]func(context.Context, []*unstructured.Unstructured) (*apply.Result, error){
		"Plan": a.Plan, "Apply": a.Apply,
	} {
		_, err := do(testContext(t), routes)
		var missing *apply.NamespaceError
		if !errors.As(err, &missing) {
			t.Errorf("%s: %v, want a *NamespaceError", name, err)
		}
	}
	// So it is if the records are to be in it.
	a = newApplier(t, cfg, apply.Options{Namespace: "not-there"})
	maps := configMaps(t, "shop.home", "c")
	maps[0].SetNamespace(ns)
	result, err := a.Apply(testContext(t), maps)
	var missing *apply.NamespaceError
	if !errors.As(err, &missing) || result.Count(apply.Created) != 1 {
		t.Errorf("Apply: %s, %v; want 1 created and a *NamespaceError for the record", result, err)
	}
}

// A plan says which managers lose their fields, and which of these go.
func TestPlanTellsAdoption(t *testing.T) {
	t.Parallel()
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {color: red}"
	stale := strings.Replace(text, "color: red", "color: blue, stale: 'yes'", 1)
	copied := strings.Replace(stale, "name: c", "name: c, annotations: {"+lastApplied+": '{}'}", 1)
	tests := []struct {
		manager, text string
		dropped       []apply.FieldChange
	}{
		{ansible, stale, []apply.FieldChange{{Path: ".data.stale", Old: "yes"}}},
		{kubectl, copied, []apply.FieldChange{
			{Path: ".data.stale", Old: "yes"}, {Path: ".metadata.annotations." + lastApplied, Old: "{}"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.manager, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			createBy(t, cfg, tt.manager, "configmaps", ns, tt.text)
			a := newApplier(t, cfg, apply.Options{Namespace: ns, Adopt: []string{ansible, kubectl}})
			c := mustPlan(t, a, objects(t, "shop.home", text)).Changes[0]
			want := apply.Change{
				Ref: c.Ref, Source: c.Source, Set: "shop.home", Action: apply.Configured,
				Fields: []apply.FieldChange{
					{Path: ".data.color", Old: "blue", New: "red"},
					{Path: ".metadata.labels.slipway/set", New: "shop.home"},
				},
				Adopted: []apply.Adoption{{Manager: tt.manager, Dropped: tt.dropped}},
			}
			c.Live, c.Before = nil, nil
			if diff := cmp.Diff(want, c, unexported); diff != "" {
				t.Errorf("change (-want +got):\n%s", diff)
			}
		})
	}
}

// What the server's defaults put back as it was does not go, and what they change is
// told with the default: in the plan as in the run.
func TestAdoptionKnowsDefaults(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	createBy(t, cfg, ansible, deployments, ns, strings.Replace(scaled, "  replicas: 2\n",
		"  replicas: 2\n  revisionHistoryLimit: 3\n  strategy: {type: RollingUpdate}\n  minReadySeconds: 5\n", 1))
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true, Adopt: []string{ansible}})
	objs := objects(t, "shop.home", scaled)
	want := []apply.Adoption{{Manager: ansible, Dropped: []apply.FieldChange{
		{Path: ".spec.minReadySeconds", Old: int64(5)},
		{Path: ".spec.revisionHistoryLimit", Old: int64(3), New: int64(10)},
	}}}
	if diff := cmp.Diff(want, mustPlan(t, a, objs).Changes[0].Adopted); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, mustApply(t, a, objs).Changes[0].Adopted); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
}
