package jinja_test

import (
	"context"
	"fmt"
	"os"
	"testing/fstest"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
)

func ExampleNew() {
	root := fstest.MapFS{
		"shop/common/vars.yml": {Data: []byte("domain: example.com\nhost: \"{{ service_name }}.{{ domain }}\"\n")},
		"shop/home/config.yml.j2": {Data: []byte(`apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ service_name | lower }}
data:
{% for key, value in settings | dictsort %}
  {{ key }}: {{ value | string | to_json }}
{% endfor %}
`)},
		"shop/home/vars.yml": {Data: []byte("settings: {port: 8080, host: \"{{ host }}\"}\n")},
	}
	app, err := layouts.Load(root, "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	objs, err := render.App(context.Background(), app, render.Options{
		Jinja: jinja.New(jinja.Options{FS: root}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := render.Write(os.Stdout, objs, render.YAML); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ---
	// # Source: shop/home/config.yml.j2:1
	// apiVersion: v1
	// data:
	//   host: home.example.com
	//   port: "8080"
	// kind: ConfigMap
	// metadata:
	//   labels:
	//     slipway/set: shop.home
	//   name: home
}

func ExampleEval() {
	text, err := jinja.Eval(context.Background(), render.Source{
		File: layouts.File{Path: "playbook.yml", Data: []byte("{{ ports | map('string') | list }}")},
		Vars: []layouts.File{{Path: "vars.yml", Data: []byte("ports: [80, 443]")}},
	}, jinja.Options{})
	fmt.Println(text, err)
	// Output: ['80', '443'] <nil>
}
