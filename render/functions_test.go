package render_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestFunctionsGolden fails when an upgrade brings a function, until a person has
// judged that it is pure and that the bounds hold for it.
func TestFunctionsGolden(t *testing.T) {
	t.Parallel()
	const golden = "testdata/functions.golden"
	got := strings.Join(render.Functions(), "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("Functions() mismatch; judge the change, then run go test -update (-want +got):\n%s", diff)
	}
}

func TestFunctionsLeakNothing(t *testing.T) {
	t.Parallel()
	have := render.Functions()
	for _, name := range strings.Fields(`env expandenv getHostByName now ago date dateInZone htmlDate unixEpoch
		toDate randAlpha randAlphaNum randAscii randNumeric randBytes randInt shuffle uuidv4 bcrypt htpasswd genCA
		genPrivateKey genSelfSignedCert genSignedCert encryptAES lookup tpl`) {
		if slices.Contains(have, name) {
			t.Errorf("Functions() has %s, which depends on more than its arguments", name)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	values := map[string]any{
		"m": map[string]any{"z": 1, "a": map[string]any{"k": []any{"v", nil}}, "c": "text"},
		"l": []any{"b", "a", "b"}, "empty": "", "none": []any{nil},
	}
	tests := []struct{ name, text, want string }{
		{"keys in order", "{{ keys m }}", "[a c z]"},
		{"values in the order of their keys", `{{ values (dict "b" 1 "a" 2) }}`, "[2 1]"},
		{"toYaml", "{{ toYaml m }}", "a:\n  k:\n  - v\n  - null\nc: text\nz: 1"},
		{"toYaml of a scalar", `{{ toYaml "yes" }}`, `"yes"`},
		{"fromYaml", `{{ (fromYaml "a: {b: 1}").a.b }}`, "1"},
		{"fromYaml of a list", `{{ fromYaml "[1, 2]" }}`, "[1 2]"},
		{"toYaml, fromYaml", `{{ toYaml m | fromYaml | toJson }}`, `{"a":{"k":["v",null]},"c":"text","z":1}`},
		{"toJson", "{{ toJson l }}", `["b","a","b"]`},
		{"fromJson", `{{ (fromJson "{\"a\": 1}").a }}`, "1"},
		{"required", `{{ required "say which" m.c }}`, "text"},
		{"required takes false and 0", `{{ required "x" false }}{{ required "x" 0 }}`, "false0"},
		{"b64", `{{ b64enc "a" | b64dec }}`, "a"},
		{"b32", `{{ b32enc "a" | b32dec }}`, "a"},
		{"set changes the map", `{{ $d := dict "a" 1 }}{{ $_ := set $d "b" 2 }}{{ $d }}`, "map[a:1 b:2]"},
		{"set takes the map itself", `{{ $d := dict "a" 1 }}{{ $_ := set $d "b" $d }}{{ $d }}`,
			"map[a:1 b:map[a:1]]"},
		{"merge keeps the first", `{{ merge (dict "a" 1) (dict "a" 2 "b" 3) }}`, "map[a:1 b:3]"},
		{"mergeOverwrite keeps the last", `{{ mergeOverwrite (dict "a" 1) (dict "a" 2 "b" 3) }}`, "map[a:2 b:3]"},
		{"merge takes the map itself", `{{ $d := dict "a" dict }}{{ $_ := merge (index $d "a") $d }}{{ $d }}`,
			"map[a:map[a:map[]]]"},
		{"merge does not tie maps together",
			`{{ $a := dict "m" (dict "x" 1) }}{{ $b := merge dict $a }}{{ $_ := set $b.m "x" 2 }}{{ $a.m.x }}`, "1"},
		{"sortAlpha leaves its argument", `{{ $l := splitList "," "b,a" }}{{ sortAlpha $l }}{{ $l }}`, "[a b][b a]"},
		{"sortAlpha of values", `{{ sortAlpha l }}{{ l }}`, "[a b b][b a b]"},
		{"uniq", "{{ uniq l }}", "[b a]"},
		{"until", "{{ until 3 }}{{ until -2 }}{{ untilStep 0 6 2 }}{{ untilStep 0 6 0 }}", "[0 1 2][0 -1][0 2 4][]"},
		{"seq", "{{ seq 3 }} {{ seq 2 4 }} {{ seq 0 2 4 }}", "1 2 3 2 3 4 0 2 4"},
		{"indent", `{{ indent 2 "a\nb" }}{{ nindent 1 "c" }}`, "  a\n  b\n c"},
		{"repeat", `{{ repeat 3 "ab" }}`, "ababab"},
		{"printf", `{{ printf "%5.2f|%-4s|%*d|%[2]s" 1.5 "ab" 3 7 }}`, " 1.50|ab  |  7|ab"},
		{"join and split", `{{ splitList "," "a,b" | join "-" }} {{ (split "," "a,b")._1 }}`, "a-b b"},
		{"regexReplaceAll", `{{ regexReplaceAll "a(.)" "ab ac" "${1}x" }}`, "bx cx"},
		{"html", `{{ html "<" }}{{ urlquery "a b" }}{{ print 1 2 }}{{ println }}`, "&lt;a+b1 2\n"},
		{"derivePassword is pure", `{{ eq (derivePassword 1 "long" "p" "u" "s") (derivePassword 1 "long" "p" "u" "s") }}`,
			"true"},
		{"first of nothing may have a default", `{{ first list | default "d" }}`, "d"},
		{"quote of a null", "{{ first none | quote }}", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := eval(t.Context(), t, tt.text, values)
			if err != nil || got != tt.want {
				t.Errorf("%s = %q, %v, want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestFunctionErrors(t *testing.T) {
	t.Parallel()
	values := map[string]any{"none": []any{nil}, "m": map[string]any{"a": 1}}
	tests := []struct{ name, text, want string }{
		{"required", "a: 1\nb: {{ required \"say which image\" (get . \"image_id\") }}",
			"2:7: say which image"},
		{"fail", "\n\n{{ fail \"not on Fridays\" }}", "3:4: not on Fridays"},
		{"fromYaml", "{{ fromYaml \"a: [\" }}", "1:4: YAML: did not find expected node content"},
		{"fromJson", "{{ fromJson \"{\" }}", "1:4: unexpected end of JSON input"},
		{"b64dec", "{{ b64dec \"?\" }}", "1:4: illegal base64 data at input byte 0"},
		{"division by zero", "{{ div 1 0 }}", "1:4: runtime error: integer divide by zero"},
		{"panic", "{{ repeat -1 \"x\" }}", "1:4: strings: negative Repeat count"},
		{"null", "a: {{ first none }}", "1:7: the value is null: give it a default"},
		{"null of a list", "{{ range none }}\n{{ . }}{{ end }}", "2:4: the value is null: give it a default"},
		{"include of nothing", "{{ include \"nope\" . }}", `1:4: template "nope" is not defined here or in a partial`},
		{"wrong type", "{{ upper 1 }}", "1:10: expected string; found 1"},
		{"syntax", "a\n{{ if }}", "2:1: missing value for if"},
		{"no end", "a\n{{ if true }}", "2:1: this block has no {{ end }}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := render.App(t.Context(), load(t, "home/x.yml", tt.text), render.Options{Values: values})
			checkError(t, "App(shop)", err, "shop/home/x.yml:"+tt.want)
		})
	}
}

func TestLiteralNoValueIsText(t *testing.T) {
	t.Parallel()
	got, err := eval(t.Context(), t, "<no value>{{ .v }}", map[string]any{"v": "<no value>"})
	if err != nil || got != "<no value><no value>" {
		t.Errorf("eval = %q, %v, want the text as it stands", got, err)
	}
}
