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
	// common/ingress.yml; those of services that have no object here are left
	// to their own deploys. Services among the objects need not be in it.
	Services map[string]string

	// Incomplete is why Services may lack some, if it may. Paths of
	// common/ingress.yml whose Service is not there are then left out, with a
	// warning, instead of being attributed to common.
	Incomplete error

	// Output is what the routes become; empty means OutputIngress.
	Output Output

	// Sequence and Commit go into the fragments of services; see [Fragment].
	Sequence int64
	Commit   string

	// TakeFrom lists services whose routes the services of this merge may take: a route
	// that both declare becomes theirs, where it would be a conflict, and the other one
	// loses it by the same write. [Unmanaged] stands for who is none. Of HTTPRoutes, which
	// are an object for each service, the claim goes over by one write; the other one's
	// HTTPRoute, being the older, answers until that service is deployed without the path.
	TakeFrom []string

	// PathType is that of v1beta1's paths that name none: "preserve", the default,
	// makes it ImplementationSpecific, which is what it was; "prefix" makes it Prefix.
	PathType string

	// Cluster is what the Ingress is for; nil for one that is not known yet, which
	// is taken to have what the templates ask for. See [Result].
	Cluster *Cluster

	// Strict makes an error of what is not done as the templates ask for, a warning
	// otherwise: a class that is not there, a path that is not stripped.
	Strict bool
}

// A Result is what Merge returns.
type Result struct {
	// Objects are those given, in their order, with all Ingresses replaced by
	// the app's one, which comes last; it is missing if no Ingress was given. With
	// HTTPRoutes, these come last instead.
	Objects []*unstructured.Unstructured
	// Routes are those of the Ingress, or of the HTTPRoutes, as [Routes] returns them.
	Routes []Route
	// Warnings tell what the Ingress says that will not work as it did, each
	// with its source, in a fixed order.
	Warnings []string
	// Asks says that the objects depend on what the cluster is like, so that
	// [Options].Cluster should be filled in.
	Asks bool
}

// Merge returns objs, as rendered, with every Ingress of app replaced by one, or, if
// Options.Output says so, by the HTTPRoutes of each owner, which come last, sorted by
// owner; common's HTTPRoute without rules, which all others are made from, is no
// object. Whose an object is stands in its [layouts.SetLabel]; without one it is
// common's. Objects of other apps stay as they are.
//
// It is commutative and idempotent: the order of objs does not change the
// Ingress, and merging a Result again changes nothing. objs are not changed.
//
// A service's Ingress that says more than rules is an error for each field, and
// so is every further one in common, every path without a backend that v1 allows,
// and every Ingress with fields that its version does not have; all come joined,
// common's first, then sorted by source, then name. Routes in conflict are a
// [*ConflictError], which lists them all.
func Merge(app string, objs []*unstructured.Unstructured, opts Options) (*Result, error) {
	m := merger{
		app: app, opts: opts, registry: registry{}, services: map[string]string{},
		base: &unstructured.Unstructured{Object: map[string]any{}},
	}
	result := &Result{}
	objs, err := m.takeTemplate(objs)
	if err != nil {
		return nil, err
	}
	if err := m.read(objs, result); err != nil {
		return nil, err
	}
	result.Warnings = slices.Concat(m.ignored, m.warnings)
	if !m.found {
		return result, nil
	}
	m.registry.tidy()
	m.take()
	if opts.Output == OutputHTTPRoute {
		return m.httpRoutes(result)
	}
	routes := m.registry.routes()
	if err := checkConflicts(routes, Route.key); err != nil {
		return nil, err
	}
	result.Asks = m.asks(routes)
	if err := errors.Join(m.resolveClass(), m.chooseDialect(routes)); err != nil {
		return nil, err
	}
	routes = m.registry.routes()
	result.Warnings = slices.Concat(m.ignored, m.warnings)
	objects, err := m.objects()
	if err != nil {
		return nil, err
	}
	result.Objects, result.Routes = append(result.Objects, objects...), routes
	return result, nil
}

