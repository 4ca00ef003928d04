package render_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

func TestValues(t *testing.T) {
	t.Parallel()
	type values = map[string]any
	tests := []struct {
		name            string
		common, service string // vars.yml
		caller          values
		of              string
		want            values // beside app_name and service_name
	}{
		{"later layers win", "a: 1\nb: 1\nc: 1", "b: 2\nc: 2", values{"c": 3}, "home",
			values{"a": int64(1), "b": int64(2), "c": 3}},
		{"maps merge deeply", "m: {a: {x: 1}, b: 1}", "m: {a: {w: 2}}", values{"m": values{"a": values{"z": 3}}},
			"home", values{"m": values{"a": values{"x": int64(1), "w": int64(2), "z": 3}, "b": int64(1)}}},
		{"lists replace", "l: [1, 2]", "l: [3]", nil, "home", values{"l": []any{int64(3)}}},
		{"a scalar replaces a map, and a map a scalar", "a: {x: 1}\nb: 1", "a: 1\nb: {x: 1}", nil, "home",
			values{"a": int64(1), "b": values{"x": int64(1)}}},
		{"null deletes", "a: 1\nm: {x: 1, w: 1}", "a: null\nm: {x: ~}", nil, "home",
			values{"m": values{"w": int64(1)}}},
		{"the caller's null deletes", "a: 1", "", values{"a": nil}, "home", values{}},
		{"a deleted map does not merge", "m: {x: 1}", "m: null", values{"m": values{"y": 2}}, "home",
			values{"m": values{"y": 2}}},
		{"a null in a list stays", "l: [null]", "", nil, "home", values{"l": []any{nil}}},
		{"typed maps merge too", "m: {x: 1}", "", values{"m": map[string]string{"y": "2"}}, "home",
			values{"m": values{"x": int64(1), "y": "2"}}},
		{"common does not see a service's", "a: 1", "a: 2\nb: 2", nil, "common", values{"a": int64(1)}},
		{"numbers as the API server reads them", "i: 9007199254740993\nf: 1.5\nb: yes\ns: '08'", "", nil, "home",
			values{"i": int64(9007199254740993), "f": 1.5, "b": true, "s": "08"}},
		{"empty files", "", "# nothing\n", nil, "home", values{}},
		{"what the layout says may be repeated", "app_name: shop", "service_name: home",
			values{"app_name": "shop"}, "home", values{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, "common/vars.yml", tt.common, "home/vars.yml", tt.service)
			tt.want["app_name"] = "shop"
			if tt.of != layouts.Common {
				tt.want["service_name"] = tt.of
			}
			got, err := render.Values(app, tt.of, render.Options{Values: tt.caller})
			if err != nil {
				t.Fatalf("Values(%s) error = %v, want nil", tt.of, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Values(%s) mismatch (-want +got):\n%s", tt.of, diff)
			}
		})
	}
}

func TestValuesErrors(t *testing.T) {
	t.Parallel()
	bomb := "a: &a " + strings.Repeat("x", 1<<16) + "\nl: [" + strings.Repeat("*a,", 1000) + "]"
	merges := "a0: &a0 {k0: 1}\n"
	for i := range 400 {
		merges += fmt.Sprintf("a%d: &a%[1]d {k%[1]d: 1, <<: *a%d}\n", i+1, i)
	}
	tests := []struct {
		name            string
		common, service string
		caller          map[string]any
		want            string
	}{
		{"duplicate key", "a: 1\nb: 2\na: 3", "", nil,
			`shop/common/vars.yml:3:1: YAML: the key "a" is in this map already, in line 1: keep one`},
		{"several duplicate keys", "", "a: 1\na: 2\na: 3", nil, `shop/home/vars.yml:2:1: YAML: the key "a" is in ` +
			"this map already, in line 1: keep one\n" + `shop/home/vars.yml:3:1: YAML: the key "a" is in this map already, in line 1: keep one`},
		{"no YAML", "", "a: 1\nb: [", nil,
			"shop/home/vars.yml:2:4: YAML: did not find expected node content"},
		{"a list", "- a", "", nil, "shop/common/vars.yml:1:1: want a map of names to values"},
		{"a second document", "", "a: 1\n---\n# more\nb: 2", nil,
			"shop/home/vars.yml:4:1: a second document: keep one"},
		{"aliases that explode", bomb, "", nil,
			"shop/common/vars.yml:2:386: YAML: the aliases stand for more than 8 MiB, the bound"},
		{"merges that explode", merges, "", nil,
			"shop/common/vars.yml:87:24: YAML: the aliases stand for more than 8 MiB, the bound"},
		{"both files", "a: [", "b: [", nil, "shop/common/vars.yml:1:4: YAML: did not find expected node content\n" +
			"shop/home/vars.yml:1:4: YAML: did not find expected node content"},
		{"other app_name", "", "app_name: bank", nil, `shop/home/vars.yml:1:1: app_name is "bank": it comes ` +
			`from the layout, where it is "shop"; take it out, or rename the directory`},
		{"other service_name", "service_name: mens", "", nil, `shop/common/vars.yml:1:1: service_name is "mens": it ` +
			`comes from the layout, where it is "home"; take it out, or rename the directory`},
		{"the caller's app_name", "", "", map[string]any{"app_name": map[string]any{}}, `values: app_name is ` +
			`"map[]": it comes from the layout, where it is "shop"; take it out, or rename the directory`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, "common/vars.yml", tt.common, "home/vars.yml", tt.service)
			_, err := render.Values(app, "home", render.Options{Values: tt.caller})
			checkError(t, "Values(home)", err, tt.want)
			var at *render.Error
			if !errors.As(err, &at) {
				t.Errorf("Values(home) error = %T, want a *render.Error", err)
			}
		})
	}
}

func TestValuesOfUnknownService(t *testing.T) {
	t.Parallel()
	_, err := render.Values(load(t, "home/vars.yml", ""), "mens", render.Options{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Values(mens) error = %v, want one that matches fs.ErrNotExist", err)
	}
}

func TestValuesWithoutCommon(t *testing.T) {
	t.Parallel()
	got, err := render.Values(load(t, "home/vars.yml", ""), layouts.Common, render.Options{})
	if err != nil {
		t.Fatalf("Values(common) error = %v, want nil", err)
	}
	if diff := cmp.Diff(map[string]any{"app_name": "shop"}, got); diff != "" {
		t.Errorf("Values(common) mismatch (-want +got):\n%s", diff)
	}
}
