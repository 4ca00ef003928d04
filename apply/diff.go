package apply

import (
	"bytes"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Diff returns the change as a unified diff of YAML, as kubectl diff has it: LIVE is
// what was there, MERGED what is to be. It is empty where nothing changes, or where it
// is not known what is there.
//
// What the server writes by itself is left out: status, managed fields, uid, times and
// versions. So is kubectl's copy of what it applied last. Values of Secrets, and what
// was encrypted, are "***"; of those that differ it says which is which.
func (c Change) Diff() string {
	before, after := c.Before, c.Live
	switch c.Action {
	case Created:
		before = nil
	case Deleted, Pruned:
		after = nil
	case Configured, Recreated:
		if before == nil || after == nil {
			return ""
		}
	default:
		return ""
	}
	before, after = c.made.concealed(masked(before, after))
	name := c.fileName()
	text := diff.Diff("LIVE/"+name, yamlOf(before), "MERGED/"+name, yamlOf(after))
	_, text, _ = bytes.Cut(text, []byte("\n")) // the command line, which nobody typed
	return string(text)
}

// fileName is what kubectl diff calls the object.
func (r Ref) fileName() string {
	parts := []string{strings.ReplaceAll(r.APIVersion, "/", "."), r.Kind, r.Namespace, r.Name}
	return strings.Join(parts, ".")
}

// serverOwned are the fields of an object's metadata that say nothing of what it is.
var serverOwned = []string{
	"managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
	"deletionGracePeriodSeconds", "selfLink",
}

// yamlOf returns what is of interest in obj; nothing of nil.
func yamlOf(obj *unstructured.Unstructured) []byte {
	if obj == nil {
		return nil
	}
	obj = obj.DeepCopy()
	delete(obj.Object, "status")
	for _, name := range serverOwned {
		unstructured.RemoveNestedField(obj.Object, "metadata", name)
	}
	annotations := obj.GetAnnotations()
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	if len(annotations) == 0 {
		annotations = nil
	}
	obj.SetAnnotations(annotations)
	text, err := yaml.Marshal(obj.Object)
	if err != nil { // it came as JSON
		return []byte("# " + err.Error() + "\n")
	}
	return text
}

// masked returns the two with "***" for each value of a Secret.
func masked(before, after *unstructured.Unstructured) (_, _ *unstructured.Unstructured) {
	for _, obj := range []*unstructured.Unstructured{before, after} {
		if obj != nil && !isSecret(obj) {
			return before, after
		}
	}
	old, now := copyOf(before), copyOf(after)
	for _, field := range []string{"data", "stringData"} {
		mask(old, field, valuesOf(after, field), "before")
		mask(now, field, valuesOf(before, field), "after")
	}
	return old, now
}

func copyOf(obj *unstructured.Unstructured) *unstructured.Unstructured {
	if obj == nil {
		return nil
	}
	return obj.DeepCopy()
}

func valuesOf(obj *unstructured.Unstructured, field string) map[string]any {
	if obj == nil {
		return nil
	}
	values, _ := obj.Object[field].(map[string]any)
	return values
}

// mask hides the values of the field; one that the other has with another value is
// said to be of this side.
func mask(obj *unstructured.Unstructured, field string, other map[string]any, side string) {
	for key, value := range valuesOf(obj, field) {
		text := "***"
		if theirs, both := other[key]; both && jsonText(theirs) != jsonText(value) {
			text += " (" + side + ")"
		}
		obj.Object[field].(map[string]any)[key] = text
	}
}