// A merger collects what the Ingresses among the objects say.
type merger struct {
	app      string
	opts     Options
	found    bool                       // there is an Ingress
	base     *unstructured.Unstructured // common's Ingress; empty if there is none
	common   networkingv1.Ingress       // base, decoded
	strip    bool                       // what common says of it
	traefik  bool                       // common says it in Traefik 1's words
	dialect  string                     // the controller in whose words it is said; "" for nobody's
	template *unstructured.Unstructured // of HTTPRoutes; nil if there is none, or none is to be made
	leftOut  bool                       // whose some of its routes are cannot be told

	registry registry
	services map[string]string // Service name to owner
	ignored  []string          // annotations, each after its source: what they ask for is not done
	warnings []string
}

func (m *merger) read(objs []*unstructured.Unstructured, result *Result) error {
	if _, ok := absentTypes[m.opts.PathType]; !ok {
		return fmt.Errorf("option PathType is %q, want preserve or prefix", m.opts.PathType)
	}
	var common, services []*unstructured.Unstructured
	for _, obj := range objs {
		owner, ours := m.owner(obj)
		switch {
		case ours && Derived(obj):
			continue // is made anew
		case !ours || !is(obj):
			result.Objects = append(result.Objects, obj)
		case owner == layouts.Common:
			common = append(common, obj)
			continue // its Ingress may be the result of a Merge without common
		default:
			services = append(services, obj)
		}
		if ours {
			m.add(owner, Fragment{}) // an owner without routes leaves the Ingress
			m.serves(obj, owner)
		}
	}
	for name, owner := range m.opts.Services {
		m.services[name] = cmp.Or(m.services[name], owner)
	}
	m.found = len(common)+len(services) > 0
	return m.readIngresses(common, services)
}

// owner returns whose obj is, and whether it is of the app at all.
func (m *merger) owner(obj *unstructured.Unstructured) (owner string, ours bool) {
	set, marked := obj.GetLabels()[layouts.SetLabel]
	if !marked {
		return layouts.Common, true
	}
	return strings.CutPrefix(set, m.app+".")
}

// serves notes whose Service obj is. If two services render one of the same name,
// into different namespaces, it is the first's: which of them is seen first must
// not matter.
func (m *merger) serves(obj *unstructured.Unstructured, owner string) {
	if obj.GetKind() != "Service" || obj.GetAPIVersion() != "v1" {
		return
	}
	if other, ok := m.services[obj.GetName()]; !ok || owner < other {
		m.services[obj.GetName()] = owner
	}
}

// readIngresses reads common's Ingress first: the services' depend on it.
func (m *merger) readIngresses(common, services []*unstructured.Unstructured) error {
	bySource := func(a, b *unstructured.Unstructured) int {
		return cmp.Or(cmp.Compare(sourceOf(a), sourceOf(b)), cmp.Compare(a.GetName(), b.GetName()))
	}
	slices.SortStableFunc(common, bySource)
	slices.SortStableFunc(services, bySource)
	var errs []error
	for i, obj := range common {
		if i == 0 {
			errs = append(errs, m.readCommon(obj))
			continue
		}
		errs = append(errs, placed(obj, fmt.Errorf("the app's Ingress is already in %s: an app has one; "+
			"put both files' rules into it", cmp.Or(sourceOf(m.base), m.base.GetName()))))
	}
	for _, obj := range services {
		errs = append(errs, m.readService(obj))
	}
	return errors.Join(errs...)
}

func (m *merger) readCommon(obj *unstructured.Unstructured) error {
	m.base = obj
	ing, err := decode(obj, m.opts.PathType)
	if err != nil {
		return err
	}
	m.common = *ing
	strip, ignored, err := stripping(obj, m.strip)
	if err != nil {
		return placed(obj, err)
	}
	m.traefik = slices.ContainsFunc(ruleTypes, func(name string) bool {
		return obj.GetAnnotations()[name] != ""
	})
	m.strip, m.ignored = strip, append(m.ignored, ignored...)
	merged, err := readRegistry(obj.GetAnnotations())
	if err != nil {
		return placed(obj, err)
	}
	if len(merged) > 0 { // the result of an earlier Merge
		maps.Copy(m.registry, merged)
		return nil
	}
	if err := m.readDefault(); err != nil {
		return placedAt(obj, "spec.defaultBackend", fmt.Errorf("spec.defaultBackend: %w", err))
	}
	routes, err := readRoutes(obj, ing, layouts.Common)
	if err != nil {
		return err
	}
	for _, route := range withStrip(routes, m.strip) {
		m.attribute(route)
	}
	m.add(layouts.Common, Fragment{Source: sourceOf(obj), TLS: readTLS(ing)})
	return nil
}

