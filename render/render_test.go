package render_test

import (
	"bytes"
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

func TestAppRendersObject(t *testing.T) {
	t.Parallel()
	app := load(t, "home/deployment.yml", `# {{ app_name }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ service_name }}
  labels: {app: {{ .service_name }}}
spec:
  replicas: {{ replicas }}
  image: registry/{{ app_name }}:{{ image_id }}
`)
	got := objects(t, app, map[string]any{"image_id": "42", "replicas": 3})
	want := []*unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "apps/v1",
		"kind":       "Deployment",
		"metadata": map[string]any{
			"name":        "home",
			"labels":      map[string]any{"app": "home", "slipway/set": "shop.home"},
			"annotations": map[string]any{"slipway/source": "shop/home/deployment.yml:2"},
		},
		"spec": map[string]any{"replicas": int64(3), "image": "registry/shop:42"},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("App(shop) mismatch (-want +got):\n%s", diff)
	}
}

func TestAppOrdersObjects(t *testing.T) {
	t.Parallel()
	app := load(t,
		"mens/a.yml", configMap("m", "one"),
		"home/z.yml", configMap("z", "one"),
		"home/b.yml", configMap("b2", "one")+"---\n"+configMap("b1", "one"),
		"common/c.yml", configMap("c", "one"),
		"common/each/e.yml", configMap("{{ service_name }}-e", "one"),
	)
	want := "ConfigMap/c@shop/common/c.yml:1" +
		" ConfigMap/b2@shop/home/b.yml:1 ConfigMap/b1@shop/home/b.yml:7" +
		" ConfigMap/home-e@shop/common/each/e.yml:1 ConfigMap/z@shop/home/z.yml:1" +
		" ConfigMap/m@shop/mens/a.yml:1 ConfigMap/mens-e@shop/common/each/e.yml:1"
	if got := summary(objects(t, app, nil)); got != want {
		t.Errorf("App(shop) = %s, want %s", got, want)
	}
}

func TestAppSelectsServices(t *testing.T) {
	t.Parallel()
	app := load(t, "common/c.yml", configMap("c", "one"), "home/h.yml", configMap("h", "one"),
		"mens/m.yml", "{{ only another pipeline sets this }}")
	objs, err := render.App(t.Context(), app, render.Options{Services: []string{"home"}})
	if err != nil {
		t.Fatalf("App(home) error = %v, want nil", err)
	}
	want := "ConfigMap/c@shop/common/c.yml:1 ConfigMap/h@shop/home/h.yml:1"
	if got := summary(objs); got != want {
		t.Errorf("App(home) = %s, want %s", got, want)
	}
}

func TestAppOfUnknownService(t *testing.T) {
	t.Parallel()
	app := load(t, "home/h.yml", configMap("h", "one"))
	_, err := render.App(t.Context(), app, render.Options{Services: []string{"hom"}})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("App(hom) error = %v, want one that matches fs.ErrNotExist", err)
	}
	checkError(t, "App(hom)", err, "shop/hom: no such service: did you mean home? (there are: home)")
}

func TestAppIsDeterministic(t *testing.T) {
	t.Parallel()
	app := load(t,
		"common/vars.yml", "m: {z: 1, q: 2, x: 3, w: 4, v: 5, u: 6}",
		"home/x.yml", configMap("x", `{{ list (keys .m) (values .m) .m (pick .m "z" "q" "x") | toJson | quote }}`),
		"mens/x.yml", configMap("w", `{{ range $k, $v := merge (dict "a" 0) .m }}{{ $k }}{{ $v }}{{ end }}`),
	)
	var want bytes.Buffer
	if err := render.Write(&want, objects(t, app, nil), render.YAML); err != nil {
		t.Fatal(err)
	}
	for range 20 { // map order differs now and then
		var got bytes.Buffer
		if err := render.Write(&got, objects(t, app, nil), render.YAML); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), got.String()); diff != "" {
			t.Fatalf("two renders differ:\n%s", diff)
		}
	}
}

func TestAppChangesNothing(t *testing.T) {
	t.Parallel()
	change := `{{ $_ := set .m "leak" 1 }}{{ $_ := unset .m "a" }}{{ $_ := merge .m (dict "b" 2) }}` +
		`{{ $_ := mergeOverwrite .o .m }}{{ $_ := sortAlpha .l }}`
	show := configMap("{{ service_name }}-s", "{{ list .m .o .l | toJson | quote }}")
	app := load(t,
		"common/vars.yml", "o: {c: 3}",
		"common/each/a.yml", change,
		"home/s.yml", show, "mens/s.yml", show,
	)
	values := map[string]any{"m": map[string]any{"a": 1}, "l": []string{"z", "a"}}
	for _, obj := range objects(t, app, values) {
		got, _, _ := unstructured.NestedString(obj.Object, "data", "x")
		if want := `[{"a":1},{"c":3},["z","a"]]`; got != want {
			t.Errorf("%s sees %s, want %s, untouched by the other template", obj.GetName(), got, want)
		}
	}
	want := map[string]any{"m": map[string]any{"a": 1}, "l": []string{"z", "a"}}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("App(shop) changed the caller's values (-want +got):\n%s", diff)
	}
	if got := string(app.Common.Vars.Data); got != "o: {c: 3}" {
		t.Errorf("App(shop) changed the file of values to %q", got)
	}
}

