package apply

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/slipway-go/slipway/ingress"
)

// Cluster returns what [ingress.Merge] has to know of the cluster: two requests, as a
// rule. Without the right to list IngressClasses, the classes are nil. An error is an
// [*ObjectError].
func (a *Applier) Cluster(ctx context.Context) (*ingress.Cluster, error) {
	r := &run{Applier: a}
	ctx = quiet(ctx)
	list, err := a.listClasses(ctx)
	if err != nil {
		return nil, r.objectError(err, classKind)
	}
	cluster := &ingress.Cluster{}
	if list != nil {
		cluster.Classes = map[string]string{}
		for _, class := range list.Items {
			name, _, _ := unstructured.NestedString(class.Object, "spec", "controller")
			cluster.Classes[class.GetName()] = name
			if class.GetAnnotations()["ingressclass.kubernetes.io/is-default-class"] == "true" {
				cluster.DefaultClass = class.GetName()
			}
		}
	}
	kind := ingress.MiddlewareKind
	_, err = a.lookup(ctx, kind, nil)
	if err != nil && !errors.As(err, new(*UnknownKindError)) {
		return nil, r.objectError(err, kind)
	}
	cluster.Middlewares = err == nil
	return cluster, nil
}

var classKind = schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "IngressClass"}

// listClasses returns nil if they may not be listed.
func (a *Applier) listClasses(ctx context.Context) (*unstructured.UnstructuredList, error) {
	classes := builtin[classKind]
	list, err := tryFor(ctx, a, func(ctx context.Context) (*unstructured.UnstructuredList, error) {
		return a.client.Resource(classes.GroupVersionResource).List(ctx, metav1.ListOptions{})
	})
	if apierrors.IsForbidden(err) {
		return nil, nil
	}
	return list, err
}

// objectError returns err as one about a kind as a whole.
func (r *run) objectError(err error, kind schema.GroupVersionKind) error {
	it := &item{obj: &unstructured.Unstructured{Object: map[string]any{}}}
	it.change = &Change{Ref: Ref{APIVersion: kind.GroupVersion().String(), Kind: kind.Kind}}
	return &ObjectError{Ref: it.change.Ref, Err: r.explain(it, err)}
}
