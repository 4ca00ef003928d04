package render_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/render"
)

func TestPartials(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		files      []string
		want       string
	}{
		{"include of common's", `{{ include "name" . }}`,
			[]string{"common/_p.tmpl", `{{ define "name" }}{{ .service_name }}-x{{ end }}`}, "home-x"},
		{"include sees bare names", `{{ include "name" dict }}`,
			[]string{"common/_p.tmpl", `{{ define "name" }}{{ service_name }}-x{{ end }}`}, "home-x"},
		{"include in a pipeline", `{{ include "name" "a" | upper }}`,
			[]string{"common/_p.tmpl", `{{ define "name" }}{{ . }}b{{ end }}`}, "AB"},
		{"template", `{{ template "name" "a" }}`,
			[]string{"common/_p.tmpl", `{{ define "name" }}{{ . }}b{{ end }}`}, "ab"},
		{"of the service", `{{ template "own" }}`,
			[]string{"home/_p.yml", `{{ define "own" }}mine{{ end }}`}, "mine"},
		{"of the template itself", `{{ define "own" }}self{{ end }}{{ template "own" }}`, nil, "self"},
		{"block", `{{ block "b" "x" }}{{ . }}y{{ end }}`, nil, "xy"},
		{"that call themselves", `{{ include "down" 3 }}`,
			[]string{"common/_p.tmpl", `{{ define "down" }}{{ . }}` +
				`{{ if gt (int .) 1 }}{{ include "down" (sub . 1) }}{{ end }}{{ end }}`},
			"321"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, append(tt.files, "home/x.yml", configMap("x", "'"+tt.text+"'"))...)
			got, _, _ := unstructured.NestedString(objects(t, app, nil)[0].Object, "data", "x")
			if got != tt.want {
				t.Errorf("%s = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestPartialsOfAnotherServiceAreNotSeen(t *testing.T) {
	t.Parallel()
	app := load(t, "home/x.yml", `{{ template "own" }}`,
		"mens/_p.tmpl", `{{ define "own" }}{{ end }}`, "mens/vars.yml", "")
	_, err := render.App(t.Context(), app, render.Options{})
	checkError(t, "App(shop)", err,
		`shop/home/x.yml:1:13: template "own" is not defined here or in a partial`)
}

func TestPartialsDefinedTwice(t *testing.T) {
	t.Parallel()
	app := load(t, "home/x.yml", `{{ define "p" }}b{{ end }}`, "common/_p.tmpl", `{{ define "p" }}a{{ end }}`)
	_, err := render.App(t.Context(), app, render.Options{})
	checkError(t, "App(shop)", err, `shop/home/x.yml:1:1: template "p" is also defined in shop/common/_p.tmpl: rename one of them`)
}

func TestPartialsDefinedTwiceInAFile(t *testing.T) {
	t.Parallel()
	app := load(t, "home/x.yml", "{{ define `p` }}a{{ end }}\n  {{- define \"p\" }}b{{ end }}")
	_, err := render.App(t.Context(), app, render.Options{})
	checkError(t, "App(shop)", err,
		`shop/home/x.yml:2:3: template "p" is also defined in this file: rename one of them`)
}

func TestPartialsDefinedTwiceByOddNames(t *testing.T) {
	t.Parallel()
	app := load(t, "home/x.yml", "{{ define `a\"b` }}a{{ end }}\n{{ define \"a\\\"b\" }}b{{ end }}")
	_, err := render.App(t.Context(), app, render.Options{})
	checkError(t, "App(shop)", err,
		`shop/home/x.yml:2:1: template "a\"b" is also defined in this file: rename one of them`)
}

func TestErrorsOfPartialsAreAtTheirLine(t *testing.T) {
	t.Parallel()
	app := load(t, "home/x.yml", `{{ include "p" . }}`,
		"common/_p.tmpl", "{{ define \"p\" }}\n  {{ .image_idd }}{{ end }}")
	_, err := render.App(t.Context(), app, render.Options{Values: map[string]any{"image_id": 1}})
	checkError(t, "App(shop)", err,
		`shop/common/_p.tmpl:2:6: "image_idd" is not set: did you mean image_id?`)
}
