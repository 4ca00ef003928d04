package ingress

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ClassAnnotation named the class of an Ingress before spec.ingressClassName did.
const ClassAnnotation = "kubernetes.io/ingress.class"

// A Cluster is what [Merge] has to know of the cluster that the Ingress is for.
type Cluster struct {
	// Classes are its IngressClasses: spec.controller by name. Nil means that they
	// cannot be looked at: controllers are then told by the class's name.
	Classes map[string]string
	// DefaultClass is that of an Ingress that names none; empty if there is none.
	DefaultClass string
	// Middlewares says that it serves Traefik's kind Middleware, traefik.io/v1alpha1.
	Middlewares bool
}

// resolveClass moves the class out of the annotation into the field, where the cluster
// has an IngressClass of that name: controllers look for one, and drop an Ingress
// without. Else the annotation, which they know too, stays.
func (m *merger) resolveClass() error {
	annotations := m.base.GetAnnotations()
	name, annotated := annotations[ClassAnnotation]
	field := m.common.Spec.IngressClassName
	switch {
	case !annotated && field != nil && m.opts.Cluster.misses(*field):
		return m.warn(m.base, fmt.Sprintf("spec.ingressClassName is %q, and the cluster has no such "+
			"IngressClass, but %s: no controller serves the routes", *field, m.opts.Cluster.classes()))
	case !annotated:
		return nil
	case field != nil && *field != name:
		return placed(m.base, fmt.Errorf("spec.ingressClassName is %q and annotation %s %q: keep one",
			*field, ClassAnnotation, name))
	case field == nil && m.opts.Cluster == nil:
		return nil // not known yet
	case field == nil && !m.opts.Cluster.has(name):
		return m.warn(m.base, fmt.Sprintf("annotation %s stays, since %s: a controller that wants the field "+
			"spec.ingressClassName ignores it", ClassAnnotation, m.opts.Cluster.lacks(name)))
	}
	m.common.Spec.IngressClassName = &name
	delete(annotations, ClassAnnotation)
	m.base = m.base.DeepCopy()
	m.base.SetAnnotations(annotations)
	return nil
}

// misses reports whether the class is known to be none of the cluster's.
func (c *Cluster) misses(class string) bool {
	return c != nil && c.Classes != nil && !c.has(class)
}

// classes names those that there are.
func (c *Cluster) classes() string {
	return cmp.Or(strings.Join(slices.Sorted(maps.Keys(c.Classes)), ", "), "none at all")
}

func (c *Cluster) has(class string) bool {
	_, ok := c.Classes[class]
	return ok
}

// lacks says why has is false.
func (c *Cluster) lacks(class string) string {
	if c.Classes == nil {
		return "IngressClasses may not be listed"
	}
	return "the cluster has no IngressClass " + class
}

// controller returns what serves the app's Ingress; "" if that cannot be told.
func (m *merger) controller() string {
	class := m.base.GetAnnotations()[ClassAnnotation]
	if field := m.common.Spec.IngressClassName; field != nil {
		class = *field
	}
	cluster := m.opts.Cluster
	if cluster != nil {
		class = cmp.Or(class, cluster.DefaultClass)
		if name, ok := cluster.Classes[class]; ok {
			return controllerOf(name)
		}
	}
	if class == "" && m.traefik {
		return onTraefik
	}
	return controllerByClass(class)
}

// The controllers whose ways are known here.
const (
	onTraefik        = "traefik"
	onIngressNGINX   = "ingress-nginx"
	onNGINX          = "nginx" // of NGINX Inc
	onHAProxy        = "haproxy"
	onHAProxyIngress = "haproxy-ingress"
	onKong           = "kong"
	onALB            = "alb"
	onContour        = "contour"
	onGCE            = "gce"
	onGateway        = "gateway" // the Gateway API's, whichever that is
)

// controllerOf tells the controller by the spec.controller of its IngressClass.
func controllerOf(name string) string {
	for _, known := range [][2]string{
		{"traefik.io/", onTraefik},
		{"k8s.io/ingress-nginx", onIngressNGINX},
		{"nginx.org/", onNGINX},
		{"haproxy.org/", onHAProxy},
		{"haproxy-ingress.github.io/", onHAProxyIngress},
		{"ingress-controllers.konghq.com/", onKong},
		{"ingress.k8s.aws/", onALB},
		{"eks.amazonaws.com/alb", onALB},
		{"projectcontour.io/", onContour},
		{"networking.gke.io/", onGCE},
		{"k8s.io/ingress-gce", onGCE},
	} {
		if strings.HasPrefix(name, known[0]) {
			return known[1]
		}
	}
	return name
}

// controllerByClass tells the controller by the name that its class usually has.
func controllerByClass(class string) string {
	for _, known := range [][2]string{
		{"traefik", onTraefik}, {"nginx", onIngressNGINX}, {"haproxy", onHAProxy}, {"kong", onKong},
		{"alb", onALB}, {"contour", onContour}, {"gce", onGCE},
	} {
		if strings.HasPrefix(class, known[0]) {
			return known[1]
		}
	}
	return ""
}

func (m *merger) asks(routes []Route) bool {
	_, annotated := m.base.GetAnnotations()[ClassAnnotation]
	named := m.common.Spec.IngressClassName != nil
	return annotated || strips(routes) || named && m.opts.Strict
}

func strips(routes []Route) bool {
	for _, route := range routes {
		if route.Strip {
			return true
		}
	}
	return false
}
