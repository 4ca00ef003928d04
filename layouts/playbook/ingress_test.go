package playbook_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/layouts/playbook"
	"github.com/slipway-go/slipway/render/jinja"
)

// A role's own Ingress is the app's, with the variables that it sees; of several, none is.
func TestImportIngress(t *testing.T) {
	t.Parallel()
	const ingress = "# the way in\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: \"{{ n }}\", annotations: {a: b}}\n" +
		"spec:\n  ingressClassName: nginx\n  rules:\n  - host: \"{{ domain }}\"\n    http: {paths: [{path: /, pathType: Prefix, backend: " +
		"{service: {name: web, port: {number: 80}}}}]}\n"
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
	role := func(name string) string {
		return "-- roles/" + name + "/tasks/main.yml --\n- k8s: {template: \"{{ item }}\"}\n  loop: [service.yml, ingress.yml]\n" +
			"-- roles/" + name + "/templates/service.yml --\n" + service + "-- roles/" + name + "/templates/ingress.yml --\n" + ingress
	}
	const head = "-- shop.yml --\n- hosts: localhost\n  roles: [web]\n"
	fsys := project(head + role("web") + "-- roles/web/defaults/main.yml --\nn: web\ndomain: \"{{ n }}.example.com\"\nother: 1\n")
	plan, err := playbook.Import(fsys, "shop.yml", playbook.Options{})
	if err != nil {
		t.Fatalf("Import error = %v", err)
	}
	if left := leftOf(plan); len(left) > 0 {
		t.Errorf("leftovers = %v, want none", left)
	}
	var paths []string
	for _, f := range plan.Files {
		paths = append(paths, f.Path)
	}
	wantPaths := []string{"shop/common/ingress.yml.j2", "shop/common/vars.yml", "shop/web/service.yml", "shop/web/vars.yml"}
	if diff := cmp.Diff(wantPaths, paths); diff != "" {
		t.Errorf("files mismatch (-want +got):\n%s", diff)
	}
	d := &slipway.Deployer{Root: plan.FS(), App: "shop", Jinja: jinja.New(jinja.Options{})}
	rendered, err := d.Render(t.Context())
	if err != nil {
		t.Fatalf("Render error = %v", err)
	}
	var got []string
	for _, obj := range rendered.Objects {
		got = append(got, obj.GetKind()+" "+obj.GetName())
	}
	if want := []string{"Service web", "Ingress web"}; !slices.Equal(got, want) {
		t.Errorf("objects = %v, want %v", got, want)
	}

	fsys = project(strings.Replace(head, "[web]", "[web, more]", 1) + role("web") + role("more"))
	if plan, err = playbook.Import(fsys, "shop.yml", playbook.Options{}); err != nil {
		t.Fatalf("Import error = %v", err)
	}
	const why = ": an app has one Ingress, in common/, and what makes whole ones in shop makes more: put the rules " +
		"of all into common/ingress.yml, or leave nothing but rules in those of services"
	want := []string{"roles/more/templates/ingress.yml:3: Ingress" + why, "roles/web/templates/ingress.yml:3: Ingress" + why}
	if diff := cmp.Diff(want, leftOf(plan)); diff != "" {
		t.Errorf("leftovers mismatch (-want +got):\n%s", diff)
	}
}
