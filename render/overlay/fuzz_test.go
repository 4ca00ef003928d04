package overlay_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render/overlay"
)

// FuzzApply checks that a kustomization and a file beside it give the same objects twice
// or an error, never a panic, that nothing is fetched, and that rendered objects keep
// their sets.
func FuzzApply(f *testing.F) {
	for _, seed := range [][2]string{
		{"namePrefix: a-\nlabels: [{pairs: {a: b}}]", ""},
		{"patches: [{path: x.yaml}]", "apiVersion: v1\nkind: Service\nmetadata: {name: home}\nspec: {type: NodePort}"},
		{"resources: [x.yaml]\nimages: [{name: a, newTag: b}]", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}"},
		{"transformers: [x.yaml]", "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: a}\nprefix: x"},
		{"resources: ['https://127.0.0.1:1/x']", ""},
		{"configMapGenerator: [{name: a, files: [x.yaml], envs: [x.yaml]}]", "A=1"},
		{"helmCharts: [{name: a}]\nsortOptions: {order: fifo}", ""},
		{"replicas: [{name: home, count: 1}]\nreplacements: [{path: x.yaml}]", "- source: {kind: Service}\n"},
		{"patches: [{target: {kind: Service}, patch: '- {op: remove, path: /metadata/labels}'}]", ""},
		{bomb, bomb},
		{"transformers: [x.yaml]\nreplacements: [{path: x.yaml}]", "apiVersion: builtin\nkind: LabelTransformer\n" +
			"metadata: {name: a}\nlabels: &a {a: b}\nfieldSpecs: [{path: metadata/labels, create: true}]"},
		{"configMapGenerator: [{name: a, behavior: merge}]\ncommonLabels: &l {a: b}\ncommonAnnotations: *l\n" +
			"patches: [{path: x.yaml, target: {name: h.*}}]", "- {op: add, path: /spec/ports/-, value: {port: 1}}\n" +
			"- {op: remove, path: /spec/ports/0}"},
	} {
		f.Add(seed[0], seed[1])
	}
	service := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Service",
		"metadata": map[string]any{
			"name": "home", "labels": map[string]any{layouts.SetLabel: "shop.home"},
			"annotations": map[string]any{layouts.LinesAnnotation: `{"spec":{"l":3,"c":1}}`}, // what is traced
		},
		"spec": map[string]any{"ports": []any{map[string]any{"port": int64(80)}}},
	}}
	f.Fuzz(func(t *testing.T, kustomization, other string) {
		app := &layouts.App{Name: "shop", Services: []layouts.Directory{{Name: "home"}}, Overlays: []layouts.Overlay{{
			Name: "prod", Files: []layouts.File{
				{Path: "shop/overlays/prod/kustomization.yaml", Data: []byte(kustomization)},
				{Path: "shop/overlays/prod/x.yaml", Data: []byte(other)},
			},
		}}}
		opts := overlay.Options{Environment: "prod", Partial: len(kustomization)%2 == 0}
		one, err := overlay.Apply(t.Context(), app, []*unstructured.Unstructured{service}, opts)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "shop/overlays") {
				t.Errorf("Apply error = %v, want one that begins with the file", err)
			}
			for _, fetched := range []string{"dial tcp", "git fetch", "lookup "} {
				if strings.Contains(err.Error(), fetched) {
					t.Errorf("Apply error = %v: something was fetched", err)
				}
			}
			return
		}
		two, err := overlay.Apply(t.Context(), app, []*unstructured.Unstructured{service}, opts)
		if err != nil || write(t, one) != write(t, two) {
			t.Errorf("Apply again: %v\n%s\nwas\n%s", err, write(t, two), write(t, one))
		}
		for _, obj := range one {
			if set := obj.GetLabels()[layouts.SetLabel]; !strings.HasPrefix(set, "shop.") {
				t.Errorf("%s %s is of set %q", obj.GetKind(), obj.GetName(), set)
			}
		}
	})
}
