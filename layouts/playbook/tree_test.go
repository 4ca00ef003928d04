package playbook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/layouts/playbook"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
)

// written returns the layout as it is after it was written: nothing tells of the playbook.
func written(plan *playbook.Plan) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range plan.Files {
		fsys[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

// objects renders all apps of a tree, and returns each object as JSON, without its source,
// the sources, and the errors.
func objects(t *testing.T, tree fs.FS, plan *playbook.Plan, values map[string]any,
) (objs, sources []string, errs []*render.Error) {
	t.Helper()
	for _, d := range plan.Deploys {
		app, err := layouts.Load(tree, d.App)
		if errors.Is(err, layouts.ErrNoServices) {
			continue
		}
		if err != nil {
			t.Fatalf("Load(%s) error = %v", d.App, err)
		}
		opts := render.Options{Values: values, Jinja: jinja.New(jinja.Options{FS: tree})}
		for obj, err := range render.Each(t.Context(), app, opts) {
			if err != nil {
				errs = append(errs, flat(t, err)...)
				continue
			}
			annotations := obj.GetAnnotations()
			sources = append(sources, annotations[layouts.SourceAnnotation])
			delete(annotations, layouts.SourceAnnotation)
			obj.SetAnnotations(annotations)
			data, err := json.Marshal(obj)
			if err != nil {
				t.Fatal(err)
			}
			objs = append(objs, string(data))
		}
	}
	return objs, sources, errs
}

// flat returns the errors that are joined in err.
func flat(t *testing.T, err error) []*render.Error {
	t.Helper()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*render.Error
		for _, one := range joined.Unwrap() {
			all = append(all, flat(t, one)...)
		}
		return all
	}
	at := (*render.Error)(nil)
	if !errors.As(err, &at) {
		t.Fatalf("error %v has no place", err)
	}
	return []*render.Error{at}
}

// checkDirect checks that what a plan deploys directly is what it deploys after it was
// written, byte for byte, and fails for the same reasons; and that all places are lines of
// the project.
func checkDirect(t *testing.T, project fs.FS, plan *playbook.Plan) {
	t.Helper()
	values := map[string]any{"image_id": "repo/any:1", "count": 1, "spec": map[string]any{}}
	for _, d := range plan.Deploys {
		for _, name := range d.Values {
			values[name] = "any"
		}
	}
	want, _, wantErrs := objects(t, written(plan), plan, values)
	got, sources, errs := objects(t, plan.FS(), plan, values)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects of FS mismatch (-written +got):\n%s", diff)
	}
	if diff := cmp.Diff(reasons(wantErrs), reasons(errs)); diff != "" {
		t.Errorf("errors of FS mismatch (-written +got):\n%s", diff)
	}
	for _, source := range sources {
		file, _, _ := strings.Cut(source, ":")
		if _, err := fs.Stat(project, file); err != nil {
			t.Errorf("source %s is not of the project: %v", source, err)
		}
	}
	for _, e := range errs {
		data, err := fs.ReadFile(project, e.File)
		if lines := strings.Count(string(data), "\n") + 1; err != nil || e.Line > lines {
			t.Errorf("error %v is at no line of the project: %v", e, err)
		}
	}
}

// reasons returns the errors without their places, sorted.
func reasons(errs []*render.Error) []string {
	var all []string
	for _, e := range errs {
		all = append(all, e.Err.Error())
	}
	slices.Sort(all)
	return all
}

// What a plan's file system has is what the plan has.
func TestFS(t *testing.T) {
	t.Parallel()
	plan := &playbook.Plan{Files: []playbook.File{
		{Path: "shop/common/vars.yml", Data: []byte("a: 1\n"), From: "group_vars/all.yml"},
		{Path: "shop/home/a.yml", Data: []byte("b: 1\n"), From: "a.j2"},
		{Path: "shop/home/empty.yml", From: "b.j2"},
	}}
	if err := fstest.TestFS(plan.FS(), "shop/common/vars.yml", "shop/home/a.yml", "shop/home/empty.yml"); err != nil {
		t.Errorf("TestFS(FS()) error = %v", err)
	}
	for _, f := range plan.Files {
		data, err := fs.ReadFile(plan.FS(), f.Path)
		if err != nil || string(data) != string(f.Data) {
			t.Errorf("ReadFile(%s) = %q, %v, want %q", f.Path, data, err, f.Data)
		}
	}
}

const head = `
-- shop.yml --
- hosts: localhost
  roles: [home]
`

