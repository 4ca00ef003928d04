package ingress

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"

	networkingv1 "k8s.io/api/networking/v1"
)

// An Explanation tells which route answers a request, and why.
type Explanation struct {
	// Host and Path are the request's.
	Host, Path string
	// Winner answers by the Kubernetes specification. It is nil if no route does:
	// then the default backend answers, if there is one.
	Winner *Route
	// Rule is what decides, in the words of the specification.
	Rule string
	// Candidates are all routes: first those that match, in order of precedence,
	// then the others, in the order in which they were given.
	Candidates []Candidate
	// Controllers are Traefik 3, ingress-nginx and Gateway API, in this order.
	Controllers []Answer
}

// A Candidate is a route that a request may take.
type Candidate struct {
	Route Route
	// Matches says that host and path are the route's. All that match but the
	// winner have lost.
	Matches bool
	// Reason is why it won, lost or does not match.
	Reason string
}

// An Answer is what becomes of a request at a controller as it comes, without
// annotations that change how it matches.
type Answer struct {
	Controller string
	// Winner is nil if no route answers.
	Winner *Route
	// Differs says that another backend answers than by the specification, or may.
	Differs bool
	// Reason is why it differs, or what else to know; empty if there is nothing.
	Reason string
}

// Explain returns where a request for a URL goes, which rules it passes over, and
// where controllers do otherwise. The scheme may be missing; query and fragment do
// not matter, and the path counts as it is when decoded. Anything that is no http
// URL with a host is an error. routes are not changed, and their order matters only
// between two that have everything in common but the backend.
//
// The host comes first: "Incoming requests are first evaluated for a host match,
// then routed to the backend associated with the matching IngressRuleValue". The
// precise one comes before the wildcard, which "matches only a single label", and
// that before the rule without a host. Among its paths "Exact match is preferred to
// a Prefix match", which is element by element; "for multiple prefix matches, the
// longest" counts. ImplementationSpecific, which is up to the IngressClass, is read
// as Prefix, as the specification lets controllers do. The words are those of
//
//   - IngressRule and HTTPIngressPath in https://pkg.go.dev/k8s.io/api/networking/v1
//   - https://kubernetes.io/docs/concepts/services-networking/ingress/#path-types
//   - https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/1453-ingress-api
//
// What controllers do is from their documentation and source:
//
//   - Traefik 3 tries each rule by itself, the longest rule text first, and prefixes
//     are of characters unless strictPrefixMatching is set: "Rules & Priority" and the
//     provider "Kubernetes Ingress" in https://doc.traefik.io/traefik/
//   - ingress-nginx takes ImplementationSpecific for a prefix of characters. To strip one
//     route of a host makes regular expressions without case of all its paths; annotations
//     that one writes oneself, use-regex and rewrite-target, do so too, and are not seen
//     here. https://kubernetes.github.io/ingress-nginx/user-guide/ingress-path-matching/
//   - Gateway API, the routes being HTTPRoutes with PathPrefix for what is not Exact,
//     lets a wildcard cover several labels.
//     https://gateway-api.sigs.k8s.io/reference/spec/
func Explain(routes []Route, rawURL string) (*Explanation, error) {
	q, err := newRequest(rawURL)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Host: q.host, Path: q.path, Candidates: q.candidates(routes)}
	if best := q.bySpec(routes); best >= 0 {
		e.Winner, e.Rule = &e.Candidates[0].Route, e.Candidates[0].Reason
	} else {
		e.Rule = "no rule matches: the default backend answers, if there is one"
	}
	for _, c := range controllers {
		e.Controllers = append(e.Controllers, c.answer(q, routes))
	}
	return e, nil
}

// A request is what routes are matched with.
type request struct {
	host, path string
	// regex says that ingress-nginx takes all paths of the host for regular expressions.
	regex bool
}

func newRequest(text string) (request, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		reason, _ := errors.AsType[*url.Error](err)
		return request{}, fmt.Errorf("URL %q: %w", text, reason.Err)
	case u.Scheme != "http" && u.Scheme != "https":
		return request{}, fmt.Errorf("URL %q: scheme %s: want http or https", text, u.Scheme)
	case u.Hostname() == "":
		return request{}, fmt.Errorf("URL %q has no host: write it as shop.example.com/path", text)
	}
	return request{host: strings.ToLower(u.Hostname()), path: cmp.Or(u.Path, "/")}, nil
}

// onHost reports whether the route's host is the request's.
func (q request) onHost(r Route) bool {
	label, rest, _ := strings.Cut(q.host, ".")
	return r.Host == "" || r.Host == q.host || label != "" && r.Host == "*."+rest
}

// onPath reports whether the route's path matches.
func (q request) onPath(r Route) bool {
	if isExact(r) {
		return q.path == r.Path
	}
	prefix := strings.TrimRight(r.Path, "/")
	return prefix == "" || q.path == prefix || strings.HasPrefix(q.path, prefix+"/")
}

func (q request) matches(r Route) bool { return q.onHost(r) && q.onPath(r) }

// bestHost returns the most specific of the routes' hosts that is the request's; empty
// also if there is none.
func (q request) bestHost(routes []Route) string {
	host := ""
	for _, r := range routes {
		if q.onHost(r) && hostRank(r.Host) < hostRank(host) {
			host = r.Host
		}
	}
	return host
}

// bySpec returns the index of the route that answers, or -1.
func (q request) bySpec(routes []Route) int {
	host := q.bestHost(routes)
	return first(routes, compareMatches, func(r Route) bool { return r.Host == host && q.matches(r) })
}

