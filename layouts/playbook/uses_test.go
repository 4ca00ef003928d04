package playbook_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts/playbook"
)

// A template of which a playbook makes objects more than once, with other values, is in the
// layout once: what that loses is told.
func TestImportOtherValues(t *testing.T) {
	t.Parallel()
	const (
		play = "-- shop.yml --\n- hosts: localhost\n  tasks:\n"
		why  = " sees this value, and shop/shop has another: what it makes of this one is missing: loop over " +
			"maps with a name, each of which becomes a service, or write each value into a template of its own"
		none = " sees this value, and shop/shop has none: what it makes of this one is missing: write it into " +
			"a template of its own"
		named = "-- a.yml.j2 --\nname: {{ item.n }}\n"
	)
	tests := []struct {
		name, project string
		want          []string
	}{{
		name:    "a loop over maps without a name",
		project: play + "  - k8s: {template: a.yml.j2}\n    loop: [{n: a, r: 1}, {n: b, r: 2}]\n" + named,
		want:    []string{"shop.yml:4: item: a.yml.j2" + why},
	}, {
		name: "a loop over a variable, by another name",
		project: play + "  - k8s: {definition: \"{{ lookup('template', 'a.yml.j2') }}\"}\n    loop: \"{{ envs }}\"\n" +
			"    loop_control: {loop_var: env}\n  vars: {envs: [{n: a}, {n: b}]}\n-- a.yml.j2 --\nname: {{ env['n'] }}\n",
		want: []string{"shop.yml:4: env: a.yml.j2" + why},
	}, {
		name:    "a loop over definitions",
		project: play + "  - k8s:\n      definition:\n        kind: \"{{ item.n }}\"\n    loop: [{n: a}, {n: b}]\n",
		want:    []string{"shop.yml:6: item: shop.yml:5" + why},
	}, {
		name: "tasks with variables",
		project: play + "  - k8s: {template: a.yml}\n    vars: {n: a}\n  - k8s: {template: a.yml}\n    vars: {n: b}\n" +
			"-- a.yml --\nname: {{ n }}\n",
		want: []string{"shop.yml:4: n: a.yml" + why},
	}, {
		name: "a variable of a variable",
		project: play + "  - k8s: {template: a.yml}\n    vars: {n: a}\n  - k8s: {template: a.yml}\n    vars: {n: b}\n" +
			"  vars: {full: {is: \"x-{{ n }}\"}}\n-- a.yml --\nname: {{ full.is }}\n",
		want: []string{"shop.yml:4: n: a.yml" + why},
	}, {
		name: "tasks that are included twice",
		project: play + "  - include_tasks: b.yml\n    vars: {n: a}\n  - include_tasks: b.yml\n    vars: {n: b}\n" +
			"  - include_tasks: b.yml\n    loop: [{n: c}, {n: d}]\n    vars: {n: \"{{ item.n }}\"}\n" +
			"-- b.yml --\n- k8s: {template: a.yml}\n-- a.yml --\nname: {{ n }}\n",
		want: []string{
			"shop.yml:4: n: a.yml" + why, "shop.yml:6: n: a.yml" + why, "shop.yml:8: item: a.yml" + why,
		},
	}, {
		name: "a role that is included twice",
		project: play + "  - include_role: {name: shop}\n    vars: {n: a}\n  - include_role: {name: shop}\n    vars: {n: b}\n" +
			"-- roles/shop/tasks/main.yml --\n- k8s: {template: a.yml}\n-- roles/shop/templates/a.yml --\nname: {{ n }}\n",
		want: []string{"shop.yml:4: n: roles/shop/templates/a.yml" + why},
	}, {
		name: "plays with variables",
		project: "-- shop.yml --\n- hosts: all\n  vars: {n: a}\n  tasks: [{k8s: {template: a.yml}}]\n" +
			"- hosts: all\n  vars: {n: b}\n  tasks: [{k8s: {template: a.yml}}]\n-- a.yml --\nname: {{ n }}\n",
		want: []string{"shop.yml:2: n: a.yml" + why},
	}, {
		name:    "the name of the file, within it",
		project: play + "  - k8s: {template: \"{{ item }}.yml\"}\n    loop: [a]\n-- a.yml --\nname: {{ item }}\n",
		want:    []string{"shop.yml:4: item: a.yml" + none},
	}, {
		name:    "a name of the layout",
		project: play + "  - k8s: {template: a.yml}\n    vars: {service_name: shop}\n  - include_role: {name: shop}\n    vars: {service_name: b}\n  - include_role: {name: shop}\n    vars: {service_name: shop}\n" + "-- roles/shop/tasks/main.yml --\n- k8s: {template: a.yml}\n-- a.yml --\nname: {{ service_name }}\n",
		want:    []string{"shop.yml:6: service_name: the layout says it: it is shop: use another variable for the other name"},
	}, {
		name: "what a template does not see, and what is the same",
		project: play + "  - k8s: {template: a.yml}\n    loop: [{n: a, r: 1}, {n: a, r: 2}]\n  - k8s: {template: b.yml}\n    vars: {n: 1}\n" +
			"  - k8s: {template: c.yml}\n    vars: {n: 2}\n-- a.yml --\nname: {{ item.n }}\n-- b.yml --\nn: 1\n-- c.yml --\nn: {{ n }}\n",
	}, {
		name:    "maps with a name",
		project: play + "  - k8s: {template: a.yml.j2}\n    loop: [{name: a, n: 1}, {name: b, n: 2}]\n" + named,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, err := playbook.Import(project(tt.project), "shop.yml", playbook.Options{})
			if err != nil {
				t.Fatalf("Import error = %v, want nil", err)
			}
			var left []string
			for _, l := range plan.Left {
				left = append(left, l.String())
			}
			if diff := cmp.Diff(tt.want, left); diff != "" {
				t.Errorf("Import of\n%s\nleftovers mismatch (-want +got):\n%s", strings.TrimSpace(tt.project), diff)
			}
		})
	}
}

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

