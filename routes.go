package slipway

import (
	"context"

	"github.com/slipway-go/slipway/ingress"
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
		if !routes(obj) {
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
