package slipway_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// withFile returns tree with one more file.
func withFile(t testing.TB, tree fs.FS, name, text string) fs.FS {
	t.Helper()
	out := fstest.MapFS{name: {Data: []byte(text)}}
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(tree, path)
		out[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A tree for Ansible goes to the Gateway API by one more file, a service at a time.
func TestDeployHTTPRoutes(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	clustertest.GatewayAPI(t, cfg)
	d := slipway.Deployer{
		Root: withFile(t, shoppingapp.Legacy(), shoppingapp.App+"/common/httproute.yml",
			"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: any}\nspec: {parentRefs: [{name: web}]}"),
		App: shoppingapp.App, Values: map[string]any{"image_id": "shop/any:21"}, Cluster: cfg,
		Output: ingress.OutputHTTPRoute, Apply: apply.Options{Namespace: ns, Drain: -1},
	}
	for _, service := range []string{"home", "kids"} {
		d.Services = []string{shoppingapp.App + "-" + service}
		result, err := d.Deploy(t.Context())
		if err != nil {
			t.Fatalf("Deploy(%s): %v", service, err)
		}
		want := []string{"app.shoppingapp.com/" + service + " → shoppingapp-" + service + "-service:80 by shoppingapp-" + service}
		if diff := cmp.Diff(want, table(result.Routes)); diff != "" || !result.Routes[0].Strip {
			t.Errorf("Deploy(%s) routes, stripped (-want +got):\n%s", service, diff)
		}
	}
	if _, err := d.Remove(t.Context(), shoppingapp.App+"-home"); err != nil {
		t.Fatal(err)
	}
	d.Services = nil
	live, err := d.LiveRoutes(t.Context())
	want := []string{"app.shoppingapp.com/kids → shoppingapp-kids-service:80 by shoppingapp-kids"}
	if diff := cmp.Diff(want, table(live)); err != nil || diff != "" {
		t.Errorf("LiveRoutes: %v (-want +got):\n%s", err, diff)
	}
}
