package render_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// TestExcerpt has an error of each kind, with the line it is in and the values that
// it is about.
func TestExcerpt(t *testing.T) {
	t.Parallel()
	const vars = "replicas: 3\nresources:\n  cpu: 1\nbad: 'a: b: c'\n"
	tests := []struct{ name, text, want string }{
		{"unknown name", "\nspec:\n  replicas: {{ replcas }}\n", `shop/home/x.yml:3:16: "replcas" is not set: did you mean replicas or replace?
3 |   replicas: {{ replcas }}
  |                ^
  = replicas is set in shop/common/vars.yml:1
`},
		{"unknown field", "cpu: {{ .resources.cpuu }}", `shop/home/x.yml:1:19: "resources.cpuu" is not set: did you mean resources.cpu?
1 | cpu: {{ .resources.cpuu }}
  |                   ^
  = resources.cpu is set in shop/common/vars.yml:3
`},
		{"template that is not closed", "a: {{ image_id }}\nb: {{ image_id\n", `shop/home/x.yml:2:4: unclosed action
2 | b: {{ image_id
  |    ^
`},
		{"second action of a line", "a: {{ image_id }}{{ if }}", `shop/home/x.yml:1:18: missing value for if
1 | a: {{ image_id }}{{ if }}
  |                  ^
`},
		{"block that is not closed", "{{ if true }}\na: 1\n", `shop/home/x.yml:1:1: this block has no {{ end }}
1 | {{ if true }}
  | ^
`},
		{"wrong type", "{{ range .replicas }}{{ .x }}{{ end }}", `shop/home/x.yml:1:25: "x" is not set: what it is looked up in is a number, not a map
1 | {{ range .replicas }}{{ .x }}{{ end }}
  |                         ^
  = replicas is set in shop/common/vars.yml:1
`},
		{"a function's error", "a: {{ b64dec image_id }}", `shop/home/x.yml:1:7: illegal base64 data at input byte 4
1 | a: {{ b64dec image_id }}
  |       ^
  = image_id is set in --set
`},
		{"YAML that a value breaks", "kind: A\na: {{ .bad }}", `shop/home/x.yml:2:7: the value of bad, set in shop/common/vars.yml:4, changes the shape of the document: print it with quote or toJson; if it is meant to be YAML, with toYaml, indent or nindent
2 | a: {{ .bad }}
  |       ^
  = bad is set in shop/common/vars.yml:4
`},
		{"wide characters", "a: \"日本語 é😀 {{ replcas }}\"", `shop/home/x.yml:1:15: "replcas" is not set: did you mean replicas or replace?
1 | a: "日本語 é😀 {{ replcas }}"
  |                   ^
  = replicas is set in shop/common/vars.yml:1
`},
		{"a template without quotes", "a: {{ replicas }}\nb: {{ printf \"{{ x }}\" }}", `shop/home/x.yml:2:7: YAML: a map or a list cannot be a key: a text that begins with {{ goes between quotes
2 | b: {{ printf "{{ x }}" }}
  |       ^
`},
		{"a colon", "a: {{ replicas }}\nb: x: y", `shop/home/x.yml:2:5: YAML: mapping values are not allowed in this context: a text with ": " in it goes between quotes, and a key into a line of its own
2 | b: x: y
  |     ^
`},
		{"tab", "a:\n\tb: 1", "shop/home/x.yml:2:1: YAML: found character that cannot start any token: indent with blanks, not with tabs\n" + `2 |  b: 1
  | ^
`},
		{"quote that is not closed", "a: {{ replicas }}\nb: \"x\nc: 1", `shop/home/x.yml:2:4: YAML: found unexpected end of stream: a quote has no end
2 | b: "x
  |    ^
`},
		{"brace that is not closed", "kind: A\nmetadata: {name: s\n\n", `shop/home/x.yml:2:18: YAML: did not find expected ',' or '}'
2 | metadata: {name: s
  |                  ^
`},
		{"kind that is missing", "apiVersion: v1\nmetadata: {name: x}", `shop/home/x.yml:1:1: kind is missing
1 | apiVersion: v1
  | ^
`},
		{"label that a value makes a number", "kind: A\napiVersion: v1\nmetadata:\n  name: x\n  labels: {v: {{ replicas }}}",
			`shop/home/x.yml:5:18: metadata.labels.v is a number, not a string: put it between quotes
5 |   labels: {v: {{ replicas }}}
  |                  ^
  = replicas is set in shop/common/vars.yml:1
`},
		{"Secret", "kind: Secret\napiVersion: v1\nmetadata: {name: x}\nstringData:\n  a: {{ if }}hunter2", `shop/home/x.yml:5:6: missing value for if
5 |   a: …
  |      ^
`},
		{"a name that looks secret", "kind: A\ndb_password: hunter2 {{ if }}", `shop/home/x.yml:2:22: missing value for if
2 | db_password: …
  |               ^
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, "common/vars.yml", vars, "home/x.yml", tt.text)
			_, err := render.App(t.Context(), app, render.Options{
				Values: map[string]any{"image_id": "repo:1"}, Origins: map[string]render.Origin{"image_id": {File: "--set"}},
			})
			if diff := cmp.Diff(tt.want, withExcerpts(err)); diff != "" {
				t.Errorf("App(shop) error mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// withExcerpts returns each error of err with its excerpt below it.
func withExcerpts(err error) string {
	var b strings.Builder
	for _, problem := range problems(err) {
		b.WriteString(problem.Error() + "\n")
		if at := new(render.Error); errors.As(problem, &at) {
			b.WriteString(at.Excerpt())
		}
	}
	return b.String()
}

func TestExcerptOfValues(t *testing.T) {
	t.Parallel()
	app := load(t, "common/vars.yml", "a: 1\nplain: hunter2\nplain: hunter3\n", "home/vars.yml", "x: [\nhunter2")
	_, err := render.Values(app, "home", render.Options{})
	want := `shop/common/vars.yml:3:1: YAML: the key "plain" is in this map already, in line 2: keep one
3 | plain: …
  | ^
shop/home/vars.yml:2:1: YAML: did not find expected ',' or ']'
2 | …
  | ^
`
	if diff := cmp.Diff(want, withExcerpts(err)); diff != "" {
		t.Errorf("Values(home) error mismatch (-want +got):\n%s", diff)
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"byte order mark", "\ufeffkind: A\napiVersion: v1\nmetadata: {name: x}", ""},
		{"UTF-16, little end first", "\xff\xfea\x00", ": the file is UTF-16: save it as UTF-8"},
		{"UTF-16, big end first", "\xfe\xff\x00a", ": the file is UTF-16: save it as UTF-8"},
		{"Latin-1", "kind: A\nü: \xfc", ":2:4: not UTF-8: save the file as UTF-8"},
		{"NUL", "kind: A\x00", ":1:8: a NUL character: the file is not a text, or not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			if want != "" {
				want = "shop/home/x.yml" + want
			}
			f := layouts.File{Path: "shop/home/x.yml", Data: []byte(tt.text)}
			_, err := render.App(t.Context(), load(t, "home/x.yml", tt.text), render.Options{})
			checkError(t, "App(shop)", err, want)
			_, err = render.ParseVars(f)
			checkError(t, "ParseVars(x.yml)", err, want)
		})
	}
}
