package jinja_test

import (
	"strings"
	"testing"
	"time"
)

// Each of these ends soon, with an error.
func TestBounds(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"loop":           "{% for i in range(2000000000) %}{% endfor %}",
		"loops":          "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
		"repeat":         "{{ 'x' * 500000000 }}",
		"repeat list":    "{{ [1] * 500000000 }}",
		"repeat more":    "{{ 'x' * 9223372036854775807 }}",
		"doubling":       "{% set ns = namespace(x='x') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
		"doubling list":  "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
		"to_json bomb":   "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | to_json }}",
		"to_yaml bomb":   "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | to_yaml }}",
		"equal bomb":     "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
		"flatten bomb":   "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | flatten }}",
		"own self":       "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
		"own self equal": "{% set l = [] %}{% set _ = l.append(l) %}{% set m = [] %}{% set _ = m.append(m) %}{{ l == m }}",
		"own self json":  "{% set d = {} %}{% set _ = d.update(a=d) %}{{ d | to_json }}",
		"recursion":      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
		"include":        "{% include 't.j2' %}",
		"template":       "{{ lookup('template', 't.j2') }}",
		"indent":         "{{ 'x' | indent(999999999, true) }}",
		"center":         "{{ 'x' | center(999999999) }}",
		"percent":        "{{ '%999999999d' % 1 }}",
		"format":         "{{ '{:999999999}'.format(1) }}",
		"replace":        "{{ ('a' * 100000) | replace('', 'b' * 100000) }}",
		"join":           "{{ range(100000) | join('x' * 100000) }}",
		"power":          "{{ 9 ** 9 ** 9 }}",
		"product":        "{{ range(1000) | product(range(1000), range(1000)) | list }}",
		"permutations":   "{{ range(20) | permutations | list | length }}",
		"regex":          "{{ ('a' * 5000) | regex_replace('(a+)+b', '') }}",
		"regex blow-up":  "{{ ('a' * 100000) | regex_replace('a', 'b' * 1000) }}",
		"batch":          "{{ [1] | batch(999999999, 'x') | list }}",
		"slices":         "{{ [1] | slice(999999999) | list }}",
		"brackets":       "{{ " + strings.Repeat("[", 100_000) + " }}",
		"ifs":            strings.Repeat("{% if 1 %}", 1_000_000),
		"nots":           "{{ " + strings.Repeat("not ", 1_000_000) + "1 }}",
		"minuses":        "{{ " + strings.Repeat("-", 1_000_000) + "1 }}",
		"sum":            "{{ 1" + strings.Repeat("+1", 1_000_000) + " }}",
		"attributes":     "{{ x" + strings.Repeat(".a", 1_000_000) + " }}",
		"filters":        "{{ 1" + strings.Repeat("|string", 1_000_000) + " }}",
		"from_json":      "{{ ('[' * 1000000) | from_json }}",
		"from_yaml":      "{{ ('[' * 1000000) | from_yaml }}",
		"aliases":        "{{ \"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\" | from_yaml }}",
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := rendered(t.Context(), src, "")
			if err == nil {
				t.Error("Render has no error")
			} else if text := err.Error(); strings.Contains(text, "internal") || len(text) > 2000 {
				t.Errorf("Render error = %.2000v", err)
			}
			if took := time.Since(start); took > 2*time.Minute { // a second, alone and without the race detector
				t.Errorf("Render takes %v", took)
			}
		})
	}
}
