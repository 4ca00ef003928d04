package ingress

import (
	"maps"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// objects returns the app's Ingress, last, and before it the one for the routes that are
// stripped, if there are any, and its Middleware.
func (m *merger) objects() ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	stripped := bucket{true, m.dialect, dialects[m.dialect]}
	reg := m.registry.of(stripped)
	if len(reg.routes()) > 0 || len(m.opts.TakeFrom) > 0 { // what is taken may be there
		derived, err := m.ingress(stripped, reg)
		if err != nil {
			return nil, err
		}
		if stripped.dialect != nil && stripped.dialect.middleware {
			one, err := middleware(derived, reg)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		out = append(out, derived)
	}
	main, err := m.ingress(bucket{}, m.registry)
	return append(out, main), err
}

// ingress returns the Ingress for a bucket of the app's routes, with the fragments.
func (m *merger) ingress(b bucket, reg registry) (*unstructured.Unstructured, error) {
	routes := reg.routes()
	if err := b.check(routes); err != nil {
		return nil, err
	}
	obj := m.base.DeepCopy()
	obj.SetAPIVersion("networking.k8s.io/v1")
	obj.SetKind(kind)
	obj.SetName(m.name())
	labels := map[string]string{layouts.SetLabel: layouts.Set(m.app, layouts.Common)}
	maps.Copy(labels, obj.GetLabels())
	obj.SetLabels(labels)
	annotations := withoutRegistry(obj.GetAnnotations())
	spec := networkingv1.IngressSpec{
		IngressClassName: m.common.Spec.IngressClassName,
		DefaultBackend:   m.common.Spec.DefaultBackend,
		TLS:              composeTLS(m.registry.tls()),
		Rules:            b.rules(routes),
	}
	if b.strips {
		obj.SetName(derivedName(m.name()))
		annotations[mainAnnotation] = m.name()
		spec.DefaultBackend = nil
		maps.DeleteFunc(annotations, func(name, _ string) bool {
			// One of the two is to ask for the certificate.
			return isStripMark(name) || strings.Contains(name, "cert-manager.io/")
		})
	}
	b.annotate(obj, annotations, routes)
	if err := reg.write(annotations); err != nil {
		return nil, err
	}
	annotate(obj, annotations)
	return obj, setSpec(obj, &spec)
}
