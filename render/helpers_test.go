package render_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// load returns the app shop of files, their paths below shop/ and contents in
// turn.
func load(t testing.TB, files ...string) *layouts.App {
	t.Helper()
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys["shop/"+files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	app, err := layouts.Load(fsys, "shop")
	if err != nil {
		t.Fatalf("Load(shop) error = %v, want nil", err)
	}
	return app
}

// objects renders app, which must go well.
func objects(t testing.TB, app *layouts.App, values map[string]any) []*unstructured.Unstructured {
	t.Helper()
	objs, err := render.App(t.Context(), app, render.Options{Values: values})
	if err != nil {
		t.Fatalf("App(shop) error = %v, want nil", err)
	}
	return objs
}

// eval returns what text makes in home's template, with values and more files.
func eval(ctx context.Context, t testing.TB, text string, values map[string]any, files ...string,
) (string, error) {
	t.Helper()
	app := load(t, append(files, "home/x.yml", `{{ define "x" }}`+text+`{{ end -}}
apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data: {out: {{ include "x" . | toJson }}}`)...)
	objs, err := render.App(ctx, app, render.Options{Values: values})
	if err != nil {
		return "", err
	}
	out, _, _ := unstructured.NestedString(objs[0].Object, "data", "out")
	return out, nil
}

// configMap returns a template of the ConfigMap name with the value x.
func configMap(name, x string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata:\n  x: " + x + "\n"
}

// summary returns kind/name@source of each object.
func summary(objs []*unstructured.Unstructured) string {
	var all []string
	for _, obj := range objs {
		all = append(all, obj.GetKind()+"/"+obj.GetName()+"@"+obj.GetAnnotations()[layouts.SourceAnnotation])
	}
	return strings.Join(all, " ")
}

// checkError compares the text of err with want; "" means no error.
func checkError(t testing.TB, call string, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s error mismatch (-want +got):\n%s", call, diff)
	}
}
