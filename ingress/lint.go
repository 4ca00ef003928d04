package ingress

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// A Finding is something about an app's routes that does not work, or may surprise.
type Finding struct {
	// Code names the kind of finding, such as "shadowed-route"; [Lint] lists them.
	Code string
	// Error says that it cannot work as it stands. All else is a warning.
	Error   bool
	Message string
	// Sources are the templates and lines that bring it about, as far as they are
	// known: two where two are at odds.
	Sources []string
}

// String returns the finding on one line: where it is, what it is, and its code.
func (f Finding) String() string {
	severity := "warning: "
	if f.Error {
		severity = "error: "
	}
	where := strings.Join(f.Sources, ", ")
	if where != "" {
		where += ": "
	}
	return where + severity + f.Message + " [" + f.Code + "]"
}

// Lint returns what is wrong with the routes of app, or may surprise. objs and opts
// are those of [Merge]. Findings come in a fixed order: errors, then warnings, each by
// code, then source, then message. The codes of errors are
//
//   - route-conflict: two owners lead a route to different backends.
//   - missing-service, missing-port: a backend is no Service, or no port of it, that
//     objs or opts know.
//
// and those of warnings
//
//   - shadowed-route: an ImplementationSpecific path under a Prefix, which controllers
//     that take the first match never come to.
//   - controller-order: of two routes that overlap, a controller takes the other one
//     than the specification; see [Explain]. It is the one that the class names, any if
//     that is not known.
//   - wildcard-over-host: a wildcard host has a route that overlaps with one of a
//     precise host.
//   - overlapping-route: a path lies under another owner's.
//   - prefix-trap: a path begins with the characters of another, but lies not under it,
//     and the controller, or one that it may be, matches by characters.
//   - catch-all: a route answers all paths of a host that has others, or on all hosts.
//   - strip-too-much: the prefix of one stripped route lies under that of another, which
//     answers there: controllers strip by one list of prefixes, the longest first.
//   - same-pods: Services of two owners select the same pods.
//   - ignored-annotation: an annotation does nothing any more.
//
// Routes that lead to the same backend never overlap. objs are not changed. What Merge
// refuses is an error here too, conflicts aside.
func Lint(app string, objs []*unstructured.Unstructured, opts Options) ([]Finding, error) {
	m := merger{
		app: app, opts: opts, registry: registry{}, services: map[string]string{},
		base: &unstructured.Unstructured{Object: map[string]any{}},
	}
	if err := m.read(objs, &Result{}); err != nil {
		return nil, err
	}
	m.registry.tidy()
	conflict := checkConflicts(m.registry.routes(), Route.key) // before strips are given up
	if err := m.chooseDialect(m.registry.routes()); err != nil {
		return nil, err
	}
	if stripped := (bucket{true, m.dialect, dialects[m.dialect]}); conflict == nil {
		conflict = stripped.check(m.registry.of(stripped).routes())
	}
	routes := m.registry.routes()
	l := linter{merger: m, objs: besideIngress(objs), controllers: m.served()}
	l.regexes = l.rewritten(routes)
	l.conflicts(conflict)
	l.backends(routes)
	l.pods()
	for _, text := range m.ignored {
		source, message, _ := strings.Cut(text, ": ")
		l.warn("ignored-annotation", message, source)
	}
	routes = slices.CompactFunc(routes, func(a, b Route) bool { return a.key() == b.key() })
	l.catchAlls(routes)
	l.strips(routes)
	for i, a := range routes {
		for _, b := range routes[:i] {
			if a.Backend != b.Backend {
				l.pair(b, a)
			}
		}
	}
	return l.sorted(), nil
}

// A linter collects findings.
type linter struct {
	merger
	objs        []*unstructured.Unstructured // that may be in the Ingress' namespace
	controllers []controller                 // that may serve the app
	regexes     map[string]bool              // the hosts whose paths ingress-nginx takes for such
	findings    []Finding
}

func (l *linter) fail(code, message string, sources ...string) {
	l.add(code, true, message, sources)
}

func (l *linter) warn(code, message string, sources ...string) {
	l.add(code, false, message, sources)
}

func (l *linter) add(code string, isError bool, message string, sources []string) {
	var known []string
	for _, source := range sources {
		if source != "" && !slices.Contains(known, source) {
			known = append(known, source)
		}
	}
	l.findings = append(l.findings, Finding{code, isError, message, known})
}

func (l *linter) sorted() []Finding {
	order := func(a, b Finding) int {
		return cmp.Or(
			boolCompare(b.Error, a.Error),
			cmp.Compare(a.Code, b.Code),
			slices.Compare(a.Sources, b.Sources),
			cmp.Compare(a.Message, b.Message),
		)
	}
	slices.SortFunc(l.findings, order)
	return slices.CompactFunc(l.findings, func(a, b Finding) bool { return order(a, b) == 0 })
}

func (l *linter) conflicts(err error) {
	if err, ok := errors.AsType[*ConflictError](err); ok {
		for _, c := range err.Conflicts {
			l.fail("route-conflict", fmt.Sprintf("%s leads to %s by %s, to %s by %s: take it out of one of "+
				"them, or make both agree", c.A, c.A.destination(), c.A.Owner, c.B.destination(), c.B.Owner),
				c.A.Source, c.B.Source)
		}
	}
}

