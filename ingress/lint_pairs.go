package ingress

import (
	"cmp"
	"fmt"
	"strings"
)

// pair compares two routes that lead to different backends, in their order.
func (l *linter) pair(a, b Route) {
	host, meet := commonHost(a.Host, b.Host)
	if !meet {
		return
	}
	l.trap(a, b)
	l.trap(b, a)
	path, meet := commonPath(a, b)
	if meet {
		l.overlap(request{host, path, l.regexes[a.Host] || l.regexes[b.Host]}, a, b)
	}
}

// trap reports a longer path that begins with the characters of a shorter, where the
// controller takes that for a match.
func (l *linter) trap(short, long Route) {
	by := l.byCharacters(short)
	under := request{path: long.Path}.onPath(short)
	if by == "" || under || !strings.HasPrefix(long.Path, short.Path) {
		return
	}
	l.warn("prefix-trap", fmt.Sprintf("%s of %s begins with the characters of %s of %s: a controller "+
		"that matches by characters, as %s, sends its requests to %s whenever it is not "+
		"published", long, long.Owner, short, short.Owner, by, short.Backend), long.Source, short.Source)
}

// byCharacters says which controller of those that may serve the app matches the route by
// characters, "" if none does.
func (l *linter) byCharacters(r Route) string {
	for _, c := range l.controllers {
		switch {
		case c.key == onTraefik && !isExact(r):
			return c.name + " does"
		case c.key == onIngressNGINX && l.regexes[r.Host]:
			return c.name + " does where a path of the host is rewritten"
		case c.key == onIngressNGINX && isSpecific(r):
			return c.name + " does with ImplementationSpecific paths"
		}
	}
	return ""
}

// overlap reports two routes that both match a request.
func (l *linter) overlap(q request, a, b Route) {
	if compareMatches(a, b) > 0 {
		a, b = b, a
	}
	both := fmt.Sprintf("%s of %s and %s of %s both match %s%s: ",
		a, a.Owner, b, b.Owner, q.host, q.path)
	first := a.String() + " is to come first"
	deviations := l.deviations(q, a, b)
	switch {
	case shadows(a, b) || shadows(b, a):
		l.warn("shadowed-route", both+"which comes first depends on the controller, and one that takes "+
			"the first match takes the Prefix", a.Source, b.Source)
	case hostRank(a.Host) == 0 && hostRank(b.Host) == 1:
		l.warn("wildcard-over-host", both+first+deviations, a.Source, b.Source)
	case deviations != "":
		l.warn("controller-order", both+first+deviations, a.Source, b.Source)
	case a.Host == b.Host && a.Owner != b.Owner && strings.Trim(b.Path, "/") != "":
		l.warn("overlapping-route", fmt.Sprintf("%s of %s lies under %s of %s", a, a.Owner, b, b.Owner),
			a.Source, b.Source)
	}
}

// deviations returns which controllers do not prefer a: the app's own, if it is known.
func (l *linter) deviations(q request, a, b Route) string {
	var out strings.Builder
	for _, c := range l.controllers {
		answer := c.answer(q, []Route{a, b})
		if !answer.Differs {
			continue
		}
		taken := "neither"
		if answer.Winner != nil {
			taken = answer.Winner.String()
		}
		fmt.Fprintf(&out, "; %s takes %s: %s", c.name, taken, answer.Reason)
	}
	return out.String()
}

// shadows reports whether a Prefix covers an ImplementationSpecific path of its host,
// which comes later in a composed Ingress.
func shadows(prefix, specific Route) bool {
	return prefix.Host == specific.Host && !isExact(prefix) && !isSpecific(prefix) &&
		isSpecific(specific) && request{path: cmp.Or(specific.Path, "/")}.onPath(prefix)
}

// commonHost returns a host that both routes' hosts cover. The more specific comes
// first.
func commonHost(a, b string) (host string, meet bool) {
	switch {
	case a == "":
		return "any.example", true
	case a == b || b == "":
		return strings.Replace(a, "*", "any", 1), true
	}
	return a, hostRank(a) < hostRank(b) && request{host: a}.onHost(Route{Host: b})
}

// commonPath returns the shortest path that both routes match.
func commonPath(a, b Route) (path string, meet bool) {
	for _, path := range []string{cmp.Or(a.Path, "/"), cmp.Or(b.Path, "/")} {
		q := request{path: path}
		if q.onPath(a) && q.onPath(b) {
			return path, true
		}
	}
	return "", false
}
