package ingress

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// Options says what Merge cannot see in the objects. The zero value is for
// objects that were rendered from the whole app.
type Options struct {
	// Partial says that the objects are not the whole app's: the routes of
	// common are then added to those it has on the cluster, and take none away.
	Partial bool

	// Services maps the names of the app's rendered Services to the service
	// directories that render them. It attributes the paths of
	// common/ingress.yml. Nil means: those among the objects.
	Services map[string]string

	// Withhold leaves out the paths of common/ingress.yml whose Service is not
	// in Services, with a warning, instead of attributing them to common. It is
	// for when Services is known to be incomplete.
	Withhold bool

	// Sequence and Commit go into the fragments of services; see [Fragment].
	Sequence int64
	Commit   string
}

// A Result is what Merge returns.
type Result struct {
	// Objects are those given, in their order, with all Ingresses replaced by
	// the app's one, which comes last. There is none if none was given.
	Objects []*unstructured.Unstructured
	// Routes are those of the Ingress, as [Routes] returns them.
	Routes []Route
	// Warnings tell what the Ingress says that will not work as it did.
	Warnings []string
}

// Merge returns objs, as rendered, with every Ingress of app replaced by one.
//
// It is commutative and idempotent: the order of objs does not change the
// Ingress, and merging a Result again changes nothing. objs are not changed.
//
// Routes in conflict are a [*ConflictError]. A service's Ingress that says more
// than rules is an error for each field, and so is a second one in common.
func Merge(app string, objs []*unstructured.Unstructured, opts Options) (*Result, error) {
	m := merger{app: app, opts: opts, registry: registry{}}
	result := &Result{}
	if err := m.read(objs, result); err != nil {
		return nil, err
	}
	if !m.found {
		return result, nil
	}
	result.Warnings = m.warnings
	routes := m.registry.routes()
	if err := checkConflicts(routes); err != nil {
		return nil, err
	}
	obj, err := m.ingress(routes)
	if err != nil {
		return nil, err
	}
	result.Objects, result.Routes = append(result.Objects, obj), routes
	return result, nil
}

// A merger collects what the Ingresses among the objects say.
type merger struct {
	app      string
	opts     Options
	found    bool // there is an Ingress
	base     *unstructured.Unstructured
	common   *networkingv1.Ingress
	registry registry
	services map[string]string // Service name to owner
	warnings []string
}

func (m *merger) read(objs []*unstructured.Unstructured, result *Result) error {
	var ingresses []*unstructured.Unstructured
	m.services = maps.Clone(m.opts.Services)
	if m.services == nil {
		m.services = map[string]string{}
	}
	for _, obj := range objs {
		if is(obj) {
			ingresses = append(ingresses, obj)
			continue
		}
		result.Objects = append(result.Objects, obj)
		owner := m.owner(obj)
		if obj.GetKind() == "Service" && obj.GetAPIVersion() == "v1" {
			m.services[obj.GetName()] = owner
		}
		m.add(owner, Fragment{}) // an owner without routes leaves the Ingress
	}
	m.found = len(ingresses) > 0
	return m.readIngresses(ingresses)
}

func (m *merger) owner(obj *unstructured.Unstructured) string {
	owner, _ := strings.CutPrefix(obj.GetLabels()[layouts.SetLabel], m.app+".")
	return cmp.Or(owner, layouts.Common)
}

// readIngresses reads common's Ingress first: the services' depend on it.
func (m *merger) readIngresses(ingresses []*unstructured.Unstructured) error {
	var errs []error
	for _, obj := range ingresses {
		if m.owner(obj) == layouts.Common {
			errs = append(errs, m.readCommon(obj))
		}
	}
	for _, obj := range ingresses {
		if m.owner(obj) != layouts.Common {
			errs = append(errs, m.readService(obj))
		}
	}
	return errors.Join(errs...)
}

func (m *merger) readCommon(obj *unstructured.Unstructured) error {
	if m.base != nil {
		return placed(obj, fmt.Errorf("the app's Ingress is already in %s: an app has one; "+
			"put both files' rules into it", sourceOf(m.base)))
	}
	m.base = obj
	ing, err := decode(obj)
	if err != nil {
		return err
	}
	m.common = ing
	m.warnings = append(m.warnings, warnings(obj)...)
	merged, err := readRegistry(obj.GetAnnotations())
	if err != nil {
		return placed(obj, err)
	}
	if len(merged) > 0 { // the result of an earlier Merge
		maps.Copy(m.registry, merged)
		return nil
	}
	routes, err := readRoutes(ing, layouts.Common, sourceOf(obj))
	if err != nil {
		return placed(obj, err)
	}
	for _, route := range routes {
		m.attribute(route)
	}
	m.add(layouts.Common, Fragment{Source: sourceOf(obj), TLS: readTLS(ing)})
	return nil
}

// attribute gives a route of common/ingress.yml to its owner.
func (m *merger) attribute(route Route) {
	owner, known := m.services[route.Backend.Service]
	_, deployed := m.registry[owner]
	switch {
	case known && !deployed:
		return // its own deploy publishes it
	case known:
		route.Owner = owner
	case m.opts.Withhold:
		m.warnings = append(m.warnings, fmt.Sprintf("%s: route %s is left out: no template "+
			"that could be rendered has a Service %s", route.Source, route, route.Backend.Service))
		return
	}
	m.add(route.Owner, Fragment{Source: route.Source, Routes: []Route{route}})
}

