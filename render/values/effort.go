package values

import (
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxEffort bounds what is checked by a schema, which cannot be stopped.
const maxEffort = 200_000

var errSteps = fmt.Errorf("to check the values takes over %d steps, the bound: $ref, allOf and the like "+
	"lead to others too often, or there are too many values or patterns: simplify the schema", maxEffort)

// An effort is how many steps are left: of a schema for a value, a match, or a comparison.
// It goes the way that the library goes at most, with a schema for one value at a time.
type effort int

// A trail is the schemas that look at the same value.
type trail struct {
	schema *jsonschema.Schema
	above  *trail
}

func (e *effort) spend(n int) bool {
	*e -= effort(n)
	return *e >= 0
}

// check counts what it takes to check a value. A schema that leads to itself for the same
// value is an error of the library.
func (e *effort) check(s *jsonschema.Schema, value any, above *trail) {
	if s == nil || !e.spend(1+size(value)) {
		return
	}
	for t := above; t != nil; t = t.above {
		if t.schema == s || !e.spend(1) {
			return
		}
	}
	if s.Enum != nil || s.Const != nil || s.UniqueItems || s.ContentSchema != nil {
		e.compare(s, value)
	}
	here := &trail{s, above}
	for _, other := range sameValue(s) {
		e.check(other, value, here)
	}
	switch v := value.(type) {
	case map[string]any:
		e.properties(s, v)
	case []any:
		for i, item := range v {
			for _, other := range ofItem(s, i) {
				e.check(other, item, nil)
			}
		}
	case string:
		e.match(s.Pattern, v)
	}
}

// size is what it takes to note which parts of a value were looked at.
func size(value any) int {
	switch v := value.(type) {
	case map[string]any:
		return len(v) / 4
	case []any:
		return len(v) / 4
	}
	return 0
}

func (e *effort) compare(s *jsonschema.Schema, value any) {
	others := 2
	if s.Enum != nil {
		others += len(s.Enum.Values)
	}
	e.spend(weight(value) * others / 16)
}

func (e *effort) match(re jsonschema.Regexp, text string) {
	if p, ok := re.(pattern); ok {
		e.spend(1 + p.size*len(text)/64)
	}
}

// sameValue returns the schemas that a schema has for the same value.
func sameValue(s *jsonschema.Schema) []*jsonschema.Schema {
	all := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else}
	if s.DynamicRef != nil {
		all = append(all, s.DynamicRef.Ref)
	}
	all = append(append(append(all, s.AllOf...), s.AnyOf...), s.OneOf...)
	for _, other := range s.DependentSchemas {
		all = append(all, other)
	}
	for _, other := range s.Dependencies {
		all = append(all, schemasOf(other)...)
	}
	return all
}

// ofItem returns the schemas for the item of a list at an index.
func ofItem(s *jsonschema.Schema, i int) []*jsonschema.Schema {
	all := []*jsonschema.Schema{s.Items2020, s.Contains, s.UnevaluatedItems}
	all = append(all, schemasOf(s.AdditionalItems)...)
	if i < len(s.PrefixItems) {
		all = append(all, s.PrefixItems[i])
	}
	items := schemasOf(s.Items)
	if each, one := s.Items.(*jsonschema.Schema); one {
		return append(all, each)
	} else if i < len(items) {
		return append(all, items[i])
	}
	return all
}

// properties counts what it takes to check the fields of a map, and their names.
func (e *effort) properties(s *jsonschema.Schema, object map[string]any) {
	e.spend(len(s.Required) / 8)
	others := append(schemasOf(s.AdditionalProperties), s.UnevaluatedProperties)
	for name, value := range object {
		if *e < 0 {
			return
		}
		e.check(s.PropertyNames, name, nil)
		e.check(s.Properties[name], value, nil)
		for re, other := range s.PatternProperties {
			if e.match(re, name); re.MatchString(name) {
				e.check(other, value, nil)
			}
		}
		for _, other := range others {
			e.check(other, value, nil)
		}
	}
}

// schemasOf returns the schemas in a field that may hold several things.
func schemasOf(field any) []*jsonschema.Schema {
	switch f := field.(type) {
	case *jsonschema.Schema:
		return []*jsonschema.Schema{f}
	case []*jsonschema.Schema:
		return f
	}
	return nil
}
