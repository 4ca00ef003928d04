package playbook_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/layouts/playbook"
	"github.com/slipway-go/slipway/render"
)

// deployK8s is the playbook of the reference application, as it was for Ansible.
const deployK8s = `- hosts: localhost
  user: ubuntu
  tasks:
  - name: Deploy the service
    k8s:
      state: present
      definition: "{{ lookup('template', 'k8s/{{app_name}}/{{service_name}}/deployment.yml') | from_yaml }}"
      validate_certs: no
      namespace: default
  - name: Deploy the application
    k8s:
      state: present
      validate_certs: no
      namespace: default
      definition: "{{ lookup('template', 'k8s/{{app_name}}/{{service_name}}/service.yml') | from_yaml }}"
  - name: Deploy the Ingress
    k8s:
      state: present
      validate_certs: no
      namespace: default
      definition: "{{ lookup('template', 'k8s/{{app_name}}/common/ingress.yml') | from_yaml }}"
`

// The layout of the reference application's playbook is its tree, and renders to the same
// objects.
func TestImportReference(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"deploy_k8s.yml": {Data: []byte(deployK8s)}}
	err := fs.WalkDir(shoppingapp.Legacy(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(shoppingapp.Legacy(), name)
		fsys["k8s/"+name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := playbook.Import(fsys, "deploy_k8s.yml", playbook.Options{})
	if err != nil {
		t.Fatalf("Import error = %v", err)
	}
	if diff := cmp.Diff(rendered(t, shoppingapp.Legacy()), rendered(t, written(plan))); diff != "" {
		t.Errorf("objects of the imported layout mismatch (-want +got):\n%s", diff)
	}
	checkDirect(t, fsys, plan)
	want := []playbook.Deploy{{
		App: shoppingapp.App, PerService: true, AppVariables: []string{"app_name"}, ServiceVariables: []string{"service_name"},
		Namespace: "default", Values: []string{"image_id"},
	}}
	if diff := cmp.Diff(want, plan.Deploys); diff != "" {
		t.Errorf("Deploys mismatch (-want +got):\n%s", diff)
	}
	var lines []int
	for _, l := range plan.Left {
		lines = append(lines, l.Line)
	}
	if diff := cmp.Diff([]int{8, 13, 19}, lines); diff != "" { // validate_certs
		t.Errorf("lines of leftovers mismatch (-want +got):\n%s", diff)
	}
}

func rendered(t *testing.T, tree fs.FS) []*unstructured.Unstructured {
	t.Helper()
	app, err := layouts.Load(tree, shoppingapp.App)
	if err != nil {
		t.Fatal(err)
	}
	objs, err := render.App(t.Context(), app, render.Options{Values: map[string]any{"image_id": "repo/home:21"}})
	if err != nil {
		t.Fatal(err)
	}
	return objs
}
