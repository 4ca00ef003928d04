package ingress

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// An Output is what routes become.
type Output string

// The outputs.
const (
	OutputIngress   Output = "Ingress"   // one networking.k8s.io/v1 Ingress for the app
	OutputHTTPRoute Output = "HTTPRoute" // gateway.networking.k8s.io/v1, one and more for each service
)

// ParentAnnotation names, on common's Ingress, the Gateway that HTTPRoutes attach to, as
// "gateway", "namespace/gateway" or "namespace/gateway/section". An HTTPRoute in common
// without rules says the same, and more.
const ParentAnnotation = "slipway/parent"

const gatewayGroup = "gateway.networking.k8s.io"

func isHTTPRoute(obj *unstructured.Unstructured) bool {
	gvk := obj.GroupVersionKind()
	return gvk.Group == gatewayGroup && gvk.Kind == "HTTPRoute"
}

// takeTemplate returns objs without common's HTTPRoute without rules: what it says, all that
// are made say. An Ingress has no use for it.
func (m *merger) takeTemplate(objs []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	if !slices.Contains([]Output{"", OutputIngress, OutputHTTPRoute}, m.opts.Output) {
		return nil, fmt.Errorf("option Output is %q, want %s or %s",
			m.opts.Output, OutputIngress, OutputHTTPRoute)
	}
	var templates, rest []*unstructured.Unstructured
	for _, obj := range objs {
		owner, ours := m.owner(obj)
		if rules, _, _ := unstructured.NestedFieldNoCopy(obj.Object, "spec", "rules"); rules == nil &&
			ours && owner == layouts.Common && isHTTPRoute(obj) && !Claiming(obj) {
			templates = append(templates, obj)
			continue
		}
		rest = append(rest, obj)
	}
	slices.SortFunc(templates, func(a, b *unstructured.Unstructured) int {
		return cmp.Compare(sourceOf(a), sourceOf(b))
	})
	for i, template := range templates {
		if i > 0 {
			return nil, fmt.Errorf("%s: HTTPRoute: %s says already what all HTTPRoutes of the app say: "+
				"put both into one", sourceOf(template), sourceOf(templates[0]))
		}
		if err := m.readTemplate(template); err != nil {
			return nil, fmt.Errorf("%s: HTTPRoute: %w", sourceOf(template), err)
		}
	}
	return rest, nil
}

func (m *merger) readTemplate(template *unstructured.Unstructured) error {
	if m.opts.Output != OutputHTTPRoute {
		m.ignored = append(m.ignored, sourceOf(template)+": HTTPRoute: left out: routes are to be an "+
			"Ingress, and without rules of its own it would answer every request with an error")
		return nil
	}
	if parents, _, _ := unstructured.NestedSlice(template.Object, "spec", "parentRefs"); len(parents) == 0 {
		return errors.New("spec.parentRefs is empty: name the Gateway there")
	}
	strip, ignored, err := stripping(template, false)
	m.template, m.strip, m.ignored = template, strip, append(m.ignored, ignored...)
	m.base.SetNamespace(template.GetNamespace()) // base is still the one that there is without an Ingress
	return err
}

