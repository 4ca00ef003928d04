package overlay_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render/overlay"
)

// BenchmarkApply applies an overlay with an image and a patch for each service, to two
// objects of each.
func BenchmarkApply(b *testing.B) {
	for _, services := range []int{10, 50, 150, 500} {
		b.Run(fmt.Sprintf("objects=%d", 2*services), func(b *testing.B) {
			app, objs := many(services)
			for b.Loop() {
				_, err := overlay.Apply(b.Context(), app, objs, overlay.Options{Environment: "prod"})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// many returns an app of so many services, a Deployment and a Service for each.
func many(services int) (*layouts.App, []*unstructured.Unstructured) {
	var kustomization strings.Builder
	app := &layouts.App{Name: "shop"}
	var objs []*unstructured.Unstructured
	kustomization.WriteString("namespace: shop-prod\nimages: [{name: shop/any, newTag: v2}]\npatches:\n")
	for i := range services {
		name := fmt.Sprintf("service-%d", i)
		app.Services = append(app.Services, layouts.Directory{Name: name})
		fmt.Fprintf(&kustomization, "- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n"+
			"    metadata: {name: %s}\n    spec: {replicas: 3}\n", name)
		labels := map[string]any{"app": name}
		metadata := func() map[string]any {
			return map[string]any{"name": name, "labels": map[string]any{layouts.SetLabel: "shop." + name}}
		}
		objs = append(objs, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(),
			"spec": map[string]any{
				"replicas": int64(1), "selector": map[string]any{"matchLabels": labels},
				"template": map[string]any{
					"metadata": map[string]any{"labels": labels},
					"spec":     map[string]any{"containers": []any{map[string]any{"name": "main", "image": "shop/any:v1"}}},
				},
			},
		}}, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Service", "metadata": metadata(),
			"spec": map[string]any{"selector": labels, "ports": []any{map[string]any{"port": int64(80)}}},
		}})
	}
	app.Overlays = []layouts.Overlay{{Name: "prod", Files: []layouts.File{
		{Path: "shop/overlays/prod/kustomization.yaml", Data: []byte(kustomization.String())},
	}}}
	return app, objs
}
