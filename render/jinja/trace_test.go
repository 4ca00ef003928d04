package jinja_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// configMap is a template's beginning whose data are to follow.
const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n"

// An error tells where all values were set that the text is made of, whatever way they came.
func TestErrorsTellOrigins(t *testing.T) {
	t.Parallel()
	const vars = "n: 12\nw: \"{{ v }}\"\nww: {a: \"{{ w }}\", b: \"{{ n }}\"}\nlist: [a, 12]\n" +
		"cfg: {port: 80,\n  name: x}\nname: n\nother: \"1\"\nexpr: \"{% set x = n %}{{ x }}\"\n" +
		"deep: {list: [{n: \"{{ v }}\"}]}\nnumber: \"{{ n }}\"\n" +
		"odd: {'a.-1': \"1\", a: [1]}\n"
	const n = "n shop/home/vars.yml:1"
	tests := []struct{ name, before, value, want string }{
		{"a value of another", "", "{{ w }}", "v -e w shop/home/vars.yml:2"},
		{"and of one more", "", "{{ ww.a }}", "v -e w shop/home/vars.yml:2 ww.a shop/home/vars.yml:3"},
		{"a number of another", "", "{{ number }}", n + " number shop/home/vars.yml:11"},
		{"that sets a name", "", "{{ expr }}", "expr shop/home/vars.yml:9 n shop/home/vars.yml:1"},
		{"set", "{% set x = n %}", "{{ x }}", n},
		{"set twice", "{% set x = other %}{% set x = n %}", "{{ x }}", n},
		{"set to an entry", "{% set x = cfg %}", "{{ x.port }}", "cfg.port shop/home/vars.yml:5"},
		{"a block", "{% set x %}{{ n }}{% endset %}", "{{ x }}", n},
		{"namespace", "{% set ns = namespace() %}{% set ns.a = n %}", "{{ ns.a }}", n},
		{"sum", "{% set ns = namespace(a=0) %}{% for _ in range(500) %}{% set ns.a = ns.a + n %}{% endfor %}", "{{ ns.a }}", n},
		{"made of itself", "{% set x = other %}" + strings.Repeat("{% set x = (x ~ n ~ x)[:2] %}", 100), "{{ x }}",
			n + " other shop/home/vars.yml:8"},
		{"with", "", "{% with x = n %}{{ x }}{% endwith %}", n},
		{"loop", "", "{% for x in list if x == 12 %}{{ x }}{% endfor %}", "list shop/home/vars.yml:4"},
		{"loop over maps", "", "{% for x in deep.list %}{{ x.n }}{% endfor %}", "deep.list[0].n shop/home/vars.yml:10 v -e"},
		{"an item", "", "{{ list[1] }}", "list[1] shop/home/vars.yml:4"},
		{"an item's entry", "", "{{ deep.list[0].n }}", "deep.list[0].n shop/home/vars.yml:10 v -e"},
		{"loop over items", "", "{% for k, x in cfg.items() if x == 80 %}{{ x }}{% endfor %}", "cfg shop/home/vars.yml:5"},
		{"macro", "{% macro m(a, b=1) %}{{ a }}{% endmacro %}", "{{ m(n) }}", n},
		{"macro, by a name", "{% macro m(a, b=1) %}{{ b }}{% endmacro %}", "{{ m('', b=n) }}", n},
		{"call", "{% macro m() %}{{ caller(n) }}{% endmacro %}", "{% call(x) m() %}{{ x }}{% endcall %}", n},
		{"filter block", "", "{% filter trim %}{{ n }}{% endfilter %}", n},
		{"slice", "", "{{ list[1:][0] }}", "list shop/home/vars.yml:4"},
		{"vars", "", "{{ vars['n'] }}", n},
		{"vars, by a value", "", "{{ vars[name] }}", n + " name shop/home/vars.yml:7"},
		{"an entry, by a value", "", "{{ cfg['po' ~ 'rt'] }}", "cfg.port shop/home/vars.yml:5"},
		{"lookup", "", "{{ lookup('vars', 'n') }}", n},
		{"import", "{% import '_m.j2' as m with context %}", "{{ m.x }}", n},
		{"from import", "{% from '_m.j2' import x as y with context %}", "{{ y }}", n},
		{"include", "", "{% include '_i.j2' %}", n},
		{"not the other branch", "", "{{ n if cfg else other }}", "cfg shop/home/vars.yml:5 " + n},
		{"none", "{% set x = n %}{% set x = 12 %}", "{{ x }}", ""},
		{"wrong type", "", "{{ other + 1 }}", "other shop/home/vars.yml:8"},
		{"wrong type, of a macro's argument", "{% macro m(a) %}{{ a + 1 }}{% endmacro %}", "{{ m(other) }}",
			"other shop/home/vars.yml:8"},
		{"wrong type, of a name that is set", "{% set x = other %}", "{{ n ~ (x + 1) }}", "other shop/home/vars.yml:8"},
		{"wrong type, of a key like an index", "", "{{ odd['a.-1'] + 1 }}", "odd.a.-1 shop/home/vars.yml:12"},
		{"no list", "", "{% for x in n %}{% endfor %}", n},
		{"an unknown name", "", "{{ n ~ cfg.prot }}", "cfg.port shop/home/vars.yml:5"},
		{"an unknown entry", "{% set x = cfg %}", "{{ x.zzzzz }}", "cfg shop/home/vars.yml:5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := app(t, map[string]string{
				"home/x.yml.j2": tt.before + configMap + "  a: " + tt.value + "\n", "home/vars.yml": vars,
				"home/_m.j2": "{% set x = n %}", "home/_i.j2": "{{ n }}",
			}, render.Options{
				Values: map[string]any{"v": "12"}, Origins: map[string]render.Origin{"v": {Path: "v", File: "-e"}},
			})
			var at *render.Error
			if !errors.As(err, &at) {
				t.Fatalf("App(shop) error = %v, want a *render.Error", err)
			}
			var got []string
			for _, value := range at.Values {
				got = append(got, value.Path, value.String())
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("values of %v mismatch (-want +got):\n%s", err, diff)
			}
		})
	}
}

// Fields tell the same, so that what the server says of them can be quoted.
func TestFieldsTellOrigins(t *testing.T) {
	t.Parallel()
	objs, err := app(t, map[string]string{
		"home/x.yml.j2": "{% set x = w %}" + configMap + "  a: {{ x }}\n", "home/vars.yml": "w: \"a{{ v }}\"\n",
	}, render.Options{
		Lines: true, Values: map[string]any{"v": "b"}, Origins: map[string]render.Origin{"v": {Path: "v", File: "-e"}},
	})
	if err != nil {
		t.Fatalf("App(shop) error = %v, want nil", err)
	}
	field := layouts.FieldsOf(objs[0].GetAnnotations())["data.a"]
	want := []layouts.FieldValue{{Path: "v", File: "-e"}, {Path: "w", File: "shop/home/vars.yml", Line: 1}}
	if diff := cmp.Diff(want, field.Values); diff != "" {
		t.Errorf("values of data.a mismatch (-want +got):\n%s", diff)
	}
}
