package jinja_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slipway-go/slipway/render/jinja"
)

// FuzzJinja renders anything: no panic leaves the package, the bounds hold, equal
// runs are equal, and an error has a place.
func FuzzJinja(f *testing.F) {
	root := os.DirFS("testdata/corpus")
	templates, err := fs.Glob(root, "*/template.yml.j2")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range templates {
		data, err := fs.ReadFile(root, file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data), "names: [web]")
	}
	data, err := fs.ReadFile(root, "expressions.json")
	if err != nil {
		f.Fatal(err)
	}
	var corpus struct {
		Vars  json.RawMessage
		Cases []struct{ Template string }
	}
	if err := json.Unmarshal(data, &corpus); err != nil {
		f.Fatal(err)
	}
	for _, c := range corpus.Cases {
		f.Add(c.Template, string(corpus.Vars))
	}
	f.Fuzz(checkAny)
}

func checkAny(t *testing.T, src, vars string) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	layers := jinja.Vars{{File: "vars.yml", YAML: []byte(vars)}}
	opts := jinja.Options{FS: fstest.MapFS{"t.j2": {Data: []byte(src)}}}
	got, err := jinja.Render(ctx, src, "t.j2", layers, opts)
	var at *jinja.Error
	if err != nil && !errors.As(err, &at) {
		t.Errorf("Render(%q) error = %v, want an *Error", src, err)
	}
	if at != nil && at.File == "" {
		t.Errorf("Render(%q) error = %v, want one with a file", src, err)
	}
	if len(got) > 8<<20 {
		t.Errorf("Render(%q) returns %d bytes", src, len(got))
	}
	again, err2 := jinja.Render(ctx, src, "t.j2", layers, opts)
	if got != again || (err == nil) != (err2 == nil) {
		t.Errorf("Render(%q) = %q, %v, and then %q, %v", src, got, err, again, err2)
	}
	if _, err := jinja.EvalText(ctx, src, "t.j2", layers, opts); err != nil && !errors.As(err, &at) {
		t.Errorf("EvalText(%q) error = %v, want an *Error", src, err)
	}
}
