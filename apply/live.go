package apply

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Live returns obj as it is on the cluster; nil if it is not there. Without a
// namespace it is looked for in Options.Namespace. obj is not changed. An error is
// an [*ObjectError].
func (a *Applier) Live(ctx context.Context, obj *unstructured.Unstructured,
) (*unstructured.Unstructured, error) {
	r := &run{Applier: a}
	it := &item{obj: obj.DeepCopy(), change: &Change{Ref: refOf(obj)}}
	err := r.place(ctx, it, nil)
	if err != nil {
		return nil, &ObjectError{Ref: it.change.Ref, Err: err}
	}
	live, err := r.get(ctx, it)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, &ObjectError{Ref: it.change.Ref, Err: r.explain(it, err)}
	}
	return live, nil
}
