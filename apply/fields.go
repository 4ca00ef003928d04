package apply

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// A fieldSet is FieldsV1, decoded: the fields that a manager owns. A field is
// "f:name", an item of a list "k:{key}", a member of a set "v:value", the map or
// list itself "."; an empty set is a leaf, owned with all that is in it. The format
// is of KEP-555:
// https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#FieldsV1
type fieldSet = map[string]any

// self is a map's or list's own entry in its fieldSet.
const self = "."

func parseFields(entry metav1.ManagedFieldsEntry) (fieldSet, bool) {
	if entry.FieldsV1 == nil {
		return nil, false
	}
	var fields fieldSet
	err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields)
	return fields, err == nil
}

// fieldsOf returns the fields of all entries of obj that match, in one set.
func fieldsOf(obj *unstructured.Unstructured, match func(metav1.ManagedFieldsEntry) bool) fieldSet {
	union := fieldSet{}
	for _, entry := range obj.GetManagedFields() {
		if fields, ok := parseFields(entry); ok && match(entry) {
			union = unite(union, fields)
		}
	}
	return union
}

// has reports whether fields hold the path.
func has(fields fieldSet, path ...string) bool {
	for _, name := range path {
		next, ok := fields[name].(fieldSet)
		if !ok {
			return false
		}
		fields = next
	}
	return true
}

// remove takes the path out of fields.
func remove(fields fieldSet, path ...string) {
	last := len(path) - 1
	if has(fields, path[:last]...) {
		for _, name := range path[:last] {
			fields = fields[name].(fieldSet)
		}
		delete(fields, path[last])
	}
}

// unite returns the fields that are in a or b.
func unite(a, b fieldSet) fieldSet {
	out := fieldSet{}
	maps.Copy(out, a)
	for name, sub := range b {
		mine, both := out[name].(fieldSet)
		theirs, _ := sub.(fieldSet)
		switch {
		case !both:
			out[name] = theirs
		case len(mine) == 0 || len(theirs) == 0:
			out[name] = fieldSet{}
		default:
			out[name] = unite(mine, theirs)
		}
	}
	return out
}

// subtract returns the fields that are in a and not in b.
func subtract(a, b fieldSet) fieldSet {
	out := fieldSet{}
	for name, sub := range a {
		mine, _ := sub.(fieldSet)
		theirs, both := b[name].(fieldSet)
		if !both {
			out[name] = mine
			continue
		}
		if rest := subtract(mine, theirs); len(rest) > 0 && len(theirs) > 0 {
			out[name] = rest
		}
	}
	return out
}

// members returns what fields name in a value: each with the step that leads to
// it, as the API server writes paths, and the fields that are owned in it. What is
// not there is left out.
func members(fields fieldSet, value any) []member {
	var out []member
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		sub, _ := fields[name].(fieldSet)
		kind, rest, _ := strings.Cut(name, ":")
		switch value := value.(type) {
		case map[string]any:
			if v, ok := value[rest]; ok && kind == "f" {
				out = append(out, member{"." + rest, sub, v})
			}
		case []any:
			if i := position(kind, rest, value); i >= 0 {
				out = append(out, member{step(kind, rest), sub, value[i]})
			}
		}
	}
	return out
}

// A member is part of a value.
type member struct {
	step   string
	fields fieldSet
	value  any
}

// position returns where the item stands that "kind:name" means, or -1.
func position(kind, name string, items []any) int {
	var want any
	if json.Unmarshal([]byte(name), &want) != nil {
		return -1
	}
	key, _ := want.(map[string]any)
	return slices.IndexFunc(items, func(item any) bool {
		switch kind {
		case "k":
			m, ok := item.(map[string]any)
			return ok && fits(key, m, true)
		case "v":
			return equalScalar(want, item)
		}
		return false
	})
}

