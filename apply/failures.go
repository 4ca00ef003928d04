package apply

import (
	"strings"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// failures knows the sets in which something went wrong.
type failures map[string]bool

func (f failures) add(items []*item) {
	for _, it := range items {
		if it.change.Err != nil {
			f[it.set()] = true
		}
	}
}

// block reports whether it is not to be tried: something failed in its own set,
// or in the one that holds what the whole app needs, or it is the shared Ingress
// and no service is left whose routes it could publish. Routes of services that
// failed are taken out of it: they stay as they are on the cluster.
func (f failures) block(it *item) bool {
	app, _, _ := strings.Cut(it.set(), ".")
	if f[it.set()] || f[layouts.Set(app, layouts.Common)] {
		return true
	}
	if len(f) == 0 || !shared(it) {
		return false
	}
	it.obj = ingress.Without(it.obj, func(owner string) bool { return f[layouts.Set(app, owner)] })
	return !ingress.Shared(it.obj)
}
