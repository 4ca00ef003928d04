package apply

import (
	"encoding/json"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// proved reports whether applying want would surely change nothing: the fields
// that our manager owns in live, and their values, are those of want, path for
// path. It walks our entry of the managed fields without a schema; whatever it
// cannot be sure of is a no, which costs a request and never correctness. The
// format is FieldsV1 of KEP-555:
// https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#FieldsV1
//
// It says no to values that the server rewrites, such as cpu: 1000m or
// stringData, and while a manager that is to be adopted owns fields.
func (a *Applier) proved(live, want *unstructured.Unstructured) bool {
	if a.opts.Always || live == nil || a.adoptable(live) {
		return false
	}
	fields, ok := ownFields(live, a.opts.FieldManager, want.GetAPIVersion())
	return ok && same(fields, live.Object, sendable(want).Object)
}

// ownFields returns our manager's fields, which exist once only for an API
// version and the whole object.
func ownFields(live *unstructured.Unstructured, manager, apiVersion string) (fieldSet, bool) {
	for _, entry := range live.GetManagedFields() {
		if isApply(entry, manager) && entry.APIVersion == apiVersion {
			return parseFields(entry)
		}
	}
	return nil, false
}

// isApply reports whether entry is what manager applied to the whole object.
func isApply(entry metav1.ManagedFieldsEntry, manager string) bool {
	return entry.Manager == manager && entry.Subresource == "" &&
		entry.Operation == metav1.ManagedFieldsOperationApply
}

// sendable returns obj without the fields that nobody owns.
func sendable(obj *unstructured.Unstructured) *unstructured.Unstructured {
	obj = obj.DeepCopy()
	for _, name := range []string{"apiVersion", "kind"} {
		delete(obj.Object, name)
	}
	metadata, _ := obj.Object["metadata"].(map[string]any)
	for _, name := range []string{"name", "namespace", "uid", "resourceVersion"} {
		delete(metadata, name)
	}
	if len(metadata) == 0 {
		delete(obj.Object, "metadata")
	}
	return obj
}

// same reports whether live, as far as fields cover it, is want.
func same(fields map[string]any, live, want any) bool {
	if len(fields) == 0 { // owned as a whole
		return want != nil && reflect.DeepEqual(live, want)
	}
	switch want := want.(type) {
	case map[string]any:
		live, ok := live.(map[string]any)
		return ok && sameMap(fields, live, want)
	case []any:
		live, ok := live.([]any)
		return ok && sameList(fields, live, want)
	}
	return false
}

func sameMap(fields, live, want map[string]any) bool {
	owned := len(fields)
	if _, whole := fields[self]; whole {
		owned--
	}
	if owned != len(want) {
		return false
	}
	for name, value := range want {
		sub, ok := fields["f:"+name].(map[string]any)
		if !ok || !same(sub, live[name], value) {
			return false
		}
	}
	return true
}

// sameList compares a list whose items the server merges by key. The items must
// be in the same order too: for some lists it matters.
func sameList(fields map[string]any, live, want []any) bool {
	if len(fields) != len(want) {
		return false
	}
	next := 0
	for name, sub := range fields {
		if _, ok := sub.(map[string]any); !ok || !strings.HasPrefix(name, "k:") {
			return false
		}
	}
	for _, item := range want {
		wanted, ok := item.(map[string]any)
		if !ok {
			return false
		}
		sub, key := entryFor(fields, wanted)
		at := find(live[next:], key)
		if key == nil || at < 0 || !same(sub, live[next+at], item) {
			return false
		}
		next += at + 1
	}
	return true
}

// entryFor returns the fields of item, and its key, if just one key fits. A part
// of the key that item leaves out was filled in by the server.
func entryFor(fields, item map[string]any) (sub, key map[string]any) {
	for name, value := range fields {
		var candidate map[string]any
		if json.Unmarshal([]byte(name[len("k:"):]), &candidate) != nil {
			return nil, nil
		}
		if !fits(candidate, item, false) {
			continue
		}
		if key != nil {
			return nil, nil
		}
		sub, _ = value.(map[string]any)
		key = candidate
	}
	return sub, key
}

// find returns the index of the first item that has the whole key, or -1.
func find(items []any, key map[string]any) int {
	for i, item := range items {
		if m, ok := item.(map[string]any); ok && fits(key, m, true) {
			return i
		}
	}
	return -1
}

func fits(key, item map[string]any, whole bool) bool {
	for name, part := range key {
		value, ok := item[name]
		if !ok && !whole {
			continue
		}
		if !ok || !equalScalar(part, value) {
			return false
		}
	}
	return true
}

// equalScalar compares a part of a key, in which every number is a float64, with
// a value of an object.
func equalScalar(part, value any) bool {
	if n, ok := value.(int64); ok {
		return part == float64(n)
	}
	return part == value
}