// step words an item as the API server does: [name="app"], [="value"].
func step(kind, name string) string {
	var key map[string]json.RawMessage
	if kind != "k" || json.Unmarshal([]byte(name), &key) != nil {
		return "[=" + name + "]"
	}
	parts := make([]string, 0, len(key))
	for _, part := range slices.Sorted(maps.Keys(key)) {
		parts = append(parts, part+"="+string(key[part]))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// isLeaf reports whether fields cover a value as a whole: with all that is in it,
// or, as "." alone does, without.
func isLeaf(fields fieldSet) bool {
	_, only := fields[self]
	return len(fields) == 0 || len(fields) == 1 && only
}

// leaves adds the values that fields cover to out, by their paths.
func leaves(fields fieldSet, value any, path string, out map[string]any) {
	if isLeaf(fields) {
		if path != "" {
			out[path] = covered(fields, value)
		}
		return
	}
	for _, m := range members(fields, value) {
		leaves(m.fields, m.value, path+m.step, out)
	}
}

// covered returns the part of value that a leaf covers.
func covered(fields fieldSet, value any) any {
	if len(fields) == 0 {
		return runtime.DeepCopyJSONValue(value)
	}
	switch value.(type) {
	case map[string]any:
		return map[string]any{}
	case []any:
		return []any{}
	}
	return value
}

// project returns the part of value that fields cover: what their manager would
// have to apply to get it.
func project(fields fieldSet, value any) any {
	if isLeaf(fields) {
		return covered(fields, value)
	}
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, m := range members(fields, value) {
			out[m.step[1:]] = project(m.fields, m.value)
		}
		return out
	case []any:
		return projectList(fields, value)
	}
	return value
}

// projectList keeps the items in the order in which they stand.
func projectList(fields fieldSet, items []any) []any {
	byIndex := map[int]any{}
	for name, sub := range fields {
		kind, rest, _ := strings.Cut(name, ":")
		i := position(kind, rest, items)
		if i < 0 {
			continue
		}
		byIndex[i] = items[i]
		if kind == "k" {
			byIndex[i] = project(sub.(fieldSet), items[i])
		}
	}
	out := make([]any, 0, len(byIndex))
	for _, i := range slices.Sorted(maps.Keys(byIndex)) {
		out = append(out, byIndex[i])
	}
	return out
}

// A FieldChange is a field that has, or is to have, another value.
type FieldChange struct {
	// Path is as the API server writes it, such as
	// .spec.template.spec.containers[name="app"].image.
	Path string
	// Old and New are JSON values; nil if there is none. Those of Secrets, and what was
	// encrypted, are "(hidden)".
	Old, New any
}

// hidden stands for a value that must not be seen.
const hidden = "(hidden)"

// String returns "path: old → new".
func (f FieldChange) String() string {
	return fmt.Sprintf("%s: %s → %s", f.Path, jsonText(f.Old), jsonText(f.New))
}

func jsonText(value any) string {
	if value == nil {
		return "none"
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// compare returns the values that fields cover and that differ, sorted by path.
func compare(fields fieldSet, before, after *unstructured.Unstructured) []FieldChange {
	old, now := map[string]any{}, map[string]any{}
	leaves(fields, before.Object, "", old)
	leaves(fields, after.Object, "", now)
	paths := maps.Clone(old)
	maps.Copy(paths, now)
	var changes []FieldChange
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if jsonText(old[path]) != jsonText(now[path]) {
			changes = append(changes, hide(after, FieldChange{path, old[path], now[path]}))
		}
	}
	return changes
}

// hide masks what a Secret holds, in its data and in the copy that kubectl keeps.
func hide(obj *unstructured.Unstructured, c FieldChange) FieldChange {
	if !isSecret(obj) || !secretPath(c.Path) {
		return c
	}
	if c.Old != nil {
		c.Old = hidden
	}
	if c.New != nil {
		c.New = hidden
	}
	return c
}

func isSecret(obj *unstructured.Unstructured) bool {
	return obj.GetKind() == "Secret" && obj.GetAPIVersion() == "v1"
}

func secretPath(path string) bool {
	return strings.HasPrefix(path, ".data") || strings.HasPrefix(path, ".stringData") ||
		strings.HasSuffix(path, "last-applied-configuration")
}
