package jinja_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render"
)

// All names of a template that are not set are told at once, and none that may be set or that
// the template may not come to.
func TestAllUnknownNames(t *testing.T) {
	t.Parallel()
	const vars = "n: 1\nm: {a: 1}\nl: [1, 2]\nw: \"{{ zz }}\"\n"
	tests := []struct{ name, src, want string }{
		{"two", "{{ a }}\n{{ n }}{{ b }}", "1:4 a, 2:11 b"},
		{"the same name twice", "{{ a }}{{ a }}", "1:4 a, 1:11 a"},
		{"operands", "{{ a ~ n ~ b }}{{ c + d }}", "1:4 a, 1:12 b, 1:19 c, 1:23 d"},
		{"entries", "{{ m.b }}{{ m.a }}{{ m.c.d }}", "1:4 m.b, 1:22 m.c"},
		{"in a loop, once", "{% for i in l %}{{ a }}{% endfor %}{{ b }}", "1:20 a, 1:39 b"},
		{"in the branch that is taken", "{% if n %}{{ a }}{% else %}{{ b }}{% endif %}{{ c }}", "1:14 a, 1:49 c"},
		{"a condition", "{% if a %}{{ b }}{% endif %}{{ c }}", "1:7 a, 1:32 c"},
		{"a condition that sets a name", "{% if a %}{% set b = 1 %}{% endif %}{{ b }}", "1:7 a"},
		{"a condition that defines a macro", "{% if a %}{% if n %}{% macro b() %}{% endmacro %}{% endif %}{% endif %}{{ b() }}", "1:7 a"},
		{"a loop over one", "{% for i in a %}{{ b }}{% endfor %}{{ c }}", "1:13 a, 1:39 c"},
		{"asked for", "{{ a }}{{ b | default(1) }}{% if c is defined %}{{ c }}{% endif %}{{ n or d }}", "1:4 a"},
		{"default of one", "{{ a | default(b) }}{{ c }}", "1:4 b, 1:24 c"},
		{"set to one", "{% set x = a ~ '' %}{{ x }}{{ x is defined }}{% if x %}{{ b }}{% endif %}{{ x | default(c) }}{{ d }}",
			"1:12 a, 1:97 d"},
		{"set in a block", "{% set x %}{{ a }}{% endset %}{{ x }}{{ b }}", "1:15 a, 1:41 b"},
		{"set in a condition on it", "{% set x = a ~ '' %}{% if x %}{% set y = 1 %}{% endif %}{{ y }}", "1:12 a"},
		{"a macro", "{% macro m(x) %}{{ a }}{% endmacro %}{{ m(1) }}{{ b }}", "1:20 a, 1:51 b"},
		{"a macro that is not called", "{% macro m(x) %}{{ a }}{% endmacro %}{{ b }}", "1:41 b"},
		{"where calls change values", "{{ l.append(a + 1) }}{{ b }}", "1:13 a"},
		{"where calls change fields", "{% set ns = namespace() %}{% macro m(x) %}{{ x }}{% set ns.y = 1 %}{% endmacro %}" +
			"{{ m(a) }}{{ ns.y }}", "1:46 a"},
		{"but not there", "{{ l.append(1) }}{{ a }}{{ b }}", "1:21 a, 1:28 b"},
		{"a value without one", "{{ w }}{{ a }}{{ w }}", "1:4 zz, 1:11 a, 1:18 zz"},
		{"import", "{% from a import b %}{{ b }}{{ b() }}{{ c }}", "1:4 a, 1:41 c"},
		{"no other error with them", "{{ a }}{{ 1 / 0 }}", "1:4 a"},
		{"nor after another one", "{{ 1 / 0 }}{{ a }}", "1:6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := rendered(t.Context(), tt.src, vars)
			all, ok := err.(interface{ Unwrap() []error })
			errs := []error{err}
			if ok {
				errs = all.Unwrap()
			}
			var got []string
			for _, one := range errs {
				place, _, _ := strings.Cut(strings.TrimPrefix(one.Error(), "t.j2:"), ": ")
				if unknown := (*render.UnknownNameError)(nil); errors.As(one, &unknown) {
					place += " " + unknown.Name
				}
				got = append(got, place)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("render %q errors mismatch (-want +got):\n%s\n%v", tt.src, diff, err)
			}
		})
	}
}
