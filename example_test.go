package slipway_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/slipway-go/slipway"
)

// What a deploy would apply can be looked at, and changed, first.
func ExampleDeployer_Render() {
	k8s := fstest.MapFS{
		"shop/common/ingress.yml": {Data: []byte(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  rules:
  - host: shop.example.com
`)},
		"shop/kids/service.yml": {Data: []byte(`
apiVersion: v1
kind: Service
metadata:
  name: {{ service_name }}
spec:
  ports:
  - port: 80
`)},
		"shop/kids/ingress.yml": {Data: []byte(`
apiVersion: networking.k8s.io/v1
kind: Ingress
spec:
  rules:
  - http:
      paths:
      - path: /kids
        pathType: Prefix
        backend:
          service:
            name: {{ service_name }}
            port:
              number: 80
`)},
	}
	d := slipway.Deployer{Root: k8s, App: "shop"}
	merged, err := d.Render(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, obj := range merged.Objects {
		fmt.Println(obj.GetKind(), obj.GetName())
	}
	for _, route := range merged.Routes {
		fmt.Println(route, "→", route.Backend, "by", route.Owner)
	}
	// Output:
	// Service kids
	// Ingress shop
	// shop.example.com/kids → kids:80 by kids
}
