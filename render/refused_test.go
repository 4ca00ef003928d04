package render_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// TestBadInputs has what people and programs get wrong in files, templates, values and
// objects, each with what they are told.
func TestBadInputs(t *testing.T) {
	t.Parallel()
	const (
		x    = "shop/home/x.yml"
		pod  = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - "
		meta = "\nmetadata: {name: x}\n"
	)
	entry := func(mode fs.FileMode, data string) *fstest.MapFile {
		return &fstest.MapFile{Mode: mode, Data: []byte(data)}
	}
	file := func(data string) fstest.MapFS { return fstest.MapFS{x: entry(0, data)} }
	tests := []struct {
		name string
		fsys fstest.MapFS
		want string
	}{
		{"1 a service's name", fstest.MapFS{"shop/..etc/x.yml": entry(0, ""), "shop/Home_1/x.yml": entry(0, "")},
			`shop/Home_1: the name "Home_1" is not a DNS-1123 label: use at most 63 of a-z, 0-9 and -, ` +
				"with a letter or digit at both ends"},
		{"2 an app that is a link to the root of the disk", fstest.MapFS{"shop": entry(fs.ModeSymlink, "/")},
			"shop: a symbolic link to /, which leaves the root: put a copy there"},
		{"3 a template that is a link to a file of the system", fstest.MapFS{x: entry(fs.ModeSymlink, "/etc/passwd")},
			x + ": a symbolic link to /etc/passwd, which leaves the root: put a copy there"},
		{"4 a pipe", fstest.MapFS{x: entry(fs.ModeNamedPipe, "")},
			x + ": neither a file nor a directory (p---------): take it out of the tree"},
		{"5 50 MiB", file(strings.Repeat("x", 50<<20)), x + ": the file has over 8388608 bytes (8 MiB): none here is that long"},
		{"6 UTF-16", file("\xff\xfek\x00"), x + ": the file is UTF-16: save it as UTF-8"},
		{"6 Latin-1", file("# gr\xfc\xdfe"), x + ":1:5: not UTF-8: save the file as UTF-8"},
		{"6 NUL", file("a: \x00"), x + ":1:4: a NUL character: the file is not a text, or not UTF-8"},
		{"6 a byte order mark is fine", file("\ufeffapiVersion: v1\nkind: Pod" + meta), ""},
		{"7 a tab", file("kind: A\nspec:\n\ta: 1"), x + ":3:1: YAML: found character that cannot start any token: " +
			"indent with blanks, not with tabs"},
		{"8 a key twice", file("spec:\n  replicas: 1\n  image: x\n  replicas: 2"),
			x + `:4:3: YAML: the key "replicas" is in this map already, in line 2: keep one`},
		{"9 aliases that explode", file("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n" +
			"c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n" +
			"e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]"),
			x + ":6:8: YAML: the aliases stand for more than 8 MiB, the bound"},
		{"10 10,000 lists within each other", file("a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000)),
			x + ":1:1003: YAML: over 1000 maps and lists, one within another"},
		{"11 an empty file", file(""), x + ": the file makes no object: write one, or remove the file"},
		{"11 comments only", file("# kind: Pod\n---\n"), x + ": the file makes no object: write one, or remove the file"},
		{"12 an object twice", fstest.MapFS{
			x:                    entry(0, "apiVersion: apps/v1\nkind: Deployment"+meta),
			"shop/kids/kids.yml": entry(0, "# kids\napiVersion: apps/v1\nkind: Deployment"+meta),
		}, "shop/kids/kids.yml:2:1: Deployment x is also in shop/home/x.yml:1: keep one of them"},
		{"13 a Deployment in service.yml", fstest.MapFS{"shop/home/service.yml": entry(0, "apiVersion: apps/v1\nkind: Deployment"+meta)},
			"shop/home/service.yml:1:1: Deployment x in a file named after a Service, which it does not have: rename the file"},
		{"14 a value that nobody set", file(pod + "image: {{ image_id }}"),
			x + `:6:15: "image_id" is not set: set it in a vars.yml, or pass it as a value`},
		{"15 a template within a value", file(pod + "image: {{ quote nested }}"),
			x + ":6:15: spec.containers[0].image: {{ }} is left over: a value holds it, and values are not templates"},
		{"15 no value", file(pod + "image: repo:<no value>"),
			x + ":6:12: spec.containers[0].image: <no value> is left over: a value is not set"},
		{"16 braces that are not closed", file(pod + "image: {{ image_tag"), x + ":6:12: unclosed action"},
		{"17 the environment", file(`home: {{ env "HOME" }}`), x + `:1:10: "env" is not set: it would depend on more than its arguments, so there is no such function here; ` +
			"pass what it gives as a value"},
		{"17 the clock, which is no misspelled not", file("home: {{ now }}"), x + `:1:10: "now" is not set: it would depend on more than ` +
			"its arguments, so there is no such function here; pass what it gives as a value"},
		{"18 two billion rounds", file("\n\n{{ range 2000000000 }}{{ end }}"),
			x + ":3:23: stopped after 1000000 steps: is there a loop without an end?"},
		{"19 a template that calls itself", file(`{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}`),
			x + ":1:29: over 100 templates, one within another: does one call itself?"},
		{"20 over 8 MiB", file(`{{ range until 2000 }}{{ repeat 5000 "x" }}{{ end }}`),
			x + ":1:26: the output is over 8388608 bytes (8 MiB)"},
		{"21 a short commit stays a text", file(pod + "image: repo:{{ commit }}\n    args: [{{ commit }}]"), ""},
		{"22 a word that YAML takes for a boolean", file("apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {country: NO}}"),
			x + ":3:39: metadata.labels.country: YAML reads NO as false, and a string is wanted: put it between quotes"},
		{"22 an octal number", file("apiVersion: v1\nkind: ConfigMap" + meta + "data: {mode: 0755}"),
			x + ":4:14: data.mode is a number, not a string: put it between quotes"},
		{"22 a number in base 60", file("apiVersion: v1\nkind: ConfigMap" + meta + "data: {at: 1:30}"), x + ":4:12: data.at: " +
			"YAML 1.1 takes a text such as 1:30 for a number: put it between quotes"},
		{"23 a number in the environment of a container", file(pod + "env: [{name: a, value: 80}]"),
			x + ":6:28: spec.containers[0].env[0].value is a number, not a string: put it between quotes"},
		{"24 a value that brings keys", file(pod + "image: {{ .evil }}"), x + ":6:15: the value of evil, set in " +
			"shop/home/vars.yml:2, changes the shape of the document: print it with quote or toJson; " +
			"if it is meant to be YAML, with toYaml, indent or nindent"},
		{"40 a number in a Secret", file("apiVersion: v1\nkind: Secret" + meta + "stringData: {pw: 123456}"),
			x + ":4:18: stringData.pw is a number, not a string: put it between quotes"},
		{"40 a text in a Secret's data", file("apiVersion: v1\nkind: Secret" + meta + "data: {pw: hunter2}"),
			x + ":4:12: data.pw is not base64: print it with b64enc, or put it under stringData"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, link := tt.fsys["shop"]; !link {
				tt.fsys["shop/home/vars.yml"] = entry(0, "image_tag: 1\nevil: \"x\\n    hostPath: /\"\nnested: '{{ a }}'\ncommit: 12e4567")
			}
			app, err := layouts.Load(tt.fsys, "shop")
			if err == nil {
				_, err = render.App(t.Context(), app, render.Options{})
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want && (tt.want == "" || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("Load and App(shop) error:\n%s\nwant:\n%s", got, tt.want)
			}
			for _, secret := range []string{"hunter2", "123456"} {
				if strings.Contains(withExcerpts(err), secret) {
					t.Errorf("Load and App(shop) error tells a secret:\n%s", withExcerpts(err))
				}
			}
		})
	}
}
