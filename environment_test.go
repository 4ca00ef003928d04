package slipway_test

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// withProd returns tree with an overlay that renames all there is.
func withProd(t testing.TB, tree fs.FS, patch string) fstest.MapFS {
	t.Helper()
	out := replaced(t, tree, "\x00", "")
	for name, text := range map[string]string{
		"vars.yml": "replicas: 4\nhost: shop.example.com\n",
		"kustomization.yaml": "namePrefix: prod-\nnamespace: shop-prod\n" +
			"configMapGenerator: [{name: conf, literals: [a=b]}]\n" + patch,
	} {
		out[shoppingapp.App+"/overlays/prod/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func renderProd(t testing.TB, tree fs.FS, services ...string) *ingress.Result {
	t.Helper()
	d := slipway.Deployer{
		Root: tree, App: shoppingapp.App, Services: services, Environment: "prod",
		Values: map[string]any{"image_id": "shop/any:21"},
	}
	merged, err := d.Render(t.Context())
	if err != nil {
		t.Fatalf("Render(%q) in prod: %v", services, err)
	}
	return merged
}

// Renamed Services are the same ones to the Ingress, in both trees.
func TestEnvironmentRoutes(t *testing.T) {
	t.Parallel()
	for suffix, tree := range map[string]fs.FS{"": shoppingapp.Tree(), "-service": shoppingapp.Legacy()} {
		tree = withProd(t, tree, "")
		host := map[string]string{"": "shop.example.com", "-service": "app.shoppingapp.com"}[suffix]
		all := renderProd(t, tree)
		var want []string
		for _, section := range []string{"ladies", "home", "kids", "mens"} {
			name := shoppingapp.App + "-" + section
			port := all.Routes[0].Backend.String()[strings.LastIndex(all.Routes[0].Backend.String(), ":"):]
			want = append(want, host+"/"+section+" → prod-"+name+suffix+port+" by "+name)
		}
		if diff := cmp.Diff(want, table(all.Routes)); diff != "" {
			t.Errorf("routes of all mismatch (-want +got):\n%s", diff)
		}
		one := renderProd(t, tree, homeService)
		if diff := cmp.Diff(want[1:2], table(one.Routes)); diff != "" {
			t.Errorf("routes of home mismatch (-want +got):\n%s", diff)
		}
		last := one.Objects[len(one.Objects)-1]
		if got := last.GetNamespace() + " " + last.GetName(); got != "shop-prod prod-shoppingapp-ingress" {
			t.Errorf("the Ingress is %s", got)
		}
	}
}

// A service's objects are the same, whether it is deployed alone or with all.
func TestEnvironmentOneService(t *testing.T) {
	t.Parallel()
	patch := `
patches:
- target: {kind: Deployment, name: shoppingapp-kids}
  patch: '- {op: replace, path: /spec/replicas, value: 9}'
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: shoppingapp-home}
    spec:
      template:
        spec:
          containers:
          - name: shoppingapp-home
            envFrom: [{configMapRef: {name: conf}}]
            env: [{name: KIDS, valueFrom: {configMapKeyRef: {name: conf, key: a}}}]
- target: {kind: Ingress, name: shoppingapp-home}
  patch: '- {op: replace, path: /spec/rules/0/http/paths/0/path, value: /start}'
`
	tree := withProd(t, shoppingapp.Tree(), patch)
	whole := renderProd(t, tree)
	for _, service := range []string{homeService, kidsService, mensService, ladies} {
		want := of(t, whole.Objects, service)
		if want == "" {
			t.Fatalf("no object of %s", service)
		}
		one := renderProd(t, tree, service)
		if diff := cmp.Diff(want, of(t, one.Objects, service)); diff != "" {
			t.Errorf("objects of %s mismatch (-all +alone):\n%s", service, diff)
		}
		if diff := cmp.Diff(of(t, whole.Objects, "conf"), of(t, one.Objects, "conf")); diff != "" {
			t.Errorf("common's objects with %s mismatch (-all +alone):\n%s", service, diff)
		}
	}
	if got := of(t, whole.Objects, homeService); !strings.Contains(got, "name: prod-conf-") ||
		!strings.Contains(got, "replicas: 4") {
		t.Errorf("home's objects lack the ConfigMap or the replicas:\n%s", got)
	}
}

// of writes the objects of a service, or what common has beside its Ingress.
func of(t testing.TB, objs []*unstructured.Unstructured, service string) string {
	t.Helper()
	if service == "conf" {
		service = layouts.Common
	}
	var out bytes.Buffer
	for _, obj := range objs {
		if obj.GetKind() == "Ingress" || obj.GetLabels()[layouts.SetLabel] != layouts.Set(shoppingapp.App, service) {
			continue
		}
		if err := render.Write(&out, []*unstructured.Unstructured{obj}, render.YAML); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// A service that cannot be rendered here, for want of a value, does not keep another one
// from being deployed with the overlay, patches for it included.
func TestEnvironmentIncomplete(t *testing.T) {
	t.Parallel()
	tree := withProd(t, shoppingapp.Tree(), "replicas: [{name: shoppingapp-kids, count: 9}]\n")
	tree["shoppingapp/shoppingapp-kids/deployment.yml"] = &fstest.MapFile{Data: []byte("{{ nobody }}")}
	one := renderProd(t, tree, homeService)
	if of(t, one.Objects, homeService) == "" {
		t.Error("no object of home")
	}
	d := slipway.Deployer{
		Root: tree, App: shoppingapp.App, Environment: "prod", Values: map[string]any{"image_id": "x"},
	}
	if _, err := d.Render(t.Context()); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("Render of all: %v, want an error of the template", err)
	}
}

func TestEnvironmentUnknown(t *testing.T) {
	t.Parallel()
	d := slipway.Deployer{Root: withProd(t, shoppingapp.Tree(), ""), App: shoppingapp.App, Environment: "prd"}
	want := "shoppingapp/overlays/prd: no such environment: did you mean prod? (there are: prod)"
	if _, err := d.Render(t.Context()); err == nil || err.Error() != want {
		t.Errorf("Render in prd: %v, want %s", err, want)
	}
}

func TestLintEnvironment(t *testing.T) {
	t.Parallel()
	tree := withProd(t, shoppingapp.Tree(), "patches:\n- target: {kind: Service, name: shoppingapp-kids}\n"+
		"  patch: '- {op: replace, path: /spec/ports/0/name, value: web}'\n")
	d := slipway.Deployer{
		Root: tree, App: shoppingapp.App, Environment: "prod", Values: map[string]any{"image_id": "x"},
	}
	findings, err := d.Lint(t.Context())
	if err != nil || len(findings) != 1 || findings[0].Code != "missing-port" {
		t.Errorf("Lint in prod: %v, %v; want a missing port", findings, err)
	}
}
