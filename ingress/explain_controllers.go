package ingress

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// A controller is how one matches requests; see [Explain] for where that is from.
type controller struct {
	name string
	// key is the one by which the class tells it.
	key string
	// pick returns the index of the route that answers, or -1.
	pick func(q request, routes []Route) int
	// why returns why it picked got instead of want, which are indices of routes that
	// lead to different backends; one of them may be -1.
	why func(q request, routes []Route, want, got int) string
	// doubt, if there is one, returns why another route than got, which is the right
	// one, may answer as well; empty if none may.
	doubt func(q request, routes []Route, got int) string
	// unanswered is what becomes of a request that no route answers.
	unanswered string
}

var controllers = []controller{{
	name: "Traefik 3", key: onTraefik, pick: traefik, why: whyTraefik, doubt: traefikDoubt,
	unanswered: "404, since it ignores spec.defaultBackend beside rules",
}, {
	name: "ingress-nginx", key: onIngressNGINX, pick: nginx, why: whyNginx,
}, {
	name: "Gateway API", key: onGateway, pick: gateway, why: whyGateway,
	unanswered: "404, since there is no default backend",
}}

func (c controller) answer(q request, routes []Route) Answer {
	want, got := q.bySpec(routes), c.pick(q, routes)
	a := Answer{Controller: c.name}
	if got >= 0 {
		winner := routes[got]
		a.Winner = &winner
	}
	switch {
	case leadElsewhere(routes, want, got):
		a.Differs, a.Reason = true, c.why(q, routes, want, got)
	case got < 0:
		a.Reason = c.unanswered
	case c.doubt != nil:
		a.Reason = c.doubt(q, routes, got)
		a.Differs = a.Reason != ""
	}
	return a
}

func leadElsewhere(routes []Route, a, b int) bool {
	if a < 0 || b < 0 {
		return a != b
	}
	return routes[a].Backend != routes[b].Backend
}

// traefik tries the longest rule first, whatever it says. Of equally long ones it
// is taken to try that one first which is right.
func traefik(q request, routes []Route) int {
	order := func(a, b Route) int {
		return cmp.Or(cmp.Compare(len(traefikRule(b)), len(traefikRule(a))), compareMatches(a, b))
	}
	return first(routes, order, q.atTraefik)
}

func traefikDoubt(q request, routes []Route, got int) string {
	length := len(traefikRule(routes[got]))
	twin := first(routes, compareMatches, func(r Route) bool {
		return q.atTraefik(r) && r.Backend != routes[got].Backend && len(traefikRule(r)) == length
	})
	if twin < 0 {
		return ""
	}
	return fmt.Sprintf("or %s by %s: both rules have %d characters, and which comes first is open",
		routes[twin].Backend, claimant(routes[twin]), length)
}

func (q request) atTraefik(r Route) bool {
	return q.onHost(r) && (q.path == r.Path || !isExact(r) && strings.HasPrefix(q.path, r.Path))
}

// traefikRule returns the rule that Traefik's Ingress provider makes of a route.
func traefikRule(r Route) string {
	var parts []string
	switch hostRank(r.Host) {
	case 0:
		parts = append(parts, fmt.Sprintf("Host(`%s`)", r.Host))
	case 1:
		rest := regexp.QuoteMeta(r.Host[1:])
		parts = append(parts, fmt.Sprintf("HostRegexp(`^[a-zA-Z0-9-]+%s$`)", rest))
	}
	switch {
	case isExact(r):
		parts = append(parts, fmt.Sprintf("Path(`%s`)", r.Path))
	case r.Path != "":
		parts = append(parts, fmt.Sprintf("PathPrefix(`%s`)", r.Path))
	}
	return strings.Join(parts, " && ")
}

func whyTraefik(q request, routes []Route, want, got int) string {
	if got < 0 { // such as ImplementationSpecific /a/, which does not match /a
		return "it matches prefixes by characters: none is one of " + q.path
	}
	rule := traefikRule(routes[got])
	switch {
	case !q.onPath(routes[got]):
		return rule + " matches by characters unless strictPrefixMatching is set"
	case want < 0:
		return fmt.Sprintf("it tries each rule by itself, and %s matches", rule)
	}
	wanted := traefikRule(routes[want])
	return fmt.Sprintf("the longest rule comes first, and %s has %d characters, %s %d",
		rule, len(rule), wanted, len(wanted))
}

// gateway takes the most specific host name, where a wildcard covers one label or
// more.
func gateway(q request, routes []Route) int {
	onHost := func(r Route) bool {
		return q.onHost(r) || hostRank(r.Host) == 1 && strings.HasSuffix(q.host, r.Host[1:])
	}
	hosts := func(a, b Route) int {
		return cmp.Or(cmp.Compare(hostRank(a.Host), hostRank(b.Host)),
			cmp.Compare(len(b.Host), len(a.Host)))
	}
	best := first(routes, hosts, onHost)
	return first(routes, comparePrecedence, func(r Route) bool {
		return onHost(r) && r.Host == routes[best].Host && q.onPath(r)
	})
}

func whyGateway(q request, routes []Route, _, got int) string {
	if got >= 0 && q.onHost(routes[got]) {
		return "ImplementationSpecific is a PathPrefix there, and of equal matches the first counts"
	}
	return "a wildcard host covers one label or more"
}
