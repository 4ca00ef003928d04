package playbook_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts/playbook"
)

// What the caller has to pass is what templates print that nobody sets, by the values of
// variables as well.
func TestImportUnset(t *testing.T) {
	t.Parallel()
	const role = "-- shop.yml --\n- {hosts: all, roles: [home]}\n-- roles/home/tasks/main.yml --\n" +
		"- k8s: {template: a.yml}\n-- roles/home/templates/a.yml --\na: {{ img }}\n"
	play := func(vars, template string) string {
		return "-- shop.yml --\n- hosts: all\n  vars: {" + vars + "}\n  tasks: [{k8s: {template: a.yml}}]\n" +
			"-- a.yml --\na: " + template + "\n"
	}
	tests := []struct {
		name, project string
		want          []string
	}{
		{"the template's own", play("", "{{ image_id }}"), []string{"image_id"}},
		{"a variable's of the play", play("img: '{{ image_id }}'", "{{ img }}"), []string{"image_id"}},
		{"that of a variable's variable", play("img: 'x/{{ i.id }}', i: {id: '{{ n }}', other: '{{ o }}'}", "{{ img }}"), []string{"n"}},
		{"two within a text", play("img: '{{ repo }}:{{ tag }}'", "{{ img }}"), []string{"repo", "tag"}},
		{"a circle", play("a: '{{ b }}', b: '{{ a }}'", "{{ a }}"), nil},
		{"one with a default", play("img: '{{ image_id | default(1) }}'", "{{ img }}"), nil},
		{"one that is set", play("img: '{{ tag }}', tag: 1", "{{ img }}"), nil},
		{"one that is asked for", play("", "{% if tag is defined %}{{ tag }}{% endif %}{{ x | default('') }}{{ y.z }}"), []string{"y"}},
		{"with filters", play("l: '{{ n | int }}'", "{% for i in l %}{{ i | upper ~ sep }}{% endfor %}{{ m() }}"), []string{"m", "n", "sep"}},
		{"a default's variable", play("img: '{{ image_id }}'", "{{ img | default('') }}"), nil},
		{"in what is taken in", play("", "{% set a = 1 %}{% include 'b.j2' %}") + "-- b.j2 --\n{{ a }}{{ b }}\n", []string{"b"}},
		{"in what sees none", play("", "{% import 'b.j2' as b %}") + "-- b.j2 --\n{% macro m() %}{{ a }}{% endmacro %}\n", nil},
		{"in a copy", "-- shop.yml --\n- hosts: all\n  tasks:\n  - k8s: {template: a.yml}\n    loop: [{n: '{{ tag }}'}, {n: 2}]\n-- a.yml --\n{{ item.n }}\n", []string{"tag"}},
		{"of a condition", "-- shop.yml --\n- hosts: all\n  tasks:\n  - {k8s: {template: a.yml}, when: [tag is defined, on | bool]}\n-- a.yml --\n{{ tag }}{{ x }}\n", []string{"on", "x"}},
		{"of a loop", "-- shop.yml --\n- hosts: all\n  tasks:\n  - {k8s: {template: a.yml}, loop: \"{{ l | map('upper') }}\"}\n-- a.yml --\n{{ item }}\n", []string{"l"}},
		{"one that nothing prints", play("img: '{{ image_id }}'", "1"), nil},
		{"a role's default", role + "-- roles/home/defaults/main.yml --\nimg: \"{{ image_id }}\"\n", []string{"image_id"}},
		{"a role's variable", role + "-- roles/home/vars/main.yml --\nimg: \"{{ image_id }}\"\n", []string{"image_id"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, err := playbook.Import(project(tt.project), "shop.yml", playbook.Options{})
			if err != nil {
				t.Fatalf("Import error = %v, want nil", err)
			}
			if diff := cmp.Diff(tt.want, plan.Deploys[0].Values); diff != "" {
				t.Errorf("Import of\n%s\nvalues mismatch (-want +got):\n%s", tt.project, diff)
			}
		})
	}
}

// What the dialects read otherwise is for Jinja, which reads it as Ansible does.
func TestImportDialect(t *testing.T) {
	t.Parallel()
	for value, jinja := range map[string]bool{
		"a": false, "1": false, "0.5": false, "true": true, "yes": true, "y": true, "1e3": true, "1000000.0": true,
		"12:30": true, "a-1": false, "[1]": true, "null": true, "'{{ x }}'": true,
	} {
		plan, err := playbook.Import(project("-- shop.yml --\n- hosts: all\n  vars: {v: "+value+
			"}\n  tasks: [{k8s: {template: a.yml}}]\n-- a.yml --\na: {{ v }}\n"), "shop.yml", playbook.Options{})
		if err != nil {
			t.Fatalf("Import error = %v", err)
		}
		name := "shop/shop/a.yml"
		if jinja {
			name += ".j2"
		}
		if got := plan.Files[len(plan.Files)-1].Path; got != name {
			t.Errorf("with %s, the template is %s, want %s", value, got, name)
		}
	}
}
