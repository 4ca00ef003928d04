package ingress

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
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

// A registry holds the fragments of an Ingress by owner.
type registry map[string]Fragment

// A RegistryError reports a slipway/routes annotation that this version cannot
// read. The Ingress is left alone: to overwrite it could lose routes.
type RegistryError struct {
	Annotation string
	Err        error
}

func (e *RegistryError) Error() string {
	return fmt.Sprintf("annotation %s: %v: restore it, or use the version of slipway that wrote it",
		e.Annotation, e.Err)
}

func (e *RegistryError) Unwrap() error { return e.Err }

func readRegistry(annotations map[string]string) (registry, error) {
	reg := registry{}
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		owner, ok := strings.CutPrefix(name, AnnotationPrefix)
		if !ok {
			continue
		}
		fragment, err := readFragment(annotations[name], owner)
		if err != nil {
			return nil, &RegistryError{Annotation: name, Err: err}
		}
		reg[owner] = fragment
	}
	return reg, nil
}

func readFragment(text, owner string) (Fragment, error) {
	var f Fragment
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return f, err
	}
	if f.Version != fragmentVersion {
		return f, fmt.Errorf("version %d of the format is not known here", f.Version)
	}
	for i, route := range f.Routes {
		r, err := newRoute(route.Host, route.v1())
		if err != nil {
			return f, err
		}
		r.Owner, r.Source, r.Strip = owner, cmp.Or(route.Source, f.Source), route.Strip
		f.Routes[i] = r
	}
	return f, nil
}

// write sets the annotations that hold reg.
func (reg registry) write(annotations map[string]string) error {
	for owner, fragment := range reg {
		fragment.Version = fragmentVersion
		fragment.Routes = slices.Clone(fragment.Routes)
		if slices.ContainsFunc(fragment.Routes, func(r Route) bool { return r.Source == "" }) {
			fragment.Source = "" // or that route would be read back with it
		}
		for i := range fragment.Routes {
			if fragment.Routes[i].Source == fragment.Source {
				fragment.Routes[i].Source = ""
			}
		}
		text, err := json.Marshal(fragment)
		if err != nil {
			return err
		}
		annotations[AnnotationPrefix+owner] = string(text)
	}
	return nil
}

// tidy sorts the fragments' routes and takes out what one says twice.
func (reg registry) tidy() {
	for owner, f := range reg {
		sortRoutes(f.Routes)
		f.Routes = slices.CompactFunc(f.Routes, func(a, b Route) bool {
			return a.key() == b.key() && a.leadsLike(b)
		})
		reg[owner] = f
	}
}

// routes returns the routes of all owners, sorted; a shared one comes once for
// each of its owners.
func (reg registry) routes() []Route {
	var routes []Route
	for _, fragment := range reg {
		routes = append(routes, fragment.Routes...)
	}
	sortRoutes(routes)
	return routes
}

// tls returns the certificates of all owners, grouped.
func (reg registry) tls() []TLS {
	var all []TLS
	for _, owner := range slices.Sorted(maps.Keys(reg)) {
		all = append(all, reg[owner].TLS...)
	}
	return groupTLS(all)
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
