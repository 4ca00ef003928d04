package values_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/values"
)

// load returns the app shop of files, their paths below shop/ and contents in turn.
func load(t testing.TB, files ...string) *layouts.App {
	t.Helper()
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys["shop/"+files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	app, err := layouts.Load(fsys, "shop")
	if err != nil {
		t.Fatalf("Load(shop) error = %v, want nil", err)
	}
	return app
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const (
		common = "common/vars.schema.json"
		home   = "home/vars.schema.json"
		by     = ", by shop/common/vars.schema.json"
		vars   = "\nreplicas: 2\nresources:\n  cpu: 1\nports: [80, x]\ndb_password: hunter2\nmode: slow"
	)
	tests := []struct{ name, file, schema, want string }{
		{"all is well", common, `{"type": "object", "required": ["image_id"], "additionalProperties": false, "properties":
			{"image_id": {}, "replicas": {"minimum": 1}, "resources": {}, "ports": {}, "db_password": {}, "mode": {}}}`, ""},
		{"type", common, `{"properties": {"replicas": {"type": "string"}, "db_password": {"type": ["integer", "null"]}}}`,
			"shop/home/vars.yml:2:1: replicas: want string, not number" + by + "\n" +
				"shop/home/vars.yml:6:1: db_password: want integer or null, not string" + by},
		{"within a map", common, `{"properties": {"resources": {"properties": {"cpu": {"minimum": 2}}}}}`,
			"shop/home/vars.yml:4:3: resources.cpu: want at least 2" + by},
		{"within a list", common, `{"properties": {"ports": {"items": {"type": "integer"}}}}`,
			"shop/home/vars.yml:5:1: ports[1]: want integer, not string" + by},
		{"the caller's", common, `{"properties": {"image_id": {"pattern": "^repo/.*:[0-9]+$"}}}`,
			"--set: image_id: want a text that matches ^repo/.*:[0-9]+$" + by},
		{"enum", common, `{"properties": {"mode": {"enum": ["fast", 1]}}}`,
			"shop/home/vars.yml:7:1: mode: want one of fast, 1" + by},
		{"what is not set", common, `{"required": ["replicas", "zone"]}`,
			"shop/common/vars.schema.json: the values: zone must be set"},
		{"what is not set within a map", common, `{"properties": {"resources": {"required": ["memory"]}}}`,
			"shop/home/vars.yml:4:3: resources: memory must be set" + by},
		{"what is not known", common, `{"properties": {"resources": {"additionalProperties": false}}}`,
			"shop/home/vars.yml:4:3: resources: cpu is not known" + by},
		{"any of", common, `{"properties": {"mode": {"anyOf": [{"const": "fast"}, {"type": "integer"}]}}}`,
			"shop/home/vars.yml:7:1: mode: does not fit anyOf" + by},
		{"by reference", common, `{"$defs": {"n": {"type": "null"}}, "properties": {"mode": {"$ref": "#/$defs/n"}}}`,
			"shop/home/vars.yml:7:1: mode: want null, not string" + by},
		{"the service's own", home, `{"properties": {"mode": {"maxLength": 3}}}`,
			"shop/home/vars.yml:7:1: mode: want at most 3 characters, by shop/home/vars.schema.json"},
		{"a number out of range", common, `{"multipleOf": 1e-999999999}`,
			"shop/common/vars.schema.json: not a JSON Schema: a number is out of range"},
		{"no JSON", common, `{"a": `, "shop/common/vars.schema.json: not JSON: unexpected EOF"},
		{"no schema", common, `{"type": "nonsense"}`, "shop/common/vars.schema.json: not a JSON Schema: " +
			"type: does not fit anyOf"},
		{"another file", common, `{"$ref": "file:///etc/hostname"}`, "shop/common/vars.schema.json: not a JSON Schema: " +
			"failing loading \"file:///etc/hostname\": a schema cannot load another one: put it in, under $defs"},
		{"a schema in the network", common, `{"$ref": "https://example.com/x"}`, "shop/common/vars.schema.json: not a JSON Schema: " +
			"failing loading \"https://example.com/x\": a schema cannot load another one: put it in, under $defs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, "home/vars.yml", vars, tt.file, tt.schema)
			err := values.Check(app, render.Options{
				Values: map[string]any{"image_id": "x"}, Origins: map[string]render.Origin{"image_id": {File: "--set"}},
			})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Check(shop) error mismatch (-want +got):\n%s", diff)
			}
			if at := (*render.Error)(nil); err != nil && !errors.As(err, &at) {
				t.Errorf("Check(shop) error = %T, want a *render.Error", err)
			}
		})
	}
}

