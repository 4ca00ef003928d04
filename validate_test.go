package slipway_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
	"github.com/slipway-go/slipway/render/schema"
)

// Both trees of the reference application are valid, that for Ansible, too, whose Ingress
// is of a version which is no more.
func TestValidateReference(t *testing.T) {
	t.Parallel()
	for _, d := range []slipway.Deployer{{Root: shoppingapp.Tree()}, {Root: shoppingapp.Legacy()}} {
		d.App, d.Values = shoppingapp.App, map[string]any{"image_id": "shop/any:21"}
		warnings, err := d.Validate(t.Context(), schema.Options{Strict: true})
		if err != nil || len(warnings) > 0 {
			t.Errorf("Validate(%s) = %q, %v, want nothing", d.App, warnings, err)
		}
	}
}

// An Ingress is validated at its lines, one of v1beta1 as what it is upgraded to.
func TestValidateIngress(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, version, object, backend, want string }{{
		name: "current", version: "networking.k8s.io/v1", object: "shop", backend: "{service: {name: a, port: {number: 80000}}}",
		want: "shop/common/ingress.yml:10:45: Ingress shop: spec.rules[0].http.paths[0].backend.service.port.number: 80000 is not a port: want 1 to 65535",
	}, {
		name: "v1beta1", version: "extensions/v1beta1", object: "Shop_1", backend: "{serviceName: a, servicePort: 80}",
		want: `shop/common/ingress.yml:3:12: Ingress Shop_1: metadata.name: "Shop_1": a lowercase RFC 1123 subdomain must consist of lower case ` +
			"alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
	}, {
		name: "what Render refuses", version: "extensions/v1beta1", object: "shop", backend: "{service: {name: a}}",
		want: `shop/common/ingress.yml:1: Ingress: strict decoding error: unknown field "spec.rules[0].http.paths[0].backend.service": ` +
			"backend.service and spec.defaultBackend are of networking.k8s.io/v1: make that the apiVersion",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "apiVersion: " + tt.version + "\nkind: Ingress\nmetadata: {name: " + tt.object + "}\nspec:\n  rules:\n" +
				"  - http:\n      paths:\n      - path: /\n        pathType: Prefix\n        backend: " + tt.backend
			d := slipway.Deployer{App: "shop", Root: fstest.MapFS{
				"shop/common/ingress.yml": {Data: []byte(text)},
				"shop/home/service.yml":   {Data: []byte("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}")},
			}}
			_, err := d.Validate(t.Context(), schema.Options{})
			if err == nil || err.Error() != tt.want {
				t.Errorf("Validate(%s) error = %v, want %s", tt.version, err, tt.want)
			}
		})
	}
}

// The schemas of a live server say what those that are shipped say.
func TestValidateByServer(t *testing.T) {
	t.Parallel()
	cfg, _ := clustertest.Namespace(t)
	d := slipway.Deployer{
		Root: shoppingapp.Legacy(), App: shoppingapp.App, Values: map[string]any{"image_id": "shop/any:21"}, Cluster: cfg,
	}
	documents, err := d.OpenAPI(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(documents), 3; got < want { // v1, apps/v1, networking.k8s.io/v1
		t.Errorf("OpenAPI() = %d documents, want %d at least", got, want)
	}
	broken := withFile(t, shoppingapp.Legacy(), shoppingapp.App+"/shoppingapp-home/broken.yml",
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: many\n  selectr: {}\n"+
			"  strategy: {type: recreate}\n  template:\n    spec:\n      containers:\n"+
			"      - name: a\n        image: a:1\n        resources: {limits: {cpu: 1 core}}\n        ports: [{containerPort: 80}, {containerPort: 80}]\n")
	for _, root := range []slipway.Deployer{d, {Root: broken, App: d.App, Values: d.Values}} {
		_, offline := root.Validate(t.Context(), schema.Options{})
		_, live := root.Validate(t.Context(), schema.Options{OpenAPI: documents})
		if diff := cmp.Diff(lines(offline), lines(live)); diff != "" {
			t.Errorf("Validate by the server's schemas mismatch (-shipped +server):\n%s", diff)
		}
	}
}

func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}
