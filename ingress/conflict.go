package ingress

import (
	"fmt"
	"strings"
)

// A Conflict is a route that two owners lead to different backends, or one with and one
// without its prefix, or, where it is Exclusive, that two owners have.
type Conflict struct{ A, B Route }

func (c Conflict) String() string {
	if c.A.Backend == (Backend{}) { // known by its claim alone
		return fmt.Sprintf("%s: %s has it, %s wants it", c.A, claimant(c.A), claimant(c.B))
	}
	return fmt.Sprintf("%s: %s leads it to %s, %s to %s",
		c.A, claimant(c.A), c.A.destination(), claimant(c.B), c.B.destination())
}

func claimant(r Route) string {
	owner := r.Owner
	if owner == Unmanaged {
		owner = "the live Ingress, by hand or another tool,"
	}
	from := r.Source
	if r.Commit != "" {
		from += " of commit " + r.Commit
	}
	if from == "" {
		return owner
	}
	return fmt.Sprintf("%s (%s)", owner, strings.TrimSpace(from))
}

// A ConflictError lists every conflict found, in the order of the composed
// Ingress. Match it with errors.As.
type ConflictError struct {
	Conflicts []Conflict
	// Exclusive says that owners cannot share a route, as those of HTTPRoutes cannot,
	// whatever it leads to.
	Exclusive bool
}

func (e *ConflictError) Error() string {
	lines := make([]string, len(e.Conflicts))
	for i, c := range e.Conflicts {
		lines[i] = c.String()
	}
	way := "take the path out of one of them"
	if !e.Exclusive {
		way += ", make both agree"
	}
	way += ", or let the one take it from the other (TakeFrom)"
	return fmt.Sprintf("route conflict: %s: %s", strings.Join(lines, "; "), way)
}

// A SupersededError reports that a later build of an owner than this one is live: its
// routes, or what else is recorded of it. The later build has won; match it with errors.As.
type SupersededError struct {
	Owner      string
	Live, Mine int64
}

func (e *SupersededError) Error() string {
	if e.Mine == 0 {
		return fmt.Sprintf("%s: build %d is live, and this one has no sequence: give it one, which is higher",
			e.Owner, e.Live)
	}
	return fmt.Sprintf("%s: build %d is superseded, build %d is live: "+
		"leave it at that, or give this one a higher sequence", e.Owner, e.Mine, e.Live)
}

// checkConflicts returns a *ConflictError if routes, which are sorted, hold one of two
// that are the same by their keys. Two made by hand are nobody's to resolve: they stay
// as they are.
func checkConflicts(routes []Route, keyOf func(Route) key) error {
	var conflicts []Conflict
	first := map[key]Route{}
	for _, route := range routes {
		other, taken := first[keyOf(route)]
		switch {
		case !taken:
			first[keyOf(route)] = route
		case other.Owner == Unmanaged:
		case !other.leadsLike(route):
			conflicts = append(conflicts, Conflict{other, route})
		}
	}
	if conflicts == nil {
		return nil
	}
	return &ConflictError{Conflicts: conflicts}
}
