package jinja_test

import (
	"context"
	"testing/fstest"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
)

// source returns the template t.j2 with vars as vars.yml.
func source(src, vars string) render.Source {
	return render.Source{
		File: layouts.File{Path: "t.j2", Data: []byte(src)},
		Vars: []layouts.File{{Path: "vars.yml", Data: []byte(vars)}},
	}
}

// rendered returns what the template t.j2 makes of vars; it can include itself.
func rendered(ctx context.Context, src, vars string) (string, error) {
	engine := jinja.New(jinja.Options{FS: fstest.MapFS{"t.j2": {Data: []byte(src)}}})
	text, err := engine(ctx, source(src, vars))
	if err != nil {
		return "", err
	}
	return string(text.Data), nil
}

// evaluated returns what the expression src makes of vars.
func evaluated(ctx context.Context, src, vars string) (string, error) {
	return jinja.Eval(ctx, source(src, vars), jinja.Options{})
}
