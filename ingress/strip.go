package ingress

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// StripAnnotation is the annotation of an Ingress that says whether a route's path is taken off a request
// before its service sees it: "true" or "false". On common's Ingress it is for all
// services, on a service's for that one. [Merge] makes of it what the controller
// understands.
const StripAnnotation = "slipway/strip-prefix"

// ruleTypes are the annotations by which Traefik 1 was told to do so, the one that won
// first: https://doc.traefik.io/traefik/v1.7/configuration/backends/kubernetes/
var ruleTypes = []string{
	"traefik.ingress.kubernetes.io/rule-type",
	"ingress.kubernetes.io/rule-type",
	"traefik.frontend.rule.type",
}

// isStripMark reports whether the annotation is one that [stripping] reads.
func isStripMark(name string) bool {
	return name == StripAnnotation || slices.Contains(ruleTypes, name)
}

// stripping reports what obj says about stripping, else what holds otherwise. What Traefik 1 did and
// nothing does now is ignored.
func stripping(obj *unstructured.Unstructured, otherwise bool) (strip bool, ignored []string, err error) {
	annotations := obj.GetAnnotations()
	if value, ok := annotations[StripAnnotation]; ok {
		strip, err := strconv.ParseBool(value)
		if err != nil {
			return false, nil, fmt.Errorf("annotation %s is %q, want true or false", StripAnnotation, value)
		}
		return strip, nil, nil
	}
	for _, name := range ruleTypes {
		value, ok := annotations[name]
		switch {
		case !ok:
			continue
		case value == "PathPrefixStrip":
			return true, nil, nil
		case strings.Contains(value, "Strip"):
			ignored = append(ignored, fmt.Sprintf("%s: annotation %s: %s is of Traefik 1, and no controller "+
				"of today does it: the services see the whole path; PathPrefixStrip is understood",
				sourceOf(obj), name, value))
		}
		return false, ignored, nil
	}
	return otherwise, nil, nil
}

// withStrip returns the routes with the mark set; of "/" there is nothing to strip.
func withStrip(routes []Route, strip bool) []Route {
	for i := range routes {
		routes[i].Strip = strip && strings.Trim(routes[i].Path, "/") != ""
	}
	return routes
}

// chooseDialect finds out how the controller is told to strip, if any of the routes is
// to be. Where it cannot be told, none is: the services see the whole path.
func (m *merger) chooseDialect(routes []Route) error {
	if !strips(routes) {
		return nil
	}
	name := m.controller()
	if instead, known := cannotStrip[name]; known {
		return placed(m.base, fmt.Errorf("routes are to be stripped of their path, which an Ingress cannot "+
			"tell %s: %s", name, instead))
	}
	why := m.speechless(name)
	if why == "" {
		m.dialect = name
		return m.splits()
	}
	for owner, fragment := range m.registry {
		fragment.Routes = withStrip(slices.Clone(fragment.Routes), false)
		m.registry[owner] = fragment
	}
	return m.warn(m.base, "routes are to be stripped of their path, but "+why+
		": the services see the whole path")
}

// speechless returns why the controller cannot be told to strip, or "".
func (m *merger) speechless(controller string) string {
	d := dialects[controller]
	lacksKind := m.opts.Cluster != nil && !m.opts.Cluster.Middlewares
	switch {
	case controller == "":
		return "no class says which controller serves them: set spec.ingressClassName to one whose " +
			"controller is known here"
	case d == nil:
		return "how controller " + controller + " is told that is not known"
	case d.middleware && lacksKind:
		return "the cluster has no kind Middleware of " + MiddlewareKind.GroupVersion().String() +
			", which Traefik's CustomResourceDefinitions define"
	}
	return ""
}

// splits warns of what becomes of common's annotations in the Ingress for the routes that
// are stripped.
func (m *merger) splits() error {
	annotations := m.base.GetAnnotations()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		if (bucket{dialect: dialects[m.dialect]}).owns(name) {
			errs = append(errs, m.warn(m.base, "annotation "+name+" gives way to what strips, in the "+
				"Ingress for the routes that are stripped: strip them by it alone, or say no "+
				StripAnnotation))
		}
	}
	if _, grouped := annotations[albGroup]; m.dialect == onALB && !grouped {
		errs = append(errs, m.warn(m.base, "routes that are stripped and routes that are not are in two "+
			"Ingresses, for which the controller makes two load balancers: set annotation "+albGroup))
	}
	return errors.Join(errs...)
}

// albGroup makes one load balancer of several Ingresses.
const albGroup = "alb.ingress.kubernetes.io/group.name"

// warn warns of what is not done as the templates ask for; it is an error for who is
// strict.
func (m *merger) warn(obj *unstructured.Unstructured, text string) error {
	if m.opts.Strict {
		return placed(obj, errors.New(text))
	}
	if source := sourceOf(obj); source != "" {
		text = source + ": " + text
	}
	m.warnings = append(m.warnings, text)
	return nil
}
