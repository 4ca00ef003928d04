package playbook_test

import (
	"fmt"
	"testing/fstest"

	"github.com/slipway-go/slipway/layouts/playbook"
)

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
  when: deploy
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
	// roles/home/tasks/main.yml:5: when: the template is carried over whether the condition holds or not: wrap it in {% if … %}, or take the file out
}
