package slipway

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/apply/policy"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/overlay"
	"github.com/slipway-go/slipway/render/values"
)

// Render returns what Deploy would apply: the objects of common and of the
// services, in the order of [render.App], as the environment's overlay makes them, what
// it adds, then the app's Ingress, or the HTTPRoutes,
// with these services' routes. It needs no cluster, and takes it to have what the Ingress asks for.
func (d *Deployer) Render(ctx context.Context) (*ingress.Result, error) {
	rendered, err := d.render(ctx, false)
	if err != nil {
		return nil, err
	}
	return rendered.merge(nil)
}

var errNoRoot = errors.New("slipway: Deployer.Root is nil: set the file system that holds the apps")

// rendered is an app's objects on the way to the merge.
type rendered struct {
	app  *layouts.App
	objs []*unstructured.Unstructured
	opts ingress.Options
	// policy is what merged routes are held to; nil if there is none.
	policy *policy.Policy
}

// render renders what the policy allows; lines are for Apply's errors.
func (d *Deployer) render(ctx context.Context, lines bool) (*rendered, error) {
	r, err := d.renderAll(ctx, lines || d.Policy != nil)
	if err != nil || d.Policy == nil {
		return r, err
	}
	return r, r.quote(d.Policy.Check(cmp.Or(d.Apply.Namespace, metav1.NamespaceDefault), r.objs))
}

func (d *Deployer) renderAll(ctx context.Context, lines bool) (*rendered, error) {
	if d.Root == nil {
		return nil, errNoRoot
	}
	app, err := layouts.Load(d.Root, d.App)
	if err != nil {
		return nil, err
	}
	opts := render.Options{
		Services: d.Services, Environment: d.Environment, Values: d.Values, Origins: d.Origins, Lines: lines,
		Dialect: d.Dialect, Jinja: d.Jinja, Decrypt: d.Decrypt,
	}
	if err := values.Check(app, opts); err != nil {
		return nil, err
	}
	objs, err := render.App(ctx, app, opts)
	if err != nil {
		return nil, err
	}
	r := &rendered{app: app, objs: objs, policy: d.Policy, opts: ingress.Options{
		Output:   d.Output,
		Sequence: d.Sequence, Commit: d.Commit, TakeFrom: d.TakeFrom, PathType: d.PathType, Strict: d.Strict,
		Partial: len(d.Services) > 0,
	}}
	switch {
	case d.Environment != "":
		return r, r.overlay(ctx, opts)
	case r.opts.Partial:
		r.opts.Services, r.opts.Incomplete = render.Owners(ctx, app, opts)
	}
	return r, nil
}

// overlay applies the environment's overlay to the objects. It gets those of the other
// services, too, as far as there are any: so a name that it changes is changed wherever
// it stands, and each object is the same as in a deploy of the whole app.
func (r *rendered) overlay(ctx context.Context, opts render.Options) error {
	others, incomplete := render.Others(ctx, r.app, opts)
	all, err := overlay.Apply(ctx, r.app, slices.Concat(r.objs, others),
		overlay.Options{Environment: opts.Environment, Partial: incomplete != nil})
	if err != nil {
		return r.quote(err)
	}
	r.objs = all
	if !r.opts.Partial {
		return nil
	}
	r.objs = nil
	r.opts.Services, r.opts.Incomplete = map[string]string{}, incomplete
	for _, obj := range all {
		service := strings.TrimPrefix(obj.GetLabels()[layouts.SetLabel], r.app.Name+".")
		if service == layouts.Common || slices.Contains(opts.Services, service) {
			r.objs = append(r.objs, obj)
		}
		if obj.GetKind() == "Service" && obj.GetAPIVersion() == "v1" && service != layouts.Common {
			r.opts.Services[obj.GetName()] = service
		}
	}
	return nil
}

// Lint returns what is wrong with the routes; see [ingress.Lint]. It needs no cluster.
func (d *Deployer) Lint(ctx context.Context) ([]ingress.Finding, error) {
	r, err := d.render(ctx, true)
	if err != nil {
		return nil, err
	}
	found, err := ingress.Lint(r.app.Name, r.objs, r.opts)
	return found, r.quote(err)
}

// quote gives the errors in err about fields of the objects their lines, and values.
func (r *rendered) quote(err error) error { return render.QuoteFields(r.app, r.objs, err) }

func (r *rendered) merge(cluster *ingress.Cluster) (*ingress.Result, error) {
	opts := r.opts
	opts.Cluster = cluster
	merged, err := ingress.Merge(r.app.Name, r.objs, opts)
	if err == nil && r.policy != nil {
		err = r.policy.CheckRoutes(merged.Objects)
	}
	return merged, r.quote(err)
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
