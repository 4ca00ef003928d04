package slipway

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/render/schema"
)

// Validate returns what is wrong with the objects that Deploy would apply, each problem at
// the line of its template, all at once; see [schema.Validate], by whose schemas it goes
// unless opts has others. It needs no cluster.
//
// The objects are those of the templates, as the environment's overlay makes them. An
// Ingress of v1beta1 is validated as what it is upgraded to. What Render refuses is an
// error here too.
func (d *Deployer) Validate(ctx context.Context, opts schema.Options) (warnings []string, err error) {
	r, err := d.render(ctx, true)
	if err != nil {
		return nil, err
	}
	return r.validate(opts)
}

// OpenAPI returns the documents that the cluster has on the kinds of the objects that
// Deploy would apply, for [schema.Options]; see [apply.Applier.OpenAPI].
func (d *Deployer) OpenAPI(ctx context.Context) ([][]byte, error) {
	applier, err := d.applier()
	if err != nil {
		return nil, err
	}
	merged, err := d.Render(ctx)
	if err != nil {
		return nil, err
	}
	return applier.OpenAPI(ctx, merged.Objects)
}

func (r *rendered) validate(opts schema.Options) ([]string, error) {
	objs := slices.DeleteFunc(slices.Clone(r.objs), upgraded)
	warnings, err := schema.Validate(objs, opts)
	if err != nil {
		return warnings, r.quote(err)
	}
	merged, err := r.merge(nil)
	if err != nil || len(objs) == len(r.objs) {
		return warnings, err
	}
	objs = slices.DeleteFunc(slices.Clone(merged.Objects), func(obj *unstructured.Unstructured) bool {
		return obj.GetKind() != "Ingress"
	})
	more, err := schema.Validate(objs, opts)
	return slices.Concat(warnings, more), r.quote(err)
}

// upgraded reports whether obj is of a version that package ingress upgrades.
func upgraded(obj *unstructured.Unstructured) bool {
	return obj.GetKind() == "Ingress" &&
		slices.Contains([]string{"extensions/v1beta1", "networking.k8s.io/v1beta1"}, obj.GetAPIVersion())
}
