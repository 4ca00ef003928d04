package render_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render"
)

func TestNames(t *testing.T) {
	t.Parallel()
	values := map[string]any{
		"image_id": "42", "env": "prod", "replace": "R", "default": "D", "größe": "XL", "with-dash": "W",
		"m": map[string]any{"a": map[string]any{"b": "deep"}}, "l": []any{"x", "w"}, "if": "I", "empty": "",
	}
	tests := []struct{ name, text, want string }{
		{"bare", "{{ image_id }}", "42"},
		{"field", "{{ .image_id }}", "42"},
		{"of the root, within a loop", "{{ range l }}{{ $.image_id }}{{ image_id }}{{ . }}{{ end }}", "4242x4242w"},
		{"nested", "{{ m.a.b }} {{ .m.a.b }} {{ (m).a.b }}", "deep deep deep"},
		{"as an argument", "{{ print image_id env | quote }}", `"42prod"`},
		{"piped", "{{ env | upper }}", "PROD"},
		{"in a condition", `{{ if eq env "prod" }}yes{{ end }}`, "yes"},
		{"in with and range", "{{ with env }}{{ . }}{{ end }}{{ range $i, $x := l }}{{ $i }}{{ $x }}{{ end }}",
			"prod0x1w"},
		{"not of ASCII", "{{ größe }}", "XL"},
		{"that is no identifier", `{{ index . "with-dash" }}`, "W"},
		{"that is a keyword", "{{ .if }}", "I"},
		{"of a function that the template lacks", "{{ env }}", "prod"},
		{"of a function, without arguments", "{{ replace }} {{ default }}", "R D"},
		{"of a function, with arguments", `{{ replace "a" "b" "aaa" }} {{ empty | default env }}`, "bbb prod"},
		{"asked for first", `{{ if hasKey . "cpu" }}{{ .env }}{{ else }}none{{ end }}`, "none"},
		{"got with a default", `{{ get . "replicas" | default 2 }}`, "2"},
		{"dug for", `{{ dig "a" "z" "none" m }}`, "none"},
		{"from the layout", "{{ app_name }} {{ service_name }}", "shop home"},
		{"of a map that a function made", `{{ (dict "k" "v").k }}`, "v"},
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

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	values := map[string]any{
		"image_id": "42", "m": map[string]any{"memory": map[string]any{"limit": 1}}, "l": []any{map[string]any{}},
	}
	tests := []struct {
		name, text   string
		line, column int
		unknown      string
		near         []string
	}{
		{"bare", "a\n {{ image_idd }}", 2, 5, "image_idd", []string{"image_id"}},
		{"as an argument", "{{ printf \"%s\" image_idd }}", 1, 16, "image_idd", []string{"image_id"}},
		{"piped", "{{ image_id | uppper }}", 1, 15, "uppper", []string{"upper"}},
		{"within a block that does not run", "{{ if false }}\n{{ x_y_z }}{{ end }}", 2, 4, "x_y_z", nil},
		{"field", "a\n\n  {{ .image_idd }}", 3, 6, "image_idd", []string{"image_id"}},
		{"field of the root", "{{ range l }}{{ $.image_idd }}{{ end }}", 1, 18, "image_idd",
			[]string{"image_id"}},
		{"after characters of several bytes", "größe: {{ image_idd }}", 1, 11, "image_idd", []string{"image_id"}},
		{"field after such", "größe: {{ .image_idd }}", 1, 11, "image_idd", []string{"image_id"}},
		{"nested", "{{ m.memroy }}", 1, 4, "m.memroy", []string{"m.memory"}},
		{"nested field", "{{ .m.memory.limits }}", 1, 13, "m.memory.limits",
			[]string{"m.memory.limit"}},
		{"nested, bare", "{{ m.memory.limits }}", 1, 4, "m.memory.limits", []string{"m.memory.limit"}},
		{"nested in what is not set", "{{ .n.memory }}", 1, 4, "n", []string{"l", "m"}},
		{"of a variable", "{{ $x := m }}{{ $x.memory.foo }}", 1, 26, "m.memory.foo", []string{}},
		{"function that leaks", "{{ expandenv \"$HOME\" }}", 1, 4, "expandenv", nil},
		{"hidden", "{{ _step 1 }}", 1, 4, "_step", nil},
		{"another hidden one", "{{ _value_m }}", 1, 4, "_value_m", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := render.App(t.Context(), load(t, "home/x.yml", tt.text), render.Options{Values: values})
			var at *render.Error
			if !errors.As(err, &at) || at.File != "shop/home/x.yml" || at.Line != tt.line {
				t.Fatalf("App(shop) error = %v, want one at shop/home/x.yml:%d", err, tt.line)
			}
			if at.Column != tt.column {
				t.Errorf("App(shop) error = %v, want it in column %d", err, tt.column)
			}
			var name *render.UnknownNameError
			if !errors.As(err, &name) || name.Name != tt.unknown {
				t.Fatalf("App(shop) error = %v, want an *UnknownNameError of %s", err, tt.unknown)
			}
			if tt.near != nil && !cmp.Equal(tt.near, name.Near) {
				t.Errorf("App(shop) error is near %q, want %q", name.Near, tt.near)
			}
		})
	}
}

func TestUnknownNameErrorSaysWhatToDo(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, text, want string }{
		{"near", "home/x.yml", "{{ image_idd }}",
			`shop/home/x.yml:1:4: "image_idd" is not set: did you mean image_id?`},
		{"none near", "home/x.yml", "{{ zzzzzz }}",
			`shop/home/x.yml:1:4: "zzzzzz" is not set: set it in a vars.yml, or pass it as a value`},
		{"service_name in common", "common/x.yml", "{{ service_name }}",
			`shop/common/x.yml:1:4: "service_name" is not set: common/ is rendered once for the app, ` +
				`not for each service`},
		{"service_name in common, as a field", "common/x.yml", "{{ .service_name }}",
			`shop/common/x.yml:1:4: "service_name" is not set: common/ is rendered once for the app, ` +
				`not for each service`},
		{"value with arguments", "home/x.yml", "{{ image_id 1 }}",
			`shop/home/x.yml:1:4: "image_id" is a value, not a function: it takes no arguments`},
		{"template", "home/x.yml", `{{ template "nope" . }}`,
			`shop/home/x.yml:1:13: template "nope" is not defined here or in a partial`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, tt.file, tt.text, "home/vars.yml", "")
			_, err := render.App(t.Context(), app, render.Options{Values: map[string]any{"image_id": "1"}})
			checkError(t, "App(shop)", err, tt.want)
		})
	}
}
