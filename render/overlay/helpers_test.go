package overlay_test

import (
	"bytes"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/overlay"
)

const (
	prod = "overlays/prod/kustomization.yaml"
	home = "shoppingapp-home"
	kids = "shoppingapp-kids"
)

// load returns the reference application with more files: their paths in its
// directory, and contents, in turn.
func load(t testing.TB, tree fs.FS, files ...string) *layouts.App {
	t.Helper()
	fsys := fstest.MapFS{}
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(tree, path)
		fsys[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(files); i += 2 {
		fsys[shoppingapp.App+"/"+files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	app, err := layouts.Load(fsys, shoppingapp.App)
	if err != nil {
		t.Fatalf("Load error = %v, want nil", err)
	}
	return app
}

// rendered renders app, or services of it.
func rendered(t testing.TB, app *layouts.App, services ...string) []*unstructured.Unstructured {
	t.Helper()
	objs, err := render.App(t.Context(), app, render.Options{
		Services: services, Values: map[string]any{"image_id": "repo/shop:21"}, Lines: true,
	})
	if err != nil {
		t.Fatalf("App error = %v, want nil", err)
	}
	return objs
}

// applied applies the overlay prod to all of app.
func applied(t testing.TB, app *layouts.App) []*unstructured.Unstructured {
	t.Helper()
	objs, err := overlay.Apply(t.Context(), app, rendered(t, app), overlay.Options{Environment: "prod"})
	if err != nil {
		t.Fatalf("Apply error = %v, want nil", err)
	}
	return objs
}

// find returns the object of that kind and name.
func find(t testing.TB, objs []*unstructured.Unstructured, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, obj := range objs {
		if obj.GetKind() == kind && obj.GetName() == name {
			return obj
		}
	}
	t.Fatalf("no %s %s among %q", kind, name, list(objs))
	return nil
}

// list returns the kinds and names of objs.
func list(objs []*unstructured.Unstructured) []string {
	var out []string
	for _, obj := range objs {
		out = append(out, obj.GetKind()+" "+obj.GetName())
	}
	return out
}

func write(t testing.TB, objs []*unstructured.Unstructured) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.Write(&out, objs, render.YAML); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// at returns what stands at a path such as spec.ports.0.port.
func at(value any, path string) any {
	for _, step := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}
