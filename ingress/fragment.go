package ingress

import (
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
	// fragment never replaces one with a higher sequence. Zero means unordered.
	Sequence int64 `json:"seq,omitempty"`
	// Source is the template the routes come from.
	Source string `json:"src,omitempty"`
	// Commit is the revision of the tree that the routes come from.
	Commit string `json:"commit,omitempty"`
	// Partial says that the routes are to be added to those the owner has
	// rather than to replace them. It is never set on the cluster.
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

// join returns f with the routes of older that it does not have.
func (f Fragment) join(older Fragment) Fragment {
	known := keys(f.Routes)
	f.Partial = false
	f.Routes = slices.Clone(f.Routes)
	for _, route := range older.Routes {
		if _, ok := known[route.key()]; !ok {
			f.Routes = append(f.Routes, route)
		}
	}
	sortRoutes(f.Routes)
	return f
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
	for i := range f.Routes {
		f.Routes[i].Owner, f.Routes[i].Source = owner, f.Source
	}
	return f, nil
}

// write sets the annotations that hold reg.
func (reg registry) write(annotations map[string]string) error {
	for owner, fragment := range reg {
		fragment.Version = fragmentVersion
		text, err := json.Marshal(fragment)
		if err != nil {
			return err
		}
		annotations[AnnotationPrefix+owner] = string(text)
	}
	return nil
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
