package playbook_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts/playbook"
)

// Objects in braces are as those without: expressions keep their types.
func TestImportBraces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, object, want string
		left               []string
	}{{
		name:   "expressions within a text, and all of one",
		object: `{apiVersion: v1, kind: ConfigMap, metadata: {name: "m-{{ who }}", namespace: x}, n: ['{{ n }}', {a: 1}], e: {}, "{{ k }}-1": 2}`,
		want: `-- shop/shop/configmap.yml.j2 --
apiVersion: v1
kind: ConfigMap
metadata:
  name: "m-{{ who }}"
  namespace: x
n:
  - {{ (n) | to_json }}
  - a: 1
e: {}
"{{ k }}-1": 2
`,
	}, {
		name:   "quotes within",
		object: `{kind: Pod, a: "{{ x | default('y') }}-1", b: '{{ x | default("y") }}-1', c: "{{ x | default('y') }}", d: "07"}`,
		want: `-- shop/shop/pod.yml.j2 --
kind: Pod
a: "{{ x | default('y') }}-1"
b: '{{ x | default("y") }}-1'
c: {{ (x | default('y')) | to_json }}
d: "07"
`,
	}, {
		name:   "several lines",
		object: "{kind: Pod,  # of it\n        a: \"{{ x }}-1\"}",
		want: `-- shop/shop/pod.yml.j2 --
kind: Pod
a: "{{ x }}-1"
`,
	}, {
		name:   "both kinds of quotes",
		object: `{kind: Pod, a: "{{ x | default('y') }} \"it\""}`,
		left: []string{"shop.yml:4: definition: it is in braces or has anchors, with an expression that has both kinds of quotes or " +
			"several lines: put it into a template of the service"},
	}, {
		name:   "anchors",
		object: `{kind: Pod, a: &a "{{ x }}", b: *a}`,
		want:   "-- shop/shop/pod.yml.j2 --\nkind: Pod\na: {{ (x) | to_json }}\nb: {{ (x) | to_json }}\n",
	}, {
		name:   "anchors without braces",
		object: "\n        kind: Pod\n        a: &a {b: 1}\n        c: *a\n        d: \"{{ x }}\"",
		want:   "-- shop/shop/pod.yml.j2 --\nkind: Pod\na:\n  b: 1\nc:\n  b: 1\nd: {{ (x) | to_json }}\n",
	}, {
		name:   "tags",
		object: `{kind: Pod, a: !vault x}`,
		left: []string{"shop.yml:4: definition: it has tags, which only its own file can have: " +
			"put it into a template of the service"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, err := playbook.Import(project("-- shop.yml --\n- hosts: localhost\n  tasks:\n  - k8s:\n"+
				"      definition: "+tt.object+"\n"), "shop.yml", playbook.Options{})
			if err != nil && tt.left == nil {
				t.Fatalf("Import(%s) error = %v, want nil", tt.object, err)
			}
			var left []string
			for _, l := range plan.Left {
				left = append(left, l.String())
			}
			if diff := cmp.Diff(tt.left, left); diff != "" {
				t.Errorf("Import(%s) leftovers mismatch (-want +got):\n%s", tt.object, diff)
			}
			if diff := cmp.Diff(tt.want, archive(plan)); diff != "" {
				t.Errorf("Import(%s) files mismatch (-want +got):\n%s", tt.object, diff)
			}
		})
	}
}
