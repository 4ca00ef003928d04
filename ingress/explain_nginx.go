package ingress

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// nginx takes the server of the host, there the location that is equal to the path,
// else the longest that is a prefix of it. A Prefix makes two locations.
func nginx(q request, routes []Route) int {
	host := q.bestHost(routes)
	if q.regexes(host, routes) {
		return nginxRegex(q, host, routes)
	}
	equal := first(routes, compareMatches, func(r Route) bool {
		return r.Host == host && q.onHost(r) && !isSpecific(r) && r.Path == q.path
	})
	if equal >= 0 {
		return equal
	}
	order := func(a, b Route) int {
		return cmp.Or(cmp.Compare(len(location(b)), len(location(a))), compareMatches(a, b))
	}
	return first(routes, order, func(r Route) bool {
		return r.Host == host && q.onHost(r) && !isExact(r) && strings.HasPrefix(q.path, location(r))
	})
}

// location returns what a path has to start with.
func location(r Route) string {
	if isSpecific(r) {
		return cmp.Or(r.Path, "/")
	}
	return strings.TrimRight(r.Path, "/") + "/"
}

// regexes reports whether the paths of the host are regular expressions: all are if one
// of any Ingress is rewritten, as it is to strip a route.
func (q request) regexes(host string, routes []Route) bool {
	return q.regex || slices.ContainsFunc(routes, func(r Route) bool { return r.Strip && r.Host == host })
}

// nginxRegex takes the longest location that matches; Exact does not count any more.
func nginxRegex(q request, host string, routes []Route) int {
	order := func(a, b Route) int {
		return cmp.Or(cmp.Compare(q.lengthAtNginx(b), q.lengthAtNginx(a)), compareMatches(a, b))
	}
	return first(routes, order, func(r Route) bool {
		return r.Host == host && q.onHost(r) && q.onRegex(r)
	})
}

// lengthAtNginx is that of the location by which the route matches: a Prefix has one more,
// with a slash at its end.
func (q request) lengthAtNginx(r Route) int {
	switch {
	case r.Strip:
		return len(nginxPattern(r).Path)
	case !isExact(r) && !isSpecific(r) && foldsPrefix(q.path, location(r)):
		return len(location(r))
	}
	return len(r.Path)
}

// onRegex reports whether the path, as a regular expression without case that has no end,
// matches.
func (q request) onRegex(r Route) bool {
	switch {
	case r.Strip:
		folded := request{path: strings.ToLower(q.path)}
		r.Path = strings.ToLower(r.Path)
		return folded.onPath(r)
	case !pattern.MatchString(r.Path):
		return foldsPrefix(q.path, r.Path)
	}
	expr, err := regexp.Compile("(?i)^" + r.Path)
	return err == nil && expr.MatchString(q.path)
}

func foldsPrefix(path, prefix string) bool {
	return len(path) >= len(prefix) && strings.EqualFold(path[:len(prefix)], prefix)
}

func whyNginx(q request, routes []Route, _, got int) string {
	switch {
	case q.regexes(q.bestHost(routes), routes):
		return "a route of the host is stripped, which makes all its paths regular expressions without " +
			"case: the longest that begins like the request counts"
	case got < 0:
		return "ImplementationSpecific matches by characters: none is a prefix of " + q.path
	}
	return "ImplementationSpecific matches by characters there" // else there is no difference
}