// A file that a template takes in is found in the root of the layout, as the leftover says:
// beside the services, it would be a template or a directory of its own.
func TestImportIncludes(t *testing.T) {
	t.Parallel()
	files := project("-- part.yml --\na: \"1\"\n-- m.j2 --\n{% macro b() %}2{% endmacro %}\n-- x.txt --\nhello\n")
	fsys := project("-- shop.yml --\n- hosts: all\n  tasks: [{k8s: {template: a.yml.j2}}]\n-- templates/a.yml.j2 --\n" +
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n{% import 'm.j2' as m %}\n" +
		"data: {b: \"{{ m.b() }}\", c: \"{{ lookup('file', 'x.txt') }}\", {% include 'part.yml' %}}\n")
	plan, err := playbook.Import(fsys, "shop.yml", playbook.Options{})
	if err != nil {
		t.Fatalf("Import error = %v, want nil", err)
	}
	const advice = ": what it takes in is not carried over: write the layout with slipway import, and put a file " +
		"that it names into the layout's root, by that name"
	var left []string
	for _, l := range plan.Left {
		left = append(left, l.String())
	}
	want := []string{
		"templates/a.yml.j2:4: {% import 'm.j2' as m %}" + advice,
		"templates/a.yml.j2:5: lookup('file', 'x.txt')" + advice,
		"templates/a.yml.j2:5: {% include 'part.yml' %}" + advice,
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("Import leftovers mismatch (-want +got):\n%s", diff)
	}
	layout := written(plan)
	for name, file := range files {
		layout[name] = &fstest.MapFile{Data: []byte(strings.TrimSpace(string(file.Data)))}
	}
	got, _, errs := objects(t, layout, plan, nil)
	if len(errs) > 0 {
		t.Fatalf("errors of the layout with the files = %v, want none", errs)
	}
	if len(got) != 1 || !strings.Contains(got[0], `"data":{"a":"1","b":"2","c":"hello"}`) {
		t.Errorf("objects of the layout with the files = %v, want one with their data", got)
	}
}
