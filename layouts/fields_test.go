package layouts_test

import (
	"slices"
	"testing"

	"github.com/slipway-go/slipway/layouts"
)

func TestSourceOf(t *testing.T) {
	t.Parallel()
	lines := layouts.Fields{"spec": {Line: 3, Column: 1}, "spec.ports[0]": {Line: 5}}.Annotation()
	tests := []struct{ source, field, want string }{
		{"shop/a b:c.yml:1", "spec.ports[0].port", "shop/a b:c.yml:5"},
		{"shop/x.yml:1", "spec.ports[1].port", "shop/x.yml:3:1"},
		{"shop/x.yml:1", "metadata", "shop/x.yml:1"},
		{"shop/x.yml", "spec", "shop/x.yml:3:1"},
		{"", "spec", ""},
	}
	for _, tt := range tests {
		got := layouts.SourceOf(map[string]string{
			layouts.SourceAnnotation: tt.source, layouts.LinesAnnotation: lines,
		}, tt.field)
		if got != tt.want {
			t.Errorf("SourceOf(%q, %s) = %q, want %q", tt.source, tt.field, got, tt.want)
		}
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	secret := []layouts.FieldValue{{Path: "pw", Secret: true}}
	fields := layouts.Fields{"a.b[0]": {Line: 1, Values: secret}, "a.c": {Line: 2, Values: []layouts.FieldValue{{Path: "x"}}}}
	got := fields.Secrets(map[string]any{"a": map[string]any{"b": []any{"hunter2", "plain"}, "c": "plain"}})
	if !slices.Equal(got, []string{"hunter2"}) {
		t.Errorf("Secrets = %q, want hunter2", got)
	}
	if got := layouts.Masker(append(got, "a")).Replace("x=hunter2, a=b"); got != "x=***, a=b" {
		t.Errorf("Masker = %q, want x=***, a=b", got)
	}
}

func TestMasker(t *testing.T) {
	t.Parallel()
	mask := layouts.Masker([]string{"ab", "hunter", "hunter2", "say \"hi\" <ü>\n\tport: 80\nlong line two\n"})
	tests := []struct{ text, want string }{
		{"ab hunter2 hunter", "ab *** ***"},
		{`Invalid value: "say \"hi\" <ü>\n\tport: 80\nlong line two\n": no`, `Invalid value: "***": no`},
		{`{"a":"say \"hi\" \u003cü\u003e\n\tport: 80\nlong line two\n"}`, `{"a":"***"}`},
		{"log: long line two of port: 80", "log: *** of port: 80"},
	}
	for _, tt := range tests {
		if got := mask.Replace(tt.text); got != tt.want {
			t.Errorf("Masker of %s = %s, want %s", tt.text, got, tt.want)
		}
	}
}
