package slipway_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/layouts"
)

// A new service of an app whose common/each makes the rest is its route alone.
func ExampleDeployer_NewService() {
	k8s := fstest.MapFS{
		"shop/home/vars.yml": {},
		"shop/common/each/deployment.yml": {Data: []byte(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ service_name }}"}
`)},
		"shop/common/each/service.yml": {Data: []byte(`
apiVersion: v1
kind: Service
metadata: {name: "{{ service_name }}-web"}
spec: {ports: [{port: 81}]}
`)},
	}
	d := slipway.Deployer{Root: k8s, App: "shop"}
	files, err := d.NewService(context.Background(), "shop-kids", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range files {
		fmt.Printf("%s:\n%s", f.Path, f.Data)
	}
	// Output:
	// shop/shop-kids/ingress.yml:
	// # This service's paths, nothing else: host, class and TLS are the app's.
	// apiVersion: networking.k8s.io/v1
	// kind: Ingress
	// spec:
	//   rules:
	//   - http:
	//       paths:
	//       - path: "/kids"
	//         pathType: Prefix
	//         backend:
	//           service:
	//             name: shop-kids-web
	//             port:
	//               number: 81
}

// What NewService makes of nothing renders, and lints without an error.
func TestNewServiceOfNewApp(t *testing.T) {
	t.Parallel()
	k8s := fstest.MapFS{}
	d := slipway.Deployer{Root: k8s, App: "shop", Values: map[string]any{"image_id": "shop/any:21"}}
	for _, service := range []string{"home", "kids"} {
		files, err := d.NewService(t.Context(), service, "")
		if err != nil {
			t.Fatalf("NewService(%s) error = %v", service, err)
		}
		for _, f := range files {
			k8s[f.Path] = &fstest.MapFile{Data: f.Data}
		}
	}
	merged, err := d.Render(t.Context())
	if err != nil || len(merged.Objects) != 5 || len(merged.Routes) != 2 || len(merged.Warnings) > 0 {
		t.Errorf("Render() = %+v, %v, want two services with a route each", merged, err)
	}
	if findings, err := d.Lint(t.Context()); err != nil || len(findings) > 0 {
		t.Errorf("Lint() = %v, %v, want nothing", findings, err)
	}
	if _, err := d.NewService(t.Context(), "kids", ""); !errors.As(err, new(*layouts.Error)) {
		t.Errorf("NewService(kids) error = %v the second time, want an *Error", err)
	}
}
