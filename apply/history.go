package apply

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// A Revision is what a set was made of by one run. The last ten are kept.
type Revision struct {
	// Number counts from 1.
	Number int `json:"number"`
	// Time is when the run was complete, in UTC, to the second.
	Time time.Time `json:"time"`
	// Commit and User are those of the run's Options.
	Commit string `json:"commit,omitempty"`
	User   string `json:"user,omitempty"`
	// Images are those of the containers, sorted.
	Images []string `json:"images,omitempty"`
	// Objects are as they were sent, with the values of Secrets left out. The
	// app's Ingress is among them with the routes of this set alone.
	Objects []*unstructured.Unstructured `json:"objects"`
}

// same reports whether the two hold the same objects.
func (v Revision) same(other Revision) bool {
	return slices.EqualFunc(v.Objects, other.Objects, func(a, b *unstructured.Unstructured) bool {
		return jsonText(a.Object) == jsonText(b.Object)
	})
}

// A NoRevisionError reports that a set has no such revision.
type NoRevisionError struct {
	Set string
	// Number is what was asked for; 0 is the one before the newest.
	Number int
	// Have are the numbers of those that there are, newest first.
	Have []int
}

func (e *NoRevisionError) Error() string {
	what := fmt.Sprintf("revision %d", e.Number)
	if e.Number == 0 {
		what = "revision before the newest"
	}
	return fmt.Sprintf("%s has no %s (there are: %v)", e.Set, what, e.Have)
}

// History returns the recorded revisions of a set, named as layouts.Set does,
// newest first. A set that was never deployed into Options.Namespace has none.
func (a *Applier) History(ctx context.Context, name string) ([]Revision, error) {
	s, err := a.readSet(quiet(ctx), name)
	if err != nil {
		return nil, err
	}
	return s.revisions, nil
}

func (a *Applier) readSet(ctx context.Context, name string) (*set, error) {
	s := &set{name: name}
	p := a.records()
	live, err := tryFor(ctx, a, func(ctx context.Context) (*unstructured.Unstructured, error) {
		return a.in(p).Get(ctx, recordPrefix+name, metav1.GetOptions{})
	})
	if apierrors.IsNotFound(err) {
		return s, nil
	}
	if err != nil {
		it := &item{resource: p.resource, obj: &unstructured.Unstructured{}, change: &Change{
			Ref: Ref{"v1", "Secret", p.namespace, recordPrefix + name},
		}}
		it.obj.SetNamespace(p.namespace)
		return nil, &ObjectError{Ref: it.change.Ref, Err: (&run{Applier: a}).explain(it, err)}
	}
	if err := s.read(live); err != nil {
		return nil, &RecordError{Set: name, Namespace: p.namespace, Err: err}
	}
	return s, nil
}

// Rollback applies a recorded revision of a set, named as layouts.Set does; 0 means
// the one before the newest. It is a run as Apply has it, and becomes the newest
// revision itself. Secrets stay as they are, since their values are not recorded;
// of the app's Ingress, only the routes of the set change.
//
// A revision that is not there is a [*NoRevisionError].
func (a *Applier) Rollback(ctx context.Context, name string, number int) (*Result, error) {
	return a.rollback(ctx, &run{Applier: a, only: name}, number)
}

// PlanRollback returns what Rollback would do, and changes nothing, as Plan does.
func (a *Applier) PlanRollback(ctx context.Context, name string, number int) (*Result, error) {
	return a.rollback(ctx, &run{Applier: a, only: name, dry: true}, number)
}

// Revision returns a recorded revision of a set, named as layouts.Set does; 0 means the
// one before the newest. One that is not there is a [*NoRevisionError].
func (a *Applier) Revision(ctx context.Context, name string, number int) (Revision, error) {
	s, err := a.readSet(quiet(ctx), name)
	if err != nil {
		return Revision{}, err
	}
	return s.find(number)
}

func (a *Applier) rollback(ctx context.Context, r *run, number int) (*Result, error) {
	ctx = quiet(ctx)
	revision, err := a.Revision(ctx, r.only, number)
	if err != nil {
		return &Result{}, err
	}
	objs, notes, err := a.reviveAll(ctx, revision.Objects)
	if err != nil {
		return &Result{}, err
	}
	r.commit = revision.Commit
	result, err := a.bring(ctx, r, objs)
	result.Notes = append(notes, result.Notes...)
	return result, err
}

// reviveAll returns recorded objects as they can be applied now.
func (a *Applier) reviveAll(ctx context.Context, recorded []*unstructured.Unstructured,
) (objs []*unstructured.Unstructured, notes []string, err error) {
	for _, obj := range recorded {
		switch {
		case ingress.Shared(obj), ingress.Claiming(obj):
			obj, err = a.revive(ctx, obj)
		case isSecret(obj):
			obj, err = a.current(ctx, obj)
		}
		if err != nil {
			return nil, nil, err
		}
		if obj == nil {
			notes = append(notes, "a Secret of the revision is gone and stays so: its values are not "+
				"recorded")
			continue
		}
		objs = append(objs, obj)
	}
	return objs, notes, nil
}

func (s *set) find(number int) (Revision, error) {
	var have []int
	for i, revision := range s.revisions {
		if revision.Number == number || number == 0 && i == 1 {
			return revision, nil
		}
		have = append(have, revision.Number)
	}
	return Revision{}, &NoRevisionError{Set: s.name, Number: number, Have: have}
}

// imagesOf returns the images of the containers in objs.
func imagesOf(objs []*unstructured.Unstructured) []string {
	images := map[string]bool{}
	for _, obj := range objs {
		for _, path := range [][]string{
			{"spec"}, {"spec", "template", "spec"}, {"spec", "jobTemplate", "spec", "template", "spec"},
		} {
			for _, field := range []string{"initContainers", "containers"} {
				at := slices.Concat(path, []string{field})
				list, _, _ := unstructured.NestedSlice(obj.Object, at...)
				for _, container := range list {
					c, _ := container.(map[string]any)
					if image, _ := c["image"].(string); image != "" {
						images[image] = true
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(images))
}

// withoutSecrets returns obj without the values that it holds if it is a Secret.
func withoutSecrets(obj *unstructured.Unstructured) *unstructured.Unstructured {
	if !isSecret(obj) {
		return obj
	}
	obj = obj.DeepCopy()
	delete(obj.Object, "data")
	delete(obj.Object, "stringData")
	annotations := obj.GetAnnotations()
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	obj.SetAnnotations(annotations)
	return obj
}
