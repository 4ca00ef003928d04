package slipway

import (
	"context"

	"github.com/slipway-go/slipway/ingress"
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
