package apply

import (
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// foresee concludes that the object would be created if err is the answer of a dry
// run to what cannot be asked yet: the run itself brings the namespace or the kind.
func (r *run) foresee(it *item, err error) bool {
	missing := isMissingNamespace(err)
	switch {
	case !r.dry || !apierrors.IsNotFound(err):
		return false
	case missing && r.brings("Namespace", it.obj.GetNamespace()):
		it.change.Notes = append(it.change.Notes, "not checked by the server: its namespace is new")
	case !missing && it.defined:
		it.change.Notes = append(it.change.Notes, "not checked by the server: its kind is new")
	default:
		return false
	}
	r.done(it, Created, it.obj)
	return true
}

// brings reports whether the object of that kind and name is among the items.
func (r *run) brings(kind, name string) bool {
	return slices.ContainsFunc(r.items, func(it *item) bool {
		return it.change.Kind == kind && it.change.Name == name && !it.resource.namespaced
	})
}
