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
		list := ""
		for _, field := range []string{"resources", "crds", "components"} {
			list += field + ":\n"
			for i := range 900 {
				list += strings.ReplaceAll(line, "%d", fmt.Sprint(i))
			}
		}
		got := refusal(t, prod, list)
		if n := strings.Count(got, "\n") + 1; n != 1001 {
			t.Errorf("%s: Apply error has %d lines, want 1000 and one that there are more", name, n)
		}
	}
}

func TestBoundsOfKustomize(t *testing.T) {
	t.Parallel()
	const (
		config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%d}\ndata: {a0: b}\n"
		ops    = "patches: [{target: {kind: Ingress}, path: p.yml}]"
		p      = "overlays/prod/p.yml"
	)
	each := func(n int, text string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(text, "%d", fmt.Sprint(i)))
		}
		return b.String()
	}
	list := func(n int, text string) string { return "[" + each(n, text+", ") + text + "]" }
	patch := "- patch: '{kind: Ingress, apiVersion: networking.k8s.io/v1, metadata: {name: shoppingapp, labels: {a%d: b}}}'\n" +
		"  target: {kind: Ingress}\n"
	copies := `{"op": "copy", "from": "/metadata", "path": "/metadata/a%d"}`
	tree := "\n- source: {kind: ConfigMap, name: a0, fieldPath: data}\n  targets: [{select: {kind: ConfigMap}, " +
		"fieldPaths: [data.a%d], options: {create: true}}]"
	for name, tt := range map[string]struct {
		files []string
		want  string
	}{
		"objects":    {[]string{prod, "resources: [p.yml]", p, each(1001, "---\n"+config)}, p + ":"},
		"items":      {[]string{prod, "images:\n" + each(5001, "- {name: a%d, newTag: b}\n")}, prod + ":5002:3: images[5000]: over 5000 items"},
		"literals":   {[]string{prod, "configMapGenerator: [{name: b, literals: " + list(5000, "a%d=b") + "}]"}, "over 5000 pairs and files"},
		"patches":    {[]string{prod, "patches:\n" + each(201, patch)}, "over 200 patches are for one object"},
		"operations": {[]string{prod, ops, p, list(5000, `{"op": "add", "path": "/metadata/labels", "value": {}}`)}, "over 5000 operations"},
		"copies":     {[]string{prod, ops, p, list(40, copies)}, p + ":1:1: so many copies may make an object larger than 64 MiB"},
		"replacements": {[]string{prod, "resources: [p.yml]\nreplacements:" + each(40, tree), p, strings.ReplaceAll(config, "%d", "0")},
			"so many copies may make an object larger than 64 MiB"},
	} {
		got := refusal(t, tt.files...)
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: Apply error = %.300q, want %s", name, got, tt.want)
		}
	}
	few := []string{prod, "resources: [p.yml]\npatches:\n" + each(3, patch) + "replacements:" +
		each(30, strings.ReplaceAll(tree, "fieldPath: data}", "fieldPath: data.a0}")), p, strings.ReplaceAll(config, "%d", "0")}
	if got := refusal(t, few...); got != "" {
		t.Errorf("Apply error = %s, want nil", got)
	}
}
