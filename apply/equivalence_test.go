package apply_test

import (
	stdcmp "cmp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
	"github.com/slipway-go/slipway/layouts"
)

// worker is a Deployment without pods whose container has some more fields.
func worker(fields string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata: {name: c}
spec:
  replicas: 0
  selector: {matchLabels: {task: c}}
  template:
    metadata: {labels: {task: c}}
    spec:
      containers:
      - name: app
        image: shop/home:21
        ` + fields
}

const (
	redMap   = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {color: red}"
	setPatch = `{"metadata":{"labels":{"` + layouts.SetLabel + `":null}}}`
	secretC  = "apiVersion: v1\nkind: Secret\nmetadata: {name: c}\n"
	serviceC = "apiVersion: v1\nkind: Service\nmetadata: {name: c}\nspec:\n  selector: {task: c}\n  ports:\n"
)

// A drift is a template, and what happens on the cluster between two runs of it.
type drift struct {
	name, text string
	meanwhile  func(t *testing.T, cfg *rest.Config, ns string)
	setUp      func(t *testing.T, cfg *rest.Config, ns string)
	action     apply.Action // of the run after it, unchanged by default
	unproved   bool         // the server rewrites what it is sent
	want       string       // of the live object, as JSON has it
}

func editing(resource, manager, patch string) func(*testing.T, *rest.Config, string) {
	return func(t *testing.T, cfg *rest.Config, ns string) {
		edit(t, cfg, resource, ns, "c", manager, patch)
	}
}

var drifts = []drift{
	{name: "nothing", text: redMap},
	{name: "a quantity", text: worker("resources: {limits: {cpu: 1000m, memory: 1024Mi}}"), unproved: true},
	{name: "a normal quantity", text: worker("resources: {limits: {cpu: 500m, memory: 1Gi}}")},
	{name: "an empty env value", text: worker(`env: [{name: MODE, value: ""}]`), unproved: true},
	{name: "env in order", text: worker("env: [{name: Z, value: z}, {name: A, value: $(Z)}]")},
	{name: "an empty list", text: worker("securityContext: {}\n        env: []"), unproved: true},
	{name: "an empty map alone", text: worker("securityContext: {}")},
	{name: "a null", text: worker("args:"), unproved: true},
	{name: "a default made explicit", text: worker("imagePullPolicy: IfNotPresent")},
	{
		name: "ports of a container without protocol",
		text: worker("ports: [{containerPort: 80}, {containerPort: 81, name: admin}]"),
	},
	{name: "stringData", text: secretC + "stringData: {a: one}", unproved: true},
	{
		name: "stringData, edited", text: secretC + "stringData: {a: one}",
		meanwhile: editing("secrets", "kubectl-edit", `{"data":{"a":"dHdv"}}`), action: apply.Configured,
		unproved: true, want: `"a":"b25l"`,
	},
	{name: "data of a Secret", text: secretC + "data: {a: b25l}"},
	{name: "a port without protocol", text: serviceC + "  - {name: http, port: 80}"},
	{name: "the same port by two protocols",
		text:     serviceC + "  - {name: a, port: 53, protocol: UDP}\n  - {name: b, port: 53}",
		unproved: true}, // either item could be meant
	{
		name: "scaled, without replicas", text: strings.Replace(worker(""), "  replicas: 0\n", "", 1),
		meanwhile: func(t *testing.T, cfg *rest.Config, ns string) { scale(t, cfg, ns, "c", "autoscaler", "3") },
		want:      `"replicas":3`,
	},
	{
		name: "kubectl edit", text: redMap, action: apply.Configured, want: `"color":"red"`,
		meanwhile: editing("configmaps", "kubectl-edit", `{"data":{"color":"green"}}`),
	},
	{
		name: "kubectl edit adds", text: redMap, action: apply.Configured, want: `"data":{"color":"red"}`,
		meanwhile: editing("configmaps", "kubectl-edit", `{"data":{"size":"M"}}`),
	},
	{
		name: "kubectl edit removes", text: redMap, action: apply.Configured, want: `"color":"red"`,
		meanwhile: editing("configmaps", "kubectl-edit", `{"data":null}`),
	},
	{
		name: "kubectl edit of an item of a list", text: worker("env: [{name: A, value: a}]"),
		meanwhile: editing(deployments, "kubectl-edit",
			`{"spec":{"template":{"spec":{"containers":[{"name":"app","env":[{"name":"A","value":"b"}]}]}}}}`),
		action: apply.Configured, want: `"value":"a"`,
	},
	{
		name: "a sidecar is injected first", text: worker(""),
		meanwhile: editing(deployments, "injector",
			`{"spec":{"template":{"spec":{"containers":[{"name":"sidecar","image":"s"},{"name":"app"}]}}}}`),
		want: `"name":"sidecar"`,
	},
	{
		name: "kubectl label", text: redMap, want: `"team":"new"`,
		meanwhile: editing("configmaps", "kubectl-label", `{"metadata":{"labels":{"team":"new"}}}`),
	},
	{
		name: "kubectl label takes it out of its set", text: redMap, action: apply.Configured,
		meanwhile: editing("configmaps", "kubectl-label", setPatch), want: `"` + layouts.SetLabel + `":"shop.home"`,
	},
	{
		name: "deleted", text: redMap, action: apply.Created,
		meanwhile: func(t *testing.T, cfg *rest.Config, ns string) {
			if err := client(t, cfg, "configmaps", ns).Delete(t.Context(), "c", deleteOptions); err != nil {
				t.Fatal(err)
			}
		},
	},
	{
		name: "our own name, used by somebody else", text: redMap, action: apply.Configured, want: `"color":"red"`,
		meanwhile: editing("configmaps", "slipway", `{"data":{"color":"green"}}`),
	},
	{
		name: "a webhook changes what others write", text: redMap, action: apply.Configured,
		meanwhile: func(t *testing.T, cfg *rest.Config, ns string) {
			mutate(t, cfg, ns, func(manager string) bool { return manager != "slipway" })
			edit(t, cfg, "configmaps", ns, "c", "kubectl-edit", `{"data":{"size":"M"}}`)
		},
		want: `"data":{"color":"red"}`,
	},
	{
		name: "a webhook changes what anybody writes", text: redMap, unproved: true, want: `"color":"green"`,
		setUp: func(t *testing.T, cfg *rest.Config, ns string) {
			mutate(t, cfg, ns, func(string) bool { return true })
		},
	},
}

// To skip what is proved to be unchanged gives the same as to send everything.
func TestSkippingIsEquivalentToSending(t *testing.T) {
	t.Parallel()
	for _, tt := range drifts {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			_, nsAlways := clustertest.Namespace(t)
			opts := apply.Options{NoWait: true, Adopt: []string{"kubectl-edit", "slipway"}}
			skipped := tt.run(t, cfg, ns, opts)
			opts.Always = true
			if diff := cmp.Diff(tt.run(t, cfg, nsAlways, opts), skipped); diff != "" {
				t.Errorf("live object (-always sent +skipped if proved):\n%s", diff)
			}
		})
	}
}

// run applies the template, lets the drift happen, applies it again, and returns
// the live object.
func (d drift) run(t *testing.T, cfg *rest.Config, ns string, opts apply.Options) map[string]any {
	t.Helper()
	opts.Namespace = ns
	a := newApplier(t, cfg, opts)
	objs := objects(t, "shop.home", d.text)
	if d.setUp != nil {
		d.setUp(t, cfg, ns)
	}
	ref := mustApply(t, a, objs).Changes[0]
	if d.meanwhile != nil {
		d.meanwhile(t, cfg, ns)
	}
	result := mustApply(t, a, objs)
	if want := stdcmp.Or(d.action, apply.Unchanged); result.Changes[0].Action != want {
		t.Errorf("Apply after the drift (always: %t): %s, want %s", opts.Always, result, want)
	}
	live := d.live(t, cfg, ns, ref)
	d.again(t, cfg, ns, opts, ref)
	if text, err := live.MarshalJSON(); err != nil || !strings.Contains(string(text), d.want) {
		t.Errorf("live object (always: %t) %s lacks %s", opts.Always, text, d.want)
	}
	return steady(live)
}

// steady returns the object without what a controller adds sooner or later.
func steady(live *unstructured.Unstructured) map[string]any {
	state := timeless(live)
	if annotations, _, _ := unstructured.NestedMap(state, "metadata", "annotations"); len(annotations) == 0 {
		unstructured.RemoveNestedField(state, "metadata", "annotations")
	}
	return state
}

func (d drift) live(t *testing.T, cfg *rest.Config, ns string, c apply.Change) *unstructured.Unstructured {
	t.Helper()
	resource := map[string]string{"ConfigMap": "configmaps", "Secret": "secrets", "Service": "services",
		"Deployment": deployments}[c.Kind]
	return getLive(t, cfg, resource, ns, c.Name)
}

// again applies what is there already: nothing is written, and, if that is proved,
// nothing sent.
func (d drift) again(t *testing.T, cfg *rest.Config, ns string, opts apply.Options, c apply.Change) {
	t.Helper()
	versions, before := resourceVersions(t, cfg, ns), steady(d.live(t, cfg, ns, c))
	result := mustApply(t, newApplier(t, cfg, opts), objects(t, "shop.home", d.text))
	requests := 2 // LIST its kind, LIST Secrets for the record
	if c.Kind == "Secret" {
		requests = 1
	}
	if d.unproved || opts.Always {
		requests++
	}
	if result.Requests != requests || result.Changed() {
		t.Errorf("Apply again (always: %t): %s in %d requests, want nothing changed in %d",
			opts.Always, result, result.Requests, requests)
	}
	if diff := cmp.Diff(versions, resourceVersions(t, cfg, ns)); diff != "" {
		t.Errorf("resource versions (-before +after Apply again, always: %t):\n%s", opts.Always, diff)
	}
	if diff := cmp.Diff(before, steady(d.live(t, cfg, ns, c))); diff != "" {
		t.Errorf("live object (-before +after Apply again, always: %t):\n%s", opts.Always, diff)
	}
}