func TestAppRefusesTwins(t *testing.T) {
	t.Parallel()
	app := load(t, "home/a.yml", configMap("x", "one"), "mens/a.yml", "\n"+configMap("x", "one"),
		"mens/b.yml", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}")
	_, err := render.App(t.Context(), app, render.Options{})
	checkError(t, "App(shop)", err,
		"shop/mens/a.yml:2:1: ConfigMap x is also in shop/home/a.yml:1: keep one of them")
	var at *render.Error
	if !errors.As(err, &at) || at.File != "shop/mens/a.yml" || at.Line != 2 {
		t.Errorf("App(shop) error = %#v, want a *render.Error at shop/mens/a.yml:2", at)
	}
}

func TestAppAllowsNamesakes(t *testing.T) {
	t.Parallel()
	app := load(t, "home/a.yml", `
{apiVersion: v1, kind: Service, metadata: {name: x}}
---
{apiVersion: v1, kind: Service, metadata: {name: x, namespace: other}}
---
{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: x}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: x}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: x}}
`)
	if got := len(objects(t, app, nil)); got != 5 {
		t.Errorf("App(shop) has %d objects, want 5: namespace and group tell them apart, Ingresses merge", got)
	}
}

func TestAppReportsAllProblems(t *testing.T) {
	t.Parallel()
	app := load(t,
		"common/each/e.yml", "kind: {{ replcas }}", // wrong for both services, reported once
		"home/b.yml", "{{ a }}\n{{ b }} {{ a }}",
		"home/a.yml", "kind: [",
		"mens/vars.yml", "app_name: bank",
		"women/c.yml", "{{ if }}",
	)
	_, err := render.App(t.Context(), app, render.Options{Values: map[string]any{"replicas": 1}})
	checkError(t, "App(shop)", err, `shop/common/each/e.yml:1:10: "replcas" is not set: did you mean replicas or replace?
shop/home/a.yml:1:7: YAML: did not find expected node content
shop/home/b.yml:1:4: "a" is not set: set it in a vars.yml, or pass it as a value
shop/home/b.yml:2:4: "b" is not set: set it in a vars.yml, or pass it as a value
shop/home/b.yml:2:12: "a" is not set: set it in a vars.yml, or pass it as a value
shop/mens/vars.yml:1:1: app_name is "bank": it comes from the layout, where it is "shop"; `+
		`take it out, or rename the directory
shop/women/c.yml:1:1: missing value for if`)
}

func TestAppRefusesJinja(t *testing.T) {
	t.Parallel()
	app := load(t, "home/a.yml.j2", "x")
	_, err := render.App(t.Context(), app, render.Options{})
	checkError(t, "App(shop)", err, "shop/home/a.yml.j2: a Jinja template: set Options.Jinja to what "+
		"package render/jinja has; if it holds nothing but {{ names }}, render it as one of Go's, "+
		"without .j2 in its name")
}

func TestOwners(t *testing.T) {
	t.Parallel()
	service := "{apiVersion: v1, kind: Service, metadata: {name: %}}"
	app := load(t,
		"common/each/svc.yml", "{apiVersion: v1, kind: Service, metadata: {name: '{{ service_name }}-svc'}}",
		"home/broken.yml", "{{ image_id }}",
		"home/nameless.yml", "kind: Service",
		"home/knative.yml", "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: k}}",
		"mens/svc.yml", "{apiVersion: v1, kind: Service, metadata: {name: men}}",
		"common/own.yml", service,
	)
	got, err := render.Owners(t.Context(), app, render.Options{Services: []string{"mens"}})
	want := map[string]string{"home-svc": "home", "men": "mens"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Owners(shop) mismatch (-want +got):\n%s", diff)
	}
	checkError(t, "Owners(shop)", err,
		`shop/home/broken.yml:1:4: "image_id" is not set: set it in a vars.yml, or pass it as a value
shop/home/nameless.yml:1:1: apiVersion is missing
shop/home/nameless.yml:1:1: metadata.name is missing`)
}

func TestAppMarksWhoseItIs(t *testing.T) {
	t.Parallel()
	app := load(t, "common/c.yml", configMap("c", "one"), "home/h.yml",
		"{apiVersion: v1, kind: Pod, metadata: {name: h, labels: {slipway/set: bank.x, a: b}}}")
	var got []string
	for _, obj := range objects(t, app, nil) {
		got = append(got, obj.GetLabels()[layouts.SetLabel])
	}
	if diff := cmp.Diff([]string{"shop.common", "shop.home"}, got); diff != "" {
		t.Errorf("label %s mismatch (-want +got):\n%s", layouts.SetLabel, diff)
	}
}
