package render_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render"
)

// An error tells where the values were set that an action uses, through dots, variables and
// the templates around it.
func TestErrorsTellOrigins(t *testing.T) {
	t.Parallel()
	const vars = "n: 12\nlist: [a, 12]\ncfg:\n  port: 80\n  deep: {on: 1}\nother: \"1\"\nname: x\n"
	const n, port = "n shop/home/vars.yml:1", "cfg.port shop/home/vars.yml:4"
	tests := []struct{ name, before, value, want string }{
		{"variable", "{{ $x := .n }}", "{{ $x }}", n},
		{"variable of a map", "{{ $x := .cfg }}", "{{ $x.port }}", port},
		{"variable that is assigned in a block", "{{ $x := \"\" }}{{ if .n }}{{ $x = .n }}{{ end }}", "{{ $x }}", n},
		{"another one of that name", "{{ $x := .n }}", "{{ with .cfg }}{{ $x := .port }}{{ $x }}{{ end }}", port},
		{"root", "", "{{ with .cfg }}{{ $.n }}{{ end }}", n},
		{"with", "", "{{ with .cfg }}{{ .port }}{{ end }}", port},
		{"with and a variable", "", "{{ with $c := .cfg }}{{ $c.port }}{{ end }}", port},
		{"else of with", "", "{{ with .n }}{{ with \"\" }}{{ else }}{{ . }}{{ end }}{{ end }}", n},
		{"range", "", "{{ range .list }}{{ if eq (toString .) \"12\" }}{{ . }}{{ end }}{{ end }}", "list shop/home/vars.yml:2"},
		{"range with variables", "", "{{ range $i, $x := list }}{{ if $i }}{{ $x }}{{ end }}{{ end }}",
			"list shop/home/vars.yml:2"},
		{"get", "", "{{ get .cfg \"port\" | default 2 }}", port},
		{"index", "", "{{ index . \"cfg\" \"port\" }}", port},
		{"parentheses", "", "{{ (.cfg).port }}", port},
		{"template", "{{ define \"t\" }}{{ .port }}{{ end }}", "{{ template \"t\" .cfg }}", port},
		{"template in a template", "{{ define \"t\" }}{{ .port }}{{ end }}{{ define \"u\" }}{{ template \"t\" .cfg }}{{ end }}",
			"{{ template \"u\" . }}", port},
		{"template, its root", "{{ define \"t\" }}{{ $.port }}{{ end }}", "{{ template \"t\" .cfg }}", port},
		{"include", "{{ define \"t\" }}{{ .port }}{{ end }}", "{{ include \"t\" .cfg }}", "cfg shop/home/vars.yml:3 " + port},
		{"include, of all", "{{ define \"t\" }}{{ .n }}{{ end }}", "{{ include \"t\" . }}", n},
		{"include in an include", "{{ define \"t\" }}{{ .port }}{{ end }}{{ define \"u\" }}{{ include \"t\" .cfg }}{{ end }}",
			"{{ include \"u\" . }}", port},
		{"an unknown name", "", "{{ with .cfg }}{{ .prt }}{{ end }}", port},
		{"an unknown name, in a template", "{{ define \"t\" }}{{ .prt }}{{ end }}", "{{ template \"t\" .cfg }}", port},
		{"an unknown name, in an include", "{{ define \"t\" }}{{ .prt }}{{ end }}", "{{ include \"t\" .cfg }}", port},
		{"what is no map", "{{ $x := .cfg }}", "{{ $x.port.a }}", port},
		{"what is no list", "", "{{ with .cfg }}{{ range .port.x }}{{ end }}{{ end }}", port},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, "home/x.yml", tt.before+configMap("x", tt.value), "home/vars.yml", vars)
			_, err := render.App(t.Context(), app, render.Options{})
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

// What users of Ansible or of other template languages write is told with what to write.
func TestAdvice(t *testing.T) {
	t.Parallel()
	const at = "shop/home/x.yml:1:"
	const jinja = ": it looks like Jinja; let the template's name end in .j2, or set the dialect (slipway: --dialect jinja)"
	tests := []struct{ text, want string }{
		{"a: {{ v | default('x') }}", at + `4: unexpected "(" in operand` + jinja},
		{"a: {{ v[0] }}", at + `4: bad character U+005B '['` + jinja},
		{"{{ if v == 1 }}{{ end }}", at + `1: unexpected "=" in operand` + jinja},
		{"{{ if v is string }}{{ end }}", at + `7: "v" is a value, not a function: it takes no arguments` + jinja + "\n" +
			at + `9: "is" is not set: did you mean js?` + "\n" +
			at + `12: "string" is not set: set it in a vars.yml, or pass it as a value`},
		{"{% if v %}", at + "2: YAML: found character that cannot start any token: a tag of Jinja is for templates whose " +
			"names end in .j2, or whose dialect is set (slipway: --dialect jinja); a text that begins with % goes between quotes"},
		{"a: {{ 'xy' }}", at + "4: malformed character constant: 'xy': a text goes between double quotes"},
		{"a: {{ .a-b }}", at + `4: bad character U+002D '-': a name with a - in it is got by index . "the-name"`},
		{"a: {{ }}", at + "4: missing value for command: there is nothing in {{ }}"},
		{"a: b\n{{ end }}", "shop/home/x.yml:2:1: unexpected {{end}}: no block is open that it belongs to"},
		{"a: b\n{{ else }}", "shop/home/x.yml:2:1: unexpected {{else}}: no block is open that it belongs to"},
		{"{{ template \"lables\" . }}", at + `13: template "lables" is not defined here or in a partial: did you mean labels?`},
		{"{{ include \"lables\" . }}", at + `4: template "lables" is not defined here or in a partial: did you mean labels?`},
		{"{{ if eq .v \"1\" }}{{ end }}", at + "7: it compares a number with a text: convert one, with int or toString"},
	}
	for _, tt := range tests {
		app := load(t, "home/x.yml", tt.text, "home/vars.yml", "v: 1\n", "common/_p.tmpl", `{{ define "labels" }}{{ end }}`)
		_, err := render.App(t.Context(), app, render.Options{})
		checkError(t, tt.text, err, tt.want)
	}
}

// What is no map, no list or no text is told by what it is, never by its value.
func TestWrongTypes(t *testing.T) {
	t.Parallel()
	const at = "shop/home/x.yml:1:"
	tests := []struct{ text, want string }{
		{"{{ .m.a.b }}", at + `8: "m.a.b" is not set: m.a is a text, not a map`},
		{"{{ m.a.b.c }}", at + `4: "m.a.b" is not set: m.a is a text, not a map`},
		{"{{ range .l }}{{ m.n.b }}{{ end }}", at + `18: "m.n.b" is not set: m.n is a number, not a map`},
		{"{{ with .m }}{{ .l.b }}{{ end }}", at + `19: "m.l.b" is not set: m.l is a list, not a map`},
		{"{{ $x := .m }}{{ $x.a.b }}", at + `22: "m.a.b" is not set: m.a is a text, not a map`},
		{"{{ range .l }}{{ .b }}{{ end }}", at + `18: "b" is not set: what it is looked up in is no map`},
		{"{{ range .m.a }}{{ end }}", at + "10: range wants a list or a map: m.a is a text"},
		{"{{ range m.a }}{{ end }}", at + "10: range wants a list or a map: m.a is a text"},
		{"{{ range upper m.a }}{{ end }}", at + "16: range wants a list or a map: what is given is none"},
		{"{{ .m.no }}", at + `6: "m.no" is not set: it is null in shop/home/vars.yml:1, which takes it out`},
		{"{{ no }}", at + `4: "no" is not set: it is null in shop/home/vars.yml:3, which takes it out`},
		{"{{ upper .l }}", at + "10: want a text, have a list"},
		{"{{ upper .m }}", at + "10: want a text, have a map"},
		{"{{ keys .m.n }}", at + "9: want a map, have a number"},
	}
	for _, tt := range tests {
		app := load(t, "home/x.yml", tt.text, "home/vars.yml", "m: {a: hunter2, n: 1, l: [], no: null}\nl: [x]\nno:\n")
		_, err := render.App(t.Context(), app, render.Options{})
		checkError(t, tt.text, err, tt.want)
	}
}

// What a text is made of is found out without counting each value as often as it is in it.
func TestOriginsOfTextsThatGrow(t *testing.T) {
	t.Parallel()
	const recursive = `{{ define "t" }}{{ if lt (len .a) 90 }}` +
		`{{ template "t" (dict "a" (print "x" .a .b) "b" .b) }}{{ else }}{{ .zz }}{{ end }}{{ end }}`
	tests := []struct{ name, before, value string }{
		{"in a variable", `{{ $x := .n }}` + strings.Repeat(`{{ $x = print $x $x .other | trunc 9 }}`, 100), `{{ $x.zz }}`},
		{"in a template", recursive, `{{ template "t" (dict "a" .n "b" .other) }}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, "home/x.yml", tt.before+configMap("x", tt.value), "home/vars.yml", "n: a\nother: b\n")
			_, err := render.App(t.Context(), app, render.Options{})
			var at *render.Error
			if !errors.As(err, &at) || !strings.Contains(err.Error(), "zz") {
				t.Fatalf("App(shop) error = %v, want one of zz", err)
			}
		})
	}
}

// A value that a template fails with may look like an error of a template.
func TestErrorsOfValuesThatLookLikeErrors(t *testing.T) {
	t.Parallel()
	const words = `template: x:0:9: executing "a" at <b>: c`
	app := load(t, "home/x.yml", configMap("x", "{{ fail .words }}"), "home/vars.yml", "words: '"+words+"'\n")
	_, err := render.App(t.Context(), app, render.Options{})
	want := "shop/home/x.yml:5:9: " + words
	if err == nil || err.Error() != want {
		t.Errorf("App(shop) error = %v, want %s", err, want)
	}
}
