package apply

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
)

// adoptable reports whether a manager that is to be adopted still owns fields of
// live.
func (a *Applier) adoptable(live *unstructured.Unstructured) bool {
	return live != nil && slices.ContainsFunc(live.GetManagedFields(), a.adopts)
}

func (a *Applier) adopts(entry metav1.ManagedFieldsEntry) bool {
	return entry.Operation == metav1.ManagedFieldsOperationUpdate && entry.Subresource == "" &&
		slices.Contains(a.opts.Adopt, entry.Manager)
}

// mayAdopt reports whether err is a conflict with managers that are all to be
// adopted.
func (a *Applier) mayAdopt(err error) bool {
	conflict := fieldConflict(err)
	return conflict != nil && !slices.ContainsFunc(conflict.Fields, func(f FieldConflict) bool {
		return !slices.Contains(a.opts.Adopt, f.Manager)
	})
}

// adopt absorbs the adopted managers' fields of live or, if that is nil or not up
// to date, of what it reads: controllers may be writing the status meanwhile.
func (r *run) adopt(ctx context.Context, it *item, live *unstructured.Unstructured) error {
	for try := range publishTries {
		err := backOff(ctx, try)
		if err == nil && live == nil {
			live, err = r.get(ctx, it)
		}
		if err == nil {
			err = r.absorb(ctx, it, live)
		}
		if !stale(err) {
			return err
		}
		live = nil
	}
	return &ContentionError{publishTries}
}

// absorb moves the fields of adopted managers into our entry, so that the next
// apply removes those that are no longer wanted, but for replicas, which it
// releases. It fails with a conflict if the object changes meanwhile. KEP-555
// describes managed fields.
func (r *run) absorb(ctx context.Context, it *item, live *unstructured.Unstructured) error {
	next := live.DeepCopy()
	err := csaupgrade.UpgradeManagedFields(next, sets.New(r.opts.Adopt...), r.opts.FieldManager)
	if err != nil {
		return err
	}
	entries := next.GetManagedFields()
	if r.mustRelease(live, it.obj) {
		for i, entry := range entries {
			if isApply(entry, r.opts.FieldManager) {
				release(&entries[i])
			}
		}
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": entries},
		// Makes the patch fail if anybody has written meanwhile.
		{"op": "replace", "path": "/metadata/resourceVersion", "value": live.GetResourceVersion()},
	})
	if err != nil {
		return err
	}
	_, err = tryFor(ctx, r.Applier, func(ctx context.Context) (*unstructured.Unstructured, error) {
		return r.in(it.place()).Patch(ctx, live.GetName(), types.JSONPatchType, patch,
			metav1.PatchOptions{FieldManager: r.opts.FieldManager})
	})
	return err
}

// mustRelease reports whether replicas are ours, or would be taken over, and the
// template leaves them to somebody else. To remove the field would reset it to 1:
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
func (a *Applier) mustRelease(live, want *unstructured.Unstructured) bool {
	if live == nil {
		return false
	}
	_, number, _ := unstructured.NestedInt64(live.Object, "spec", "replicas")
	_, wanted, _ := unstructured.NestedFieldNoCopy(want.Object, "spec", "replicas")
	return number && !wanted && has(unite(a.ours(live), fieldsOf(live, a.adopts)), "f:spec", "f:replicas")
}

// release takes replicas out of the entry: nobody's fields stay as they are.
func release(entry *metav1.ManagedFieldsEntry) {
	fields, ok := parseFields(*entry)
	if !ok {
		return
	}
	remove(fields, "f:spec", "f:replicas")
	text, err := json.Marshal(fields)
	if err == nil { // as it was read
		entry.FieldsV1.SetRawBytes(text)
	}
}

// withReplicasOf returns obj with the live number of replicas: what a dry run is to
// see after the release that it does not make.
func withReplicasOf(obj, live *unstructured.Unstructured) *unstructured.Unstructured {
	obj = obj.DeepCopy()
	replicas, _, _ := unstructured.NestedInt64(live.Object, "spec", "replicas")
	_ = unstructured.SetNestedField(obj.Object, replicas, "spec", "replicas") // spec is a map, as in live
	return obj
}

// adoptions tells what taking over the managers' fields of before did, sorted by
// manager. filled is the object with the server's defaults for what is gone.
func (a *Applier) adoptions(before, after, filled *unstructured.Unstructured) []Adoption {
	managers := map[string]bool{}
	for _, entry := range before.GetManagedFields() {
		if a.adopts(entry) {
			managers[entry.Manager] = true
		}
	}
	stay := fieldsOf(after, func(entry metav1.ManagedFieldsEntry) bool { return !a.adopts(entry) })
	var out []Adoption
	for _, manager := range slices.Sorted(maps.Keys(managers)) {
		theirs := fieldsOf(before, func(entry metav1.ManagedFieldsEntry) bool {
			return a.adopts(entry) && entry.Manager == manager
		})
		gone := subtract(theirs, stay)
		remove(gone, "f:spec", "f:replicas") // released
		dropped := slices.DeleteFunc(compare(gone, before, filled), func(f FieldChange) bool {
			text := jsonText(f.Old)
			return text == "{}" || text == "[]" // what was in it is told by itself
		})
		out = append(out, Adoption{manager, dropped})
	}
	return out
}
