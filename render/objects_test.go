package render_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/render"
)

func TestDocuments(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"nothing", "\n# only a comment\n---\n{{ if false }}X{{ end }}\n---\n# and another\n...\n", ""},
		{"several", "---\nkind: A\nX\n---\nkind: B\nX", "A/x@2 B/x@6"},
		{"mark with a comment", "--- # first\nkind: A\nX\n--- # second\nkind: B\nX\n", "A/x@2 B/x@6"},
		{"mark with content", "--- {kind: A, apiVersion: v1, metadata: {name: x}}", "A/x@1"},
		{"mark at the end of a document", "kind: A\nX\n...\nkind: B\nX", "A/x@1 B/x@5"},
		{"Windows' ends of lines", "kind: A\r\nX\r\n---\r\nkind: B\r\nX\r\n", "A/x@1 B/x@5"},
		{"no mark within a block", "kind: A\nX\ndata:\n  a: |\n    ---\n    b\n", "A/x@1"},
		{"a line that only begins so", "kind: A\nX\ndata: {a: \"\n----\"}", "A/x@1"},
		{"JSON", `{"kind": "A", "apiVersion": "v1", "metadata": {"name": "x"}}`, "A/x@1"},
		{"from a loop", "{{ range list \"A\" \"B\" }}\n---\nkind: {{ . }}\nX\n{{ end }}", "A/x@3 B/x@3"},
		{"a List", "apiVersion: v1\nkind: List\nitems:\n- kind: A\n  apiVersion: v1\n  metadata: {name: x}\n" +
			"- {kind: B, apiVersion: v1, metadata: {name: w}}", "A/x@1 B/w@1"},
		{"an empty List", "apiVersion: v1\nkind: ConfigMapList\nitems: []", ""},
		{"null", "{{ \"~\" }}", ""},
		{"an Ingress of a service joins the app's", "kind: Ingress\napiVersion: networking.k8s.io/v1", "Ingress/@1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := strings.ReplaceAll(tt.text, "X", "apiVersion: v1\nmetadata: {name: x}") // two lines
			got := summary(objects(t, load(t, "home/x.yml", text), nil))
			if got = strings.ReplaceAll(got, "shop/home/x.yml:", ""); got != tt.want {
				t.Errorf("App(shop) = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestObjectsThatNoClusterTakes(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"a scalar", "\nhello", "2:1: want an object: a map with apiVersion and kind"},
		{"a list", "- a", "1:1: want an object: a map with apiVersion and kind"},
		{"no apiVersion", "kind: Pod\nmetadata: {name: x}", "1:1: apiVersion is missing"},
		{"no kind", "apiVersion: v1\nmetadata: {name: x}", "1:1: kind is missing"},
		{"kind that is no string", "kind: 1\napiVersion: v1\nmetadata: {name: x}", "1:7: kind is a number, not a string: put it between quotes"},
		{"no metadata", "kind: Pod\napiVersion: v1", "1:1: metadata.name is missing"},
		{"metadata that is no map", "kind: Pod\napiVersion: v1\nmetadata: x", "3:11: metadata is not a map"},
		{"name that is no string", "kind: Pod\napiVersion: v1\nmetadata: {name: 1}",
			"3:18: metadata.name is a number, not a string: put it between quotes"},
		{"empty name", "kind: Pod\napiVersion: v1\nmetadata: {name: ''}",
			"3:18: metadata.name is missing"},
		{"generateName", "kind: Pod\napiVersion: v1\nmetadata: {generateName: x-}",
			"3:1: metadata.generateName does not go with server-side apply: set metadata.name"},
		{"namespace that is no string", "kind: Pod\napiVersion: v1\nmetadata: {name: x, namespace: 1}",
			"3:32: metadata.namespace is a number, not a string: put it between quotes"},
		{"label that is no string", "kind: Pod\napiVersion: v1\nmetadata: {name: x, labels: {v: 1.10}}",
			"3:33: metadata.labels.v is a number, not a string: put it between quotes"},
		{"annotation that is no string", "kind: Pod\napiVersion: v1\nmetadata: {name: x, annotations: {v: yes}}",
			"3:38: metadata.annotations.v: YAML reads yes as true, and a string is wanted: put it between quotes"},
		{"annotation that is true", "kind: Pod\napiVersion: v1\nmetadata: {name: x, annotations: {v: true}}",
			"3:38: metadata.annotations.v is a boolean, not a string: put it between quotes"},
		{"labels that are no map", "kind: Pod\napiVersion: v1\nmetadata: {name: x, labels: [a]}",
			"3:29: metadata.labels is not a map"},
		{"item of a List", "kind: List\napiVersion: v1\nitems: [1]", "3:9: an item of the list is not an object"},
		{"second document", "kind: A\napiVersion: v1\nmetadata: {name: x}\n---\n# b\nkind: B\n" +
			"apiVersion: v1", "6:1: metadata.name is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := render.App(t.Context(), load(t, "home/x.yml", tt.text), render.Options{})
			checkError(t, "App(shop)", err, "shop/home/x.yml:"+tt.want)
		})
	}
}