// add puts more into the fragment of owner.
func (m *merger) add(owner string, more Fragment) {
	f := m.registry[owner]
	f.Source = cmp.Or(f.Source, more.Source)
	f.Routes = append(slices.Clone(f.Routes), more.Routes...)
	f.TLS = append(slices.Clone(f.TLS), more.TLS...)
	if owner == layouts.Common {
		f.Partial = m.opts.Partial
	} else {
		f.Sequence, f.Commit = m.opts.Sequence, m.opts.Commit
	}
	sortRoutes(f.Routes)
	m.registry[owner] = f
}

func (m *merger) readService(obj *unstructured.Unstructured) error {
	ing, err := decode(obj)
	if err != nil {
		return err
	}
	if err := m.onlyRules(obj, ing); err != nil {
		return err
	}
	owner := m.owner(obj)
	routes, err := readRoutes(ing, owner, sourceOf(obj))
	if err != nil {
		return placed(obj, err)
	}
	for _, route := range routes {
		m.add(owner, Fragment{Source: route.Source, Routes: m.onHosts(route)})
	}
	return nil
}

// onlyRules returns an error for each field of a service's Ingress that is
// common's to say.
func (m *merger) onlyRules(obj *unstructured.Unstructured, ing *networkingv1.Ingress) error {
	name := m.name()
	annotations := withoutRegistry(ing.Annotations)
	delete(annotations, layouts.SourceAnnotation)
	fields := []struct {
		path string
		set  bool
	}{
		{"metadata.name", ing.Name != "" && ing.Name != name},
		{"metadata.annotations", len(annotations) > 0},
		{"spec.ingressClassName", ing.Spec.IngressClassName != nil},
		{"spec.defaultBackend", ing.Spec.DefaultBackend != nil},
		{"spec.tls", len(ing.Spec.TLS) > 0},
	}
	var errs []error
	for _, field := range fields {
		if field.set {
			errs = append(errs, placed(obj, fmt.Errorf("%s belongs to the whole app: move it to "+
				"%s/common/ingress.yml, which makes Ingress %s", field.path, m.app, name)))
		}
	}
	return errors.Join(errs...)
}

// onHosts returns the route for each host of common's if it names none itself.
func (m *merger) onHosts(route Route) []Route {
	if route.Host != "" || m.common == nil {
		return []Route{route}
	}
	var hosts []string
	for _, rule := range m.common.Spec.Rules {
		hosts = append(hosts, rule.Host)
	}
	slices.Sort(hosts)
	if hosts = slices.Compact(hosts); len(hosts) == 0 {
		return []Route{route}
	}
	routes := make([]Route, len(hosts))
	for i, host := range hosts {
		routes[i] = route
		routes[i].Host = host
	}
	return routes
}

func (m *merger) name() string {
	if m.base != nil {
		return m.base.GetName()
	}
	return m.app + "-ingress"
}

// ingress returns the app's Ingress.
func (m *merger) ingress(routes []Route) (*unstructured.Unstructured, error) {
	obj := &unstructured.Unstructured{Object: map[string]any{}}
	spec := networkingv1.IngressSpec{}
	if m.base != nil {
		obj = m.base.DeepCopy()
		spec.IngressClassName = m.common.Spec.IngressClassName
		spec.DefaultBackend = m.common.Spec.DefaultBackend
	}
	obj.SetAPIVersion("networking.k8s.io/v1")
	obj.SetKind(kind)
	obj.SetName(m.name())
	labels := map[string]string{layouts.SetLabel: layouts.Set(m.app, layouts.Common)}
	maps.Copy(labels, obj.GetLabels())
	obj.SetLabels(labels)
	annotations := withoutRegistry(obj.GetAnnotations())
	if err := m.registry.write(annotations); err != nil {
		return nil, err
	}
	obj.SetAnnotations(annotations)
	spec.Rules, spec.TLS = composeRules(routes), composeTLS(m.registry.tls())
	return obj, setSpec(obj, &spec)
}

// withoutRegistry returns a copy of annotations without the fragments.
func withoutRegistry(annotations map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range annotations {
		if !strings.HasPrefix(name, AnnotationPrefix) {
			out[name] = value
		}
	}
	return out
}

// warnings tells which annotations of obj a controller of today ignores.
func warnings(obj *unstructured.Unstructured) []string {
	var out []string
	for _, name := range []string{
		"traefik.frontend.rule.type",
		"traefik.ingress.kubernetes.io/rule-type",
		"ingress.kubernetes.io/rule-type",
	} {
		if value := obj.GetAnnotations()[name]; strings.Contains(value, "Strip") {
			out = append(out, fmt.Sprintf("%s: annotation %s: %s is of Traefik 1: later controllers "+
				"ignore it and pass the whole path on; let the services answer under their paths",
				sourceOf(obj), name, value))
		}
	}
	return out
}
