package jinja_test

import (
	"os"
	"testing"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
)

// BenchmarkRender renders a StatefulSet with its variables, as each service has one.
func BenchmarkRender(b *testing.B) {
	root := os.DirFS("testdata/corpus/statefulset")
	var files [2]layouts.File
	for i, name := range []string{"template.yml.j2", "vars.yml"} {
		data, err := os.ReadFile("testdata/corpus/statefulset/" + name)
		if err != nil {
			b.Fatal(err)
		}
		files[i] = layouts.File{Path: name, Data: data}
	}
	engine := jinja.New(jinja.Options{FS: root})
	b.SetBytes(int64(len(files[0].Data)))
	for b.Loop() {
		if _, err := engine(b.Context(), render.Source{File: files[0], Vars: files[1:]}); err != nil {
			b.Fatal(err)
		}
	}
}
