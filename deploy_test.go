package slipway_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// deploy is one run of a pipeline.
func deploy(t testing.TB, cfg *rest.Config, ns string, tree fs.FS, services ...string) (*slipway.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	return deployer(cfg, ns, tree, services...).Deploy(ctx)
}

func deployer(cfg *rest.Config, ns string, tree fs.FS, services ...string) *slipway.Deployer {
	return &slipway.Deployer{
		Root:     tree,
		App:      shoppingapp.App,
		Services: services,
		Values:   map[string]any{"image_id": "shop/any:21"},
		Cluster:  cfg,
		Apply:    apply.Options{Namespace: ns},
	}
}

// table returns "path → backend by owner" of each route.
func table(routes []ingress.Route) []string {
	var lines []string
	for _, r := range routes {
		lines = append(lines, fmt.Sprintf("%s%s → %s by %s", r.Host, r.Path, r.Backend, r.Owner))
	}
	return lines
}

// without returns tree as an older checkout has it: without a service, and without its
// path in the shared file.
func without(t testing.TB, tree fs.FS, service string) fs.FS {
	t.Helper()
	section := strings.TrimPrefix(service, shoppingapp.App+"-")
	block := fmt.Sprintf("      - path: /%s\n        backend:\n          serviceName: %s-service\n"+
		"          servicePort: http\n", section, service)
	older := replaced(t, tree, block, "")
	for path := range older {
		if strings.Contains(path, "/"+service+"/") {
			delete(older, path)
		}
	}
	return older
}

// replaced returns tree with another text for each that is old.
func replaced(t testing.TB, tree fs.FS, old, text string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(tree, path)
		out[path] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(data), old, text))}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	homeService = shoppingapp.App + "-home"
	kidsService = shoppingapp.App + "-kids"
	mensService = shoppingapp.App + "-mens"
	ladies      = shoppingapp.App + "-ladies"
)

