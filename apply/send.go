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

	"github.com/slipway-go/slipway/ingress"
)

// applyOne brings one object to the cluster and records the outcome.
func (r *run) applyOne(ctx context.Context, it *item) {
	if it.shared {
		r.publishShared(ctx, it)
		return
	}
	if r.proved(it.live, it.obj) {
		r.done(it, Unchanged, it.live)
		return
	}
	got, err := r.send(ctx, it)
	if isImmutable(err) && slices.Contains(r.opts.Recreate, it.change.Kind) {
		r.recreate(ctx, it)
		return
	}
	if r.foresee(it, err) {
		return
	}
	if err != nil {
		r.fail(it, r.dated(ctx, it, err))
		return
	}
	it.before = it.live
	r.conclude(ctx, it, it.live, got)
}

// conclude records that the object went from before, which may be nil, to after.
func (r *run) conclude(ctx context.Context, it *item, before, after *unstructured.Unstructured) {
	if it.change.Kind == "Namespace" && after.GetDeletionTimestamp() != nil {
		r.fail(it, &NamespaceTerminatingError{it.change.Name})
		return
	}
	switch {
	case before == nil && it.change.Action != Configured:
		r.done(it, Created, after)
	case before != nil && before.GetResourceVersion() == after.GetResourceVersion() && !r.dry:
		r.done(it, Unchanged, after)
	default:
		r.compare(ctx, it, before, after)
		action := Unchanged
		if !r.idle(it, before, after) {
			action, it.change.Before = Configured, before
		}
		r.done(it, action, after)
	}
}

// idle reports whether nothing was changed: no field of ours, and not what is ours.
// The resource version does not tell: a dry run has none of its own, and controllers
// may have written the status meanwhile.
func (r *run) idle(it *item, before, after *unstructured.Unstructured) bool {
	told := len(it.change.Fields) + len(it.change.Adopted)
	if before == nil || told > 0 || r.mustRelease(before, it.obj) {
		return false
	}
	had, _ := ownFields(before, r.opts.FieldManager, before.GetAPIVersion())
	have, _ := ownFields(after, r.opts.FieldManager, after.GetAPIVersion())
	return jsonText(had) == jsonText(have)
}

// compare notes what is different in after, as far as it is ours.
func (r *run) compare(ctx context.Context, it *item, before, after *unstructured.Unstructured) {
	if before == nil {
		return
	}
	if r.adoptable(before) {
		it.change.Adopted = r.adoptions(before, after, r.filled(ctx, it, before, after))
		for i, a := range it.change.Adopted {
			it.change.Adopted[i].Dropped = it.conceal(a.Dropped)
		}
	}
	it.change.Fields = it.conceal(compare(unite(r.ours(before), r.ours(after)), before, after))
}

// filled returns the object as the server fills it with defaults where no manager
// says anything. A dry run does not take over fields, so its answer still has them.
func (r *run) filled(ctx context.Context, it *item, before, after *unstructured.Unstructured,
) *unstructured.Unstructured {
	if !r.dry {
		return after
	}
	form, err := r.rehearse(ctx, it, before)
	if err != nil {
		return &unstructured.Unstructured{} // then each field is told as one that goes
	}
	return form
}

// send applies the object, after taking over the fields of adopted managers. One
// that was not in its set is read only if it turns out to be there.
func (r *run) send(ctx context.Context, it *item) (*unstructured.Unstructured, error) {
	r.sent(it)
	if ingress.Claiming(it.obj) && !r.dry && !r.adoptable(it.live) {
		return r.sendRoutes(ctx, it)
	}
	got, err := r.sendOnce(ctx, it)
	if it.live != nil || !apierrors.IsConflict(err) {
		return got, err
	}
	live, getErr := r.get(ctx, it)
	if apierrors.IsForbidden(getErr) || apierrors.IsNotFound(getErr) {
		return nil, err
	}
	if getErr != nil {
		return nil, getErr
	}
	it.live, it.known = live, true
	got, err = r.sendOnce(ctx, it)
	if it.unsure && len(r.ours(live)) > 0 {
		it.live = nil // it was missing: the try whose answer was lost has created it
	}
	return got, err
}

// sent tells that the object is on its way.
func (r *run) sent(it *item) {
	if !r.dry {
		it.change.emit(r.Applier, EventSent)
	}
}

func (r *run) sendOnce(ctx context.Context, it *item) (*unstructured.Unstructured, error) {
	obj := it.obj
	switch {
	case it.live == nil && it.known:
		obj = obj.DeepCopy()
		obj.SetResourceVersion(absent)
	case r.dry && r.mustRelease(it.live, obj):
		obj = withReplicasOf(obj, it.live)
	case !r.dry && (r.adoptable(it.live) || r.mustRelease(it.live, obj)):
		if err := r.adopt(ctx, it, it.live); err != nil {
			return nil, err
		}
	}
	got, err := r.patch(ctx, it, obj, false)
	if r.dry && r.mayAdopt(err) {
		got, err = r.patch(ctx, it, obj, true)
	}
	if r.dry && r.adoptable(it.live) && apierrors.IsInvalid(err) && !isImmutable(err) {
		return r.rehearse(ctx, it, it.live) // without what is stale, and would be gone
	}
	return got, err
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

// patch sends obj by server-side apply and returns the answer.
func (r *run) patch(ctx context.Context, it *item, obj *unstructured.Unstructured, force bool,
) (*unstructured.Unstructured, error) {
	body, err := json.Marshal(obj)
	if err != nil {
		return nil, err
	}
	opts := metav1.PatchOptions{
		FieldManager:    r.opts.FieldManager,
		FieldValidation: metav1.FieldValidationStrict,
		Force:           &force,
		DryRun:          r.dryRun(),
	}
	var warnings []string
	ctx, status := noteStatus(ctx)
	ctx = noteWarnings(ctx, func(text string) { warnings = append(warnings, text) })
	live, err := tryFor(ctx, r.Applier, func(ctx context.Context) (*unstructured.Unstructured, error) {
		warnings = nil
		live, err := r.in(it.place()).Patch(ctx, obj.GetName(), types.ApplyPatchType, body, opts)
		if r.dry {
			return live, err // what it lacks does not come
		}
		it.unsure = it.unsure || isUnsure(err)
		return live, it.orNotYet(err)
	})
	it.change.Notes = append(it.change.Notes, it.secrets.maskAll(warnings)...)
	if err == nil && it.live == nil && !it.known && *status == http.StatusOK {
		it.change.Action = Configured // it was there, and could not be read
	}
	return live, err
}

func (r *run) get(ctx context.Context, it *item) (*unstructured.Unstructured, error) {
	return tryFor(ctx, r.Applier, func(ctx context.Context) (*unstructured.Unstructured, error) {
		return r.in(it.place()).Get(ctx, it.obj.GetName(), metav1.GetOptions{})
	})
}

// stale reports whether err says that the object is not as it was read.
func stale(err error) bool {
	if apierrors.IsConflict(err) && fieldConflict(err) == nil {
		return true
	}
	// Server-side apply answers a uid that is gone with 422 on metadata.uid.
	return apierrors.IsNotFound(err) && !isMissingNamespace(err) || apierrors.IsInvalid(err) &&
		slices.ContainsFunc(causes(err), func(c metav1.StatusCause) bool { return c.Field == "metadata.uid" })
}