func (l *linter) backends(routes []Route) {
	for _, r := range routes {
		l.backend(fmt.Sprintf("%s of %s", r, r.Owner), r.Backend, r.Source)
	}
	if b := l.common.Spec.DefaultBackend; b != nil {
		if backend, err := newBackend(*b); err == nil {
			l.backend("the default backend", backend, sourceOf(l.base))
		}
	}
}

// backend checks that a Service and its port are there, as far as can be told.
func (l *linter) backend(what string, b Backend, source string) {
	if b.Service == "" {
		return
	}
	service := serviceOf(l.objs, b.Service)
	switch {
	case service == nil && (l.opts.Services[b.Service] != "" || l.opts.Incomplete != nil):
	case service == nil:
		l.fail("missing-service", fmt.Sprintf("%s leads to Service %s, which no template makes: "+
			"correct the name, or add the Service", what, b.Service), source)
	case service.Spec.Type == corev1.ServiceTypeExternalName && len(service.Spec.Ports) == 0:
	case portOf(service, b.Port) == 0:
		l.fail("missing-port", fmt.Sprintf("%s leads to port %s of Service %s, which has %s",
			what, b.Port, b.Service, portNames(service)), source,
			service.Annotations[layouts.SourceAnnotation])
	}
}

// portNames returns the ports by which a backend may call them.
func portNames(service *corev1.Service) string {
	var names []string
	for _, p := range service.Spec.Ports {
		name := strconv.Itoa(int(p.Port))
		if p.Name != "" {
			name = fmt.Sprintf("%s (%d)", p.Name, p.Port)
		}
		names = append(names, name)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

// A selection is a Service that selects pods.
type selection struct {
	owner, name, source string
	selector            map[string]string
	workloads           []string // whose pods it selects
}

// pods compares the selectors of different owners' Services. One owner's may well
// share pods: one with an address, one without.
func (l *linter) pods() {
	selections := l.selections()
	for i, b := range selections {
		for _, a := range selections[:i] {
			if a.owner == b.owner {
				continue
			}
			if pods := a.common(b); pods != "" {
				l.warn("same-pods", fmt.Sprintf("Services %s of %s and %s of %s select %s: requests for "+
					"one reach the other", a.name, a.owner, b.name, b.owner, pods), a.source, b.source)
			}
		}
	}
}

func (l *linter) selections() []selection {
	var out []selection
	for _, obj := range l.objs {
		owner, ours := l.owner(obj)
		selector, _, _ := unstructured.NestedStringMap(obj.Object, "spec", "selector")
		if ours && obj.GetKind() == "Service" && obj.GetAPIVersion() == "v1" && len(selector) > 0 {
			workloads := selected(l.objs, selector)
			out = append(out, selection{owner, obj.GetName(), sourceOf(obj), selector, workloads})
		}
	}
	slices.SortStableFunc(out, func(a, b selection) int {
		return cmp.Or(cmp.Compare(a.owner, b.owner), cmp.Compare(a.name, b.name))
	})
	return out
}

// common names the pods that both select; empty if there are none.
func (s selection) common(other selection) string {
	var both []string
	for _, workload := range s.workloads {
		if slices.Contains(other.workloads, workload) {
			both = append(both, workload)
		}
	}
	switch {
	case len(both) > 0:
		return "the pods of " + strings.Join(both, ", ")
	case maps.Equal(s.selector, other.selector):
		return "the same pods"
	}
	return ""
}

func (l *linter) catchAlls(routes []Route) {
	for _, r := range routes {
		others := slices.ContainsFunc(routes, func(o Route) bool {
			return o.Host == r.Host && o.Backend != r.Backend
		})
		switch {
		case r.Host == "":
			l.warn("catch-all", fmt.Sprintf("%s of %s has no host: it answers on every host of the "+
				"controller, those of other apps too", r, r.Owner), r.Source)
		case !isExact(r) && strings.Trim(r.Path, "/") == "" && others:
			l.warn("catch-all", fmt.Sprintf("%s of %s answers every path of the host that no other route "+
				"does, misspelt ones too", r, r.Owner), r.Source)
		}
	}
}

// strips reports prefixes that are stripped of other routes' requests too.
func (l *linter) strips(routes []Route) {
	for _, deep := range routes {
		for _, r := range routes {
			path := strings.TrimRight(deep.Path, "/")
			under := r.Strip && deep.Strip && !isExact(r) && path != strings.TrimRight(r.Path, "/") &&
				request{path: path}.onPath(r)
			if !under || slices.ContainsFunc(routes, func(own Route) bool {
				return own.Host == r.Host && own.Path == deep.Path && !isExact(own)
			}) {
				continue
			}
			text := fmt.Sprintf("%s of %s answers below %s, too, and a controller that strips by a list of "+
				"prefixes, as Traefik 3 does, takes off that of %s of %s there", r, r.Owner, deep.Path,
				deep, deep.Owner)
			l.warn("strip-too-much", text, r.Source, deep.Source)
		}
	}
}
