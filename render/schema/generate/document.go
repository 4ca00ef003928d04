package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A document is an OpenAPI document, as far as it is kept.
type document struct {
	OpenAPI string `json:"openapi"`
	Info    struct {
		Title   string `json:"title"`
		Version string `json:"version"`
	} `json:"info"`
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
	Paths map[string]map[string]json.RawMessage `json:"paths,omitempty"`
}

// read returns one document with the schemas of all kinds that can be applied.
func read(kubernetes string) (*document, error) {
	files, err := filepath.Glob(filepath.Join(kubernetes, "api/openapi-spec/v3/*.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no OpenAPI documents in %s", kubernetes)
	}
	all := &document{OpenAPI: "3.0.0"}
	all.Components.Schemas = map[string]map[string]any{}
	applied := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var doc document
		if err := json.Unmarshal(text, &doc); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		maps.Copy(all.Components.Schemas, doc.Components.Schemas)
		if err := doc.addApplied(applied); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	all.keep(applied)
	return all, nil
}

// addApplied adds the kinds whose objects can be patched by name, as kindKey has them.
func (d *document) addApplied(applied map[string]bool) error {
	for path, operations := range d.Paths {
		if !strings.HasSuffix(path, "{name}") || operations["patch"] == nil {
			continue
		}
		var patch struct {
			Kind map[string]any `json:"x-kubernetes-group-version-kind"`
		}
		if err := json.Unmarshal(operations["patch"], &patch); err != nil {
			return err
		}
		applied[kindKey(patch.Kind)] = true
	}
	return nil
}

func kindKey(kind map[string]any) string {
	return fmt.Sprint(kind["group"], "/", kind["version"], "/", kind["kind"])
}

const kindsField = "x-kubernetes-group-version-kind"

// keep drops the schemas that no applied kind needs, and from the others what does not
// matter.
func (d *document) keep(applied map[string]bool) {
	needed := map[string]bool{}
	for name, schema := range d.Components.Schemas {
		kinds, _ := schema[kindsField].([]any)
		if len(kinds) > 0 && applied[kindKey(kinds[0].(map[string]any))] {
			d.need(name, needed)
			continue
		}
		delete(schema, kindsField)
	}
	maps.DeleteFunc(d.Components.Schemas, func(name string, _ map[string]any) bool { return !needed[name] })
	for _, schema := range d.Components.Schemas {
		strip(schema)
	}
}

func (d *document) need(name string, needed map[string]bool) {
	if needed[name] {
		return
	}
	needed[name] = true
	for ref := range references(d.Components.Schemas[name]) {
		d.need(ref, needed)
	}
}

// references returns the names of the schemas that value refers to.
func references(value any) map[string]bool {
	refs := map[string]bool{}
	switch v := value.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			refs[strings.TrimPrefix(ref, "#/components/schemas/")] = true
		}
		for _, item := range v {
			maps.Copy(refs, references(item))
		}
	case []any:
		for _, item := range v {
			maps.Copy(refs, references(item))
		}
	}
	return refs
}

// dropped are the keywords that say nothing about what is valid.
var dropped = []string{
	"description", "x-kubernetes-patch-strategy", "x-kubernetes-patch-merge-key",
	"x-kubernetes-map-type", "x-kubernetes-unions",
}

// strip takes from a schema what validation does not need. Defaults are needed of the
// fields that are a list's keys; those are strings.
func strip(schema map[string]any) {
	for _, keyword := range dropped {
		delete(schema, keyword)
	}
	if text, ok := schema["default"].(string); !ok || text == "" {
		delete(schema, "default")
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, property := range properties {
		strip(property.(map[string]any))
	}
	for _, keyword := range []string{"items", "additionalProperties"} {
		if inner, ok := schema[keyword].(map[string]any); ok {
			strip(inner)
		}
	}
	if all, _ := schema["allOf"].([]any); len(all) == 1 { // a default stood beside a reference
		delete(schema, "allOf")
		maps.Copy(schema, all[0].(map[string]any))
	}
}

// names returns the names of the schemas, sorted.
func (d *document) names() []string { return slices.Sorted(maps.Keys(d.Components.Schemas)) }
