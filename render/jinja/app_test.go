package jinja_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
)

// app renders the app shop of a tree.
func app(t *testing.T, tree map[string]string, opts render.Options) ([]*unstructured.Unstructured, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range tree {
		fsys["shop/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	loaded, err := layouts.Load(fsys, "shop")
	if err != nil {
		t.Fatal(err)
	}
	opts.Jinja = jinja.New(jinja.Options{FS: fsys})
	return render.App(t.Context(), loaded, opts)
}

const plain = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ service_name }}
  labels: {app: "{{ app_name }}"}
spec:
  replicas: {{ replicas }}
  template:
    spec:
      containers:
      - name: {{ service_name }}
        image: "{{ image.repo }}:{{ image.tag }}"
        args: ["--host={{ host }}", "--ratio={{ ratio }}"]
`

// A template of nothing but variables is the same in both dialects.
func TestPlainVariablesInBothDialects(t *testing.T) {
	t.Parallel()
	tree := map[string]string{
		"common/vars.yml": "image: {repo: reg.io/home}\nhost: example.com\nratio: 0.5\n",
		"home/vars.yml":   "replicas: 3\n",
	}
	values := map[string]any{"image": map[string]any{"tag": "21"}}
	var got [2][]*unstructured.Unstructured
	for i, dialect := range []render.Dialect{render.Go, render.Jinja} {
		tree["home/deployment.yml"] = plain
		objs, err := app(t, tree, render.Options{Dialect: dialect, Values: values, Lines: true})
		if err != nil {
			t.Fatalf("App(shop) of dialect %s error = %v", dialect, err)
		}
		got[i] = objs
	}
	if diff := cmp.Diff(got[0], got[1]); diff != "" {
		t.Errorf("App(shop) of Go's and of Jinja's dialect mismatch (-go +jinja):\n%s", diff)
	}
}

// Fields have the lines of the template, and so have errors in what it made.
func TestLines(t *testing.T) {
	t.Parallel()
	tree := map[string]string{"home/map.yml.j2": `{# a comment #}
{% for name in names %}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ name }}
data:
{% if true %}
  key: "{{ name }}"
{% endif %}
  {{ pair }}
  last: x
{% endfor %}
`, "home/vars.yml": "names: [a, b]\npair: \"two: x\"\n"}
	objs, err := app(t, tree, render.Options{Lines: true})
	if err != nil {
		t.Fatalf("App(shop) error = %v", err)
	}
	for i, obj := range objs {
		names := []layouts.FieldValue{{Path: fmt.Sprintf("names[%d]", i), File: "shop/home/vars.yml", Line: 1}}
		want := map[string]string{
			layouts.SourceAnnotation: "shop/home/map.yml.j2:4",
			layouts.LinesAnnotation: layouts.Fields{
				"apiVersion": {Line: 4, Column: 1}, "kind": {Line: 5, Column: 1}, "metadata": {Line: 6, Column: 1},
				"metadata.name": {Line: 7, Column: 3, Values: names}, "data": {Line: 8, Column: 1},
				"data.key":  {Line: 10, Column: 3, Values: names},
				"data.two":  {Line: 12, Column: 6, Values: []layouts.FieldValue{{Path: "pair", File: "shop/home/vars.yml", Line: 2}}},
				"data.last": {Line: 13, Column: 3},
			}.Annotation(),
		}
		if diff := cmp.Diff(want, obj.GetAnnotations()); diff != "" {
			t.Errorf("annotations of object %d mismatch (-want +got):\n%s", i, diff)
		}
	}
	tree["home/vars.yml"] = "names: [a]\npair: \"two: [x\"\n"
	if _, err = app(t, tree, render.Options{}); err == nil {
		t.Error("App(shop) has no error for YAML that is broken")
	}
}

func TestAppErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		tree map[string]string
		want string
	}{
		{"unknown name", map[string]string{"home/a.yml.j2": "a: {{ imag_id }}", "home/vars.yml": "image_id: x"},
			`shop/home/a.yml.j2:1:7: "imag_id" is not set: did you mean image_id?`},
		{"a name with no near one", map[string]string{"home/a.yml.j2": "a: {{ x }}"},
			`shop/home/a.yml.j2:1:7: "x" is not set: set it in a vars.yml, or pass it as a value`},
		{"of no service", map[string]string{"common/a.yml.j2": "a: {{ service_name }}", "home/vars.yml": ""},
			`shop/common/a.yml.j2:1:7: "service_name" is not set: common/ is rendered once for the app, not for ` +
				"each service"},
		{"in a partial", map[string]string{"home/a.yml.j2": "{% include '_p.j2' %}", "home/_p.j2": "\n{{ x }}"},
			`shop/home/_p.j2:2:4: "x" is not set: set it in a vars.yml, or pass it as a value`},
		{"a partial of Jinja is none of Go's", map[string]string{
			"home/a.yml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", "home/_p.j2": "{% if %}",
		}, ""},
		{"what is imported sees no variables", map[string]string{
			"home/a.yml.j2": "{% from '_m.j2' import m %}a: {{ m() }}", "home/vars.yml": "v: 1",
			"home/_m.j2": "{% macro m() %}{{ v }}{% endmacro %}",
		}, `shop/home/_m.j2:1:19: "v" is not set: what is imported sees no variables: import it with context, or ` +
			"pass the value to the macro"},
		{"what it made", map[string]string{"home/a.yml.j2": "{# x #}\n\nkind: {{ 'X' }}\nmetadata: {name: x}\n"},
			"shop/home/a.yml.j2:3:1: apiVersion is missing"},
		{"duplicate keys", map[string]string{"home/a.yml.j2": "", "home/vars.yml": "a: 1\na: 2"},
			`shop/home/vars.yml:2:1: YAML: the key "a" is in this map already, in line 1: keep one`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := app(t, tt.tree, render.Options{})
			if got := fmt.Sprint(err); got != tt.want && (err != nil || tt.want != "") {
				t.Errorf("App(shop) error = %v, want %s", err, tt.want)
			}
		})
	}
}
