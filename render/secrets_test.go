package render_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// Whatever a template of Go does with what was encrypted, no error tells it.
func TestErrorsDoNotTellSecrets(t *testing.T) {
	t.Parallel()
	decrypt := func(f layouts.File) (layouts.File, error) {
		f.Data = bytes.ReplaceAll(f.Data, []byte("CIPHERED"), []byte("hunter2 x"))
		return f, nil
	}
	for _, text := range []string{
		"{{ range pw }}{{ end }}", "{{ range .pw }}{{ end }}", "{{ range upper pw }}{{ end }}", "{{ pw.a }}", "{{ .pw.a }}",
		"{{ with .pw }}{{ .a }}{{ end }}", "{{ index .m pw }}", "{{ .m.a.b }}", "{{ fail pw }}", "{{ add (list pw) zz }}",
		"{{ fromJson pw }}", "{{ include pw . }}", "{{ define \"t\" }}{{ .a.b }}{{ end }}{{ template \"t\" .m }}",
		"{{ $x := .m }}{{ $x.a.b }}{{ .zz }}", "{{ keys pw }}", "{{ index pw 99 }}", "{{ index pw \"x\" }}", "a: b: {{ pw }}",
		"{{ int pw | range }}", "{{ gt pw 1 }}", "{{ b64dec pw }}", "{{ regexFind pw pw }}", "{{ atoi pw | fail }}",
		configMap("x", "{{ $y := .m }}{{ $y.a }}: b"), configMap("x", "{{ range .l }}{{ . }}: c{{ end }}"),
	} {
		app := load(t, "home/x.yml", text, "home/vars.yml", "pw: CIPHERED\nm: {a: CIPHERED}\nl: [a, CIPHERED]\n")
		_, err := render.App(t.Context(), app, render.Options{Decrypt: decrypt, Lines: true})
		if got := withExcerpts(err); err == nil || strings.Contains(strings.ToLower(got+fmt.Sprint(err)), "hunter2") {
			t.Errorf("error for %q = %s, want one without the secret", text, got)
		}
	}
}
