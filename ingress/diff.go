package ingress

import "fmt"

// A Difference is a route that two lists do not have alike. One of the two is nil
// if its list does not have the route.
type Difference struct{ From, To *Route }

// String returns "+ route → backend by owner" for a route that is only in the second
// list, "- …" for one that is only in the first, and "~ …, not backend by owner" for
// one that they lead to different backends.
func (d Difference) String() string {
	switch {
	case d.From == nil:
		return fmt.Sprintf("+ %s → %s", d.To, lead(*d.To))
	case d.To == nil:
		return fmt.Sprintf("- %s → %s", d.From, lead(*d.From))
	}
	return fmt.Sprintf("~ %s → %s, not %s", d.To, lead(*d.To), lead(*d.From))
}

// lead returns where the route leads, and who says so.
func lead(r Route) string {
	if r.Owner == Unmanaged {
		return r.destination() + " by hand"
	}
	return r.destination() + " by " + claimant(r)
}

// Diff returns how the routes in to differ from those in from, in the order of the
// composed Ingress. Owners and sources make no difference; of several routes that
// have the same host, type and path, the first counts.
func Diff(from, to []Route) []Difference {
	before, after := firstOf(from), firstOf(to)
	var all []Route
	for _, route := range before {
		all = append(all, *route)
	}
	for k, route := range after {
		if before[k] == nil {
			all = append(all, *route)
		}
	}
	sortRoutes(all)
	var out []Difference
	for _, route := range all {
		d := Difference{before[route.key()], after[route.key()]}
		if d.From == nil || d.To == nil || !d.From.leadsLike(*d.To) {
			out = append(out, d)
		}
	}
	return out
}

func firstOf(routes []Route) map[key]*Route {
	first := map[key]*Route{}
	for _, route := range routes {
		if first[route.key()] == nil {
			first[route.key()] = &route
		}
	}
	return first
}