func TestDeployModernTree(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	result, err := deploy(t, cfg, ns, shoppingapp.Tree(), homeService, kidsService, mensService)
	if err != nil {
		t.Fatalf("Deploy: %v", err)
	}
	if got := result.Count(apply.Created); got != 7 { // three Deployments and Services, one Ingress
		t.Errorf("Deploy: %s, want 7 created", &result.Result)
	}
	result, err = deploy(t, cfg, ns, shoppingapp.Tree(), ladies)
	if err != nil {
		t.Fatalf("Deploy(ladies): %v", err)
	}
	want := []string{
		"app.shoppingapp.com/ladies → shoppingapp-ladies:http by shoppingapp-ladies",
		"app.shoppingapp.com/home → shoppingapp-home:http by shoppingapp-home",
		"app.shoppingapp.com/kids → shoppingapp-kids:http by shoppingapp-kids",
		"app.shoppingapp.com/mens → shoppingapp-mens:http by shoppingapp-mens",
	}
	if diff := cmp.Diff(want, table(result.Routes)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	result, err = deploy(t, cfg, ns, shoppingapp.Tree(), ladies)
	if err != nil || result.Changed() {
		t.Errorf("Deploy(ladies) again: %s, %v; want nothing changed", &result.Result, err)
	}
}

// The tree that teams have from Ansible deploys as it stands.
func TestDeployLegacyTree(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	result, err := deploy(t, cfg, ns, shoppingapp.Legacy())
	if err != nil {
		t.Fatalf("Deploy: %v", err)
	}
	want := []string{
		"app.shoppingapp.com/ladies → shoppingapp-ladies-service:http by shoppingapp-ladies",
		"app.shoppingapp.com/home → shoppingapp-home-service:http by shoppingapp-home",
		"app.shoppingapp.com/kids → shoppingapp-kids-service:http by shoppingapp-kids",
		"app.shoppingapp.com/mens → shoppingapp-mens-service:http by shoppingapp-mens",
	}
	if diff := cmp.Diff(want, table(result.Routes)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	for _, c := range result.Changes {
		if c.Kind == "Ingress" && c.Live.GetAPIVersion() != "networking.k8s.io/v1" {
			t.Errorf("the live Ingress is of %s, want networking.k8s.io/v1", c.Live.GetAPIVersion())
		}
	}
	// This cluster has no Traefik: neither its class nor its kind Middleware.
	warnings := strings.Join(result.Warnings, "\n")
	for _, want := range []string{"the cluster has no IngressClass traefik", "has no kind Middleware"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("warnings: %q, want one that %s", warnings, want)
		}
	}
	d := deployer(cfg, ns, shoppingapp.Legacy())
	d.Strict = true
	result, err = d.Deploy(t.Context())
	if err == nil || len(result.Changes) > 0 {
		t.Errorf("Deploy strictly: %s, %v; want an error, and nothing tried", &result.Result, err)
	}
}

// A service that is gone from the tree, and not from the cluster, is told; and removed
// when asked to be.
func TestServiceWithoutDirectory(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	if _, err := deploy(t, cfg, ns, shoppingapp.Tree()); err != nil {
		t.Fatal(err)
	}
	d := deployer(cfg, ns, without(t, shoppingapp.Tree(), mensService))
	d.Apply.Drain = -1
	result, err := d.Deploy(t.Context())
	if text := strings.Join(result.Warnings, "\n"); err != nil || !strings.Contains(text, mensService+" has routes") {
		t.Errorf("Deploy: %v, warnings %q; want one about mens", err, text)
	}
	if _, err := d.Remove(t.Context(), mensService); err != nil {
		t.Fatal(err)
	}
	result, err = d.Deploy(t.Context())
	if err != nil || len(result.Warnings) > 0 || len(result.Routes) != 3 {
		t.Errorf("Deploy: %v, warnings %q, routes %q; want no warning and three", err, result.Warnings, table(result.Routes))
	}
	history, err := d.History(t.Context(), mensService)
	if err != nil || len(history) > 0 {
		t.Errorf("History(mens): %d, %v; want none", len(history), err)
	}
}

// Twelve pipelines deploy twelve services of one new app at once.
func TestDeployTwelveAtOnce(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{}
	err := fs.WalkDir(shoppingapp.Tree(), "shoppingapp/common", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(shoppingapp.Tree(), path)
		tree[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	own, err := fs.ReadFile(shoppingapp.Tree(), "shoppingapp/shoppingapp-home/ingress.yml")
	if err != nil {
		t.Fatal(err)
	}
	var services, want []string
	for i := range 12 {
		s := fmt.Sprintf("s%02d", i)
		data := []byte(strings.Replace(string(own), "/home", "/"+s, 1))
		tree["shoppingapp/"+s+"/ingress.yml"] = &fstest.MapFile{Data: data}
		services = append(services, s)
		want = append(want, fmt.Sprintf("app.shoppingapp.com/%[1]s → %[1]s:http by %[1]s", s))
	}
	for round := range 10 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			cfg, ns := clustertest.Namespace(t)
			var wg sync.WaitGroup
			for _, service := range services {
				wg.Go(func() {
					if _, err := deploy(t, cfg, ns, tree, service); err != nil {
						t.Errorf("Deploy(%s): %v", service, err)
					}
				})
			}
			wg.Wait()
			result, err := deploy(t, cfg, ns, tree, services...)
			if err != nil || result.Changed() {
				t.Errorf("Deploy of all: %s, %v; want nothing changed", &result.Result, err)
			}
			if diff := cmp.Diff(want, table(result.Routes)); diff != "" {
				t.Errorf("routes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDeployBadImageFailsEarlyWithTheReason(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	d := slipway.Deployer{
		Root: shoppingapp.Tree(), App: shoppingapp.App, Services: []string{homeService},
		Values:  map[string]any{"image_id": "registry.invalid/home:21"},
		Cluster: cfg, Apply: apply.Options{Namespace: ns},
	}
	result, err := d.Deploy(t.Context())
	var failed *apply.RolloutError
	if !errors.As(err, &failed) {
		t.Fatalf("Deploy: %v, want a *apply.RolloutError", err)
	}
	want := "shoppingapp/common/each/deployment.yml:2: Deployment " + ns + "/shoppingapp-home: "
	if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "ImagePullBackOff") {
		t.Errorf("Deploy: %q, want %q and ImagePullBackOff", err, want)
	}
	if result.Routes != nil {
		t.Errorf("the route is published: %v", table(result.Routes))
	}
}

func TestRenderNeedsNoCluster(t *testing.T) {
	t.Parallel()
	d := slipway.Deployer{
		Root: shoppingapp.Tree(), App: shoppingapp.App, Services: []string{homeService},
		Values: map[string]any{"image_id": "shop/home:21"},
	}
	merged, err := d.Render(t.Context())
	if err != nil {
		t.Fatalf("Render: %v", err)
	}
	var kinds []string
	for _, obj := range merged.Objects {
		kinds = append(kinds, obj.GetKind())
	}
	if diff := cmp.Diff([]string{"Deployment", "Service", "Ingress"}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	if _, err := d.Deploy(t.Context()); err == nil || !strings.Contains(err.Error(), "Cluster is nil") {
		t.Errorf("Deploy without a cluster: %v, want an error that says so", err)
	}
}

// What the server refuses is told at the template's line, not at the object's.
func TestErrorsOfTheServerNameTheLine(t *testing.T) {
	t.Parallel()
	const head = "# a comment\napiVersion: v1\nkind: Service\nmetadata:\n  name: {{ service_name }}\nspec:\n"
	tests := []struct{ name, template, want string }{
		{"unknown field", head + "  ports:\n  - port: 80\n  selektor: {}\n", "/service.yml:9:3: Service "},
		{"wrong type", head + "  ports:\n  - name: a\n    port: 80\n  - port: 81\n    name: {}\n", "/service.yml:11:5: Service "},
		{"after a loop", head + "  ports:\n{{- range list 1 2 3 }}\n  - name: p{{ . }}\n    port: {{ . }}\n{{- end }}\n" +
			"  typo: x\n", "/service.yml:12:3: Service "},
		{"validation", head + "  ports:\n  - name: a\n    port: 99999\n", "/service.yml:9:5: Service "},
		{"in a list item that the server names by its key", strings.Replace(head, "kind: Service", "kind: Pod", 1) +
			"  containers:\n  - image: x\n    name: app\n    imagePullPolicy: {}\n", "/service.yml:10:5: Pod "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			tree := fstest.MapFS{"shoppingapp/home/service.yml": {Data: []byte(tt.template)}}
			result, err := deploy(t, cfg, ns, tree, "home")
			if err == nil || !strings.Contains(err.Error(), "shoppingapp/home"+tt.want) {
				t.Errorf("Deploy: %s, %v; want an error at %s", &result.Result, err, tt.want)
			}
		})
	}
}
