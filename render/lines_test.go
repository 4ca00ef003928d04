package render_test

import (
	"errors"
	"strings"
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
	item := layouts.Fields{"apiVersion": {Line: 6, Column: 3}, "kind": {Line: 7, Column: 3}, "metadata": {Line: 8, Column: 3}, "metadata.name": {Line: 8, Column: 14}}
	want := []layouts.Fields{item, item, {
		"apiVersion": {Line: 11, Column: 1}, "kind": {Line: 12, Column: 1}, "metadata": {Line: 13, Column: 1}, "metadata.name": {Line: 14, Column: 3},
		"data": {Line: 15, Column: 1}, "data.text": {Line: 16, Column: 3}, "data.last": {Line: 19, Column: 3},
	}}
	var got []layouts.Fields
	for _, obj := range objs {
		got = append(got, layouts.FieldsOf(obj.GetAnnotations()))
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
	got := layouts.FieldsOf(objs[0].GetAnnotations())
	want := layouts.Fields{
		"apiVersion": {Line: 1, Column: 1}, "kind": {Line: 2, Column: 1}, "metadata": {Line: 3, Column: 1}, "metadata.name": {Line: 3, Column: 12}, "data": {Line: 4, Column: 1},
		"data.image": {Line: 5, Column: 3, Values: []layouts.FieldValue{
			{Path: "image.repo", File: "shop/common/vars.yml", Line: 2}, {Path: "tag", File: "--set"},
		}}, "data.plain": {Line: 6, Column: 3}, "data.k": {Line: 7, Column: 6},
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

// A Secret's lines are not shown, however its kind is written.
func TestQuoteHidesSecrets(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"{apiVersion: v1, kind: Secret,", "{apiVersion: v1, kind: {{ k }},"} {
		app := load(t, "home/x.yml", kind+" metadata: {name: x},\n stringData: {dsn: hunter2}}\n",
			"home/vars.yml", "k: Secret\n")
		objs, err := render.App(t.Context(), app, render.Options{Lines: true})
		if err != nil {
			t.Fatal(err)
		}
		err = render.QuoteFields(app, objs, errors.New("shop/home/x.yml:2:2: too long"))
		if got := render.Excerpt(err); !strings.Contains(got, "2 | ") || strings.Contains(got, "hunter2") {
			t.Errorf("excerpt of a Secret %q = %q, want it without the value", kind, got)
		}
	}
}
