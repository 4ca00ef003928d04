package playbook_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts/playbook"
)

// FuzzImport imports any playbook, with any variables and template. It ends, twice the same;
// the layout that it makes loads, and a template is in it byte for byte.
func FuzzImport(f *testing.F) {
	const play = "- hosts: localhost\n  tasks:\n  - k8s:\n      "
	f.Add(play+`definition: "{{ lookup('template', 'k8s/{{app_name}}/{{ s }}/x.yml') | from_yaml }}"`, "s: [a]", "a: {{ b }}")
	f.Add(play+`template: "{{ a.b[c] ~ d }}"`+"\n    loop: \"{{ l }}\"", "l: [{name: a}]\na: {b: x}", "{% if x %}")
	f.Add(play+"definition:\n        kind: \"{{ x }}\"\n        n: '{{ y }}'", "x: \"{{ x }}\"", "")
	f.Add(play+"definition:\n      - &a {kind: A}\n      - *a", "!vault |\n  x", "{{ lookup('file', 'x') }}")
	f.Add("- hosts: all\n  roles: [r, {role: r, vars: {item: 1}}]\n  tasks: [{include_tasks: site.yml}, {import_role: {name: r}}]", "", "{#")
	f.Add(play+"definition:\r        0: '{{}}'", "", "")
	f.Add(play+"template: {{ x }}\n    when: [a is defined, \"{{ b }}\"]\n    loop: \"{{ c | map('x') }}\"", "", "{% include 'x' %}")
	f.Add("- import_playbook: site.yml", "", "")
	f.Fuzz(func(t *testing.T, book, vars, template string) {
		fsys := fstest.MapFS{
			"site.yml":                   {Data: []byte(book)},
			"group_vars/all.yml":         {Data: []byte(vars)},
			"k8s/shop/home/x.yml":        {Data: []byte(template)},
			"templates/x":                {Data: []byte(template)},
			"roles/r/tasks/main.yml":     {Data: []byte("- k8s: {template: t.yml.j2}\n- include_role: {name: r}")},
			"roles/r/defaults/main.yml":  {Data: []byte(vars)},
			"roles/r/templates/t.yml.j2": {Data: []byte(template)},
		}
		plan, err := playbook.Import(fsys, "site.yml", playbook.Options{})
		again, errAgain := playbook.Import(fsys, "site.yml", playbook.Options{})
		if diff := cmp.Diff(plan, again); diff != "" || (err == nil) != (errAgain == nil) {
			t.Errorf("Import is another the second time: %v, %v\n%s", err, errAgain, diff)
		}
		if plan == nil || err != nil && !errors.Is(err, playbook.ErrNoObjects) {
			return
		}
		load(t, plan)
		for _, file := range plan.Files {
			if lines := slices.Collect(strings.Lines(string(file.Data))); file.Lines != nil && len(lines) != len(file.Lines) {
				t.Errorf("%s has %d lines, and places of %d", file.Path, len(lines), len(file.Lines))
			}
			isTemplate := file.From == "k8s/shop/home/x.yml" || strings.HasPrefix(file.From, "roles/r/templates")
			if isTemplate && string(file.Data) != template {
				t.Errorf("%s = %q, want %q, as %s is", file.Path, file.Data, template, file.From)
			}
		}
	})
}
