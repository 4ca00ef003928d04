package slipway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// A Deployer deploys services of one app. Its methods do not change it; it may
// be used by several goroutines.
type Deployer struct {
	// Root holds the apps' directories: the folder k8s, as os.DirFS("k8s"),
	// an embed.FS, or any other file system.
	Root fs.FS

	// App is the app's directory.
	App string

	// Services are the ones to deploy. None means all.
	Services []string

	// Values override those of the vars.yml files; image_id is the usual one.
	Values map[string]any

	// Sequence orders the builds of a service, as a build number does: a build
	// is refused when the routes of a newer one are live. Zero is older than all
	// others: leave it out always or never.
	Sequence int64

	// Commit is the revision of the tree, recorded with the routes. It may be
	// empty.
	Commit string

	// Output is what the routes become; empty means an Ingress.
	Output ingress.Output

	// Cluster is where to deploy; Render does not need it.
	Cluster *rest.Config

	// Apply says how. The zero value is the safe choice.
	Apply apply.Options
}

// A Result is what a deploy did.
type Result struct {
	apply.Result
	// Warnings tell what the templates say that will not work as it did.
	Warnings []string
	// Routes are those of the app's Ingress on the cluster, of all services, as
	// [ingress.Routes] returns them; nil if it was not reached. Of HTTPRoutes, they
	// are those of the services that were deployed, object by object.
	Routes []ingress.Route
}

// Render returns what Deploy would apply: the objects of common and of the
// services, in the order of [render.App], then the app's Ingress, or the HTTPRoutes,
// with these services' routes. It needs no cluster.
func (d *Deployer) Render(ctx context.Context) (*ingress.Result, error) {
	return d.render(ctx, false)
}

// render renders and merges; lines are for Apply's errors.
func (d *Deployer) render(ctx context.Context, lines bool) (*ingress.Result, error) {
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
	merge := ingress.Options{Output: d.Output, Sequence: d.Sequence, Commit: d.Commit}
	if len(d.Services) > 0 {
		merge.Partial = true
		merge.Services, merge.Incomplete = render.Owners(ctx, app, opts)
	}
	return ingress.Merge(app.Name, objs, merge)
}

// Deploy renders and applies, waits for the rollouts and publishes the routes;
// see [apply.Applier.Apply].
//
// The Result is never nil and is complete even when the error is not. Nothing is
// written if anything is wrong with the templates, and nothing of a service whose
// routes conflict with another's.
func (d *Deployer) Deploy(ctx context.Context) (*Result, error) {
	return d.run(ctx, (*apply.Applier).Apply)
}

// Plan returns what Deploy would do, and changes nothing; see [apply.Applier.Plan].
func (d *Deployer) Plan(ctx context.Context) (*Result, error) {
	return d.run(ctx, (*apply.Applier).Plan)
}

func (d *Deployer) run(ctx context.Context,
	do func(*apply.Applier, context.Context, []*unstructured.Unstructured) (*apply.Result, error),
) (*Result, error) {
	result := &Result{}
	applier, err := d.applier()
	if err != nil {
		return result, err
	}
	merged, err := d.render(ctx, true)
	if err != nil {
		return result, err
	}
	result.Warnings = merged.Warnings
	applied, err := do(applier, ctx, merged.Objects)
	result.Result = *applied
	return result, errors.Join(err, result.readRoutes())
}

func (d *Deployer) applier() (*apply.Applier, error) {
	if d.Cluster == nil {
		return nil, errors.New("slipway: Deployer.Cluster is nil: set the cluster to deploy to")
	}
	opts := d.Apply
	opts.Commit = cmp.Or(opts.Commit, d.Commit)
	return apply.New(d.Cluster, opts)
}

// readRoutes reads Routes off the objects that were applied.
func (r *Result) readRoutes() error {
	for _, c := range r.Changes {
		if c.Live == nil || !routes(c.Live) || c.Action == apply.Pruned {
			continue
		}
		found, err := ingress.Routes(c.Live)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Ref, err)
		}
		r.Routes = append(r.Routes, found...)
	}
	return nil
}

// routes reports whether obj holds routes that package ingress has put there.
func routes(obj *unstructured.Unstructured) bool {
	return ingress.Shared(obj) || ingress.Claiming(obj)
}
