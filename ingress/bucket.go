package ingress

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A bucket is the part of an app's routes that one of its Ingresses holds: the app's own
// has those that are not stripped, the one that is derived from it those that are. So
// nothing that one service's templates say moves another one's routes. The app's own has
// the fragments of all routes, so that two services cannot take one path.
type bucket struct {
	strips     bool
	controller string   // in whose words it is said; "" for the routes that are not stripped
	dialect    *dialect // of the controller
}

// controllerAnnotation, on a derived Ingress, names the controller in whose words it is.
const controllerAnnotation = "slipway/controller"

// bucketOf returns the bucket of an Ingress that [Merge] made. Its live form, if it is not
// nil, tells the controller if that has nothing to strip.
func bucketOf(obj, live *unstructured.Unstructured) bucket {
	_, derived := obj.GetAnnotations()[mainAnnotation]
	controller := obj.GetAnnotations()[controllerAnnotation]
	if controller == "" && live != nil {
		controller = live.GetAnnotations()[controllerAnnotation]
	}
	return bucket{derived, controller, dialects[controller]}
}

func (b bucket) holds(r Route) bool { return r.Strip == b.strips || r.Owner == Unmanaged }

// held returns the routes that the bucket holds.
func (b bucket) held(routes []Route) []Route {
	return slices.DeleteFunc(slices.Clone(routes), func(r Route) bool { return !b.holds(r) })
}

// write returns the route as it stands in the rules.
func (b bucket) write(r Route) Route {
	if b.dialect == nil || b.dialect.write == nil || !r.Strip {
		return r
	}
	return b.dialect.write(r)
}

// read returns live routes, which stand as write makes them of those in reg. One may
// stand for several.
func (b bucket) read(live []Route, reg registry) []Route {
	written := map[key][]Route{}
	for _, route := range b.held(reg.routes()) {
		k := b.write(route).key()
		written[k] = append(written[k], route)
	}
	var out []Route
	for _, route := range live {
		for _, known := range written[route.key()] {
			known.Backend, known.Owner, known.Source = route.Backend, route.Owner, route.Source
			known.Commit = route.Commit
			out = append(out, known)
		}
		if written[route.key()] == nil {
			out = append(out, route)
		}
	}
	sortRoutes(out)
	return out
}

// check returns a *ConflictError if routes, which are sorted, hold two of one key, or
// two that the controller cannot tell apart.
func (b bucket) check(routes []Route) error {
	if err := checkConflicts(routes, Route.key); err != nil {
		return err
	}
	return checkConflicts(b.held(routes), func(r Route) key { return b.write(r).key() })
}

// rules returns those for routes, which are sorted and free of conflicts. If the bucket
// holds none of them, the hosts stand alone: an Ingress without rules is none.
func (b bucket) rules(routes []Route) []networkingv1.IngressRule {
	var written []Route
	for _, route := range b.held(routes) {
		written = append(written, b.write(route))
	}
	if rules := composeRules(written); len(rules) > 0 {
		return rules
	}
	var rules []networkingv1.IngressRule
	for _, route := range routes {
		if n := len(rules); n == 0 || rules[n-1].Host != route.Host {
			rules = append(rules, networkingv1.IngressRule{Host: route.Host})
		}
	}
	return rules
}

// annotate sets what the controller needs to know besides.
func (b bucket) annotate(obj *unstructured.Unstructured, annotations map[string]string, routes []Route) {
	if b.dialect == nil {
		return
	}
	b.clear(obj.GetName(), annotations)
	annotations[controllerAnnotation] = b.controller
	held := b.held(routes)
	if !strips(held) {
		return
	}
	if b.dialect.middleware {
		addMiddleware(obj, annotations)
	}
	if b.dialect.annotations != nil {
		maps.Copy(annotations, b.dialect.annotations(held))
	}
}

// clear takes out what annotate set before, for other routes.
func (b bucket) clear(name string, annotations map[string]string) {
	removeMiddleware(name, annotations)
	maps.DeleteFunc(annotations, func(name, _ string) bool { return b.owns(name) })
}

// owns reports whether the annotation is one that tells the controller to strip.
func (b bucket) owns(annotation string) bool {
	return slices.ContainsFunc(b.dialect.owned, func(owned string) bool {
		return strings.HasPrefix(annotation, owned)
	})
}

// mainAnnotation, on a derived Ingress, names the app's own.
const mainAnnotation = "slipway/of"

// Derived reports whether obj is what [Merge] makes besides the app's own Ingress: one
// for the routes that are stripped, or its Middleware.
func Derived(obj *unstructured.Unstructured) bool {
	_, marked := obj.GetAnnotations()[mainAnnotation]
	return Shared(obj) && (marked || isMiddleware(obj))
}

// Joining returns a copy of obj, made by [Merge], whose fragments add to what their
// owners have and take nothing away. To publish that first, then the app's own Ingress,
// then obj as it is, leaves no moment in which a route is nowhere.
func Joining(obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	reg, err := readRegistry(obj.GetAnnotations())
	if err != nil {
		return nil, err
	}
	for owner, fragment := range reg {
		fragment.Partial, fragment.Takes = true, nil
		reg[owner] = fragment
	}
	obj = obj.DeepCopy()
	annotations := obj.GetAnnotations()
	if err := reg.write(annotations); err != nil {
		return nil, err
	}
	obj.SetAnnotations(annotations)
	return obj, nil
}

// derivedName returns the name of the Ingress that is derived from the one of that name: a
// hash of what is different tells them apart.
func derivedName(name string) string {
	sum := sha256.Sum256([]byte(StripAnnotation + "=true"))
	return fmt.Sprintf("%s-%x", name, sum[:4])
}

// of returns the registry of the Ingress for the bucket. Owners without routes in it are
// there, too: they leave it.
func (reg registry) of(b bucket) registry {
	out := registry{}
	for owner, fragment := range reg {
		fragment.Routes = b.held(fragment.Routes)
		out[owner] = fragment
	}
	return out
}
