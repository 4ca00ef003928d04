package apply

import (
	"slices"
	"strings"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// failures knows the sets in which something went wrong.
type failures map[string]bool

// block notes that something of the set cannot be sent, so that nothing of it is.
func (f failures) block(set string) {
	if set != "" {
		f[set] = true
	}
}

// add notes the sets of the items that failed. It returns those that are given up
// now, in the order of items: a set in which an object failed, and, if that is
// common, all sets of the app. Routes that could not be published give up nothing:
// what they lead to stays.
func (f failures) add(items []*item) []string {
	newly := map[string]bool{}
	for _, it := range items {
		if name := it.set; it.hasFailed() && name != "" && !f[name] {
			newly[name] = newly[name] || !it.shared
		}
	}
	for name := range newly {
		f[name] = true
	}
	var given []string
	for _, it := range items {
		name := it.set
		if (newly[name] || newly[commonOf(name)]) && !slices.Contains(given, name) {
			given = append(given, name)
		}
	}
	return given
}

// hasFailed reports whether something went wrong with the object, other than that
// routes were refused before anything was written.
func (it *item) hasFailed() bool {
	return it.change.Err != nil && it.change.Err != it.refused //nolint:errorlint // the very same
}

func commonOf(set string) string {
	app, _, _ := strings.Cut(set, ".")
	return layouts.Set(app, layouts.Common)
}

// blocks reports whether something failed in the set, or in the one that holds what
// the whole app needs.
func (f failures) blocks(set string) bool {
	return f[set] || f[commonOf(set)]
}

// spare takes the routes of services that failed out of the shared Ingress, so that
// they stay as they are on the cluster. It reports whether any are left.
func (f failures) spare(it *item) bool {
	if len(f) == 0 {
		return true
	}
	app, _, _ := strings.Cut(it.set, ".")
	blocked := func(owner string) bool { return f.blocks(layouts.Set(app, owner)) }
	if it.leavers != nil {
		it.leavers = slices.DeleteFunc(it.leavers, blocked)
		return len(it.leavers) > 0
	}
	it.obj = ingress.Without(it.obj, blocked)
	return ingress.Shared(it.obj)
}
