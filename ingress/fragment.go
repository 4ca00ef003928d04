package ingress

import (
	"maps"
	"slices"
)

// AnnotationPrefix starts the annotation that holds an owner's [Fragment]; the
// owner's name follows.
const AnnotationPrefix = "slipway/routes."

// fragmentVersion is the form of fragments that this package reads and writes.
const fragmentVersion = 1

// A Fragment is one owner's part of an app's Ingress, kept in an annotation of
// that Ingress as canonical JSON.
type Fragment struct {
	// Version is the form of the JSON: 1.
	Version int `json:"v"`
	// Owner is set only where the annotation's name has no room for it.
	Owner string `json:"owner,omitempty"`
	// Sequence orders the builds of one owner, such as a build number. A
	// fragment never replaces one with a higher sequence. Zero is the lowest:
	// an owner whose builds all leave it out replaces freely.
	Sequence int64 `json:"seq,omitempty"`
	// Source is the template and line that routes without one of their own
	// come from.
	Source string `json:"src,omitempty"`
	// Commit is the revision of the tree that the routes come from.
	Commit string `json:"commit,omitempty"`
	// Partial says that Routes and TLS are to be added to what the owner has
	// rather than to replace it. [Recompose] clears it.
	Partial bool `json:"partial,omitempty"`
	// Takes are routes of other owners that the owner takes over, with Routes that have
	// the same host, type and path. [Recompose] carries it out and clears it.
	Takes []Taken `json:"takes,omitempty"`
	// Routes are in the order of the composed Ingress.
	Routes []Route `json:"routes,omitempty"`
	// TLS is in order of secret names.
	TLS []TLS `json:"tls,omitempty"`
}

// TLS is a certificate for hosts.
type TLS struct {
	Hosts  []string `json:"hosts,omitempty"`
	Secret string   `json:"secret,omitempty"`
}

func (f Fragment) empty() bool { return len(f.Routes) == 0 && len(f.TLS) == 0 }

// join returns f with the routes and certificates of older that it does not
// have.
func (f Fragment) join(older Fragment) Fragment {
	f.Partial = false
	f.Takes = nil
	f.Sequence = max(f.Sequence, older.Sequence)
	f.Routes = append(slices.Clone(f.Routes), missing(older.Routes, keys(f.Routes))...)
	sortRoutes(f.Routes)
	var hosts []string
	for _, tls := range f.TLS {
		hosts = append(hosts, tls.Hosts...)
	}
	f.TLS = groupTLS(append(slices.Clone(f.TLS), lessHosts(older.TLS, hosts)...))
	return f
}

// lessHosts returns certificates without hosts, and without those for which
// nothing is left.
func lessHosts(certificates []TLS, hosts []string) []TLS {
	var out []TLS
	for _, tls := range certificates {
		left := slices.DeleteFunc(slices.Clone(tls.Hosts), func(host string) bool {
			return slices.Contains(hosts, host)
		})
		if len(left) > 0 || len(tls.Hosts) == 0 {
			out = append(out, TLS{Hosts: left, Secret: tls.Secret})
		}
	}
	return out
}

func keys(routes []Route) map[key]Route {
	byKey := make(map[key]Route, len(routes))
	for _, route := range routes {
		byKey[route.key()] = route
	}
	return byKey
}

// groupTLS returns one entry per secret, in order of names, with its hosts
// sorted.
func groupTLS(all []TLS) []TLS {
	hosts := map[string][]string{}
	for _, tls := range all {
		hosts[tls.Secret] = append(hosts[tls.Secret], tls.Hosts...)
	}
	var grouped []TLS
	for _, secret := range slices.Sorted(maps.Keys(hosts)) {
		slices.Sort(hosts[secret])
		grouped = append(grouped, TLS{Hosts: slices.Compact(hosts[secret]), Secret: secret})
	}
	return grouped
}
