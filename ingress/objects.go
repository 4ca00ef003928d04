package ingress

import (
	"maps"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// objects returns the app's Ingress, last, and before it what it needs: an Ingress for
// the routes that are stripped unlike the rest, and Middlewares.
func (m *merger) objects() ([]*unstructured.Unstructured, error) {
	main := bucket{m.dialect, dialects[m.dialect], m.strip}
	if err := main.check(m.registry.routes()); err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	rest := bucket{m.dialect, main.dialect, !m.strip}
	reg := m.rest(rest)
	if len(reg.routes()) > 0 || len(m.opts.TakeFrom) > 0 { // what is taken may be in either
		if err := rest.check(reg.routes()); err != nil {
			return nil, err
		}
		obj, err := m.ingress(rest, reg)
		if err != nil {
			return nil, err
		}
		out = append(out, obj)
	}
	obj, err := m.ingress(main, m.registry)
	if err != nil {
		return nil, err
	}
	out = append(out, obj)
	return m.withMiddlewares(out)
}

// rest returns the fragments of the bucket that is not the app's own Ingress': it has no
// routes where stripping is in no controller's words.
func (m *merger) rest(b bucket) registry {
	reg := m.registry.of(b)
	for owner, fragment := range reg {
		if b.dialect == nil {
			fragment.Routes = nil
			reg[owner] = fragment
		}
	}
	return reg
}

// withMiddlewares puts the Middlewares that the Ingresses name in front of them.
func (m *merger) withMiddlewares(ingresses []*unstructured.Unstructured,
) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	for _, obj := range ingresses {
		b := bucketOf(obj, nil)
		reg := m.registry.of(b)
		needed := strips(reg.routes()) || len(m.opts.TakeFrom) > 0
		if b.dialect == nil || !b.dialect.middleware || !b.strips || !needed {
			continue
		}
		one, err := middleware(obj, reg)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return append(out, ingresses...), nil
}

// ingress returns the Ingress for a bucket of the app's routes, with the fragments.
func (m *merger) ingress(b bucket, reg registry) (*unstructured.Unstructured, error) {
	obj := m.base.DeepCopy()
	obj.SetAPIVersion("networking.k8s.io/v1")
	obj.SetKind(kind)
	obj.SetName(m.name())
	labels := map[string]string{layouts.SetLabel: layouts.Set(m.app, layouts.Common)}
	maps.Copy(labels, obj.GetLabels())
	obj.SetLabels(labels)
	annotations := withoutRegistry(obj.GetAnnotations())
	maps.DeleteFunc(annotations, func(name, _ string) bool {
		return m.strip && b.dialect != nil && isStripMark(name) || !m.strip && name == StripAnnotation
	})
	spec := networkingv1.IngressSpec{
		IngressClassName: m.common.Spec.IngressClassName,
		DefaultBackend:   m.common.Spec.DefaultBackend,
		TLS:              composeTLS(m.registry.tls()),
	}
	if b.strips != m.strip { // not the app's own
		obj.SetName(otherName(m.name(), b.strips))
		annotations[mainAnnotation] = m.name()
		spec.DefaultBackend = nil
		maps.DeleteFunc(annotations, func(name, _ string) bool {
			return strings.Contains(name, "cert-manager.io/") // one of them is to ask for the certificate
		})
	}
	routes := reg.routes()
	spec.Rules = b.rules(routes)
	b.annotate(obj, annotations, routes)
	if err := reg.write(annotations); err != nil {
		return nil, err
	}
	annotate(obj, annotations)
	return obj, setSpec(obj, &spec)
}
