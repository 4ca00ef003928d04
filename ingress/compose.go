package ingress

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/slipway-go/slipway/layouts"
)

// composeRules returns one rule per host for routes, which are sorted and free
// of conflicts. A route that several owners share comes out once.
func composeRules(routes []Route) []networkingv1.IngressRule {
	var rules []networkingv1.IngressRule
	seen := map[Route]bool{}
	for _, route := range routes {
		route.Owner, route.Source, route.Commit = "", "", ""
		if seen[route] {
			continue
		}
		seen[route] = true
		if n := len(rules); n == 0 || rules[n-1].Host != route.Host {
			value := networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{}}
			rules = append(rules, networkingv1.IngressRule{Host: route.Host, IngressRuleValue: value})
		}
		http := rules[len(rules)-1].HTTP
		http.Paths = append(http.Paths, route.v1())
	}
	return rules
}

func composeTLS(all []TLS) []networkingv1.IngressTLS {
	var out []networkingv1.IngressTLS
	for _, tls := range all {
		out = append(out, networkingv1.IngressTLS{Hosts: tls.Hosts, SecretName: tls.Secret})
	}
	return out
}

// setSpec gives obj the spec.
func setSpec(obj *unstructured.Unstructured, spec *networkingv1.IngressSpec) error {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(spec)
	if err != nil {
		return err
	}
	obj.Object["spec"] = content
	return nil
}

// annotate gives obj the annotations. None leaves no empty map, which would be
// sent.
func annotate(obj *unstructured.Unstructured, annotations map[string]string) {
	if len(annotations) == 0 {
		annotations = nil
	}
	obj.SetAnnotations(annotations)
}

// readRoutes returns the routes of obj, which decodes to ing, sorted, in the name
// of owner. A rule without paths is no route. All paths that cannot be read are
// in the error.
func readRoutes(obj *unstructured.Unstructured, ing *networkingv1.Ingress, owner string,
) ([]Route, error) {
	var routes []Route
	var errs []error
	fail := func(err error, field string, index ...any) {
		errs = append(errs, placedAt(obj, fmt.Sprintf(field, index...), err))
	}
	for i, rule := range ing.Spec.Rules {
		if err := checkHost(rule.Host); err != nil && owner != Unmanaged {
			fail(err, "spec.rules[%d].host", i)
		}
		if rule.HTTP == nil {
			continue
		}
		for j, path := range rule.HTTP.Paths {
			route, err := newRoute(rule.Host, path)
			if err == nil && owner != Unmanaged {
				err = checkPath(*path.PathType, path.Path)
				route.Source = sourceOf(obj)
			}
			if err != nil {
				fail(err, "spec.rules[%d].http.paths[%d].path", i, j)
				continue
			}
			route.Owner = owner
			routes = append(routes, route)
		}
	}
	sortRoutes(routes)
	return routes, errors.Join(errs...)
}

func readTLS(ing *networkingv1.Ingress) []TLS {
	var all []TLS
	for _, tls := range ing.Spec.TLS {
		all = append(all, TLS{Hosts: slices.Clone(tls.Hosts), Secret: tls.SecretName})
	}
	return groupTLS(all)
}

// Routes returns the routes of an Ingress, in the order in which a controller is
// to try them, each with its owner by the registry. A route that several owners
// share comes once for each; one that none accounts for is [Unmanaged]. Of an HTTPRoute
// that Merge made, it returns those that it was made for. A *RegistryError reports a
// registry that cannot be read.
//
// The app's own Ingress tells of those in the one that is [Derived] from it, too, as it
// has their fragments.
func Routes(obj *unstructured.Unstructured) ([]Route, error) {
	if isMiddleware(obj) {
		return nil, nil
	}
	if Claiming(obj) {
		reg, err := readRegistry(obj.GetAnnotations())
		return reg.routes(), err
	}
	ing, err := decodeLive(obj)
	if err != nil {
		return nil, err
	}
	reg, err := readRegistry(obj.GetAnnotations())
	if err != nil {
		return nil, err
	}
	live, err := readRoutes(obj, ing, Unmanaged)
	if err != nil {
		return nil, err
	}
	b := bucketOf(obj, nil)
	live = b.read(live, reg)
	composed := keys(live)
	var routes []Route
	for _, route := range reg.routes() {
		if l, ok := composed[route.key()]; ok && l.Backend == route.Backend || !b.holds(route) {
			routes = append(routes, route)
		}
	}
	routes = append(routes, missing(live, keys(routes))...)
	sortRoutes(routes)
	return routes, nil
}

// missing returns the routes whose keys are not in have.
func missing(routes []Route, have map[key]Route) []Route {
	var out []Route
	for _, route := range routes {
		if _, ok := have[route.key()]; !ok {
			out = append(out, route)
		}
	}
	return out
}

// Shared reports whether obj is an Ingress, or its Middleware, that holds a registry:
// one that [Merge] made, or a live one that has been published to.
func Shared(obj *unstructured.Unstructured) bool {
	return (is(obj) || isMiddleware(obj)) && marked(obj)
}

// isRegistry reports whether the annotation of that name holds fragments.
func isRegistry(name string) bool {
	return name == packedAnnotation || strings.HasPrefix(name, AnnotationPrefix)
}

// Without returns a copy of obj, made by [Merge], without the fragments of the
// owners that drop names, so that [Recompose] leaves theirs as they are. If no
// service's fragment is left, none is.
func Without(obj *unstructured.Unstructured, drop func(owner string) bool) *unstructured.Unstructured {
	obj = obj.DeepCopy()
	reg, err := readRegistry(obj.GetAnnotations())
	if err != nil {
		return obj // Recompose tells
	}
	services := 0
	for owner := range reg {
		switch {
		case drop(owner):
			delete(reg, owner)
		case owner != layouts.Common:
			services++
		}
	}
	annotations := withoutRegistry(obj.GetAnnotations())
	if services > 0 {
		_ = reg.write(annotations) // no more than was there
	}
	annotate(obj, annotations)
	return obj
}
