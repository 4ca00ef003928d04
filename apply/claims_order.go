package apply

import (
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// applyRoutes applies the HTTPRoutes among items, those of a set one after another: when
// a service has several, a path may move from one to another, and is to be in the one
// before it leaves the other. What is not wanted at all any more is pruned after that.
func (r *run) applyRoutes(ctx context.Context, items []*item) {
	bySet := map[string][]*item{}
	for _, it := range items {
		bySet[it.set] = append(bySet[it.set], it)
	}
	sets := slices.Sorted(maps.Keys(bySet))
	parallel(ctx, r.opts.Concurrency, sets, func(ctx context.Context, set string) {
		for _, it := range inOrder(bySet[set]) {
			if ctx.Err() == nil {
				r.applyOne(ctx, it)
			}
		}
	})
}

// inOrder returns the items in an order in which no route is nowhere for a moment, if there
// is one: first comes, again and again, one that gives up no route that only it serves and
// that another one is to have.
func inOrder(items []*item) []*item {
	serving, wanted := map[ingress.Taken]int{}, map[ingress.Taken]bool{}
	for _, it := range items {
		for route := range routesIn(it.live) {
			serving[route]++
		}
		maps.Copy(wanted, routesIn(it.obj))
	}
	left := slices.Clone(items)
	var out []*item
	for len(left) > 0 {
		next := max(0, slices.IndexFunc(left, func(it *item) bool {
			mine := routesIn(it.obj)
			for route := range routesIn(it.live) {
				if !mine[route] && wanted[route] && serving[route] == 1 {
					return false
				}
			}
			return true
		}))
		it := left[next]
		for route := range routesIn(it.live) {
			serving[route]--
		}
		for route := range routesIn(it.obj) {
			serving[route]++
		}
		out, left = append(out, it), slices.Delete(left, next, next+1)
	}
	return out
}

// routesIn returns the routes of an HTTPRoute, which may be nil, whatever they lead to.
func routesIn(obj *unstructured.Unstructured) map[ingress.Taken]bool {
	out := map[ingress.Taken]bool{}
	if obj == nil {
		return out
	}
	routes, _ := ingress.Routes(obj) // what cannot be read was told when it was claimed
	for _, r := range routes {
		out[ingress.Taken{Host: r.Host, PathType: r.PathType, Path: r.Path}] = true
	}
	return out
}
