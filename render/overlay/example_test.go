package overlay_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/overlay"
)

// An overlay changes the rendered objects without naming them as resources.
func ExampleApply() {
	k8s := fstest.MapFS{
		"shop/kids/deployment.yml": {Data: []byte(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: kids}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - {name: kids, image: "shop/kids:{{ tag }}"}
`)},
		"shop/overlays/prod/vars.yml": {Data: []byte("tag: v7")},
		"shop/overlays/prod/kustomization.yaml": {Data: []byte(`
namespace: shop-prod
replicas: [{name: kids, count: 5}]
images: [{name: shop/kids, newName: mirror.example.com/kids}]
`)},
	}
	ctx := context.Background()
	app, err := layouts.Load(k8s, "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	objs, err := render.App(ctx, app, render.Options{Environment: "prod"})
	if err != nil {
		fmt.Println(err)
		return
	}
	objs, err = overlay.Apply(ctx, app, objs, overlay.Options{Environment: "prod"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(objs[0].GetNamespace(), objs[0].Object["spec"])
	// Output:
	// shop-prod map[replicas:5 template:map[spec:map[containers:[map[image:mirror.example.com/kids:v7 name:kids]]]]]
}
