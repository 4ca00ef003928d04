package jinja_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, vars, want string }{
		{"unknown name", "a\n  b: {{ portt }}", "port: 1", `t.j2:2:9: "portt" is not set: did you mean port?`},
		{"unknown name, none near", "{{ x }}", "", `t.j2:1:4: "x" is not set`},
		{"unknown key", "{{ res.cpuu }}", "res: {cpu: 1}", `t.j2:1:4: "res.cpuu" is not set: did you mean res.cpu?`},
		{"below an unknown name", "{{ a.b.c }}", "", `t.j2:1:4: "a" is not set`},
		{"in a condition", "{% if x %}{% endif %}", "", `t.j2:1:7: "x" is not set`},
		{"in a loop", "{% for i in x %}{% endfor %}", "", `t.j2:1:13: "x" is not set`},
		{"a function", "{{ namespace }}", "", `t.j2:1:4: "namespace" is not set: it is a function; a variable ` +
			"of that name must be set"},
		{"no function", "{{ rnge(1) }}", "", `t.j2:1:4: "rnge" is not set: did you mean range?`},
		{"no filter", "{{ 1 | uppr }}", "", `t.j2:1:8: no filter is called "uppr": did you mean upper?`},
		{"no test", "{{ 1 is definde }}", "", `t.j2:1:9: no test is called "definde": did you mean defined?`},
		{"no tag", "{% fro x in y %}", "", `t.j2:1:4: unknown tag "fro": did you mean for or from?`},
		{"a tag that is off", "{% do x %}", "", `t.j2:1:4: unknown tag "do": Ansible has it only with an ` +
			"extension that is off"},
		{"a tag without an end", "a\n{% if 1 %}\nb", "", "t.j2:2:4: this {% if %} has no {% endif %}"},
		{"and with an else", "{% if 1 %}\n{% else %}\nb", "", "t.j2:1:4: this {% if %} has no {% endif %}"},
		{"the inner one", "{% if 1 %}\n{% for i in a %}\n{% set x %}a", "", "t.j2:3:4: this {% set %} has no {% endset %}"},
		{"one that the end of another follows", "{% if 1 %}\n{% macro m() %}\n{% endif %}", "",
			"t.j2:2:4: this {% macro %} has no {% endmacro %} before the {% endif %} in line 3"},
		{"an end of what is not open", "{% if 1 %}\n{% endfor %}{% endif %}", "",
			`t.j2:2:4: unexpected "endfor": what is open is the {% if %} in line 1`},
		{"an else of what has none", "{% with a = 1 %}\n{% else %}{% endwith %}", "",
			`t.j2:2:4: unexpected "else": what is open is the {% with %} in line 1`},
		{"an end with an error", "{% for i in a %}\n{% endfro %}", "", `t.j2:2:4: unknown tag "endfro": did you mean endfor?`},
		{"an entry of a text", "{{ a.b.c }}", "a: {b: x}", `t.j2:1:4: "a.b.c" is not set: a.b is a text, not a map`},
		{"of a number", "{{ a['b'].c.d }}", "a: {b: 1}", `t.j2:1:4: "a.b.c" is not set: a.b is a number, not a map`},
		{"of null", "{{ a.c }}", "a:", `t.j2:1:4: "a.c" is not set: a is null, not a map`},
		{"of a list", "{{ a.c }}", "a: [1]", `t.j2:1:4: "a.c" is not set: a is a list, not a map`},
		{"an index that is too large", "{{ a[1] }}", "a: [1]", `t.j2:1:4: "a[1]" is not set: a is a list of 1, counted from 0`},
		{"of what has no name", "{{ ('x' ~ a).c }}", "a: b", `t.j2:1:4: "c" is not set: what it is looked up in is a text, not a map`},
		{"an end without a tag", "{% endif %}", "", `t.j2:1:4: unexpected "endif": no tag that it belongs to is open`},
		{"an open tag", "a {{ b", "", `t.j2:1:3: the tag has no end "}}"`},
		{"an open comment", "a {# b", "", `t.j2:1:3: the comment has no end "#}"`},
		{"an open bracket", "{{ (1 }}", "", `t.j2:1:7: unexpected "}": no bracket that it closes is open`},
		{"an open string", "{{ 'a }}", "", "t.j2:1:4: the string has no end"},
		{"types", "x: {{ 'a' + 1 }}", "", `t.j2:1:11: can only concatenate str (not "int") to str: use ~, or the ` +
			"filter string"},
		{"no value in it", "{{ s + 1 }}", "s: secret", `t.j2:1:6: can only concatenate str (not "int") to str: ` +
			"use ~, or the filter string"},
		{"an argument too many", "{{ 'a' | upper(1) }}", "", "t.j2:1:10: the filter upper is given too many " +
			"arguments: it takes 0"},
		{"an unknown argument", "{{ 'a' | indent(widht=1) }}", "", `t.j2:1:10: the filter indent has no argument "widht"`},
		{"zero", "{{ 1 / 0 }}", "", "t.j2:1:6: division by zero"},
		{"64 bits", "{{ 9223372036854775807 + 1 }}", "", "t.j2:1:24: the number has over 64 bits"},
		{"mandatory", "{{ x | mandatory('say x') }}", "", "t.j2:1:8: say x"},
		{"in a value", "{{ a }}", "b: 1\na: \"x{{ cc }}\"", `t.j2:1:4: "a" has no value: vars.yml:2:9: "cc" is not set`},
		{"a broken value", "{{ a }}", "b: 1\na: \"x{{ c \"", `vars.yml:2:6: the tag has no end "}}"`},
		{"a value that needs itself", "{{ a }}", "a: \"{{ b }}\"\nb: \"{{ c.x }}\"\nc: {x: \"{{ a }}\"}",
			`vars.yml:3:12: the variable "a" needs itself: a → b → c → a`},
		{"YAML", "{{ a }}", "a: [1\n", "vars.yml:1: YAML: did not find expected ',' or ']'"},
		{"YAML, two documents", "", "a: 1\n---\nb: 2\n", "vars.yml: a second document: keep one"},
		{"YAML, a list", "", "- 1\n", "vars.yml:1: want a map of names to values"},
		{"an encrypted value", "{{ a }}", "a: !vault |\n  x\n", "vars.yml:1:4: the value is encrypted with " +
			"Ansible Vault: set render.Options.Decrypt"},
		{"outside of the root", "{{ lookup('file', '../../x') }}", "", "t.j2:1:4: the file ../../x is outside of the layout"},
		{"an absolute file", "{% include '/etc/passwd' %}", "", "t.j2:1:4: the file /etc/passwd is outside of the layout"},
		{"no such file", "{{ lookup('file', 'x') }}", "", "t.j2:1:4: look up x: file does not exist"},
		{"no such lookup", "{{ lookup('pipe', 'date') }}", "", `t.j2:1:4: no lookup is called "pipe": there are ` +
			"file, template, vars, varnames, env, dict, items, sequence"},
		{"the environment", "{{ lookup('env', 'HOME') }}", "", "t.j2:1:4: lookup('env', 'HOME'): a template reads " +
			"only what the caller allows: pass it (slipway: --lookup-env HOME)"},
		{"the first line", "#jinja2: trim_block: True\nx", "", "t.j2:1:1: the #jinja2: line: unknown setting " +
			`"trim_block": did you mean trim_blocks?`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := rendered(t.Context(), tt.src, tt.vars)
			var at *render.Error
			if !errors.As(err, &at) || err.Error() != tt.want {
				t.Errorf("render %q = %q, %v, want %s", tt.src, got, err, tt.want)
			}
		})
	}
}

