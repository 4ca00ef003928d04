package apply

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
)

// applyOne brings one object to the cluster and records the outcome.
func (r *run) applyOne(ctx context.Context, it *item) {
	if shared(it) {
		r.publish(ctx, it)
		return
	}
	if r.proved(it.live, it.obj) {
		r.done(it, Unchanged, it.live)
		return
	}
	live, status, err := r.send(ctx, it)
	switch {
	case err != nil:
		r.fail(it, r.dated(ctx, it, err))
	case status == http.StatusCreated:
		r.done(it, Created, live)
	case it.live != nil && it.live.GetResourceVersion() == live.GetResourceVersion():
		r.done(it, Unchanged, live)
	default:
		r.done(it, Configured, live)
	}
}

// dated returns err with the times of the managers if it is a field conflict.
func (r *run) dated(ctx context.Context, it *item, err error) error {
	conflict := fieldConflict(err)
	if conflict == nil {
		return err
	}
	live := it.live
	if live == nil {
		var getErr error
		if live, getErr = r.get(ctx, it); getErr != nil {
			return conflict // without the times: the conflict matters more
		}
	}
	conflict.date(live)
	return conflict
}

// send applies it.obj, after taking over the fields of adopted managers.
func (r *run) send(ctx context.Context, it *item) (*unstructured.Unstructured, int, error) {
	if r.adoptable(it.live) {
		if err := r.adopt(ctx, it, it.live); err != nil {
			return nil, 0, err
		}
	}
	live, status, err := r.patch(ctx, it, it.obj, false)
	if !r.mayAdopt(err) {
		return live, status, err
	}
	if err := r.adopt(ctx, it, nil); err != nil { // it was not in the set, so it is not read yet
		return nil, 0, err
	}
	return r.patch(ctx, it, it.obj, false)
}

// adopt absorbs the adopted managers' fields of live, or, if that is nil or not
// up to date, of what it reads: controllers may be writing the status meanwhile.
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

// patch sends obj by server-side apply and returns the answer and its HTTP
// status: 201 tells that the object is new.
func (r *run) patch(ctx context.Context, it *item, obj *unstructured.Unstructured, force bool,
) (*unstructured.Unstructured, int, error) {
	body, err := json.Marshal(obj)
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	ctx, status := noteStatus(ctx)
	ctx = noteWarnings(ctx, func(text string) { it.change.Notes = append(it.change.Notes, text) })
	live, err := r.at(it).Patch(ctx, obj.GetName(), types.ApplyPatchType, body, metav1.PatchOptions{
		FieldManager:    r.opts.FieldManager,
		FieldValidation: metav1.FieldValidationStrict,
		Force:           &force,
	})
	return live, *status, err
}

func (r *run) get(ctx context.Context, it *item) (*unstructured.Unstructured, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return r.at(it).Get(ctx, it.obj.GetName(), metav1.GetOptions{})
}

// adoptable reports whether a manager that is to be adopted still owns fields of
// live.
func (r *run) adoptable(live *unstructured.Unstructured) bool {
	return live != nil && slices.ContainsFunc(live.GetManagedFields(), r.adopts)
}

func (r *run) adopts(entry metav1.ManagedFieldsEntry) bool {
	return entry.Operation == metav1.ManagedFieldsOperationUpdate && entry.Subresource == "" &&
		slices.Contains(r.opts.Adopt, entry.Manager)
}

// mayAdopt reports whether err is a conflict with managers that are all to be
// adopted.
func (r *run) mayAdopt(err error) bool {
	conflict := fieldConflict(err)
	return conflict != nil && !slices.ContainsFunc(conflict.Fields, func(f FieldConflict) bool {
		return !slices.Contains(r.opts.Adopt, f.Manager)
	})
}

// absorb moves the fields of adopted managers into our entry, so that the next
// apply removes those that are no longer wanted. It fails with a conflict if the
// object changes meanwhile. KEP-555 describes managed fields.
func (r *run) absorb(ctx context.Context, it *item, live *unstructured.Unstructured) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, sets.New(r.opts.Adopt...),
		r.opts.FieldManager)
	if err != nil || patch == nil {
		return err
	}
	_, err = r.at(it).Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{
		FieldManager: r.opts.FieldManager,
	})
	return err
}

// stale reports whether err says that the object is not as it was read.
func stale(err error) bool {
	if apierrors.IsConflict(err) && fieldConflict(err) == nil {
		return true
	}
	// Server-side apply answers a uid that is gone with 422 on metadata.uid.
	return apierrors.IsNotFound(err) || (apierrors.IsInvalid(err) && slices.ContainsFunc(
		causes(err), func(c metav1.StatusCause) bool { return c.Field == "metadata.uid" }))
}
