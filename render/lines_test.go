package render_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// Fields stand where the template has them, whatever the rendered text looks like.
func TestLines(t *testing.T) {
	t.Parallel()
	app, err := layouts.Load(fstest.MapFS{"shop/home/maps.yml": {Data: []byte(`{{ $x := 1 }}
kind: ConfigMapList
apiVersion: v1
items:
{{- range list "a" "b" }}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: {{ . }}}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: c
data:
  text: |
    two
    lines
  last: x
`)}}, "shop")
	if err != nil {
		t.Fatal(err)
	}
	objs, err := render.App(t.Context(), app, render.Options{Lines: true})
	if err != nil {
		t.Fatal(err)
	}
	item := map[string]string{"apiVersion": "6:3", "kind": "7:3", "metadata": "8:3", "metadata.name": "8:14"}
	want := []map[string]string{item, item, {
		"apiVersion": "11:1", "kind": "12:1", "metadata": "13:1", "metadata.name": "14:3",
		"data": "15:1", "data.text": "16:3", "data.last": "19:3",
	}}
	var got []map[string]string
	for _, obj := range objs {
		var lines map[string]string
		if err := json.Unmarshal([]byte(obj.GetAnnotations()[layouts.LinesAnnotation]), &lines); err != nil {
			t.Fatal(err)
		}
		got = append(got, lines)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	plain, err := render.App(t.Context(), app, render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, obj := range plain {
		if lines, ok := obj.GetAnnotations()[layouts.LinesAnnotation]; ok {
			t.Errorf("lines without Options.Lines: %s", lines)
		}
	}
}
