package ingress

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// maxPath is how many bytes the Gateway API allows in a path.
const maxPath = 1024

// translate makes the routes in the registry what the Gateway API can say, and warns of what
// is then different.
func (m *merger) translate(result *Result) error {
	m.addDefault()
	result.Warnings = append(result.Warnings, slices.Concat(m.lost(), m.widened())...)
	ports := m.ports(result.Objects)
	var errs []error
	for _, owner := range slices.Sorted(maps.Keys(m.registry)) {
		f := m.registry[owner]
		f.TLS, f.Partial = nil, m.leftOut && owner == layouts.Common
		for i, route := range f.Routes {
			var err error
			if f.Routes[i], err = route.translated(ports); err != nil {
				errs = append(errs, fmt.Errorf("%s: route %s of %s: %w", route.Source, route, owner, err))
			}
		}
		m.registry[owner] = f
	}
	m.registry.tidy()
	return errors.Join(errs...)
}

// widened returns warnings of routes that match otherwise than before.
func (m *merger) widened() []string {
	specific, wild := map[string]int{}, map[string]bool{}
	for _, route := range m.registry.routes() {
		if route.PathType == string(networkingv1.PathTypeImplementationSpecific) {
			specific[route.Source]++
		}
		if hostRank(route.Host) == 1 {
			wild[route.Host] = true
		}
	}
	var out []string
	for _, source := range slices.Sorted(maps.Keys(specific)) {
		out = append(out, fmt.Sprintf("%s: %d of the paths are ImplementationSpecific: as HTTPRoutes they "+
			"match whole path elements", source, specific[source]))
	}
	for _, host := range slices.Sorted(maps.Keys(wild)) {
		out = append(out, fmt.Sprintf("host %s: as an Ingress it covers one label, as an HTTPRoute several",
			host))
	}
	return out
}

// lost returns warnings of what common's Ingress says and HTTPRoutes cannot.
func (m *merger) lost() []string {
	var out []string
	warn := func(field, text string) {
		out = append(out, fmt.Sprintf("%s: Ingress: %s: %s", sourceOf(m.base), field, text))
	}
	if len(m.common.Spec.TLS) > 0 {
		warn("spec.tls", "left out: certificates are the Gateway's: give them to its listeners")
	}
	if m.common.Spec.DefaultBackend != nil {
		warn("spec.defaultBackend", "becomes a route for all hosts; a Gateway may answer 404 itself where "+
			"a host has routes and none of them matches")
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.base.GetAnnotations())) {
		class := name == "kubernetes.io/ingress.class"
		if !class && !strings.HasPrefix(name, "slipway/") && !isStripMark(name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		warn("metadata.annotations", "left out: they are for Ingress controllers: "+strings.Join(names, ", "))
	}
	return out
}

// addDefault makes the default backend a route of common, unless there is one in its place.
func (m *merger) addDefault() {
	backend := m.common.Spec.DefaultBackend
	if backend == nil {
		return
	}
	to, _ := newBackend(*backend) // was read before
	route := Route{
		PathType: string(networkingv1.PathTypePrefix), Path: "/", Backend: to,
		Owner: layouts.Common, Source: sourceOf(m.base),
	}
	if _, taken := keys(m.registry.routes())[route.key()]; !taken {
		m.add(layouts.Common, Fragment{Source: route.Source, Routes: []Route{route}})
	}
}

// A portName is that of a Service's port.
type portName struct{ service, port string }

// ports returns the numbers of the ports that the app's Services name, and "" where two of
// one name differ.
func (m *merger) ports(objs []*unstructured.Unstructured) map[portName]string {
	numbers := map[portName]string{}
	for _, obj := range objs {
		if _, ours := m.owner(obj); !ours || obj.GetKind() != "Service" || obj.GetAPIVersion() != "v1" {
			continue
		}
		list, _, _ := unstructured.NestedSlice(obj.Object, "spec", "ports")
		for _, item := range list {
			port, _ := item.(map[string]any)
			name, _ := port["name"].(string)
			number := fmt.Sprint(port["port"])
			at := portName{obj.GetName(), name}
			if other, ok := numbers[at]; ok && other != number {
				number = ""
			}
			numbers[at] = number
		}
	}
	return numbers
}

// pattern finds what makes a path that is up to the controller a pattern to some of them.
var pattern = regexp.MustCompile(`[][(){}^$*+?|\\]`)

// legalPath is what the Gateway API allows in paths, and illegalPath what it then forbids.
var (
	legalPath   = regexp.MustCompile(`^/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$`)
	illegalPath = regexp.MustCompile(`//|/\.\.?(/|$)|%2[fF]`)
)

// translated returns the route as the Gateway API can say it.
func (r Route) translated(ports map[portName]string) (Route, error) {
	if r.PathType == string(networkingv1.PathTypeImplementationSpecific) {
		if pattern.MatchString(r.Path) {
			return r, errors.New("its path looks like a pattern, which HTTPRoutes are not made of: " +
				"make its pathType Prefix or Exact if it is none, or write the HTTPRoute yourself")
		}
		r.PathType = string(networkingv1.PathTypePrefix)
		r.Path = cmp.Or(strings.TrimRight(r.Path, "/"), "/")
	}
	if !legalPath.MatchString(r.Path) || illegalPath.MatchString(r.Path) || len(r.Path) > maxPath {
		return r, errors.New("the Gateway API does not allow such a path: percent-encode it, " +
			"leave out //, . and .., and keep to 1024 characters")
	}
	if r.Backend.Service != "" && strings.Trim(r.Backend.Port, "0123456789") != "" {
		number := ports[portName{r.Backend.Service, r.Backend.Port}]
		if number == "" {
			return r, fmt.Errorf("an HTTPRoute needs the port's number, and no Service %s with a port %s is "+
				"rendered: write the number", r.Backend.Service, r.Backend.Port)
		}
		r.Backend.Port = number
	}
	return r, nil
}
