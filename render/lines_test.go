package render_test

import (
	"encoding/json"
	"errors"
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

// Fields tell the values that they were made of.
func TestLinesOfValues(t *testing.T) {
	t.Parallel()
	app := load(t, "home/x.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n"+
		"  image: \"{{ image.repo }}:{{ .tag }}\"\n  plain: x\n  {{ key }}: x\n",
		"common/vars.yml", "image:\n  repo: a\nkey: k\n")
	objs, err := render.App(t.Context(), app, render.Options{
		Lines: true, Values: map[string]any{"tag": "1"}, Origins: map[string]render.Origin{"tag": {Path: "tag", File: "--set"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(objs[0].GetAnnotations()[layouts.LinesAnnotation]), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"apiVersion": "1:1", "kind": "2:1", "metadata": "3:1", "metadata.name": "3:12", "data": "4:1",
		"data.image": "5:3 image.repo=shop/common/vars.yml:2; tag=--set;", "data.plain": "6:3", "data.k": "7:6",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	told := errors.New("shop/home/x.yml:5:3: too long")
	err = render.QuoteFields(app, objs, errors.Join(told))
	const excerpt = "5 |   image: \"{{ image.repo }}:{{ .tag }}\"\n  |   ^\n  = image.repo is set in shop/common/vars.yml:2\n" +
		"  = tag is set in --set\n"
	if got := render.Excerpt(err); got != excerpt || !errors.Is(err, told) {
		t.Errorf("excerpt of %v = %q, want %q", err, got, excerpt)
	}
}
