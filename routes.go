package slipway

import (
	"context"
	"fmt"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// LiveRoutes returns the routes of the app's Ingress on the cluster, of all services,
// as [ingress.Routes] does; nil if there is no Ingress. The templates are rendered,
// since they say which it is.
func (d *Deployer) LiveRoutes(ctx context.Context) ([]ingress.Route, error) {
	applier, err := d.applier()
	if err != nil {
		return nil, err
	}
	merged, err := d.Render(ctx)
	if err != nil {
		return nil, err
	}
	for _, obj := range merged.Objects {
		if !ingress.Shared(obj) || ingress.Derived(obj) {
			continue
		}
		live, err := applier.Live(ctx, obj)
		if live == nil || err != nil {
			return nil, err
		}
		return ingress.Routes(live)
	}
	return nil, nil
}

// readRoutes reads Routes off the Ingress that was applied.
func (r *Result) readRoutes() error {
	for _, c := range r.Changes {
		if c.Live == nil || !ingress.Shared(c.Live) || ingress.Derived(c.Live) {
			continue
		}
		var err error
		if r.Routes, err = ingress.Routes(c.Live); err != nil {
			return fmt.Errorf("%s: %w", c.Ref, err)
		}
	}
	return nil
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
