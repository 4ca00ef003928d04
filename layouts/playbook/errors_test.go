package playbook_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts/playbook"
)

// What cannot be read names the file.
func TestImportErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, project, want string }{
		{"no playbook", "", "open shop.yml: file does not exist"},
		{"no YAML", "-- shop.yml --\n- {", "shop.yml: yaml: line "},
		{"no play", "-- shop.yml --\nkind: Pod\n", "shop.yml:1: not a play: it has no hosts"},
		{"nothing to carry over", "-- shop.yml --\n- hosts: localhost\n  tasks: [{debug: {msg: a}}]\n", "shop.yml: no task makes objects"},
		{"a circle of playbooks", "-- shop.yml --\n- import_playbook: shop.yml\n", "shop.yml:1: shop.yml:1: "},
		{"a circle of tasks", "-- shop.yml --\n- hosts: localhost\n  tasks: [{include_tasks: a.yml}]\n-- a.yml --\n- include_tasks: a.yml\n", "a.yml:1: tasks include one another without end"},
		{"a circle of roles", "-- shop.yml --\n- {hosts: localhost, roles: [a]}\n-- roles/a/tasks/main.yml --\n- include_role: {name: a}\n", "roles/a/tasks/main.yml:1: "},
		{"a loop over too much", "-- shop.yml --\n- hosts: localhost\n  tasks:\n  - k8s: {template: x.yml}\n    loop: [" +
			strings.Repeat("1,", 10_000) + "1]\n-- x.yml --\nx: 1\n", "shop.yml:4: over 10000 tasks, each item of a loop counted"},
		{"brackets", "-- shop.yml --\n- hosts: localhost\n  vars: {a: [" + strings.Repeat("[],", 300_000) + "1]}\n",
			"shop.yml: YAML: to parse it would take over 96 MiB"},
		{"a role without tasks", "-- shop.yml --\n- {hosts: localhost, roles: [a]}\n-- roles/a/tasks/other.yml --\n", "roles/a/tasks/main: no such file of tasks"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := playbook.Import(project(tt.project), "shop.yml", playbook.Options{})
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Import(%s) error = %v, want one that begins with %s", tt.name, err, tt.want)
			}
		})
	}
	_, err := playbook.Import(project(""), "shop.yml", playbook.Options{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Import of no playbook: error = %v, want fs.ErrNotExist", err)
	}
}

// Variables that go round in a circle, or grow without end, are left over.
func TestImportBounds(t *testing.T) {
	t.Parallel()
	var vars strings.Builder
	for c := 'a'; c < 'z'; c++ {
		next := "{{ " + string(c+1) + " }}"
		vars.WriteString(string(c) + ": \"" + strings.Repeat(next, 2) + "\"\n")
	}
	const book = "-- shop.yml --\n- hosts: localhost\n  tasks:\n  - k8s: {template: \"{{ a }}.yml\"}\n  - k8s: {template: x.yml}\n-- x.yml --\nx: 1\n"
	tests := []struct{ name, vars, want string }{
		{"a circle", "a: \"{{ a }}\"\n", `shop.yml:3: template: the variables of "{{ a }}" go round in a circle`},
		{"doubles", strings.ReplaceAll(vars.String(), "{{ m }}", "{{ z }}") + "z: \"" + strings.Repeat("z", 100) + "\"\n", "shop.yml:3: template: a text of over 65536 bytes"},
		{"empty texts", vars.String() + "z: \"\"\n", "shop.yml:3: template: over 50000 expressions"},
	}
	for _, tt := range tests {
		plan, err := playbook.Import(project(book+"-- group_vars/all.yml --\n"+tt.vars), "shop.yml", playbook.Options{})
		if err != nil {
			t.Fatalf("Import(%s) error = %v", tt.name, err)
		}
		if len(plan.Left) != 1 || !strings.HasPrefix(plan.Left[0].String(), tt.want) {
			t.Errorf("Import(%s) left %v, want %s", tt.name, plan.Left, tt.want)
		}
	}
}

// Of a key that is there twice, the last counts, and a leftover says so.
func TestImportTwice(t *testing.T) {
	t.Parallel()
	plan, err := playbook.Import(project(`-- shop.yml --
- hosts: localhost
  vars:
    limits:
      cpu: 1
      cpu: 2
  tasks:
  - k8s: {template: [b.yml], template: [a.yml]}
    vars: {color: red, color: blue}
-- group_vars/all.yml --
zone: a
size: 1
zone: b
-- a.yml --
cpu: {{ limits.cpu }}, {{ color }}, {{ zone }}
`), "shop.yml", playbook.Options{})
	if err != nil {
		t.Fatalf("Import error = %v", err)
	}
	want := `-- shop/common/vars.yml --
# group_vars/all.yml
size: 1
zone: b
# shop.yml
limits:
  cpu: 2
-- shop/shop/a.yml --
cpu: {{ limits.cpu }}, {{ color }}, {{ zone }}
-- shop/shop/vars.yml --
# shop.yml
color: blue
`
	if diff := cmp.Diff(want, archive(plan)); diff != "" {
		t.Errorf("files mismatch (-want +got):\n%s", diff)
	}
	const why = ": it is in this map already, in line %d: Ansible takes the last one: keep one"
	wantLeft := []string{
		"group_vars/all.yml:3: zone" + fmt.Sprintf(why, 1), "shop.yml:5: cpu" + fmt.Sprintf(why, 4),
		"shop.yml:7: template" + fmt.Sprintf(why, 7), "shop.yml:8: color" + fmt.Sprintf(why, 8),
	}
	if diff := cmp.Diff(wantLeft, leftOf(plan)); diff != "" {
		t.Errorf("leftovers mismatch (-want +got):\n%s", diff)
	}
}

func leftOf(plan *playbook.Plan) []string {
	var all []string
	for _, l := range plan.Left {
		all = append(all, l.String())
	}
	return all
}
