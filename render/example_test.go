package render_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing/fstest"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

func ExampleApp() {
	fsys := fstest.MapFS{ // os.DirFS("k8s"), usually
		"shop/common/vars.yml": {Data: []byte("replicas: 2")},
		"shop/home/deployment.yml": {Data: []byte(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ service_name }}
spec:
  replicas: {{ replicas }}
  image: registry/home:{{ image_id }}
`)},
	}
	app, err := layouts.Load(fsys, "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	objs, err := render.App(context.Background(), app, render.Options{
		Values: map[string]any{"image_id": "42"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, obj := range objs {
		image, _, _ := unstructured.NestedString(obj.Object, "spec", "image")
		fmt.Println(obj.GetKind(), obj.GetName(), image, obj.GetAnnotations()[layouts.SourceAnnotation])
	}
	// Output:
	// Deployment home registry/home:42 shop/home/deployment.yml:1
}

func ExampleUnknownNameError() {
	app, err := layouts.Load(fstest.MapFS{
		"shop/home/deployment.yml": {Data: []byte("image: {{ image_idd }}")},
	}, "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = render.App(context.Background(), app, render.Options{
		Values: map[string]any{"image_id": "42"},
	})
	var unknown *render.UnknownNameError
	if errors.As(err, &unknown) {
		fmt.Println(unknown.Name, unknown.Near)
	}
	fmt.Println(err)
	// Output:
	// image_idd [image_id]
	// shop/home/deployment.yml:1:11: "image_idd" is not set: did you mean image_id?
}

func ExampleValues() {
	app, err := layouts.Load(fstest.MapFS{
		"shop/common/vars.yml": {Data: []byte("limits: {cpu: 1, memory: 1Gi}\ntier: web")},
		"shop/home/vars.yml":   {Data: []byte("limits: {cpu: 2}\ntier: null")},
	}, "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(render.Values(app, "home", render.Options{
		Values: map[string]any{"image_id": "42"},
	}))
	// Output:
	// map[app_name:shop image_id:42 limits:map[cpu:2 memory:1Gi] service_name:home] <nil>
}

func ExampleMergeValues() {
	base := map[string]any{"limits": map[string]any{"cpu": 1, "memory": "1Gi"}}
	over := map[string]any{"limits": map[string]any{"cpu": 2}}
	fmt.Println(render.MergeValues(base, over))
	// Output: map[limits:map[cpu:2 memory:1Gi]]
}

func ExampleOwners() {
	app, err := layouts.Load(fstest.MapFS{
		"shop/common/each/service.yml": {Data: []byte(
			"{apiVersion: v1, kind: Service, metadata: {name: '{{ service_name }}-svc'}}")},
		"shop/home/vars.yml": {},
		"shop/mens/vars.yml": {},
	}, "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(render.Owners(context.Background(), app, render.Options{}))
	// Output: map[home-svc:home mens-svc:mens] <nil>
}

func ExampleWrite() {
	objs := []*unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "ConfigMap",
		"metadata": map[string]any{
			"name":        "settings",
			"annotations": map[string]any{layouts.SourceAnnotation: "shop/home/settings.yml:1"},
		},
	}}}
	if err := render.Write(os.Stdout, objs, render.YAML); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ---
	// # Source: shop/home/settings.yml:1
	// apiVersion: v1
	// kind: ConfigMap
	// metadata:
	//   name: settings
}
