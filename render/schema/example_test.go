package schema_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/schema"
)

// Problems are told at the lines of the template.
func ExampleValidate() {
	k8s := fstest.MapFS{"shop/home/deployment.yml": {Data: []byte(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ service_name }}
spec:
  replcas: 2
  selector: {matchLabels: {app: home}}
  template:
    metadata: {labels: {app: hom}}
    spec:
      containers:
      - name: home
        image: {{ image_id }}
        ports: [{containerPort: 80800}]
`)}}
	app, err := layouts.Load(k8s, "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	objs, err := render.App(context.Background(), app, render.Options{
		Values: map[string]any{"image_id": "repo/home:21"}, Lines: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = schema.Validate(objs, schema.Options{})
	fmt.Println(err)
	// Output:
	// shop/home/deployment.yml:6:3: Deployment home: spec.replcas: no such field: did you mean replicas?
	// shop/home/deployment.yml:7:28: Deployment home: spec.selector.matchLabels.app: "home" does not match the template's label, "hom" in line 9: make them alike
	// shop/home/deployment.yml:14:18: Deployment home: spec.template.spec.containers[0].ports[0].containerPort: 80800 is not a port: want 1 to 65535
}
