package playbook_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/layouts/playbook"
)

// A playbook is deployed as it stands; nothing is written.
func ExamplePlan_FS() {
	project := fstest.MapFS{
		"deploy.yml": {Data: []byte(`
- hosts: localhost
  tasks:
  - k8s:
      definition: "{{ lookup('template', 'k8s/{{ app }}/{{ svc }}/config.yml') | from_yaml }}"
      namespace: shop
`)},
		"k8s/shop/home/config.yml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ svc }}-{{ image_id }}}\n")},
		"k8s/shop/kids/config.yml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ nam }}}\n")},
	}
	plan, err := playbook.Import(project, "deploy.yml", playbook.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, service := range []string{"home", "kids"} {
		vars := map[string]any{"app": "shop", "svc": service, "image_id": "21"} // of ansible-playbook
		deploy, err := plan.Choose("", vars)
		if err != nil {
			fmt.Println(err)
			return
		}
		d := &slipway.Deployer{
			Root: plan.FS(), App: deploy.App, Services: []string{deploy.Service(vars)}, Values: vars,
			Apply: apply.Options{Namespace: deploy.Namespace}, // and Cluster, to deploy
		}
		rendered, err := d.Render(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, obj := range rendered.Objects {
			fmt.Println(obj.GetKind(), obj.GetName(), "from", obj.GetAnnotations()[layouts.SourceAnnotation])
		}
	}
	// Output:
	// ConfigMap home-21 from k8s/shop/home/config.yml:1
	// k8s/shop/kids/config.yml:3:21: "nam" is not set: set it in a vars.yml, or pass it as a value
}

// A role becomes a service.
func ExampleImport() {
	project := fstest.MapFS{
		"shop.yml": {Data: []byte(`
- hosts: localhost
  roles: [home]
`)},
		"roles/home/tasks/main.yml": {Data: []byte(`
- kubernetes.core.k8s:
    definition: "{{ lookup('template', 'deployment.yml.j2') | from_yaml }}"
    namespace: shop
    force: yes
`)},
		"roles/home/defaults/main.yml":           {Data: []byte("replicas: 2\n")},
		"roles/home/templates/deployment.yml.j2": {Data: []byte("replicas: {{ replicas }}\nimage: {{ image_id }}\n")},
	}
	plan, err := playbook.Import(project, "shop.yml", playbook.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range plan.Files {
		fmt.Println(f.Path, "from", f.From)
	}
	for _, d := range plan.Deploys {
		fmt.Println(d.Command("k8s"))
	}
	for _, l := range plan.Left {
		fmt.Println(l)
	}
	// Output:
	// shop/home/deployment.yml from roles/home/templates/deployment.yml.j2
	// shop/home/vars.yml from roles/home/defaults/main.yml
	// slipway deploy --root k8s --app shop --all -n shop --set image_id=…
	// roles/home/tasks/main.yml:5: force: objects are applied, never replaced: deploy once with --adopt, to take over the fields
}
