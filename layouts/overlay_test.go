package layouts_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway/layouts"
)

func TestEnvironment(t *testing.T) {
	t.Parallel()
	empty := &fstest.MapFile{}
	app, err := layouts.Load(fstest.MapFS{
		"shop/home/service.yml":                             empty,
		"shop/overlays/prod/kustomization.yaml":             empty,
		"shop/overlays/prod/vars.yml":                       empty,
		"shop/overlays/staging/vars.yml":                    empty,
		"shop/overlays/test/Kustomization":                  empty,
		"shop/overlays/components/debug/kustomization.yaml": empty,
	}, "shop")
	if err != nil {
		t.Fatal(err)
	}
	for name, kustomization := range map[string]string{
		"prod": "shop/overlays/prod/kustomization.yaml", "staging": "", "test": "shop/overlays/test/Kustomization",
	} {
		o, err := app.Environment(name)
		if err != nil || o.Name != name {
			t.Errorf("Environment(%s) = %s, %v", name, o.Name, err)
		}
		got := ""
		if f := o.Kustomization(); f != nil {
			got = f.Path
		}
		if got != kustomization {
			t.Errorf("Kustomization of %s is %q, want %q", name, got, kustomization)
		}
	}
	for name, want := range map[string]string{
		"prd": "shop/overlays/prd: no such environment: did you mean prod? (there are: prod, staging, test)",
		"components": "shop/overlays/components: no such environment " +
			"(there are: prod, staging, test)",
	} {
		_, err := app.Environment(name)
		if err == nil || err.Error() != want || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Environment(%s) error = %v, want %s", name, err, want)
		}
	}
}

func TestEnvironmentNone(t *testing.T) {
	t.Parallel()
	app := &layouts.App{Name: "shop"}
	want := "shop/overlays/prod: no such environment: the app has none; " +
		"one is a directory of shop/overlays/ with a vars.yml or a kustomization.yaml"
	if _, err := app.Environment("prod"); err == nil || err.Error() != want {
		t.Errorf("Environment(prod) error = %v, want %s", err, want)
	}
}
