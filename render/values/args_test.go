package values_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/values"
)

// files are what the arguments can read.
func files(pairs ...string) func(string) ([]byte, error) {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }
}

func TestParse(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	tests := []struct {
		name string
		args values.Args
		want m
	}{
		{"nothing", values.Args{}, m{}},
		{"file", values.Args{Files: []string{"a.yml"}}, m{"a": m{"b": int64(1)}, "l": []any{int64(1), int64(2)}}},
		{"files merge", values.Args{Files: []string{"a.yml", "b.yml"}},
			m{"a": m{"b": int64(1), "c": true}, "l": []any{int64(3)}}},
		{"texts stay texts", values.Args{Set: []string{"a=12e45,b=true,c=0755,d=null,e="}},
			m{"a": "12e45", "b": "true", "c": "0755", "d": "null", "e": ""}},
		{"names with dots", values.Args{Set: []string{"a.b.c=x,a.d=y"}}, m{"a": m{"b": m{"c": "x"}, "d": "y"}}},
		{"into a map of a file", values.Args{Files: []string{"a.yml"}, Set: []string{"a.z=x"}},
			m{"a": m{"b": int64(1), "z": "x"}, "l": []any{int64(1), int64(2)}}},
		{"a text becomes a map", values.Args{Set: []string{"a=x", "a.b=y"}}, m{"a": m{"b": "y"}}},
		{"items of lists", values.Args{Set: []string{"a[0]=x,a[1].b=y,a[1].c[0][0]=z"}},
			m{"a": []any{"x", m{"b": "y", "c": []any{[]any{"z"}}}}}},
		{"an item of a file's list", values.Args{Files: []string{"a.yml"}, Set: []string{"l[1]=x"}},
			m{"a": m{"b": int64(1)}, "l": []any{int64(1), "x"}}},
		{"lists", values.Args{Set: []string{`a={x,y},b={},c={x\,y},d=1`}},
			m{"a": []any{"x", "y"}, "b": []any{}, "c": []any{"x,y"}, "d": "1"}},
		{"escapes", values.Args{Set: []string{`a\.b=x\,y,c\=d=1=2,e=\{x},f=a\\b,g\[0]=h`}},
			m{"a.b": "x,y", "c=d": "1=2", "e": "{x}", "f": `a\b`, "g[0]": "h"}},
		{"an equals sign and blanks", values.Args{Set: []string{"a=-Dx=y z "}}, m{"a": "-Dx=y z "}},
		{"JSON", values.Args{SetJSON: []string{`a.b=[1,"x"]`, `{"c": null}`, "d[0]=1.5"}},
			m{"a": m{"b": []any{int64(1), "x"}}, "c": nil, "d": []any{1.5}}},
		{"the text of a file", values.Args{SetFile: []string{"a.b=text"}}, m{"a": m{"b": "one\ntwo, {{ x }}\n"}}},
		{"pairs", values.Args{Extra: []string{`a=1 b="x y"  c='p=q'`}}, m{"a": "1", "b": "x y", "c": "p=q"}},
		{"blanks in blocks of Jinja", values.Args{Extra: []string{`a={{ x }} b=1{% if y %}2{# 3 #} c={"d":{"e":1}} f=g`}},
			m{"a": "{{ x }}", "b": "1{% if y %}2{# 3 #}", "c": `{"d":{"e":1}}`, "f": "g"}},
		{"a map in braces", values.Args{Extra: []string{`{"a": 1, b: yes}`}}, m{"a": int64(1), "b": true}},
		{"a file after @", values.Args{Extra: []string{"@b.yml"}}, m{"a": m{"c": true}, "l": []any{int64(3)}}},
		{"the order", values.Args{
			Files: []string{"a.yml"}, Extra: []string{"a=e b=e c=e d=e"}, Set: []string{"b=s,c=s,d=s"},
			SetFile: []string{"c=text", "d=text"}, SetJSON: []string{"d=1"},
		}, m{"a": "e", "b": "s", "c": "one\ntwo, {{ x }}\n", "d": int64(1), "l": []any{int64(1), int64(2)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.args.ReadFile = files("a.yml", "a: {b: 1}\nl: [1, 2]", "b.yml", "a: {c: yes}\nl: [3]",
				"text", "one\ntwo, {{ x }}\n")
			got, err := values.Parse(tt.args)
			if err != nil {
				t.Fatalf("Parse(%+v) error = %v, want nil", tt.args, err)
			}
			if diff := cmp.Diff(tt.want, got.Values); diff != "" {
				t.Errorf("Parse(%+v) mismatch (-want +got):\n%s", tt.args, diff)
			}
		})
	}
}

func TestParseTellsOrigins(t *testing.T) {
	t.Parallel()
	got, err := values.Parse(values.Args{
		Files: []string{"a.yml"}, Extra: []string{"x=1", "@b.yml"}, Set: []string{"a.c=2,l[0]=3"},
		SetFile: []string{"f=a.yml"}, SetJSON: []string{"j=1", `{"k": 2}`},
		ReadFile: files("a.yml", "\na:\n  b: 1", "b.yml", "y: 2"),
	})
	if err != nil {
		t.Fatalf("Parse() error = %v, want nil", err)
	}
	want := map[string]string{
		"a": "a.yml:2", "a.b": "a.yml:3", "x": "-e", "y": "b.yml:1", "a.c": "--set", "l": "--set",
		"f": "--set-file", "j": "--set-json", "k": "--set-json",
	}
	origins := map[string]string{}
	for path, from := range got.Origins {
		origins[path] = from.String()
	}
	if diff := cmp.Diff(want, origins); diff != "" {
		t.Errorf("Parse() origins mismatch (-want +got):\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	deep := "a"
	for range 30 {
		deep += ".a"
	}
	tests := []struct {
		name  string
		args  values.Args
		want  string
		usage bool
	}{
		{"no equals sign", values.Args{Set: []string{"secret"}}, "--set: want name=text", true},
		{"no name", values.Args{Set: []string{"=x"}}, "--set: want name=…: a name is empty", true},
		{"a name that ends in a dot", values.Args{Set: []string{"a.=x"}}, "--set: want name=…: a name is empty", true},
		{"a comma in the text", values.Args{Set: []string{"a=x,secret"}},
			`--set: want name=text after a comma: write \, for a comma within the text`, true},
		{"an index that is none", values.Args{Set: []string{"a[x]=1"}},
			"--set: a: want an index from 0 to 65536 between brackets", true},
		{"an index that is too large", values.Args{Set: []string{"a[65537]=1"}},
			"--set: a: want an index from 0 to 65536 between brackets", true},
		{"a bracket that is not closed", values.Args{Set: []string{"a[0=1"}},
			"--set: a: want an index from 0 to 65536 between brackets", true},
		{"an item after a gap", values.Args{Set: []string{"a.b[1]=x"}}, "--set: a.b[1]: the list has 0 items so far, " +
			"and a list replaces that of a vars.yml: set all of its items, from [0] on", true},
		{"too deep", values.Args{Set: []string{deep + "=x"}}, "--set: a name of over 30 parts", true},
		{"a list that is not closed", values.Args{Set: []string{"a={x"}},
			`--set: a: the list is not closed: write \{ for a brace that begins a text`, true},
		{"more after a list", values.Args{Set: []string{"a={x}y"}},
			`--set: a: there is more after the list: write \{ for a brace that begins a text`, true},
		{"JSON that is none", values.Args{SetJSON: []string{"a={"}},
			"--set-json: a is not JSON: unexpected end of JSON input: for a plain text use --set", true},
		{"JSON without a name", values.Args{SetJSON: []string{"a"}}, "--set-json: want name=JSON", true},
		{"a word that is no pair", values.Args{Extra: []string{"a=1 secret"}}, "-e: one of the words is no k=v pair: " +
			"write pairs, a map in braces (JSON or YAML), or @file", true},
		{"a file without @", values.Args{Extra: []string{"./a.yml"}}, "-e: a name of a file has an @ before it", true},
		{"a quote that is not closed", values.Args{Extra: []string{`a="x`}}, `-e: quote " is not closed`, true},
		{"a block that is not closed", values.Args{Extra: []string{"a={{ x"}}, "-e: a {{, {% or {# is not closed", true},
		{"braces that are not closed", values.Args{Extra: []string{"{a: 1"}}, "-e:1:5: YAML: did not find expected ',' or '}'", false},
		{"no such file", values.Args{Files: []string{"b.yml"}}, "--values: open b.yml: file does not exist", false},
		{"no such file to set", values.Args{SetFile: []string{"a=b"}}, "--set-file: open b: file does not exist", false},
		{"a key twice", values.Args{Files: []string{"a.yml"}},
			`a.yml:3:1: YAML: the key "a" is in this map already, in line 1: keep one`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.args.ReadFile = files("a.yml", "a: 1\nb: 2\na: 3")
			_, err := values.Parse(tt.args)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("Parse(%+v) error = %s, want %s", tt.args, got, tt.want)
			}
			var arg *values.ArgError
			if errors.As(err, &arg) != tt.usage {
				t.Errorf("Parse(%+v) error = %T, want an *ArgError: %t", tt.args, err, tt.usage)
			}
			var at *render.Error
			if errors.As(err, &at) == tt.usage {
				t.Errorf("Parse(%+v) error = %T, want a *render.Error: %t", tt.args, err, !tt.usage)
			}
		})
	}
}

func TestParseReadsNothingByItself(t *testing.T) {
	t.Parallel()
	_, err := values.Parse(values.Args{Files: []string{"/etc/hostname"}})
	if want := "--values: no file can be read here"; err == nil || err.Error() != want {
		t.Errorf("Parse() error = %v, want %s", err, want)
	}
}
