package jinja_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
)

func TestVariables(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, vars, want string }{
		{"in each other", "{{ url }}", "url: \"http://{{ host }}\"\nhost: \"{{ name }}.io\"\nname: a", "http://a.io"},
		{"in maps and lists", "{{ m.l[1] }} {{ m }}", "m: {l: [1, \"{{ n }}\"]}\nn: 2", "2 {'l': [1, 2]}"},
		{"only when they are needed", "{{ b }}", "a: \"{{ nosuch }}\"\nb: 1", "1"},
		{"undefined below", "{{ a | default('d') }} {{ a is defined }}", "a: \"{{ nosuch }}\"", "d False"},
		{"by name", "{{ vars['a' ~ 1] }} {{ vars.a1 }} {{ 'a2' in vars }} {{ vars.get('b', 'd') }}", "a1: \"{{ x }}\"\nx: 5",
			"5 5 False d"},
		{"that is called vars", "{{ vars.a }}", "vars: {a: own}", "own"},
		{"unsafe", "{{ a }}", "a: !unsafe \"{{ b }}\"", "{{ b }}"},
		{"a copy of a variable", "{% set _ = a.append(2) %}{{ a }} {{ b }}", "a: [1]\nb: \"{{ a }}\"", "[1, 2] [1]"},
		{"types of templates", "{{ i | type_debug }} {{ b | type_debug }} {{ l | type_debug }}",
			"i: \"{{ 1 }}\"\nb: \"{{ true }}\"\nl: \"{{ [1] }}\"", "str bool list"},
		{"a null", "{{ a is none }}|{{ a }}|{{ a | default('d', true) }}", "a:", "True||d"},
		{"a text false", "{% if flag %}yes{% endif %}", "flag: 'false'", "yes"},
		{"merged keys", "{{ b }}", "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", "{'x': 1, 'y': 3}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := rendered(t.Context(), tt.src, tt.vars)
			if err != nil || got != tt.want {
				t.Errorf("render %q = %q, %v, want %q", tt.src, got, err, tt.want)
			}
		})
	}
}