// hosts returns those that common names, for the routes of services that name none.
func (m *merger) hosts() []string {
	var hosts []string
	if m.template != nil {
		hosts, _, _ = unstructured.NestedStringSlice(m.template.Object, "spec", "hostnames")
	}
	if len(hosts) == 0 {
		for _, rule := range m.common.Spec.Rules {
			hosts = append(hosts, rule.Host)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// httpRoutes adds the HTTPRoutes of all owners to result.
func (m *merger) httpRoutes(result *Result) (*Result, error) {
	if err := m.translate(result); err != nil {
		return nil, err
	}
	result.Routes = m.registry.routes()
	if err := checkOwners(result.Routes); err != nil {
		return nil, err
	}
	if len(result.Routes) == 0 && !m.leftOut {
		return result, nil
	}
	base, err := m.baseRoute()
	if err != nil {
		return nil, err
	}
	for _, owner := range slices.Sorted(maps.Keys(m.registry)) {
		made, err := m.routesOf(owner, base)
		if err == nil {
			err = m.checkNames(made, result.Objects)
		}
		if err != nil {
			return nil, err
		}
		result.Objects = append(result.Objects, made...)
	}
	return result, nil
}

// baseRoute returns what all HTTPRoutes of the app say.
func (m *merger) baseRoute() (*unstructured.Unstructured, error) {
	base := m.template
	if base == nil {
		parent, err := m.parent()
		if err != nil {
			return nil, err
		}
		base = &unstructured.Unstructured{Object: map[string]any{
			"spec": map[string]any{"parentRefs": []any{parent}},
		}}
		base.SetLabels(m.base.GetLabels())
	}
	base = base.DeepCopy()
	base.SetAPIVersion(gatewayGroup + "/v1")
	base.SetKind("HTTPRoute")
	if base.GetNamespace() == "" && m.base.GetNamespace() != "" {
		base.SetNamespace(m.base.GetNamespace())
	}
	annotations := base.GetAnnotations()
	maps.DeleteFunc(annotations, func(name, _ string) bool {
		return strings.HasPrefix(name, "slipway/") || isStripMark(name)
	})
	annotate(base, annotations)
	parents, _, _ := unstructured.NestedSlice(base.Object, "spec", "parentRefs")
	for _, parent := range parents {
		if p, ok := parent.(map[string]any); ok {
			// Defaults are written out, so that what is sent is what is then there.
			p["group"] = cmp.Or(p["group"], any(gatewayGroup))
			p["kind"] = cmp.Or(p["kind"], any("Gateway"))
		}
	}
	return base, unstructured.SetNestedSlice(base.Object, parents, "spec", "parentRefs")
}

// parent returns the reference to the Gateway that common's Ingress names.
func (m *merger) parent() (map[string]any, error) {
	name, ok := m.base.GetAnnotations()[ParentAnnotation]
	if !ok {
		return nil, fmt.Errorf("%[1]s: routes are to be HTTPRoutes, and nothing names their Gateway: put an "+
			"HTTPRoute with spec.parentRefs and without rules into %[1]s/common/httproute.yml, or the "+
			"annotation %[2]s: <namespace>/<gateway> into %[1]s/common/ingress.yml", m.app, ParentAnnotation)
	}
	parts := strings.Split(name, "/")
	if len(parts) > 3 || slices.Contains(parts, "") {
		return nil, placed(m.base, fmt.Errorf("annotation %s is %q, want <gateway>, <namespace>/<gateway> "+
			"or <namespace>/<gateway>/<section>", ParentAnnotation, name))
	}
	if len(parts) == 1 {
		return map[string]any{"name": parts[0]}, nil
	}
	parent := map[string]any{"namespace": parts[0], "name": parts[1]}
	if len(parts) == 3 {
		parent["sectionName"] = parts[2]
	}
	return parent, nil
}

// routesOf returns the HTTPRoutes of an owner: <app>.<owner>, <app>.<owner>.2 and so on. A dot
// is in no name of an app or service, so that no two have one name.
func (m *merger) routesOf(owner string, base *unstructured.Unstructured,
) ([]*unstructured.Unstructured, error) {
	f := m.registry[owner]
	if f.Partial {
		obj, err := m.httpRoute(owner, base, sheet{})
		return []*unstructured.Unstructured{obj}, err
	}
	var made []*unstructured.Unstructured
	for i, part := range sheets(f.Routes) {
		obj, err := m.httpRoute(owner, base, part)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			obj.SetName(fmt.Sprintf("%s.%d", obj.GetName(), i+1))
		}
		made = append(made, obj)
	}
	return made, nil
}

// httpRoute returns the HTTPRoute for part. Where an owner's routes are not all known it has
// no spec: package apply leaves those that are there as they are, and whoever else applies it
// is refused.
func (m *merger) httpRoute(owner string, base *unstructured.Unstructured, part sheet,
) (*unstructured.Unstructured, error) {
	obj := base.DeepCopy()
	obj.SetName(layouts.Set(m.app, owner))
	labels := map[string]string{}
	maps.Copy(labels, obj.GetLabels())
	labels[layouts.SetLabel] = obj.GetName()
	obj.SetLabels(labels)
	f := m.registry[owner]
	f.Routes = part.routes
	f.Takes = slices.DeleteFunc(slices.Clone(f.Takes), func(t Taken) bool { return !part.has(t) })
	if spec, _ := obj.Object["spec"].(map[string]any); f.Partial {
		delete(obj.Object, "spec")
	} else {
		part.write(spec)
		f.Source = part.routes[0].Source
	}
	annotations := map[string]string{}
	maps.Copy(annotations, obj.GetAnnotations())
	if f.Source != "" {
		annotations[layouts.SourceAnnotation] = f.Source
	}
	err := registry{owner: f}.write(annotations)
	obj.SetAnnotations(annotations)
	return obj, err
}

// checkNames returns an error if a service's own HTTPRoute has a name that is needed.
func (m *merger) checkNames(made, objs []*unstructured.Unstructured) error {
	var errs []error
	for _, obj := range objs {
		for _, ours := range made {
			same := isHTTPRoute(obj) && obj.GetName() == ours.GetName()
			if a, b := obj.GetNamespace(), ours.GetNamespace(); same && (a == b || a == "" || b == "") {
				errs = append(errs, fmt.Errorf("%s: HTTPRoute %s: the routes of %s are to have this name: "+
					"take another", sourceOf(obj), obj.GetName(), ours.GetLabels()[layouts.SetLabel]))
			}
		}
	}
	return errors.Join(errs...)
}
