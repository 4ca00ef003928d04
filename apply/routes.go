package apply

import (
	"errors"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// checkRoutes blocks the services whose routes cannot be published, so that nothing
// of theirs is written. Those of the others are published.
func (r *run) checkRoutes(it *item) {
	if !it.known || it.hasFailed() || r.adoptable(it.live) {
		return
	}
	app, _, _ := strings.Cut(it.set, ".")
	var errs []error
	known := func(owner string) bool { return r.failed[layouts.Set(app, owner)] } // and told
	for mine := ingress.Without(it.obj, known); ingress.Shared(mine); {
		_, err := r.recompose(mine, it.live)
		if err == nil {
			break
		}
		owners, err := blame(mine, err)
		errs = append(errs, err)
		if len(owners) == 0 { // whose they are cannot be read
			r.failed.block(it.set)
			break
		}
		for _, owner := range owners {
			r.failed.block(layouts.Set(app, owner))
		}
		mine = ingress.Without(mine, func(owner string) bool { return slices.Contains(owners, owner) })
	}
	if errs != nil {
		r.fail(it, errors.Join(errs...))
		it.refused = it.change.Err
	}
}

// blame returns the owners in mine whose routes cannot be published, and why: the
// first reason, of several; all owners, if it is none of a route.
func blame(mine *unstructured.Unstructured, err error) ([]string, error) {
	all, _ := ingress.Owners(mine) // was recomposed
	var guilty []string
	if conflict, ok := errors.AsType[*ingress.ConflictError](err); ok {
		err = conflict
		for _, c := range conflict.Conflicts {
			guilty = append(guilty, c.A.Owner, c.B.Owner)
		}
	}
	if superseded, ok := errors.AsType[*ingress.SupersededError](err); ok {
		err = superseded
		guilty = []string{superseded.Owner}
	}
	owners := slices.DeleteFunc(slices.Clone(all), func(owner string) bool {
		return !slices.Contains(guilty, owner)
	})
	if len(owners) == 0 {
		return all, err
	}
	return owners, err
}

// foreign returns a *ConflictError if another manager wrote the spec of an Ingress in
// which Slipway has no part yet, or a controller made it. One that Slipway already shares
// may be edited by hand; see [ingress.Recompose].
func (r *run) foreign(live *unstructured.Unstructured) error {
	if live == nil || ingress.Shared(live) {
		return nil
	}
	conflict := &ConflictError{}
	if owner := metav1.GetControllerOfNoCopy(live); owner != nil {
		conflict.Fields = append(conflict.Fields,
			FieldConflict{Field: ".metadata.ownerReferences", Manager: owner.Kind + " " + owner.Name})
	}
	for _, entry := range live.GetManagedFields() {
		fields, _ := parseFields(entry)
		if entry.Manager == r.opts.FieldManager || r.adopts(entry) || entry.Subresource != "" {
			continue
		}
		for _, field := range specFields(fields) {
			conflict.Fields = append(conflict.Fields,
				FieldConflict{Field: field, Manager: entry.Manager, Time: entry.Time.UTC()})
		}
	}
	if len(conflict.Fields) == 0 {
		return nil
	}
	return conflict
}

// specFields returns the fields of the spec that are among fields: the rules alone, if
// they are, since these matter most.
func specFields(fields fieldSet) []string {
	if has(fields, "f:spec", "f:rules") {
		return []string{".spec.rules"}
	}
	spec, _ := fields["f:spec"].(fieldSet)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(spec)) {
		if field, ok := strings.CutPrefix(name, "f:"); ok {
			out = append(out, ".spec."+field)
		}
	}
	return out
}
