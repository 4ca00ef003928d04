package ingress

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Recomposition is what an app's Ingress is to become, and what was noticed on
// the way.
type Recomposition struct {
	// Object is the whole Ingress to apply, registry included; nil if nothing
	// is left to route, so that the Ingress is to be deleted, or never made.
	Object *unstructured.Unstructured
	// Routes are those of Object, as [Routes] returns them.
	Routes []Route
	// Restored lists recorded routes that somebody removed from the live rules
	// or led elsewhere, in the order of Routes; Object has them back. One that
	// several owners share comes once.
	Restored []Route
}

// Recompose returns the Ingress that results when the fragments of mine, made by
// [Merge], are put into live, the Ingress on the cluster; live is nil if there is
// none. Class, annotations and default backend are mine's. Owners that mine does
// not speak for keep their routes, and so do routes and certificates added by
// hand; one that mine declares as it stands is adopted. An owner whose fragment
// is empty leaves. When no route is left, the Ingress stays only for a default
// backend: mine's, else the live one.
//
// Recompose is pure and changes neither argument. It is safe under concurrency
// when Object is written only if the live Ingress still has the uid and resource
// version that were read. To recompose Object with mine again changes nothing.
//
// A route that an owner of mine takes from another one is moved by the same write.
//
// Routes that two owners lead to different backends are a [*ConflictError], which
// lists them all; each owner of mine's with a later build already live is a
// [*SupersededError]; a registry that cannot be read is a [*RegistryError].
func Recompose(live, mine *unstructured.Unstructured) (*Recomposition, error) {
	if isMiddleware(mine) {
		return recomposeMiddleware(live, mine)
	}
	state, err := readState(live, bucketOf(mine, live))
	if err != nil {
		return nil, err
	}
	fragments, err := readRegistry(mine.GetAnnotations())
	if err != nil {
		return nil, err
	}
	reg, err := state.registry.replace(fragments)
	if err != nil {
		return nil, err
	}
	managed := reg.routes()
	routes := append(slices.Clone(managed), state.unmanaged(managed, fragments.takes())...)
	sortRoutes(routes)
	if err := state.bucket.check(routes); err != nil {
		return nil, err
	}
	obj, err := state.compose(mine, reg, routes)
	if err != nil {
		return nil, err
	}
	return &Recomposition{Object: obj, Routes: routes, Restored: state.restored(managed)}, nil
}

// replace returns reg with the fragments of their owners put in.
func (reg registry) replace(fragments registry) (registry, error) {
	next := maps.Clone(reg)
	var errs []error
	for _, owner := range slices.Sorted(maps.Keys(fragments)) {
		fragment, old := fragments[owner], reg[owner]
		if fragment.Sequence < old.Sequence {
			errs = append(errs,
				&SupersededError{Owner: owner, Live: old.Sequence, Mine: fragment.Sequence})
		}
		if fragment.Partial {
			fragment = fragment.join(old)
		}
		for _, taken := range fragment.Takes {
			next.take(taken)
		}
		fragment.Takes = nil
		next[owner] = fragment
		if fragment.empty() {
			delete(next, owner)
		}
	}
	return next, errors.Join(errs...)
}

// A state is what the live Ingress says.
type state struct {
	bucket   bucket
	registry registry
	routes   []Route // of its rules
	tls      []TLS
	backend  *networkingv1.IngressBackend // for what no rule matches
}

func readState(live *unstructured.Unstructured, b bucket) (state, error) {
	if live == nil {
		return state{bucket: b, registry: registry{}}, nil
	}
	ing, err := decodeLive(live)
	if err != nil {
		return state{}, err
	}
	reg, err := readRegistry(live.GetAnnotations())
	if err != nil {
		return state{}, err
	}
	routes, err := readRoutes(live, ing, Unmanaged)
	if err != nil {
		return state{}, err
	}
	routes = bucketOf(live, nil).read(routes, reg) // as it was written, maybe for another controller
	return state{b, reg, routes, readTLS(ing), ing.Spec.DefaultBackend}, nil
}

// unmanaged returns the live routes that no fragment accounted for, each once,
// less those that managed now leads to the same backend: these are adopted.
func (s state) unmanaged(managed []Route, taken map[key]bool) []Route {
	byKey := keys(managed)
	var out []Route
	for _, route := range missing(s.routes, keys(s.bucket.held(s.registry.routes()))) {
		m, ok := byKey[route.key()]
		adopted := ok && (m.Backend == route.Backend || taken[route.key()])
		if !adopted && !slices.Contains(out, route) {
			out = append(out, route)
		}
	}
	return out
}

// restored returns the routes that stay in the registry as they were but are
// not, or not so, in the live rules.
func (s state) restored(managed []Route) []Route {
	live, before := keys(s.routes), keys(s.registry.routes())
	var out []Route
	for _, route := range s.bucket.held(managed) {
		old := before[route.key()]
		stays := old.Backend == route.Backend && s.bucket.holds(old) // and was not in another Ingress
		if stays && live[route.key()].Backend != route.Backend {
			out = append(out, route)
		}
	}
	return slices.CompactFunc(out, func(a, b Route) bool { return a.key() == b.key() })
}

func (s state) compose(mine *unstructured.Unstructured, reg registry, routes []Route,
) (*unstructured.Unstructured, error) {
	ing, err := decode(mine, "")
	if err != nil {
		return nil, err
	}
	backend := ing.Spec.DefaultBackend
	if len(routes) == 0 {
		backend = cmp.Or(backend, s.backend)
		if backend == nil {
			return nil, nil
		}
	}
	spec := networkingv1.IngressSpec{
		IngressClassName: ing.Spec.IngressClassName,
		DefaultBackend:   backend,
		Rules:            s.bucket.rules(routes),
		TLS:              composeTLS(groupTLS(append(reg.tls(), s.unmanagedTLS()...))),
	}
	obj := mine.DeepCopy()
	annotations := withoutRegistry(mine.GetAnnotations())
	s.bucket.annotate(obj, annotations, routes)
	if err := reg.write(annotations); err != nil {
		return nil, fmt.Errorf("routes of %s: %w", mine.GetName(), err)
	}
	annotate(obj, annotations)
	return obj, setSpec(obj, &spec)
}

// unmanagedTLS returns the live certificates less the recorded ones.
func (s state) unmanagedTLS() []TLS {
	recorded := map[string][]string{}
	for _, tls := range s.registry.tls() {
		recorded[tls.Secret] = tls.Hosts
	}
	var out []TLS
	for _, tls := range s.tls {
		known, ok := recorded[tls.Secret]
		if ok && len(tls.Hosts) == 0 {
			continue
		}
		out = append(out, lessHosts([]TLS{tls}, known)...)
	}
	return out
}