func TestIngressOfCommonNeedsName(t *testing.T) {
	t.Parallel()
	app := load(t, "home/vars.yml", "", "common/i.yml", "kind: Ingress\napiVersion: networking.k8s.io/v1")
	_, err := render.App(t.Context(), app, render.Options{})
	checkError(t, "App(shop)", err, "shop/common/i.yml:1:1: metadata.name is missing")
}

// TestErrorsAreAtTheTemplatesLine has a key twice, in another line of the text that
// is rendered than of the template.
func TestErrorsAreAtTheTemplatesLine(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"plain", "a: 1\nb: 2\na: 3", `shop/home/x.yml:3:1: YAML: the key "a" is in this map already, in line 1: keep one`},
		{"after a condition that is false", "a: 1\n{{ if false }}\nx: 1\nx: 2\n{{ end }}\na: 3",
			`shop/home/x.yml:6:1: YAML: the key "a" is in this map already, in line 1: keep one`},
		{"in a condition", "z: 1\n{{ if true }}\na: 1\na: 2\n{{ end }}",
			`shop/home/x.yml:4:1: YAML: the key "a" is in this map already, in line 3: keep one`},
		{"after a loop", "{{ range until 50 }}\nk{{ . }}: 1\n{{ end }}\nk7: 2",
			`shop/home/x.yml:4:1: YAML: the key "k7" is in this map already, in line 2: keep one`},
		{"in a loop", "{{ range until 5 }}\n\nk: 1\n{{ end }}",
			`shop/home/x.yml:3:1: YAML: the key "k" is in this map already, in line 3: keep one`},
		{"after trimmed blanks", "{{- /* a\n comment */ -}}\n\n\na: 1\n{{- if true }}\nb: 1\n{{- end }}\nb: 2",
			`shop/home/x.yml:9:1: YAML: the key "b" is in this map already, in line 7: keep one`},
		{"after a value of several lines", "b: 1\na: {{ toYaml m | nindent 2 }}\nb: 1",
			`shop/home/x.yml:3:1: YAML: the key "b" is in this map already, in line 1: keep one`},
		{"after an include", "b: 1\na:\n{{ include \"good\" . | indent 2 }}\nb: 2",
			`shop/home/x.yml:4:1: YAML: the key "b" is in this map already, in line 1: keep one`},
		{"in an include: at the line that includes", "b: 1\n\n{{ include \"twice\" . }}",
			`shop/home/x.yml:3:4: YAML: the key "a" is in this map already, in line 3: keep one`},
		{"in a template that is called: at its own line", "b: 1\n\n{{ template \"twice\" . }}",
			`shop/common/_p.tmpl:8:1: YAML: the key "a" is in this map already, in line 6: keep one`},
		{"in a second document", "{{ if true }}kind: A{{ end }}\napiVersion: v1\nmetadata: {name: x}\n" +
			"--- # b\n{{ if false }}\n\n{{ end }}\na: 1\na: 2",
			`shop/home/x.yml:9:1: YAML: the key "a" is in this map already, in line 8: keep one`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, "home/x.yml", tt.text, "common/_p.tmpl",
				"{{ define \"good\" }}\nx: 1\nw: 1\n{{ end }}\n{{ define \"twice\" }}\na: 1\n\na: 2\n{{ end }}")
			values := map[string]any{"m": map[string]any{"q": []any{1, 2}, "r": 1}}
			_, err := render.App(t.Context(), app, render.Options{Values: values})
			checkError(t, "App(shop)", err, tt.want)
		})
	}
}

func TestSourceIsTheTemplatesLine(t *testing.T) {
	t.Parallel()
	app := load(t,
		"common/_p.tmpl", "{{ define \"cm\" }}\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: {{ . }}}\n{{ end }}",
		"home/x.yml", "{{ range list \"a\" \"b\" }}---\n{{ template \"cm\" . }}\n{{ end }}\n---\n{{ include \"cm\" \"c\" }}",
	)
	want := "ConfigMap/a@shop/common/_p.tmpl:2 ConfigMap/b@shop/common/_p.tmpl:2 ConfigMap/c@shop/home/x.yml:5"
	if got := summary(objects(t, app, nil)); got != want {
		t.Errorf("App(shop) = %s, want %s", got, want)
	}
}
