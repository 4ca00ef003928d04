package slipway

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// LiveRoutes returns the routes of the app's Ingress on the cluster, of all services,
// as [ingress.Routes] does; nil if there is no Ingress. With HTTPRoutes, it returns
// those of the selected services, as far as the tree still has HTTPRoutes of these
// names. The templates are rendered, since they say which it is.
func (d *Deployer) LiveRoutes(ctx context.Context) ([]ingress.Route, error) {
	applier, err := d.applier()
	if err != nil {
		return nil, err
	}
	merged, err := d.Render(ctx)
	if err != nil {
		return nil, err
	}
	var all []ingress.Route
	for _, obj := range merged.Objects {
		if !hasRoutes(obj) {
			continue
		}
		live, err := applier.Live(ctx, obj)
		if err != nil {
			return nil, err
		}
		if live == nil {
			continue
		}
		found, err := ingress.Routes(live)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// readRoutes reads Routes off the objects that were applied.
func (r *Result) readRoutes() error {
	for _, c := range r.Changes {
		if c.Live == nil || !hasRoutes(c.Live) || c.Action == apply.Pruned {
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

// hasRoutes reports whether obj holds routes that package ingress has put there. What is
// derived from an app's Ingress has some that are in that one, too.
func hasRoutes(obj *unstructured.Unstructured) bool {
	return ingress.Shared(obj) && !ingress.Derived(obj) || ingress.Claiming(obj)
}

// warnOfUnknown warns of services that have routes and no directory: they may be gone from
// the tree, or not in this checkout yet.
func (r *Result) warnOfUnknown(app *layouts.App) {
	known := map[string]bool{layouts.Common: true, ingress.Unmanaged: true}
	for _, service := range app.Services {
		known[service.Name] = true
	}
	for _, route := range r.Routes {
		if !known[route.Owner] {
			known[route.Owner] = true
			r.Warnings = append(r.Warnings, route.Owner+" has routes on the cluster and no directory here: "+
				"leave it if another checkout has it, else remove it")
		}
	}
}
