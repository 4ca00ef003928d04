package render_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render"
)

// All fields of a template that are not set are told at once, and none that the template may
// not come to.
func TestAllUnknownFields(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"two", "{{ .a }}\n{{ .n }}{{ .b }}", "1:4 a, 2:12 b"},
		{"in a loop, once", "{{ range .l }}{{ .a }}{{ $.b }}{{ end }}{{ .c }}", "1:18 a, 1:27 b, 1:44 c"},
		{"in the branch that is taken", "{{ if .n }}{{ .a }}{{ else }}{{ .b }}{{ end }}{{ .c }}", "1:15 a, 1:50 c"},
		{"a condition", "{{ if .a }}{{ .b }}{{ end }}{{ .c }}", "1:7 a, 1:32 c"},
		{"a condition that sets a variable", "{{ $x := .n }}{{ if .a }}{{ $x = .m }}{{ end }}{{ $x.b }}", "1:21 a"},
		{"a condition that declares one", "{{ if .a }}{{ $x := .m }}{{ $x }}{{ end }}{{ .b }}", "1:7 a, 1:46 b"},
		{"asked for", "{{ .a }}{{ if hasKey . \"b\" }}{{ .b }}{{ end }}{{ get . \"c\" }}{{ .d }}", "1:4 a, 1:65 d"},
		{"in a variable", "{{ $x := .a }}{{ .b }}", "1:10 a"},
		{"in templates", "{{ define \"t\" }}{{ .a }}{{ end }}{{ template \"t\" . }}{{ template \"t\" .b }}{{ .c }}",
			"1:20 a, 1:70 b, 1:78 c"},
		{"in what is included", "{{ define \"t\" }}{{ .a }}{{ .b }}{{ end }}{{ include \"t\" . }}{{ .c }}", "1:20 a, 1:64 c"},
		{"in what a condition includes", "{{ define \"t\" }}{{ .a }}{{ end }}{{ if include \"t\" . }}{{ .b }}{{ end }}{{ .c }}",
			"1:20 a, 1:76 c"},
		{"where functions change values", "{{ .a }}{{ $_ := set .m \"b\" 1 }}{{ .m.b }}{{ .c }}", "1:4 a"},
		{"no other error with them", "{{ .a }}{{ fail \"x\" }}", "1:4 a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, "home/x.yml", tt.text, "home/vars.yml", "n: 1\nm: {x: 1}\nl: [{}, {}]\n")
			_, err := render.App(t.Context(), app, render.Options{})
			var got []string
			for _, one := range problems(err) {
				var unknown *render.UnknownNameError
				if !errors.As(one, &unknown) {
					t.Fatalf("App(shop) error = %v, want one of a name", one)
				}
				place, _, _ := strings.Cut(strings.TrimPrefix(one.Error(), "shop/home/x.yml:"), ": ")
				got = append(got, place+" "+unknown.Name)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("App(shop) errors mismatch (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}
