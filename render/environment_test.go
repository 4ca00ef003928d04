package render_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

func TestEnvironmentValues(t *testing.T) {
	t.Parallel()
	app := load(t, "common/vars.yml", "a: 1\nb: 1\nc: 1\nd: 1", "home/vars.yml", "b: 2\nc: 2\nd: 2\ne: 2",
		"overlays/prod/vars.yml", "c: 3\nd: 3\ne: null", "overlays/test/kustomization.yaml", "")
	tests := []struct {
		environment, of string
		want            map[string]any
	}{
		{"prod", "home", map[string]any{
			"a": int64(1), "b": int64(2), "c": int64(3), "d": 4, "app_name": "shop", "service_name": "home",
		}},
		{"prod", layouts.Common, map[string]any{
			"a": int64(1), "b": int64(1), "c": int64(3), "d": 4, "app_name": "shop",
		}},
		{"test", layouts.Common, map[string]any{
			"a": int64(1), "b": int64(1), "c": int64(1), "d": 4, "app_name": "shop",
		}},
	}
	for _, tt := range tests {
		got, err := render.Values(app, tt.of, render.Options{
			Environment: tt.environment, Values: map[string]any{"d": 4},
		})
		if err != nil {
			t.Fatalf("Values(%s) in %s: %v", tt.of, tt.environment, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Values(%s) in %s mismatch (-want +got):\n%s", tt.of, tt.environment, diff)
		}
	}
}

func TestEnvironmentUnknown(t *testing.T) {
	t.Parallel()
	app := load(t, "home/x.yml", configMap("x", "{{ a }}"), "overlays/prod/vars.yml", "a: one")
	_, err := render.App(t.Context(), app, render.Options{Environment: "prd"})
	want := "shop/overlays/prd: no such environment: did you mean prod? (there are: prod)"
	if err == nil || err.Error() != want || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("App(shop) error = %v, want %s", err, want)
	}
	if _, err := render.App(t.Context(), app, render.Options{Environment: "prod"}); err != nil {
		t.Errorf("App(shop) in prod: %v", err)
	}
}

// What one service's run leaves out is what the others render to, as far as it goes.
func TestOthers(t *testing.T) {
	t.Parallel()
	app := load(t, "common/x.yml", configMap("x", "one"), "home/x.yml", configMap("home", "one"),
		"kids/a.yml", configMap("kids-a", "one"), "kids/b.yml", configMap("kids-b", "{{ nobody }}"),
		"mens/x.yml", configMap("mens", "one"))
	others, err := render.Others(t.Context(), app, render.Options{Services: []string{"home"}})
	if diff := cmp.Diff([]string{"kids-a", "mens"}, names(others)); diff != "" {
		t.Errorf("Others(home) mismatch (-want +got):\n%s", diff)
	}
	var unknown *render.UnknownNameError
	if !errors.As(err, &unknown) || unknown.Name != "nobody" {
		t.Errorf("Others(home) error = %v, want one of nobody", err)
	}
	if others, err := render.Others(t.Context(), app, render.Options{}); others != nil || err != nil {
		t.Errorf("Others() = %v, %v; want none", others, err)
	}
}

func names(objs []*unstructured.Unstructured) []string {
	var out []string
	for _, obj := range objs {
		out = append(out, obj.GetName())
	}
	return out
}
