package render_test

import (
	"bytes"
	"context"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// FuzzRender renders any template with any partial and values. It ends, with an error
// or with objects that carry their source, and twice the same.
func FuzzRender(f *testing.F) {
	f.Add(configMap("x", "{{ image_id }}"), "", "image_id: 42")
	f.Add("{{ range l }}\n---\nkind: A\n{{ template \"p\" . }}{{ end }}", `{{ define "p" }}{{ . }}{{ end }}`, "l: [1, 2]")
	f.Add("{{ if .a.b }}{{ include \"p\" $ | indent 2 }}{{ else }}{{ end }}", `{{ define "p" }}{{ .x.y }}`, "a: {b: ~}")
	f.Add("{{ a.b.c }}{{ (dict).x }}{{ ($).a }}", "{{ block \"b\" . }}{{ break }}{{ end }}", "a: {b: {c: null}}")
	f.Add("{{ toYaml . | fromYaml | keys | join \",\" }}\n...\n--- {kind: 1}", "{{- /* c */ -}}", "a: &x [1]\nb: *x")
	f.Add("{{ $x := list }}{{ range until 9 }}{{ $x = list $x $x }}{{ end }}{{ $x }}", "", "'': 1\nü: 2")
	f.Fuzz(func(t *testing.T, text, partial, vars string) {
		app, err := layouts.Load(fstest.MapFS{
			"shop/home/x.yml":     {Data: []byte(text)},
			"shop/home/vars.yml":  {Data: []byte(vars)},
			"shop/home/_p.tmpl":   {Data: []byte(partial)},
			"shop/common/c.yml":   {Data: []byte(configMap("c", "one"))},
			"shop/mens/other.yml": {Data: []byte(configMap("m", "one"))},
		}, "shop")
		if err != nil {
			t.Skip(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		objs, err := render.App(ctx, app, render.Options{})
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("App(shop) took %s, want it to heed its context", took)
		}
		if ctx.Err() != nil {
			return // how far it came depends on the machine
		}
		again, errAgain := render.App(context.WithoutCancel(ctx), app, render.Options{})
		if diff := cmp.Diff(objs, again); diff != "" {
			t.Errorf("two renders differ:\n%s", diff)
		}
		if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Errorf("two renders have errors %v and %v", err, errAgain)
		}
		if err != nil {
			return
		}
		for _, obj := range objs {
			if obj.GetKind() == "" || obj.GetAnnotations()[layouts.SourceAnnotation] == "" {
				t.Errorf("App(shop) made %v, want an object with a kind and its source", obj.Object)
			}
		}
		if err := render.Write(&bytes.Buffer{}, objs, render.YAML); err != nil {
			t.Errorf("Write error = %v, want nil", err)
		}
	})
}
