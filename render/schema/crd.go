package schema

import (
	"encoding/json"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// defined returns the catalog with the kinds of the CustomResourceDefinitions among objs.
func (v *validator) defined(objs []*unstructured.Unstructured) *catalog {
	merged := &catalog{v.catalog.name, maps.Clone(v.catalog.kinds), v.catalog.base}
	for _, obj := range objs {
		if obj.GroupVersionKind() != definitionKind {
			continue
		}
		spec := v.root(obj).at("spec")
		for _, version := range spec.at("versions").items() {
			gvk := schema.GroupVersionKind{
				Group:   spec.at("group").text(),
				Version: version.at("name").text(),
				Kind:    spec.down("names", "kind").text(),
			}
			merged.kinds[gvk] = merged.custom(readNode(version.down("schema", "openAPIV3Schema")))
		}
	}
	return merged
}

var definitionKind = schema.GroupVersionKind{
	Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition",
}

// readNode returns the schema at p; nil if it is none, which is told when the
// CustomResourceDefinition is validated.
func readNode(p place) *node {
	text, err := json.Marshal(p.value)
	if err != nil {
		return nil
	}
	var n *node
	if json.Unmarshal(text, &n) != nil {
		return nil
	}
	return n
}