// readDefault checks the default backend, and writes its port as v1 wants it.
func (m *merger) readDefault() error {
	if m.common.Spec.DefaultBackend == nil {
		return nil
	}
	backend, err := newBackend(*m.common.Spec.DefaultBackend)
	if err != nil {
		return err
	}
	v1 := backend.v1()
	m.common.Spec.DefaultBackend = &v1
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
	case m.opts.Incomplete != nil && route.Backend.Service != "":
		m.warnings = append(m.warnings, fmt.Sprintf("%s: route %s is left out: whose Service %s is "+
			"cannot be told: %v", route.Source, route, route.Backend.Service, m.opts.Incomplete))
		m.leftOut = true
		return
	}
	m.add(route.Owner, Fragment{Source: route.Source, Routes: []Route{route}})
}

// add puts more into the fragment of owner.
func (m *merger) add(owner string, more Fragment) {
	f := m.registry[owner]
	f.Source = cmp.Or(f.Source, more.Source)
	f.Routes = append(f.Routes, more.Routes...)
	f.TLS = append(f.TLS, more.TLS...)
	if owner == layouts.Common {
		f.Partial = m.opts.Partial
	} else {
		f.Sequence, f.Commit = m.opts.Sequence, m.opts.Commit
	}
	m.registry[owner] = f
}

func (m *merger) readService(obj *unstructured.Unstructured) error {
	ing, err := decode(obj, m.opts.PathType)
	if err != nil {
		return err
	}
	if err := m.onlyRules(obj, ing); err != nil {
		return err
	}
	strip, ignored, err := stripping(obj, m.strip)
	if err != nil {
		return placed(obj, err)
	}
	m.ignored = append(m.ignored, ignored...)
	owner, _ := m.owner(obj)
	routes, err := readRoutes(obj, ing, owner)
	if err != nil {
		return err
	}
	for _, route := range withStrip(routes, strip) {
		m.add(owner, Fragment{Source: route.Source, Routes: m.onHosts(route)})
	}
	return nil
}

// onlyRules returns an error for each field of a service's Ingress that is
// common's to say. Metadata may repeat what common says.
func (m *merger) onlyRules(obj *unstructured.Unstructured, ing *networkingv1.Ingress) error {
	name := m.name()
	fields := []struct {
		path string
		set  bool
	}{
		{"metadata.name", ing.Name != "" && ing.Name != name},
		{"metadata.namespace", ing.Namespace != "" && ing.Namespace != m.base.GetNamespace()},
		{"metadata.labels", addsTo(m.base.GetLabels(), ing.Labels)},
		{"metadata.annotations", addsTo(m.base.GetAnnotations(), ing.Annotations)},
		{"spec.ingressClassName", ing.Spec.IngressClassName != nil},
		{"spec.defaultBackend", ing.Spec.DefaultBackend != nil},
		{"spec.tls", len(ing.Spec.TLS) > 0},
	}
	var errs []error
	for _, field := range fields {
		if field.set {
			errs = append(errs, placedAt(obj, field.path, fmt.Errorf("%s belongs to the whole app: move it "+
				"to %s/common/ingress.yml, which makes Ingress %s", field.path, m.app, name)))
		}
	}
	return errors.Join(errs...)
}

// addsTo reports whether more says anything that base does not, Slipway's own
// marks aside.
func addsTo(base, more map[string]string) bool {
	for name, value := range more {
		known, ok := base[name]
		mark := name == layouts.SetLabel || name == layouts.SourceAnnotation ||
			name == layouts.LinesAnnotation || isStripMark(name)
		if !mark && (!ok || known != value) {
			return true
		}
	}
	return false
}

// onHosts returns the route for each host of common's if it names none itself.
func (m *merger) onHosts(route Route) []Route {
	if route.Host != "" {
		return []Route{route}
	}
	hosts := m.hosts()
	if len(hosts) == 0 {
		return []Route{route}
	}
	routes := make([]Route, len(hosts))
	for i, host := range hosts {
		routes[i] = route
		routes[i].Host = host
	}
	return routes
}

func (m *merger) name() string { return cmp.Or(m.base.GetName(), m.app+"-ingress") }
