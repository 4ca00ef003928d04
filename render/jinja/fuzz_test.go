package jinja_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/render"
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
	got, err := rendered(ctx, src, vars)
	var at *render.Error
	if err != nil && (!errors.As(err, &at) || at.File == "") && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("render %q: %v, want an error with a file", src, err)
	}
	if err != nil && strings.Contains(err.Error(), "internal error") {
		t.Errorf("render %q: %v", src, err)
	}
	if len(got) > 8<<20 {
		t.Errorf("render %q returns %d bytes", src, len(got))
	}
	again, err2 := rendered(ctx, src, vars)
	if ctx.Err() == nil && (got != again || (err == nil) != (err2 == nil)) {
		t.Errorf("render %q = %q, %v, and then %q, %v", src, got, err, again, err2)
	}
	if _, err := evaluated(ctx, src, vars); err != nil && strings.Contains(err.Error(), "internal error") {
		t.Errorf("Eval(%q) error = %v", src, err)
	}
}