// first returns the index of the route that is first in an order, among those that
// match, or -1.
func first(routes []Route, order func(a, b Route) int, matches func(Route) bool) int {
	best := -1
	for i, r := range routes {
		if matches(r) && (best < 0 || order(r, routes[best]) < 0) {
			best = i
		}
	}
	return best
}

// compareMatches orders routes that match the same request.
func compareMatches(a, b Route) int {
	return cmp.Or(
		cmp.Compare(hostRank(a.Host), hostRank(b.Host)),
		comparePrecedence(a, b),
		cmp.Compare(typeRank(a.PathType), typeRank(b.PathType)),
	)
}

// comparePrecedence orders matches by path, as far as Gateway API does it as well.
func comparePrecedence(a, b Route) int {
	return cmp.Or(
		boolCompare(isExact(b), isExact(a)),
		cmp.Compare(len(strings.TrimRight(b.Path, "/")), len(strings.TrimRight(a.Path, "/"))),
	)
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func isExact(r Route) bool { return r.PathType == string(networkingv1.PathTypeExact) }

func isSpecific(r Route) bool {
	return r.PathType == string(networkingv1.PathTypeImplementationSpecific)
}

// candidates returns all routes, each with the reason for its fate.
func (q request) candidates(routes []Route) []Candidate {
	var matching, others []Candidate
	for _, r := range routes {
		if q.matches(r) {
			matching = append(matching, Candidate{Route: r, Matches: true})
		} else {
			others = append(others, Candidate{Route: r, Reason: q.mismatch(r)})
		}
	}
	slices.SortStableFunc(matching, func(a, b Candidate) int {
		return compareMatches(a.Route, b.Route)
	})
	host := q.bestHost(routes)
	for i := range matching {
		switch r := matching[i].Route; {
		case matching[0].Route.Host != host:
			matching[i].Reason = "the host is matched first, and no path of " + host + " matches"
		case i > 0:
			matching[i].Reason = precedence(matching[0].Route, r)
		default:
			matching[i].Reason = decisive(matching)
		}
	}
	return append(matching, others...)
}

// decisive returns why the first of the candidates comes before the next that leads
// elsewhere.
func decisive(matching []Candidate) string {
	winner := matching[0].Route
	reason := "no other rule matches"
	if len(matching) > 1 {
		reason = "all rules that match lead to this backend"
	}
	elsewhere := slices.IndexFunc(matching, func(c Candidate) bool {
		return c.Route.Backend != winner.Backend
	})
	if elsewhere > 0 {
		reason = precedence(winner, matching[elsewhere].Route)
	}
	if isSpecific(winner) {
		reason += "; ImplementationSpecific, which is up to the IngressClass, is read as Prefix here"
	}
	return reason
}

// precedence returns why a comes before b.
func precedence(a, b Route) string {
	switch {
	case hostRank(a.Host) != hostRank(b.Host) && b.Host == "":
		return "a rule with the host comes before one without"
	case hostRank(a.Host) != hostRank(b.Host):
		return "the precise host comes before the wildcard"
	case a.key() == b.key() && a.Backend == b.Backend:
		return fmt.Sprintf("%s shares the route with %s", b.Owner, a.Owner)
	case a.key() == b.key():
		return "the same host, path type and path twice: which counts is not specified"
	case isSpecific(a) || isSpecific(b):
		return "preference depends on the implementation where a match is ImplementationSpecific"
	case isExact(a):
		return "an Exact match is preferred to a Prefix match"
	}
	return "of multiple prefix matches, the longest path counts"
}

// mismatch returns why a route does not match.
func (q request) mismatch(r Route) string {
	path := cmp.Or(r.Path, "/")
	switch {
	case !q.onHost(r) && hostRank(r.Host) == 1 && strings.HasSuffix(q.host, r.Host[1:]):
		return "the wildcard matches only a single label"
	case !q.onHost(r):
		return "another host"
	case isExact(r) && strings.EqualFold(path, q.path), !isExact(r) && caseTwin(path, q.path):
		return "matching is case sensitive"
	case isExact(r):
		return "Exact matches the URL path exactly"
	case strings.HasPrefix(q.path, path):
		return fmt.Sprintf("matching is element by element: %s ends within one of %s", path, q.path)
	}
	return fmt.Sprintf("%s is not a prefix of %s", path, q.path)
}

// caseTwin reports whether prefix were one of path but for upper and lower case.
func caseTwin(prefix, path string) bool {
	folded := request{path: strings.ToLower(path)}
	return prefix != "/" && folded.onPath(Route{Path: strings.ToLower(prefix)})
}

// String returns the explanation for people, in several lines.
func (e *Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s → %s\n%s\n\n", e.Host, e.Path, answerer(e.Winner), e.Rule)
	table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for i, c := range e.Candidates {
		fate := "-"
		switch {
		case i == 0 && e.Winner != nil:
			fate = "wins"
		case c.Matches:
			fate = "loses"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", fate, c.Route, c.Route.destination(), c.Reason)
	}
	_ = table.Flush() // a strings.Builder takes everything
	if len(e.Candidates) > 0 {
		b.WriteByte('\n')
	}
	for _, a := range e.Controllers {
		what := "the same"
		if a.Differs || a.Winner == nil && a.Reason != "" {
			what = answerer(a.Winner)
		}
		if a.Reason != "" {
			what += ": " + a.Reason
		}
		fmt.Fprintf(table, "%s\t%s\n", a.Controller, what)
	}
	_ = table.Flush()
	return b.String()
}

func answerer(r *Route) string {
	if r == nil {
		return "no service"
	}
	return fmt.Sprintf("%s by %s", r.destination(), claimant(*r))
}