func TestUnknownName(t *testing.T) {
	t.Parallel()
	_, err := rendered(t.Context(), "{{ res.limits.cpuu }}", "res: {limits: {cpu: 1}}")
	var unknown *render.UnknownNameError
	if !errors.As(err, &unknown) {
		t.Fatalf("render error = %v, want a *render.UnknownNameError", err)
	}
	want := &render.UnknownNameError{Name: "res.limits.cpuu", Near: []string{"res.limits.cpu"}}
	if diff := cmp.Diff(want, unknown); diff != "" {
		t.Errorf("render error mismatch (-want +got):\n%s", diff)
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := rendered(ctx, "x", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("render error = %v, want %v", err, context.Canceled)
	}
	src := "{% for i in range(1400) %}{% for j in range(1400) %}{{ i * j }}{% endfor %}{% endfor %}"
	_, err := rendered(expiring{t.Context(), new(int)}, src, "")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "t.j2:1:") {
		t.Errorf("render error = %v, want %v with a place", err, context.DeadlineExceeded)
	}
}

// An expiring context ends when it was asked a few times.
type expiring struct {
	context.Context
	asked *int
}

func (e expiring) Err() error {
	if *e.asked++; *e.asked > 10 {
		return context.DeadlineExceeded
	}
	return nil
}
