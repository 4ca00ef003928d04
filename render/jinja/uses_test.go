package jinja_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
)

// told returns what a template uses as text: names, those that may be unset with "?", and
// files with what they see.
func told(uses *jinja.Uses) string {
	var words []string
	for _, n := range uses.Names {
		word := n.Path
		if n.Optional {
			word += "?"
		}
		words = append(words, word)
	}
	for _, f := range uses.Files {
		word := f.By + ":" + strings.Join(f.Names, "|")
		if f.Optional {
			word += "?"
		}
		if f.Isolated {
			word += "!"
		}
		if len(f.Set) > 0 {
			word += "(" + strings.Join(f.Set, " ") + ")"
		}
		words = append(words, word)
	}
	words = append(words, uses.Missing...)
	return strings.Join(words, " ")
}

func TestInspect(t *testing.T) {
	t.Parallel()
	tests := []struct{ template, want string }{
		{"{{ a }} {{ b.c['d'] }} {{ e[f].g }} {{ h[0] }}", "a b.c.d e f h"},
		{"{{ a | default(b) }} {{ a.b | d('x') | upper }} {{ a[0].b | default }}", "a? b a.b? a?"},
		{"{{ a is defined }} {{ b is none }} {{ c is not defined or c }} {{ d is version(e, '>') }}", "a? b c? c? d e"},
		{"{% if a is defined and a.b %}{{ a.c }}{% else %}{{ a }}{% endif %}", "a? a.b? a.c? a"},
		{"{% if not (a is defined) %}{{ a }}{% elif b %}{{ a }}{% endif %}", "a? a b a?"},
		{"{% if a is not defined %}x{% else %}{{ a }}{% endif %}", "a? a?"},
		{"{% if a | default(false) %}{{ a }}{% endif %}{% if a | default(1) %}{{ a }}{% endif %}", "a? a? a? a"},
		{"{% if (a | default('') | length) > 0 %}{{ a }}{% endif %}", "a? a?"},
		{"{% if a | default('') != '' %}{{ a }}{% endif %}", "a? a?"},
		{"{{ a if a is defined else b }}", "a? a? b"},
		{"{% for x, y in l if x is defined %}{{ x }}{{ loop.index }}{{ z }}{% else %}{{ x }}{% endfor %}{{ y }}", "l z x y"},
		{"{% set a = a | default(1) %}{{ a }}{% set b %}{{ c }}{% endset %}{{ b }}", "a? c"},
		{"{% if x %}{% set a = 1 %}{% endif %}{{ a }}", "x"},
		{"{% extends 'a.j2' %}{% block b %}{{ c }}{{ super() }}{{ self.b() }}{% endblock %}", "c extends:a.j2"},
		{"{% with a = b %}{{ a }}{% endwith %}{{ a }}", "b a"},
		{"{% macro m(a, b=c) %}{{ a }}{{ b }}{{ d }}{{ varargs }}{% endmacro %}{{ m(e) }}", "c d e"},
		{"{% call m(a) %}{{ b }}{% endcall %}{% filter indent(n) %}{{ c }}{% endfilter %}", "m a b c n"},
		{"{{ range(n) }}{{ dict(a=b) }}{{ namespace }}{{ lookup('env', v) }}{{ [a, {b: -c}] }}{{ s[i:j] ~ k + 1 }}",
			"n b v a b c s i j k"},
		{"{{ lookup('vars', 'a') }}{{ lookup('vars', 'b', default='') }}{{ vars['c'] }}", "a b? c"},
		{"{{ a | json_query('x') | ansible.builtin.to_json }}{{ b is flaky or b is not steady and b is search('x') }}",
			"a b b b filter json_query test flaky test steady"},
		{"{% raw %}{{ a }}{% endraw %}{# {{ b }} #}", ""},
		{"{% include 'a.j2' %}{% set x = 1 %}{% include ['b', 'c'] ignore missing without context %}{% include y %}",
			"y include:a.j2 include:b|c?!(x) include:(x)"},
		{"{% import 'm' as m %}{% from 'n' import p as q with context %}{{ m.x }}{{ q }}", "import:m! import:n(m)"},
		{"{{ lookup('ansible.builtin.file', 'a', 'b') }}{{ query('template', 'c' ~ d, errors='ignore') }}",
			"d file:a file:b template:?"},
		{"{{ lookup('url', u, split_lines=s) }}{{ lookup(p, 'x') }}", "u s p url:"},
		{"#jinja2: variable_start_string: '[[', variable_end_string: ']]'\n[[ a ]] {{ b }}", "a"},
	}
	for _, tt := range tests {
		uses, err := jinja.Inspect(layouts.File{Path: "a.j2", Data: []byte(tt.template)})
		if err != nil {
			t.Errorf("Inspect(%s) error = %v", tt.template, err)
			continue
		}
		if diff := cmp.Diff(tt.want, told(uses)); diff != "" {
			t.Errorf("Inspect(%s) mismatch (-want +got):\n%s", tt.template, diff)
		}
	}
}

// Uses have places; what cannot be parsed is an error with one.
func TestInspectPlaces(t *testing.T) {
	t.Parallel()
	uses, err := jinja.Inspect(layouts.File{Path: "a.j2", Data: []byte("x\n  {{ a }}\n{% include 'b' %}\n")})
	if err != nil {
		t.Fatalf("Inspect error = %v", err)
	}
	n, f := uses.Names[0], uses.Files[0]
	if got := fmt.Sprint(n.Line, n.Column, f.Line, f.Column); got != "2 6 3 4" {
		t.Errorf("places = %s, want 2 6 3 4", got)
	}
	_, err = jinja.Inspect(layouts.File{Path: "a.j2", Data: []byte("\n{% endless 'b' %}")})
	if want := "a.j2:2:4: unknown tag"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Inspect(endless) error = %v, want %s…", err, want)
	}
}

// Templates find what is in files/ of the service, and of common/.
func TestFilesOfLayout(t *testing.T) {
	t.Parallel()
	objs, err := app(t, map[string]string{
		"home/map.yml.j2": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n" +
			"{% include 'parts/own.j2' %}\n\n  b: {{ lookup('file', 'b.txt') }}\n  c: {{ lookup('template', 'c.j2') }}\n",
		"home/files/parts/own.j2":    "  a: {{ lookup('file', 'a.txt') }}",
		"home/files/a.txt":           "own",
		"home/files/b.txt":           "b",
		"common/files/b.txt":         "hidden",
		"common/files/c.j2":          "{{ service_name }}",
		"common/files/ignored.yml":   "no object: [",
		"home/files/also_ignored.j2": "{% if %}",
	}, render.Options{})
	if err != nil {
		t.Fatalf("App error = %v", err)
	}
	want := map[string]any{"a": "own", "b": "b", "c": "home"}
	if diff := cmp.Diff(want, objs[0].Object["data"]); diff != "" {
		t.Errorf("data mismatch (-want +got):\n%s", diff)
	}
	_, err = app(t, map[string]string{
		"home/map.yml.j2": "{% include 'a.j2' %}", "home/files/a.j2": "\na: {{ nosuch }}",
	}, render.Options{})
	if want := "shop/home/files/a.j2:2:7: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("App error = %v, want %s…", err, want)
	}
}
