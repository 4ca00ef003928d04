package ingress

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Owners returns the owners that have a fragment in obj, sorted; a [*RegistryError]
// reports a registry that cannot be read.
func Owners(obj *unstructured.Unstructured) ([]string, error) {
	reg, err := readRegistry(obj.GetAnnotations())
	return slices.Sorted(maps.Keys(reg)), err
}

// Restore returns what to publish so that the owners have the routes again that
// they had in past; nil means that they had none. Class, annotations and default
// backend are base's. The fragments get the sequence numbers that the owners have
// in now, so that they are not taken for those of an older build; an owner whose
// fragment in now is Partial is left out, since not all of its routes are known.
//
// The arguments are not changed. A [*RegistryError] reports a registry that cannot
// be read.
func Restore(base, past, now *unstructured.Unstructured, owners []string,
) (*unstructured.Unstructured, error) {
	var before registry
	var err error
	if past != nil {
		if before, err = readRegistry(past.GetAnnotations()); err != nil {
			return nil, err
		}
	}
	after, err := readRegistry(now.GetAnnotations())
	if err != nil {
		return nil, err
	}
	restored := registry{}
	for _, owner := range owners {
		if after[owner].Partial {
			continue
		}
		fragment := before[owner]
		fragment.Takes = nil
		fragment.Sequence = max(fragment.Sequence, after[owner].Sequence)
		restored[owner] = fragment
	}
	obj := base.DeepCopy()
	annotations := withoutRegistry(base.GetAnnotations())
	if err := restored.write(annotations); err != nil {
		return nil, err
	}
	annotate(obj, annotations)
	return obj, nil
}

// Split returns, for each owner that has a fragment in obj, an Ingress with that
// fragment alone, as it may be published by itself. It has no rules: [Recompose]
// makes them. obj is not changed.
func Split(obj *unstructured.Unstructured) (map[string]*unstructured.Unstructured, error) {
	reg, err := readRegistry(obj.GetAnnotations())
	if err != nil {
		return nil, err
	}
	base := obj.DeepCopy()
	for _, field := range []string{"rules", "tls"} {
		unstructured.RemoveNestedField(base.Object, "spec", field)
	}
	parts := map[string]*unstructured.Unstructured{}
	for owner, fragment := range reg {
		fragment.Takes = nil // it was done
		part := base.DeepCopy()
		annotations := withoutRegistry(base.GetAnnotations())
		if err := (registry{owner: fragment}).write(annotations); err != nil {
			return nil, err
		}
		part.SetAnnotations(annotations)
		parts[owner] = part
	}
	return parts, nil
}

// Fragments returns what each owner has in obj; a [*RegistryError] reports a registry
// that cannot be read.
func Fragments(obj *unstructured.Unstructured) (map[string]Fragment, error) {
	return readRegistry(obj.GetAnnotations())
}