// Errors and sources name the files of the project, and their lines.
func TestFSPlaces(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, project, want string }{{
		name: "a template, with the column",
		project: head + `
-- roles/home/tasks/main.yml --
- k8s: {template: map.yml.j2}
-- roles/home/templates/map.yml.j2 --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {a: "{{ colour }}"}
`,
		want: `roles/home/templates/map.yml.j2:4:15: "colour" is not set: did you mean color?
4 | data: {a: "{{ colour }}"}
  |               ^
  = color is set in roles/home/defaults/main.yml:3
`,
	}, {
		name: "the playbook's own object",
		project: head + `
-- roles/home/tasks/main.yml --
- name: the map
  k8s:
    definition:
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: a
      data:
        a: "{{ colour }}"
`,
		want: `roles/home/tasks/main.yml:9:16: "colour" is not set: did you mean color?
9 |         a: "{{ colour }}"
  |                ^
  = color is set in roles/home/defaults/main.yml:3
`,
	}, {
		name: "several expressions in a line",
		project: head + `
-- roles/home/tasks/main.yml --
- k8s:
    definition:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: "{{color}}", labels: {"ä": "{{ color }}", b: '{{colour.x | d(1)}}{{  colour}}', c: "{{   colour }}"}}
`,
		want: `roles/home/tasks/main.yml:5:93: "colour" is not set: did you mean color?
5 |       metadata: {name: "{{color}}", labels: {"ä": "{{ color }}", b: '{{colour.x | d(1)}}{{  colour}}', c: "{{   colour }}"}}
  |                                                                                             ^
  = color is set in roles/home/defaults/main.yml:3
roles/home/tasks/main.yml:5:113: "colour" is not set: did you mean color?
5 |       metadata: {name: "{{color}}", labels: {"ä": "{{ color }}", b: '{{colour.x | d(1)}}{{  colour}}', c: "{{   colour }}"}}
  |                                                                                                                 ^
  = color is set in roles/home/defaults/main.yml:3
`,
	}, {
		name: "a value of a variable",
		project: head + `
-- roles/home/vars/main.yml --
name: a

img: "{{ repo }}/{{ name }}"
-- roles/home/tasks/main.yml --
- k8s: {template: map.yml.j2}
-- roles/home/templates/map.yml.j2 --
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ img }}"}
`,
		want: `roles/home/templates/map.yml.j2:3:22: "img" has no value: roles/home/vars/main.yml:3:10: "repo" is not set: set it in a vars.yml, or pass it as a value
3 | metadata: {name: "{{ img }}"}
  |                      ^
  = img is set in roles/home/vars/main.yml:3
`,
	}, {
		name: "what a template takes in",
		project: head + `
-- roles/home/tasks/main.yml --
- k8s: {template: map.yml.j2}
-- roles/home/templates/map.yml.j2 --
{% include 'part.j2' %}
-- roles/home/templates/part.j2 --
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ colour }}"}
`,
		want: `roles/home/templates/part.j2:3:22: "colour" is not set: did you mean color?
3 | metadata: {name: "{{ colour }}"}
  |                      ^
  = color is set in roles/home/defaults/main.yml:3
`,
	}, {
		name: "the playbook's own text",
		project: head + `
-- roles/home/tasks/main.yml --
- k8s:
    inline: |
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: "{{ colour }}"}
`,
		want: `roles/home/tasks/main.yml:5:28: "colour" is not set: did you mean color?
5 |       metadata: {name: "{{ colour }}"}
  |                            ^
  = color is set in roles/home/defaults/main.yml:3
`,
	}, {
		name: "an object of a kind and a name",
		project: head + `
-- roles/home/tasks/main.yml --
- debug:
- k8s:
    kind: ConfigMap
    name: "{{ colour }}"
`,
		want: `roles/home/tasks/main.yml:4: "colour" is not set: did you mean color?
4 |     name: "{{ colour }}"
  |     ^^^^^^^^^^^^^^^^^^^^
  = color is set in roles/home/defaults/main.yml:3
`,
	}, {
		name: "a key that is there twice",
		project: head + `
-- roles/home/tasks/main.yml --
- k8s:
    definition:
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: "{{ color }}"
        name: b
`,
		want: `roles/home/tasks/main.yml:7:9: YAML: the key "name" is in this map already, in line 6: keep one
7 |         name: b
  |         ^
`,
	}, {
		name: "an object that two templates make",
		project: head + `
-- roles/home/tasks/main.yml --
- k8s: {template: [a.yml, b.yml]}
-- roles/home/templates/a.yml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
-- roles/home/templates/b.yml --
# the same
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
`,
		want: `roles/home/templates/b.yml:2:1: ConfigMap a is also in roles/home/templates/a.yml:1: keep one of them
2 | apiVersion: v1
  | ^
`,
	}}
	const defaults = "-- roles/home/defaults/main.yml --\n---\n# one of both\ncolor: red\n"
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, err := playbook.Import(project(strings.TrimPrefix(tt.project, "\n")+defaults), "shop.yml", playbook.Options{})
			if err != nil {
				t.Fatalf("Import error = %v", err)
			}
			_, _, errs := objects(t, plan.FS(), plan, nil)
			var got strings.Builder
			for _, err := range errs {
				got.WriteString(err.Error() + "\n" + err.Excerpt())
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("error mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// Values say which file of the project sets them; so do the lines of the fields.
func TestFSOrigins(t *testing.T) {
	t.Parallel()
	plan, err := playbook.Import(project(`-- shop.yml --
- hosts: localhost
  vars: {zone: a, color: blue}
  roles:
  - role: home
    size: 3
  tasks:
  - k8s:
      definition:
        apiVersion: v1
        kind: ConfigMap

        metadata:
          name: b
-- group_vars/all.yml --
# how many
replicas: 2

limits:
  cpu: 1
-- roles/home/tasks/main.yml --
- k8s: {template: a.yml}
-- roles/home/templates/a.yml --
a: {{ size }}
`), "shop.yml", playbook.Options{})
	if err != nil {
		t.Fatalf("Import error = %v", err)
	}
	app, err := layouts.Load(plan.FS(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	leaves, err := render.Leaves(app, "home", render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, leaf := range leaves {
		got = append(got, leaf.String())
	}
	want := []string{
		`app_name: "shop"  # the layout`, `color: "blue"  # shop.yml:2`, `limits.cpu: 1  # group_vars/all.yml:5`,
		`replicas: 2  # group_vars/all.yml:2`, `service_name: "home"  # the layout`, `size: 3  # shop.yml:5`,
		`zone: "a"  # shop.yml:2`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Leaves mismatch (-want +got):\n%s", diff)
	}
	for obj, err := range render.Each(context.Background(), app, render.Options{Services: []string{"shop"}, Lines: true}) {
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			layouts.SourceAnnotation: "shop.yml:9",
			layouts.LinesAnnotation: layouts.Fields{
				"apiVersion": {Line: 9, Column: 9}, "kind": {Line: 10, Column: 9}, "metadata": {Line: 12, Column: 9},
				"metadata.name": {Line: 13, Column: 11},
			}.Annotation(),
		}
		if diff := cmp.Diff(want, obj.GetAnnotations()); diff != "" {
			t.Errorf("annotations mismatch (-want +got):\n%s", diff)
		}
	}
}

// A plan knows what the variables of ansible-playbook's caller choose.
func TestChoose(t *testing.T) {
	t.Parallel()
	plan := &playbook.Plan{Deploys: []playbook.Deploy{
		{App: "red-shop", AppVariables: []string{"project"}, ServiceVariables: []string{"svc", "service_name"}},
		{App: "shop", AppVariables: []string{"project"}},
	}}
	tests := []struct {
		app          string
		vars         map[string]any
		want, failed string
		service      string
	}{
		{app: "shop", want: "shop"},
		{app: "red_shop", want: "red-shop"},
		{vars: map[string]any{"project": "red_shop", "svc": "Home"}, want: "red-shop", service: "home"},
		{app: "shop", vars: map[string]any{"project": "red_shop"}, want: "shop"},
		{app: "shops", failed: "the playbook deploys no app shops: did you mean shop? (there are: red-shop, shop)"},
		{
			vars:   map[string]any{"project": "Shops"},
			failed: "the playbook deploys no app shops: did you mean shop? (there are: red-shop, shop)",
		},
		{failed: "the playbook deploys several apps: name one of red-shop, shop with --app, or -e project=…"},
	}
	for _, tt := range tests {
		d, err := plan.Choose(tt.app, tt.vars)
		if err != nil && err.Error() != tt.failed || err == nil && tt.failed != "" {
			t.Errorf("Choose(%q, %v) error = %v, want %s", tt.app, tt.vars, err, tt.failed)
		}
		if service := d.Service(tt.vars); d.App != tt.want || service != tt.service {
			t.Errorf("Choose(%q, %v) = %s, service %q, want %s, %q", tt.app, tt.vars, d.App, service, tt.want, tt.service)
		}
	}
}

// Warnings of templates and of variables name the project's files, too.
func TestFSWarnings(t *testing.T) {
	t.Parallel()
	plan, err := playbook.Import(project(`-- shop.yml --
- hosts: localhost
  roles: [home]
-- roles/home/tasks/main.yml --
- k8s: {template: map.j2}
-- roles/home/defaults/main.yml --
---
level: "{{ 'debug' if debug else 'info' }}"
-- roles/home/templates/map.j2 --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {level: "{{ level }}", debug: "{% if debug %}on{% else %}off{% endif %}"}
`), "shop.yml", playbook.Options{})
	if err != nil {
		t.Fatalf("Import error = %v", err)
	}
	app, err := layouts.Load(plan.FS(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	warn := func(w *render.Error) { got = append(got, strings.TrimSuffix(w.Error(), w.Err.Error())) }
	opts := render.Options{Values: map[string]any{"debug": "false"}, Jinja: jinja.New(jinja.Options{Warn: warn})}
	if _, err := render.App(t.Context(), app, opts); err != nil {
		t.Fatalf("App error = %v", err)
	}
	slices.Sort(got)
	want := []string{"roles/home/defaults/main.yml:2:23: ", "roles/home/templates/map.j2:4:44: "}
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("warnings mismatch (-want +got):\n%s", diff)
	}
}
