package overlay_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/render/overlay"
)

// refusal returns what Apply says of an overlay prod, files in turn.
func refusal(t *testing.T, files ...string) string {
	t.Helper()
	app := load(t, shoppingapp.Tree(), files...)
	_, err := overlay.Apply(t.Context(), app, rendered(t, app), overlay.Options{Environment: "prod"})
	if err == nil {
		return ""
	}
	if bad := (*overlay.Error)(nil); !errors.As(err, &bad) {
		t.Errorf("Apply error = %T, want an *overlay.Error", err)
	}
	return err.Error()
}

func TestBoundsOfFiles(t *testing.T) {
	t.Parallel()
	lists := "[" + strings.Repeat("[],", 300_000) + "1]"
	want := "YAML: to parse it would take over 96 MiB"
	for name, files := range map[string][]string{
		"kustomization": {prod, "resources: " + lists},
		"patch":         {prod, "patches: [{path: p.yml}]", "overlays/prod/p.yml", "kind: A\nspec: " + lists},
		"resource":      {prod, "resources: [r.yml]", "overlays/prod/r.yml", lists},
	} {
		if got := refusal(t, files...); !strings.Contains(got, want) {
			t.Errorf("%s: Apply error = %.300s, want %s", name, got, want)
		}
	}
}

func TestBoundsOfProblems(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{"wrong": "- []\n", "missing": "- a%d.yml\n"} {
		list := "resources:\n"
		for i := range 5000 {
			list += strings.ReplaceAll(line, "%d", fmt.Sprint(i))
		}
		got := refusal(t, prod, list)
		if n := strings.Count(got, "\n") + 1; n != 1001 {
			t.Errorf("%s: Apply error has %d lines, want 1000 and one that there are more", name, n)
		}
	}
}
