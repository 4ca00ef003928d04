package ingress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// A Route leads the requests for a host and path to a backend.
type Route struct {
	// Host is exact, a one-label wildcard ("*.example.com"), or empty for any.
	Host string `json:"host,omitempty"`
	// PathType is Exact, Prefix or ImplementationSpecific, as in
	// networking.k8s.io/v1.
	PathType string `json:"type"`
	// Path is normalised: a Prefix has no trailing slash, except "/" itself.
	Path string `json:"path"`
	// Backend answers.
	Backend Backend `json:"to"`
	// Strip says that Path is taken off a request before Backend sees it.
	Strip bool `json:"strip,omitempty"`

	// Owner is the service that declared the route, layouts.Common for the
	// app's own, or [Unmanaged] for one added by hand.
	Owner string `json:"-"`
	// Source is the template and line that declared it; empty if unknown. In a
	// [Fragment] it stands only where it is not the Fragment's.
	Source string `json:"src,omitempty"`
	// Commit is the revision of the tree that declared it; empty if unknown. It is the
	// [Fragment]'s.
	Commit string `json:"-"`
}

// Unmanaged owns the routes of a live Ingress that no fragment accounts for:
// somebody added them by hand, or another tool did before Slipway came.
const Unmanaged = "~unmanaged"

// String returns the route as "host/path", and its type if it is not Prefix.
func (r Route) String() string {
	s := cmp.Or(r.Host, "*") + cmp.Or(r.Path, "/")
	if r.PathType != string(networkingv1.PathTypePrefix) {
		s += " (" + r.PathType + ")"
	}
	return s
}

// A key is what makes two routes the same route.
type key struct{ host, pathType, path string }

func (r Route) key() key { return key{r.Host, r.PathType, r.Path} }

// leadsLike reports whether two routes of one key are in accord.
func (r Route) leadsLike(other Route) bool {
	return r.Backend == other.Backend && r.Strip == other.Strip
}

// destination returns the backend, and that it does not see the path.
func (r Route) destination() string {
	if r.Strip {
		return r.Backend.String() + " without its prefix"
	}
	return r.Backend.String()
}

func newRoute(host string, path networkingv1.HTTPIngressPath) (Route, error) {
	switch {
	case path.PathType == nil:
		return Route{}, fmt.Errorf("path %q has no pathType: networking.k8s.io/v1 wants Prefix, "+
			"Exact or ImplementationSpecific", path.Path)
	case typeRank(string(*path.PathType)) < 0:
		return Route{}, fmt.Errorf("path %q has pathType %q: make it Prefix, Exact or "+
			"ImplementationSpecific", path.Path, *path.PathType)
	}
	backend, err := newBackend(path.Backend)
	if err != nil {
		return Route{}, fmt.Errorf("path %q: %w", path.Path, err)
	}
	r := Route{Host: host, PathType: string(*path.PathType), Path: path.Path, Backend: backend}
	if *path.PathType == networkingv1.PathTypePrefix {
		r.Path = cmp.Or(strings.TrimRight(r.Path, "/"), "/")
	}
	return r, nil
}

// v1 returns the route's path as networking.k8s.io/v1 writes it.
func (r Route) v1() networkingv1.HTTPIngressPath {
	pathType := networkingv1.PathType(r.PathType)
	return networkingv1.HTTPIngressPath{Path: r.Path, PathType: &pathType, Backend: r.Backend.v1()}
}

// sortRoutes orders routes so that the first that matches is the right one, for
// controllers that stop there: exact hosts, then wildcards, then any host; Exact
// paths, then Prefix with more elements first, then the rest with longer first.
// Twins that were made by hand stay in the order in which they stand.
func sortRoutes(routes []Route) {
	// Numbers are sorted, not routes: these are large, and there may be thousands.
	order := make([]int, len(routes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(compareRoutes(&routes[i], &routes[j]), cmp.Compare(i, j))
	})
	unsorted := slices.Clone(routes)
	for i, from := range order {
		routes[i] = unsorted[from]
	}
}

func compareRoutes(a, b *Route) int {
	return cmp.Or(
		cmp.Compare(hostRank(a.Host), hostRank(b.Host)),
		cmp.Compare(a.Host, b.Host),
		cmp.Compare(typeRank(a.PathType), typeRank(b.PathType)),
		comparePaths(a, b),
		cmp.Compare(a.Owner, b.Owner),
		cmp.Compare(a.Source, b.Source),
	)
}

func comparePaths(a, b *Route) int {
	elements := 0
	if a.PathType == string(networkingv1.PathTypePrefix) {
		elements = cmp.Compare(strings.Count(b.Path, "/"), strings.Count(a.Path, "/"))
	}
	return cmp.Or(elements, cmp.Compare(len(b.Path), len(a.Path)), cmp.Compare(a.Path, b.Path))
}

func hostRank(host string) int {
	switch {
	case host == "":
		return 2
	case strings.HasPrefix(host, "*."):
		return 1
	}
	return 0
}

func typeRank(pathType string) int {
	return slices.Index(pathTypes, pathType)
}

// pathTypes are all there are, in the order in which they are tried.
var pathTypes = []string{
	string(networkingv1.PathTypeExact),
	string(networkingv1.PathTypePrefix),
	string(networkingv1.PathTypeImplementationSpecific),
}
