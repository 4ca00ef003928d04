package slipway

import (
	"cmp"
	"context"
	"errors"
	"io/fs"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/apply/policy"
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

	// Environment is the overlay to deploy with: a directory of the app's overlays/,
	// whose values and kustomization go over those of the services. Empty means none.
	Environment string

	// Values override those of the vars.yml files; image_id is the usual one.
	Values map[string]any

	// Dialect is the language of templates whose names do not say it: [render.Go], the
	// default, or [render.Jinja].
	Dialect render.Dialect

	// Jinja renders the templates of Jinja, as [render/jinja.New] does; nil means that there
	// are none.
	Jinja render.Engine

	// Decrypt returns the plain text of files of values; see [render.Options]. Nil means that
	// none is encrypted.
	Decrypt func(layouts.File) (layouts.File, error)

	// Origins say where Values were set, for errors; see [render.Options].
	Origins map[string]render.Origin

	// Sequence orders the builds of a service, as a build number does: a build
	// is refused, before anything of it is written, when a newer one was deployed. Zero
	// is older than all others: leave it out always or never. Remove forgets it.
	Sequence int64

	// TakeFrom lists services of the app whose routes the deployed ones take over
	// where both declare them: a path moves from one service to another by one request,
	// and is never missing. Without it, that is a conflict. The service that loses it is
	// to be deployed without it afterwards. [ingress.Unmanaged] stands for routes that were
	// added by hand, or by another tool. An HTTPRoute's path goes over when the one that
	// loses it is deployed without it.
	TakeFrom []string

	// Commit is the revision of the tree, recorded with the routes. It may be
	// empty.
	Commit string

	// PathType is what an Ingress of v1beta1 means by a path without one: "preserve",
	// the default, or "prefix"; see [ingress.Options].
	PathType string

	// Strict makes an error of what the Ingress asks for and will not get, a warning
	// otherwise; see [ingress.Options].
	Strict bool
	// Output is what the routes become; empty means an Ingress.
	Output ingress.Output

	// Policy says what the tree may deploy: what it does not allow is an error, before
	// anything is sent. Nil means everything that the cluster takes.
	Policy *policy.Policy

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
	rendered, err := d.render(ctx, true)
	if err != nil {
		return result, err
	}
	merged, err := rendered.mergeFor(ctx, applier)
	if err != nil {
		return result, err
	}
	result.Warnings = merged.Warnings
	applied, err := do(applier, ctx, merged.Objects)
	result.Result = *applied
	err = errors.Join(rendered.quote(err), result.readRoutes())
	if len(d.Services) == 0 {
		result.warnOfUnknown(rendered.app)
	}
	return result, err
}

func (d *Deployer) applier() (*apply.Applier, error) {
	if d.Cluster == nil {
		return nil, errors.New("slipway: Deployer.Cluster is nil: set the cluster to deploy to")
	}
	opts := d.Apply
	opts.Commit, opts.Sequence = cmp.Or(opts.Commit, d.Commit), cmp.Or(opts.Sequence, d.Sequence)
	return apply.New(d.Cluster, opts)
}