// Later layers win and maps merge; the caller's values are data, and stay what they are.
func TestLayers(t *testing.T) {
	t.Parallel()
	values := map[string]any{
		"text": "{{ secret }}", "res": map[string]any{"cpu": 2, "gpu": uint8(1)}, "list": []string{"a", "b"},
		"f": float32(1.5), "p": new(int), "m": map[string]int{"b": 1, "a": 2}, "nil": nil, "t": []any{true, int16(3)},
	}
	before := render.MergeValues(values, nil)
	in := render.Source{
		File: layouts.File{Path: "t.j2", Data: []byte("{{ text }} {{ res }} {{ both }} {{ list }} {{ f }} {{ p }} " +
			"{{ m }} {{ nil }} {{ t }}{% set _ = list.append('c') %}{% set _ = res.update(x=1) %}")},
		Vars: []layouts.File{
			{Path: "a.yml", Data: []byte("res: {cpu: 1, mem: 5}\nboth: first\nsecret: s\nlist: [1]")},
			{Path: "b.yml", Data: []byte("both: \"{{ text }}!\"")},
		},
		Values: values,
	}
	got, err := jinja.New(jinja.Options{})(t.Context(), in)
	want := "{{ secret }} {'cpu': 2, 'mem': 5, 'gpu': 1} {{ secret }}! ['a', 'b'] 1.5 0 {'a': 2, 'b': 1}  [True, 3]"
	if err != nil || string(got.Data) != want {
		t.Errorf("render = %q, %v, want %q", got.Data, err, want)
	}
	if after := render.MergeValues(values, nil); !reflect.DeepEqual(before, after) {
		t.Errorf("the values are changed: %s", cmp.Diff(before, after))
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"shop/home/nginx.conf":    {Data: []byte("listen {{ port }};\n\n")},
		"shop/home/_labels.j2":    {Data: []byte("app: {{ app }}\n")},
		"shop/templates/x.j2":     {Data: []byte("[{{ app }}]")},
		"files/root.txt":          {Data: []byte("root")},
		"shop/home/_macros.j2":    {Data: []byte("{% macro m(x) %}<{{ x }}>{% endmacro %}")},
		"shop/home/conf/deep.txt": {Data: []byte("deep")},
	}
	tests := []struct{ src, want string }{
		{"{{ lookup('file', 'nginx.conf') }}|", "listen {{ port }};|"},
		{"{{ lookup('template', 'x.j2') }}", "[web]"},
		{"{{ lookup('file', 'root.txt') }}", "root"},
		{"{{ lookup('file', './conf/../conf/deep.txt') }}", "deep"},
		{"{% include '_labels.j2' %}", "app: web"},
		{"{% from '_macros.j2' import m %}{{ m(1) }}", "<1>"},
		{"{{ lookup('env', 'STAGE') }} {{ lookup('env', 'NO', default='d') }}", "prod d"},
		{"{{ lookup('file', 'nosuch', errors='ignore') }}", ""},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			t.Parallel()
			in := source(tt.src, "app: web")
			in.File.Path = "shop/home/a.yml.j2"
			got, err := jinja.New(jinja.Options{FS: fsys, Env: map[string]string{"STAGE": "prod"}})(t.Context(), in)
			if err != nil || string(got.Data) != tt.want {
				t.Errorf("render %q = %v, %v, want %q", tt.src, got, err, tt.want)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		src  string
		want []string
	}{
		{"{% if flag %}x{% endif %}", []string{"t.j2:1:7"}},
		{"\n{{ 'a' if not flag else 'b' }}", []string{"t.j2:2:15"}},
		{"{% if up and flag | default(true) %}x{% endif %}", []string{"t.j2:1:14"}},
		{"{% if m.flag or up %}x{% endif %}", []string{"t.j2:1:9"}},
		{"{{ flag }}{% if flag == 'false' %}x{% endif %}{% if flag | bool %}y{% endif %}{% if up %}{% endif %}", nil},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			t.Parallel()
			var got []string
			engine := jinja.New(jinja.Options{Warn: func(err *render.Error) {
				place, _, _ := strings.Cut(err.Error(), ": ")
				got = append(got, place)
			}})
			_, err := engine(t.Context(), source(tt.src, "flag: 'false'\nup: true\nm: {flag: 'No'}"))
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("render %q warns of %v, error %v, want %v", tt.src, got, err, tt.want)
			}
		})
	}
}

// The aliases of a file of values stand for no more than memory has room for.
func TestVarsAreBounded(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'j'; c++ {
		last := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+last+", ", 9) + "*" + last + "]\n"
	}
	lists := ""
	for c := 'a'; c < 'z'; c++ {
		next := string(c + 1)
		lists += string(c) + `: ["{{ ` + next + ` }}", "{{ ` + next + ` }}"]` + "\n"
	}
	for name, vars := range map[string]string{
		"aliases":  bomb,
		"lists":    lists + "z: x\n",
		"nesting":  "a: " + strings.Repeat("[", 100_000),
		"variable": "a: \"{{ b }}{{ b }}{{ b }}{{ b }}\"\nb: \"{{ 'x' * 4000000 }}\"",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rendered(t.Context(), "{{ a }}", vars)
			var at *render.Error
			if !errors.As(err, &at) {
				t.Errorf("render error = %v, want a *render.Error", err)
			}
		})
	}
}

// One engine serves several goroutines.
func TestEngineIsConcurrent(t *testing.T) {
	t.Parallel()
	engine := jinja.New(jinja.Options{FS: fstest.MapFS{"_x.j2": {Data: []byte("{{ a }}")}}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			in := source("{% include '_x.j2' %}{{ l | map('upper') | join }}{{ a | regex_replace('b', 'c') }}", "a: b\nl: [x, y]")
			if got, err := engine(t.Context(), in); err != nil || string(got.Data) != "bXYc" {
				t.Errorf("render = %v, %v, want bXYc", got, err)
			}
		})
	}
	wg.Wait()
}
