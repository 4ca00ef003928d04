package jinja_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/schema"
)

// Whatever a template does with what was encrypted, no error tells it.
func TestErrorsDoNotTellSecrets(t *testing.T) {
	t.Parallel()
	decrypt := func(f layouts.File) (layouts.File, error) {
		f.Data = bytes.ReplaceAll(f.Data, []byte("CIPHERED"), []byte("hunter2 x"))
		return f, nil
	}
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - name: x\n    "
	for _, text := range []string{
		"a: {{ lookup('file', pw) }}", "a: {{ vars[pw] }}", "a: {{ {'a': 1}[pw] }}", "{% include pw %}",
		"a: {{ 'x' | regex_replace(pw ~ '(', '') }}", "a: {{ [1] | map(pw) | list }}", "a: {{ 'x' | hash(pw) }}",
		"a: {{ lookup('env', pw) }}", "a: {{ other }}", pod + "image: {{ pw }}", pod + "image: a:1\n    imagePullPolicy: {{ pw }}",
		"a: {{ pw.a }}", "a: {{ pw[99] }}", "{% set x = pw %}a: {{ x + 1 }}", "a: {{ m[pw] }}", "a: {{ nested.x.y }}",
		"{% macro f(x) %}{{ x.a.b }}{% endmacro %}a: {{ f(pw) }}", "{% for c in [pw] %}{{ c.a ~ zz }}{% endfor %}{{ yy }}",
		"{% for c in pw %}{{ c + 1 }}{% endfor %}", "{% with x = pw %}{{ x | dict2items }}{% endwith %}", "{{ pw() }}",
		"{% include pw ~ '.j2' %}{{ zz }}", "{% import pw as x %}{{ x.y }}", "a: {{ pw | int + zz }}", "a: {{ 1 / other }}",
		"a: b: {{ nested.y }}", pod + "image: a:1\n    imagePullPolicy: {{ nested.y }}",
		pod + "image: a:1\n    resources: {limits: {memory: \"{{ pw }}\"}}",
	} {
		objs, err := app(t, map[string]string{
			"home/x.yml.j2": text, "home/vars.yml": "pw: CIPHERED\nother: \"{{ vars[pw] }}\"\nm: {a: 1}\n" +
				"nested: {x: \"{{ pw }}\", y: \"a {{ pw }}\"}\n",
		}, render.Options{Decrypt: decrypt, Lines: true})
		if err == nil {
			_, err = schema.Validate(objs, schema.Options{})
		}
		if got := fmt.Sprint(err, render.Excerpt(err)); err == nil || strings.Contains(got, "hunter2") {
			t.Errorf("error for %q = %s, want one without the secret", text, got)
		}
	}
}
