package ingress

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A bucket is the part of an app's routes that one of its Ingresses holds: those that
// are stripped, or those that are not. The app's own Ingress has the fragments of all
// routes, so that two services cannot take one path, and composes the rules of its
// bucket; the one for the other bucket has the fragments of that bucket alone.
//
// Where stripping is in no controller's words, there is one bucket, with all routes.
type bucket struct {
	controller string   // in whose words the Ingress is; "" for nobody's
	dialect    *dialect // of the controller; nil for none
	strips     bool
}

// controllerAnnotation, on an Ingress that Merge made, names the controller in whose
// words the stripping of its app's routes is.
const controllerAnnotation = "slipway/controller"

// bucketOf returns the bucket of an Ingress that [Merge] made. Its live form, if it is not
// nil, may know of routes that are stripped when that has none.
func bucketOf(obj, live *unstructured.Unstructured) bucket {
	annotations := obj.GetAnnotations()
	if annotations[controllerAnnotation] == "" && live != nil {
		annotations = live.GetAnnotations()
	}
	controller := annotations[controllerAnnotation]
	strips, _ := strconv.ParseBool(annotations[StripAnnotation]) // checked by Merge
	return bucket{controller, dialects[controller], strips}
}

func (b bucket) holds(r Route) bool {
	return b.dialect == nil || r.Strip == b.strips || r.Owner == Unmanaged
}

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
	if b.strips || strips(routes) {
		annotations[controllerAnnotation] = b.controller
	}
	held := b.held(routes)
	if b.strips {
		annotations[StripAnnotation] = "true"
	}
	if !b.strips || !strips(held) {
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
	delete(annotations, controllerAnnotation)
	if b.dialect == nil || !b.strips {
		return
	}
	removeMiddleware(name, annotations)
	maps.DeleteFunc(annotations, func(name, _ string) bool {
		return slices.ContainsFunc(b.dialect.owned, func(owned string) bool {
			return strings.HasPrefix(name, owned)
		})
	})
}

// mainAnnotation, on the Ingress for the other bucket, names the app's own.
const mainAnnotation = "slipway/of"

// Derived reports whether obj is what [Merge] makes besides the app's own Ingress: one
// for the routes that are stripped unlike the rest, or a Middleware.
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

// otherName returns the name of the Ingress for the bucket that the one of that name
// does not have: a hash of what is different tells them apart.
func otherName(name string, strips bool) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s=%t", StripAnnotation, strips))
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
