package schema_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/render/schema"
)

// What is wrong with a Secret is told without what is in it.
func TestSecrets(t *testing.T) {
	t.Parallel()
	text := "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  pw: hunter2!\n  pin: 4711471\nstringData:\n  pw: hunter2\n  port: 4711471\ntyp: hunter2\n"
	secret := &unstructured.Unstructured{} // package render refuses it
	if err := yaml.Unmarshal([]byte(text), &secret.Object); err != nil {
		t.Fatal(err)
	}
	_, err := schema.Validate([]*unstructured.Unstructured{secret}, schema.Options{})
	want := []string{
		"Secret s: data.pin: want a string, have a number: put it between quotes",
		"Secret s: data.pw: not base64: put plain text under stringData",
		"Secret s: stringData.port: want a string, have a number: put it between quotes",
		"Secret s: typ: no such field: did you mean type?",
	}
	if diff := cmp.Diff(want, problems(t, err)); diff != "" {
		t.Errorf("Validate mismatch (-want +got):\n%s", diff)
	}
}

// FuzzValidate validates whatever JSON there is as an object: twice the same, without a
// change to it, and without a word of what a Secret holds.
func FuzzValidate(f *testing.F) {
	f.Add(`{"apiVersion": "v1", "kind": "Secret", "data": {"a": "s3cret-s3cret"}}`)
	f.Add(`{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": 1, "data": ["s3cret-s3cret"]}`)
	f.Add(`{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"selector": {"matchLabels": {"a": 1}}, "template": {"metadata": {"labels": []}, "spec": {"containers": [{"ports": [{"name": 1}], "resources": {"requests": {"cpu": "-1"}}}, null, 1]}}}}`)
	f.Add(`{"apiVersion": "v1", "kind": "Service", "spec": {"selector": {"a": "b"}, "ports": [{"port": 1e20, "targetPort": "x"}, []]}}`)
	f.Add(`{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {"group": "", "names": {"kind": "A"}, "versions": [{"name": "v", "schema": {"openAPIV3Schema": {"$ref": "a", "allOf": [{}], "additionalProperties": true}}}]}}`)
	f.Add(`{"apiVersion": "a/b", "kind": "C", "metadata": {"annotations": {"slipway/source": ":", "slipway/lines": "{"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var fields map[string]any
		if json.Unmarshal([]byte(text), &fields) != nil || fields == nil {
			t.Skip()
		}
		obj := &unstructured.Unstructured{Object: fields}
		before := maps.Clone(fields)
		objs := []*unstructured.Unstructured{obj, {Object: obj.DeepCopy().Object}}
		warnings, err := schema.Validate(objs, schema.Options{})
		again, errAgain := schema.Validate(objs, schema.Options{})
		if diff := cmp.Diff(warnings, again); diff != "" {
			t.Errorf("Validate(%s) warnings differ the second time:\n%s", text, diff)
		}
		if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Errorf("Validate(%s) = %v, the second time %v", text, err, errAgain)
		}
		if diff := cmp.Diff(before, fields); diff != "" {
			t.Errorf("Validate(%s) changed it:\n%s", text, diff)
		}
		if err != nil && obj.GetKind() == "Secret" && strings.Contains(strings.ReplaceAll(err.Error(), "\\", ""), "s3cret-s3cret") &&
			!strings.Contains(keys(fields), "s3cret-s3cret") {
			t.Errorf("Validate(%s) = %v, want nothing of what it holds", text, err)
		}
	})
}

// keys returns the names in value, and what names an object.
func keys(value any) string {
	var all strings.Builder
	switch v := value.(type) {
	case map[string]any:
		for name, item := range v {
			all.WriteString(name + keys(item) + " ")
			if s, ok := item.(string); ok && (name == "name" || name == "namespace" || name == "apiVersion") {
				all.WriteString(s + " ")
			}
		}
		if metadata, ok := v["metadata"]; ok {
			text, _ := json.Marshal(metadata)
			all.Write(text)
		}
	case []any:
		for _, item := range v {
			all.WriteString(keys(item))
		}
	}
	return all.String()
}
