package jinja_test

import (
	"fmt"
	"testing"

	"github.com/slipway-go/slipway/render"
)

// TestInjection prints values that would change how the document around them reads.
func TestInjection(t *testing.T) {
	t.Parallel()
	const (
		at      = "shop/home/x.yml.j2:"
		changes = "changes the shape of the document: print it with to_json; if it is meant to be YAML, with indent"
		list    = "; v is a text that looks like a list: to pass the list, write -e '{\"v\": …}' or --set-json v=…"
		key     = "x\n  key: y"
	)
	tests := []struct {
		name, text string // text is below data: in a ConfigMap; its first line is the sixth
		value      any
		want       string
	}{
		{"a key", "  image: {{ v }}", key, at + "6:13: the value of v, set in --set, " + changes},
		{"a list of JSON", "  image: {{ v }}", `["a", "b"]`, at + "6:13: the value of v, set in --set, " + changes + list},
		{"and its characters", "{% for c in v %}\n  image{{ loop.index }}: {{ c }}\n{% endfor %}", "['a', 'b']",
			at + "7:29: the value of v, set in --set, " + changes + list},
		{"and its items", "  image: {{ v[0].name }}", `["a", "b"]`, at + "6:13: \"v[0].name\" is not set: v[0] is a text, " +
			"not a map" + list},
		{"a list of JSON, its characters with blanks between", "  image: {{ v | join(' ') }}", `["a","b"]`,
			at + "6:13: the value of v, set in --set, " + changes + list},
		{"a list, with blanks between", "  image: {{ v | join(' ') }}", []any{"a", "b"}, ""},
		{"within quotes", `  image: "{{ v }}"`, "x\"\n  key: \"y", at + "6:14: the value of v, set in --set, " + changes},
		{"another document", "  image: {{ v }}", "x\n---\nkind: Pod", at + "6:13: the value of v, set in --set, " + changes},
		{"through filters", "  image: {{ v | lower | trim }}", "X\n  KEY: y",
			at + "6:13: the value of v, set in --set, " + changes},
		{"through a variable of a file", "  image: {{ image }}", key,
			at + "6:13: the value of image, set in shop/home/vars.yml:1, or v, set in --set, " + changes},
		{"through set", "{% set w = v %}\n  image: {{ w }}", key, at + "7:13: the value of v, set in --set, " + changes},
		{"through a block", "{% set w %}{{ v }}{% endset %}\n  image: {{ w }}", key,
			at + "6:15: the value of v, set in --set, " + changes},
		{"through a loop", "{% for w in v %}\n  image{{ loop.index }}: {{ w | lower }}\n{% endfor %}",
			[]any{"a", "X\n  Y: z"}, at + "7:29: the value of v[1], set in --set, " + changes},
		{"in a macro", "{% macro m(x) %}\n  image: {{ x }}\n{% endmacro %}\n{{ m(v) }}", key,
			at + "7:13: the value of v, set in --set, " + changes},
		{"in an include", "{% include '_p.j2' %}", key, "shop/home/_p.j2:1:13: the value of v, set in --set, " + changes},
		{"a field that is named like a filter", "  image: {{ v.comment }}", map[string]any{"comment": key},
			at + "6:13: the value of v.comment, set in the caller's values, " + changes},
		{"through a format", "  image: {{ '%s:%s' | format('a', v) }}", key, at + "6:13: the value of v, set in --set, " + changes},
		{"through a format that a comment cuts", "  image: {{ 'a:%s' % v }}", "1 # x",
			at + "6:13: the value of v, set in --set, has a # that begins a comment: print it with to_json"},
		{"through JSON and back", "  image: {{ v | to_json | from_json }}", key,
			at + "6:13: the value of v, set in --set, " + changes},
		{"as a line of its own", "  p: x\n  {{ v }}", "a: b", at + "7:6: the value of v, set in --set, " + changes},
		{"as a document of its own", "  p: x\n{{ v }}", "---\napiVersion: v1\nkind: Secret\nmetadata: {name: z}",
			at + "7:4: the value of v, set in --set, " + changes},
		{"an indicator", "  p: {{ v }}", "|", at + "6:9: the value of v, set in --set, is not what YAML reads there: " +
			"print it with to_json"},
		{"a comment", "  image: {{ v }}/x", "a #b",
			at + "6:13: the value of v, set in --set, has a # that begins a comment: print it with to_json"},
		{"a template that is left over", "  a: b\nkind2: {image: '{{ v }}'}", "{{ x }}",
			at + "7:16: kind2.image: {{ }} is left over: a value holds it, and values are not templates"},

		{"a file's that breaks the document", "  p: \"{{ quoted }}\"\n\n  q: x", "y",
			at + "6:10: the value of quoted, set in shop/home/vars.yml:4, " + changes},
		{"an image", "  image: {{ v }}", "registry.example.com:5000/shop/home@sha256:0123", ""},
		{"with to_json", "  image: {{ v | to_json }}", key, ""},
		{"with a filter by its full name", "  image: {{ v | ansible.builtin.to_json }}", key, ""},
		{"with indent", "  image: |\n    {{ v | indent(4) }}", "x\nkey: y", ""},
		{"as what the template writes itself", `  {{ "a: " ~ v }}`, "b", ""},
		{"as a literal of the template", "{% for x in ['a: b'] %}\n  {{ x }}\n{% endfor %}", "'", ""},
		{"in a format of the template's", "  {{ 'a: %s' % v }}", "b", ""},
		{"what set writes itself", "{% set x = 'a: ' ~ v %}\n  {{ x }}", "b", ""},
		{"a list, as Python prints it", "  image: '{{ v | length }}'\nl: {{ v }}", []any{"a", "b: c"}, ""},
		{"what a macro writes itself", "{% macro m(x) %}\n  a: '{{ x }}'\n  b: c\n{% endmacro %}\n{{ m(v) }}", "x", ""},
		{"a file's", "  {{ pair }}", "'", ""},
		{"a file's template", "  {{ lookup('template', '_q.j2') }}", "x", ""},
		{"a file's, beside a caller's that is not printed", "{% for l in lines %}\n  {{ l }}\n{% endfor %}", "a: b", ""},
		{"a condition", "  a: {% if v == 'x: y' %}b{% endif %}", "x: y", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := app(t, map[string]string{
				"home/x.yml.j2": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: home\ndata:\n" + tt.text + "\n",
				"home/_p.j2":    "  image: {{ v }}",
				"home/_q.j2":    "a: b\n  c: d",
				"home/vars.yml": "image: 'repo/{{ v }}'\npair: 'one: two'\nlines: ['one: two', 'three: four']\nquoted: 'say \"hi\" now'\n",
			}, render.Options{
				Values: map[string]any{"v": tt.value}, Origins: map[string]render.Origin{"v": {Path: "v", File: "--set"}},
			})
			if got := fmt.Sprint(err); got != tt.want && (err != nil || tt.want != "") {
				t.Errorf("App(shop) error = %v, want %s", err, tt.want)
			}
		})
	}
}
