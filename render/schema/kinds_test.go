package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render/schema"
)

const widget = `apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
spec:
  size: 12
  colr: red
  mode: slow
  tags: [a, a]
  any: {thing: 1}
  port: 8080
`

const widgets = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [owner]
            properties:
              size: {type: integer, maximum: 10}
              color: {type: string, pattern: ^#}
              mode: {type: string, enum: [fast, steady]}
              owner: {type: string, minLength: 1}
              tags: {type: array, maxItems: 1, items: {type: string}, x-kubernetes-list-type: set}
              any: {type: object, x-kubernetes-preserve-unknown-fields: true}
              port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
`

// Kinds that Kubernetes does not have.
func TestCustomKinds(t *testing.T) {
	t.Parallel()
	const unknown = "Widget w: Widget of example.com/v1 is no kind of Kubernetes v1.37.2, and no " +
		"CustomResourceDefinition of it is among the objects: not validated"
	tests := []struct {
		name, text         string
		strict             bool
		warnings, problems []string
	}{{
		name: "without a definition, each kind is told once",
		text: widget + "---\n" + strings.Replace(widget, "name: w", "name: v", 1), warnings: []string{"shop/home/all.yml:1: " + unknown},
	}, {
		name: "metadata is checked all the same",
		text: strings.Replace(widget, "name: w", "name: w, lables: {}", 1), warnings: []string{"shop/home/all.yml:1: " + unknown},
		problems: []string{"3:21: Widget w: metadata.lables: no such field: did you mean labels?"},
	}, {
		name: "strict", text: widget, strict: true, problems: []string{"1: " + unknown},
	}, {
		name: "with its definition",
		text: widget + widgets,
		problems: []string{
			"4:1: Widget w: spec: owner is missing",
			"5:3: Widget w: spec.size: 12 is not from any to 10",
			"6:3: Widget w: spec.colr: no such field: did you mean color?",
			`7:3: Widget w: spec.mode: "slow" is not known: want fast, steady`,
			"8:3: Widget w: spec.tags: 2 items, want at most 1",
			"8:13: Widget w: spec.tags[1]: the item is there twice: spec.tags[0] in line 8 has it, too",
		},
	}, {
		name:     "a definition that is wrong itself",
		text:     strings.Replace(widgets, "type: integer, maximum: 10", "type: [integer], maxmum: 10", 1),
		problems: []string{"22:22: CustomResourceDefinition widgets.example.com: spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.type: want a string, have a list", "22:39: CustomResourceDefinition widgets.example.com: spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.maxmum: no such field: did you mean maximum?"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			warnings, err := schema.Validate(objects(t, tt.text), schema.Options{Strict: tt.strict})
			if diff := cmp.Diff(tt.problems, problems(t, err)); diff != "" {
				t.Errorf("Validate(%s) mismatch (-want +got):\n%s", tt.text, diff)
			}
			if diff := cmp.Diff(tt.warnings, warnings); diff != "" {
				t.Errorf("Validate(%s) warnings mismatch (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// Documents of a server go over what is shipped, kind by kind.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	doc := []byte(`{"openapi": "3.0.0", "components": {"schemas": {
		"com.example.v1.Widget": {
			"type": "object", "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Widget"}],
			"properties": {
				"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
				"spec": {"allOf": [{"$ref": "#/components/schemas/com.example.v1.Spec"}], "default": {}}}},
		"com.example.v1.Spec": {
			"type": "object", "additionalProperties": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"}},
		"io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]}}}}`)
	objs := objects(t, "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  size: 5Mi\n  weight: heavy\n"+
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: []\n")
	_, err := schema.Validate(objs, schema.Options{OpenAPI: [][]byte{doc}, Strict: true})
	want := []string{
		`6:3: Widget w: spec.weight: "heavy" is not a quantity: want a number and a unit, as 250m, 2, 512Mi, 1.5Gi`,
		"11:1: ConfigMap c: data: want a map, have a list",
	}
	if diff := cmp.Diff(want, problems(t, err)); diff != "" {
		t.Errorf("Validate mismatch (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "[]", `{"paths": {}}`} {
		_, err := schema.Validate(objs, schema.Options{OpenAPI: [][]byte{doc, []byte(bad)}})
		if err == nil || !strings.HasPrefix(err.Error(), "OpenAPI document 2: ") {
			t.Errorf("Validate with the document %q: error = %v, want one that begins with OpenAPI document 2", bad, err)
		}
	}
}
