package playbook_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts/playbook"
)

// Files that templates take in are where they are found, byte for byte, with what those take
// in. What several services share is in common/.
func TestImportTaken(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: v1\nkind: ConfigMap\n"
	fsys := project(`-- shop.yml --
- hosts: localhost
  roles: [home, kids]
  tasks:
  - k8s: {template: own/map.yml.j2}
-- roles/home/tasks/main.yml --
- k8s: {template: map.yml.j2}
-- roles/home/defaults/main.yml --
motd: "{{ lookup('file', 'motd.txt') }}"
-- roles/home/files/motd.txt --
hello home
-- roles/home/templates/map.yml.j2 --
` + head + `{% import 'meta.j2' as meta %}
metadata: {name: "{{ meta.named('home') }}"}
data:
{% include 'parts/data.j2' %}

  conf: {{ lookup('ansible.builtin.template', 'conf.j2') | to_json }}
-- roles/home/templates/parts/data.j2 --
  motd: "{{ motd }}"
{% include ['gone.j2', 'more.j2'] %}
{% include 'nowhere.j2' ignore missing %}
-- roles/home/templates/more.j2 --
  up: "{{ lookup('file', '../files/motd.txt') }}"
-- roles/home/templates/conf.j2 --
x = {{ lookup('file', 'x') }}
-- roles/home/files/x --
of home
-- roles/kids/tasks/main.yml --
- k8s: {template: map.yml.j2}
-- roles/kids/templates/map.yml.j2 --
` + head + `{% from 'meta.j2' import named %}
metadata: {name: "{{ named('kids') }}"}
data: {conf: "{{ lookup('template', 'conf.j2') | trim }}", x: "{{ lookup('file', 'x') }}", y: "{{ lookup('template', '../common/templates/y.j2') }}"}
-- roles/common/templates/y.j2 --
y
-- roles/kids/templates/conf.j2 --
kids
-- files/x --
of all
-- templates/meta.j2 --
{% macro named(name) %}{{ name }}-map{% endmacro %}
-- templates/own/map.yml.j2 --
` + head + `{% include 'beside.yml' %}
{% if false %}{% include 'own/beside.yml' %}{% endif %}
-- templates/own/beside.yml --
metadata: {name: own}
{# once #}
`)
	plan, err := playbook.Import(fsys, "shop.yml", playbook.Options{})
	if err != nil {
		t.Fatalf("Import error = %v", err)
	}
	if left := leftOf(plan); len(left) > 0 {
		t.Errorf("leftovers = %v, want none", left)
	}
	got := map[string]string{}
	for _, f := range plan.Files {
		got[f.Path] = f.From
		if data := string(fsys[f.From].Data); f.Lines == nil && data != string(f.Data) {
			t.Errorf("%s = %q, want %q", f.Path, f.Data, data)
		}
	}
	want := map[string]string{
		"shop/common/files/meta.j2":             "templates/meta.j2",
		"shop/home/files/conf.j2":               "roles/home/templates/conf.j2",
		"shop/home/files/more.j2":               "roles/home/templates/more.j2",
		"shop/home/files/motd.txt":              "roles/home/files/motd.txt",
		"shop/home/files/parts/data.j2":         "roles/home/templates/parts/data.j2",
		"shop/home/files/x":                     "roles/home/files/x",
		"shop/home/map.yml.j2":                  "roles/home/templates/map.yml.j2",
		"shop/home/vars.yml":                    "roles/home/defaults/main.yml",
		"shop/kids/files/conf.j2":               "roles/kids/templates/conf.j2",
		"shop/kids/files/common/templates/y.j2": "roles/common/templates/y.j2",
		"shop/kids/files/x":                     "files/x",
		"shop/kids/map.yml.j2":                  "roles/kids/templates/map.yml.j2",
		"shop/shop/files/beside.yml":            "templates/own/beside.yml",
		"shop/shop/files/own/beside.yml":        "templates/own/beside.yml",
		"shop/shop/map.yml.j2":                  "templates/own/map.yml.j2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files mismatch (-want +got):\n%s", diff)
	}
	objs, _, errs := objects(t, plan.FS(), plan, nil)
	if len(errs) > 0 {
		t.Fatalf("errors = %v", errs)
	}
	const meta = `"labels":{"slipway/set":"shop.`
	wantObjs := []string{
		`{"apiVersion":"v1","data":{"conf":"x = of home\n","motd":"hello home","up":"hello home"},"kind":"ConfigMap",` +
			`"metadata":{"annotations":{},` + meta + `home"},"name":"home-map"}}`,
		`{"apiVersion":"v1","data":{"conf":"kids","x":"of all","y":"y "},"kind":"ConfigMap","metadata":{"annotations":{},` + meta +
			`kids"},"name":"kids-map"}}`,
		`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"annotations":{},` + meta + `shop"},"name":"own"}}`,
	}
	if diff := cmp.Diff(wantObjs, objs); diff != "" {
		t.Errorf("objects mismatch (-want +got):\n%s", diff)
	}
	checkDirect(t, fsys, plan)
}

// What cannot be taken in is told, with its line.
func TestImportNotTaken(t *testing.T) {
	t.Parallel()
	plan, err := playbook.Import(project(`-- shop.yml --
- hosts: localhost
  tasks:
  - k8s: {template: a.yml}
  - k8s: {template: b.yml}
-- a.yml --
a: 1
{% include part %}
{% include '/etc/x' %}
{% include '../../x' %}
b: {{ lookup('url', 'https://example.com') }} {{ lookup('file', '/etc/passwd') }}
c: {{ lookup('file', name ~ '.txt') }} {{ lookup('template', 'x.yml') }} {{ lookup('file', 'x.yml') }}
d: {{ role_path }} {{ hostvars['a'].b }} {{ ansible_date_time.iso8601 }} {{ groups | default([]) }}
-- b.yml --
{% endless 'a.yml' %}
-- templates/x.yml --
template
-- files/x.yml --
file
`), "shop.yml", playbook.Options{})
	if err != nil {
		t.Fatalf("Import error = %v", err)
	}
	const (
		computed = ": the name of what it takes in is known only when it is rendered: put the files that it may name " +
			"into files/ of the service, by those names"
		outside = ": it is outside of the project: put a copy into files/ of the service, and name that"
		magic   = ": it is Ansible's own, and nothing sets it here: write what it means into vars.yml, under another name"
	)
	want := []string{
		"a.yml:2: include" + computed,
		"a.yml:3: include /etc/x" + outside,
		"a.yml:4: include ../../x: no such file in ., templates: put it into files/ of the service, by that name",
		"a.yml:5: file /etc/passwd" + outside,
		"a.yml:5: lookup url: templates depend on nothing but values and the layout's files: pass what it gives as a value",
		"a.yml:6: file" + computed,
		"a.yml:6: file x.yml: it finds shop/shop/files/x.yml by that name, which is templates/x.yml, and not files/x.yml: give it another name",
		"a.yml:7: ansible_date_time" + magic, "a.yml:7: hostvars" + magic, "a.yml:7: role_path" + magic,
		`b.yml:1: template: unknown tag "endless": mend it`,
	}
	if diff := cmp.Diff(want, leftOf(plan)); diff != "" {
		t.Errorf("leftovers mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"name", "part"}, plan.Deploys[0].Values); diff != "" {
		t.Errorf("values mismatch (-want +got):\n%s", diff)
	}
}
