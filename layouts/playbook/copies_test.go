package playbook_test

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts/playbook"
)

// object returns the template of an object with those data.
func object(data string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"" + data + "\"}\n"
}

// names returns the names of the objects that a plan makes, and its errors.
func names(t *testing.T, plan *playbook.Plan, values map[string]any) []string {
	t.Helper()
	objs, _, errs := objects(t, plan.FS(), plan, values)
	var all []string
	for _, text := range objs {
		var obj struct{ Metadata struct{ Name string } }
		if err := json.Unmarshal([]byte(text), &obj); err != nil {
			t.Fatal(err)
		}
		all = append(all, obj.Metadata.Name)
	}
	for _, err := range errs {
		all = append(all, err.Error())
	}
	return all
}

// A template of which a playbook makes objects more than once, with other values, makes all
// of them in the layout.
func TestImportCopies(t *testing.T) {
	t.Parallel()
	const (
		play = "-- shop.yml --\n- hosts: localhost\n  tasks:\n"
		role = "-- roles/shop/tasks/main.yml --\n- k8s: {template: a.yml}\n-- roles/shop/templates/a.yml --\n"
	)
	named := "-- a.yml.j2 --\n" + object("{{ item.n }}")
	n := "-- a.yml --\n" + object("{{ n }}")
	tests := []struct{ name, project, want string }{{
		"a loop over maps without a name",
		play + "  - k8s: {template: a.yml.j2}\n    loop: [{n: a, r: 1}, {n: b, r: 2}]\n" + named, "a b",
	}, {
		"a loop over a variable, by another name",
		play + "  - k8s: {definition: \"{{ lookup('template', 'a.yml.j2') }}\"}\n    loop: \"{{ envs }}\"\n" +
			"    loop_control: {loop_var: env}\n  vars: {envs: [{n: a}, {n: b}]}\n-- a.yml.j2 --\n" + object("{{ env['n'] }}"), "a b",
	}, {
		"a loop over definitions",
		play + "  - k8s:\n      definition:\n        apiVersion: v1\n        kind: ConfigMap\n        metadata:\n" +
			"          name: \"{{ item.n }}\"\n    loop: [{n: a}, {n: b}]\n", "a b",
	}, {
		"a loop over definitions as text",
		play + "  - k8s:\n      definition: |\n        apiVersion: v1\n        kind: ConfigMap\n        metadata: {name: \"{{ item.n }}\"}\n" +
			"    loop: [{n: a}, {n: b}]\n", "a b",
	}, {
		"a loop over kinds and names",
		play + "  - k8s: {kind: ConfigMap, name: \"{{ item }}\"}\n    loop: [\"a.b\", \"c.d\"]\n", "a.b c.d",
	}, {
		"tasks with variables",
		play + "  - k8s: {template: a.yml}\n    vars: {n: a}\n  - k8s: {template: a.yml}\n    vars: {n: b}\n" + n, "a b",
	}, {
		"a variable of a variable",
		play + "  - k8s: {template: a.yml}\n    vars: {n: a}\n  - k8s: {template: a.yml}\n    vars: {n: b}\n" +
			"  vars: {full: {is: \"x-{{ n }}\", more: 1}}\n-- a.yml --\n" + object("{{ full.is }}"), "x-a x-b",
	}, {
		"tasks that are included twice, and in a loop",
		play + "  - include_tasks: b.yml\n    vars: {n: a}\n  - include_tasks: b.yml\n    vars: {n: b}\n" +
			"  - include_tasks: b.yml\n    loop: [{n: c}, {n: d}]\n    vars: {n: \"{{ item.n }}\"}\n" +
			"-- b.yml --\n- k8s: {template: a.yml}\n" + n, "a b c d",
	}, {
		"loops within a loop",
		play + "  - include_tasks: b.yml\n    loop: [{n: a}, {n: b}]\n    loop_control: {loop_var: outer}\n" +
			"-- b.yml --\n- k8s: {template: a.yml}\n  loop: [{n: c}, {n: d}]\n-- a.yml --\n" + object("{{ outer.n }}{{ item.n }}"),
		"ac ad bc bd",
	}, {
		"a role that is included twice",
		play + "  - include_role: {name: shop}\n    vars: {n: a}\n  - include_role: {name: shop}\n    vars: {n: b}\n" + role + object("{{ n }}"),
		"a b",
	}, {
		"a role that is included twice, for a service each",
		play + "  - include_role: {name: shop}\n    vars: {service_name: a}\n  - include_role: {name: shop}\n    vars: {service_name: b}\n" +
			role + object("{{ service_name }}"), "a b",
	}, {
		"plays with variables",
		"-- shop.yml --\n- hosts: all\n  vars: {n: a}\n  tasks: [{k8s: {template: a.yml}}]\n" +
			"- hosts: all\n  vars: {n: b}\n  tasks: [{k8s: {template: a.yml}}]\n" + n, "a b",
	}, {
		"the name of the file, within it",
		play + "  - k8s: {template: \"{{ item }}.yml\"}\n    loop: [a, b]\n-- a.yml --\n" + object("{{ item }}") +
			"-- b.yml --\n" + object("{{ item }}"), "a b",
	}, {
		"values of all kinds",
		play + "  - k8s: {template: a.yml}\n    loop:\n    - {n: [1, 2.0, true, null, \"it's\", '{{ x }}-{{ y }}'], m: {b: 1, a: \"q\\n\"}}\n" +
			"    - {n: [], m: {}}\n  vars: {x: \"a\", y: \"{{ x }}b\"}\n-- a.yml --\n" + object("{{ (item.n | to_json ~ item.m | to_json) | hash('md5') }}"),
		hash(`[1, 2.0, true, null, "it's", "a-ab"]{"b": 1, "a": "q\n"}`) + " " + hash(`[]{}`),
	}, {
		"a template that includes another",
		play + "  - k8s: {template: sub/a.yml}\n    loop: [{n: a}, {n: b}]\n-- templates/sub/a.yml --\n{% include 'b.yml' %}\n" +
			"-- templates/sub/b.yml --\n" + object("{{ item.n }}"), "a b",
	}, {
		"a loop over what only Jinja knows",
		play + "  - k8s: {template: a.yml}\n    loop: \"{{ l | selectattr('on') | list }}\"\n" +
			"  vars: {l: [{n: a, on: true}, {n: b, on: false}, {n: c, on: true}]}\n-- a.yml --\n" + object("{{ item.n }}"), "a c",
	}, {
		"conditions of tasks, of loops, of blocks, of roles",
		play + "  - k8s: {template: a.yml}\n    vars: {n: a}\n    when: enabled\n  - k8s: {template: a.yml}\n    vars: {n: b}\n    when: not enabled\n" +
			"  - k8s: {template: a.yml}\n    vars: {n: \"{{ item }}\"}\n    loop: [c.c, d.d]\n    when: [enabled, n is search('c')]\n" +
			"  - k8s: {template: a.yml}\n    vars: {n: \"{{ item }}\"}\n    loop: [c.c, d.d]\n    when: [enabled, item is search('d')]\n" +
			"  - block: [{k8s: {template: a.yml}, when: \"{{ enabled }}\"}]\n    vars: {n: e}\n    when: no\n" +
			"  - import_role: {name: shop}\n    when: nosuch is defined and nosuch.x\n  roles: [{role: shop, when: enabled}]\n" +
			"  vars: {enabled: true, m: f}\n" + n + role + object("{{ m }}"), "a c.c d.d f",
	}, {
		"a condition on one of two that are the same",
		play + "  - k8s: {template: a.yml}\n    when: false\n  - k8s: {template: b.yml}\n    when: false\n  - k8s: {template: a.yml}\n" +
			"  - k8s: {template: b.yml}\n    when: n is defined\n  - k8s: {template: b.yml}\n    when: n is not defined\n" +
			"-- a.yml --\n" + object("a") + "-- b.yml --\n" + object("b"), "a b",
	}, {
		"what a template does not see, and what is the same",
		play + "  - k8s: {template: a.yml}\n    loop: [{n: a, r: 1}, {n: a, r: 2}]\n-- a.yml --\n" + object("{{ item.n }}"), "a",
	}, {
		"maps with a name",
		play + "  - k8s: {template: a.yml.j2}\n    loop: [{name: x, n: a}, {name: y, n: b}]\n" + named, "a b",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, err := playbook.Import(project(tt.project), "shop.yml", playbook.Options{})
			if err != nil {
				t.Fatalf("Import error = %v, want nil", err)
			}
			if left := leftOf(plan); len(left) > 0 {
				t.Errorf("Import of\n%s\nleftovers = %v, want none", tt.project, left)
			}
			if diff := cmp.Diff(tt.want, strings.Join(names(t, plan, nil), " ")); diff != "" {
				t.Errorf("Import of\n%s\nobjects mismatch (-want +got):\n%s\n%s", tt.project, diff, archive(plan))
			}
			load(t, plan)
			checkDirect(t, project(tt.project), plan)
		})
	}
}

func hash(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
