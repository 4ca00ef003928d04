package slipway

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// Render returns what Deploy would apply: the objects of common and of the
// services, in the order of [render.App], then the app's Ingress, or the HTTPRoutes,
// with these services' routes. It needs no cluster, and takes it to have what the Ingress asks for.
func (d *Deployer) Render(ctx context.Context) (*ingress.Result, error) {
	rendered, err := d.render(ctx, false)
	if err != nil {
		return nil, err
	}
	return rendered.merge(nil)
}

// rendered is an app's objects on the way to the merge.
type rendered struct {
	app  *layouts.App
	objs []*unstructured.Unstructured
	opts ingress.Options
}

// render renders; lines are for Apply's errors.
func (d *Deployer) render(ctx context.Context, lines bool) (*rendered, error) {
	if d.Root == nil {
		return nil, errors.New("slipway: Deployer.Root is nil: set the file system that holds the apps")
	}
	app, err := layouts.Load(d.Root, d.App)
	if err != nil {
		return nil, err
	}
	opts := render.Options{Services: d.Services, Values: d.Values, Lines: lines}
	objs, err := render.App(ctx, app, opts)
	if err != nil {
		return nil, err
	}
	merge := ingress.Options{
		Output:   d.Output,
		Sequence: d.Sequence, Commit: d.Commit, TakeFrom: d.TakeFrom, PathType: d.PathType, Strict: d.Strict,
	}
	if len(d.Services) > 0 {
		merge.Partial = true
		merge.Services, merge.Incomplete = render.Owners(ctx, app, opts)
	}
	return &rendered{app, objs, merge}, nil
}

func (r *rendered) merge(cluster *ingress.Cluster) (*ingress.Result, error) {
	opts := r.opts
	opts.Cluster = cluster
	return ingress.Merge(r.app.Name, r.objs, opts)
}

// mergeFor merges for the cluster, which is looked at only if that matters.
func (r *rendered) mergeFor(ctx context.Context, applier *apply.Applier) (*ingress.Result, error) {
	probe := *r
	probe.opts.Strict = false // the cluster may have what is missed
	merged, err := probe.merge(nil)
	if err != nil || !merged.Asks {
		return merged, err
	}
	cluster, err := applier.Cluster(ctx)
	if err != nil {
		return nil, err
	}
	return r.merge(cluster)
}