func TestCheckBounds(t *testing.T) {
	t.Parallel()
	const (
		file  = "home/vars.schema.json"
		none  = "a: 1"
		many  = "the values are too many, or too long, to check by this schema"
		steps = "to check the values takes over 200000 steps, the bound: $ref, allOf and the like lead to others " +
			"too often, or there are too many values or patterns: simplify the schema"
		patterns = "not a JSON Schema: a regular expression has over 4096 bytes, or all have over 100000 instructions: " +
			"simplify them"
		list = `{"properties": {"a": {"items": %s}}}`
	)
	items := func(n int) string { return "a: [" + strings.Repeat("1,", n) + "1]" }
	fan := ""
	for i := range 40 {
		fan += fmt.Sprintf(`"a%d": {"allOf": [{"$ref": "#/$defs/a%d"}, {"$ref": "#/$defs/a%[2]d"}]}, `, i, i+1)
	}
	for name, tt := range map[string]struct{ vars, schema, want string }{
		"many values":  {items(30_000), fmt.Sprintf(list, `{"type": "string"}`), many},
		"fan of refs":  {none, `{"$defs": {` + fan + `"a40": {}}, "$ref": "#/$defs/a0"}`, steps},
		"alternatives": {items(5000), fmt.Sprintf(list, `{"anyOf": [`+strings.Repeat(`{"type": "string"},`, 100)+`true]}`), steps},
		"enum of maps": {"a: {b: " + strings.Repeat("x", 600_000) + "}", `{"properties": {"a": {"enum": [` +
			strings.Repeat(`{"b": 1},`, 2000) + `1]}}}`, steps},
		"a slow pattern": {"a: " + strings.Repeat("a", 900_000),
			`{"properties": {"a": {"pattern": "(((a{0,10}){0,10}){0,10})y"}}}`, steps},
		"a long pattern": {none, `{"properties": {"a": {"pattern": "` + strings.Repeat("a*", 3000) + `"}}}`, patterns},
		"large patterns": {none, `{"properties": {"a": {"pattern": "` + strings.Repeat("a{900}", 120) + `"}}}`, patterns},
		"many schemas": {none, `{"allOf": [` + strings.Repeat(`{"type": "object"},`, 10_000) + `true]}`,
			"not a JSON Schema: it has over 10000 schemas and other maps: simplify it"},
		"anchors": {none, `{"$defs": {"a": {"$dynamicAnchor": "x"}, "b": {"$id": "b", "$dynamicAnchor": "x"}}}`,
			"not a JSON Schema: a $dynamicAnchor or $recursiveAnchor is there twice: use $ref"},
		"digits": {none, `{"multipleOf": 0.` + strings.Repeat("0", 500) + `1}`, "not a JSON Schema: a number is out of range"},
	} {
		app := load(t, "home/vars.yml", tt.vars, file, tt.schema)
		err := values.Check(app, render.Options{})
		if want := "shop/" + file + ": " + tt.want; err == nil || err.Error() != want {
			t.Errorf("%s: Check(shop) error = %.300v, want %s", name, err, want)
		}
	}
}

func TestCheckProblems(t *testing.T) {
	t.Parallel()
	app := load(t, "home/vars.yml", "a: ["+strings.Repeat("1,", 5000)+"1]",
		"home/vars.schema.json", `{"properties": {"a": {"items": {"type": "string"}}}}`)
	err := values.Check(app, render.Options{})
	if err == nil {
		t.Fatal("Check(shop) error = nil, want problems")
	}
	if got := strings.Count(err.Error(), "\n"); got != 1000 {
		t.Errorf("Check(shop) error has %d lines, want 1000 and one that says that there are more", got+1)
	}
}

func TestCheckOfServices(t *testing.T) {
	t.Parallel()
	app := load(t, "home/vars.yml", "a: 1", "home/vars.schema.json", `{"properties": {"a": {"type": "string"}}}`,
		"mens/vars.yml", "a: 2", "common/vars.schema.json", `{"required": ["b"]}`)
	tests := []struct {
		services []string
		want     string
	}{
		{[]string{"mens"}, "shop/common/vars.schema.json: the values: b must be set"},
		{nil, "shop/common/vars.schema.json: the values: b must be set\n" +
			"shop/home/vars.yml:1:1: a: want string, not number, by shop/home/vars.schema.json"},
	}
	for _, tt := range tests {
		err := values.Check(app, render.Options{Services: tt.services})
		if err == nil || err.Error() != tt.want {
			t.Errorf("Check(%v) error = %v, want %s", tt.services, err, tt.want)
		}
	}
}
