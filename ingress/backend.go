package ingress

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// A Backend is what a route leads to: a Service and its port, or, in the rarer
// form, an object of another kind. Two Backends are equal if == says so.
type Backend struct {
	// Service is the name of a Service in the Ingress' namespace.
	Service string
	// Port is the port's name, or its number in decimal. The API server's rule
	// that a name has a letter keeps the two apart.
	Port string
	// Resource is set instead of Service and Port.
	Resource Resource
}

// A Resource names an object of any kind in the Ingress' namespace.
type Resource struct{ APIGroup, Kind, Name string }

// String returns "service:port", or "group/kind/name" for a Resource.
func (b Backend) String() string {
	if b.Service == "" {
		return b.Resource.APIGroup + "/" + b.Resource.Kind + "/" + b.Resource.Name
	}
	return b.Service + ":" + b.Port
}

// MarshalText returns what String does.
func (b Backend) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (b *Backend) UnmarshalText(text []byte) error {
	// Slashes are looked at first: a Resource's name may hold a colon.
	parts := strings.Split(string(text), "/")
	service, port, _ := strings.Cut(string(text), ":")
	switch {
	case len(parts) == 3 && parts[1] != "" && parts[2] != "":
		*b = Backend{Resource: Resource{parts[0], parts[1], parts[2]}}
	case len(parts) == 1 && service != "" && port != "":
		*b = Backend{Service: service, Port: port}
	default:
		return fmt.Errorf("backend %q is neither service:port nor group/kind/name", text)
	}
	return nil
}

// newBackend refuses names that MarshalText could not write down, none of which
// Kubernetes allows.
func newBackend(b networkingv1.IngressBackend) (Backend, error) {
	backend, err := readBackend(b)
	if err != nil {
		return Backend{}, err
	}
	var again Backend
	if again.UnmarshalText([]byte(backend.String())) != nil || again != backend {
		return Backend{}, fmt.Errorf("backend %q has a name that Kubernetes does not allow", backend)
	}
	return backend, nil
}

func readBackend(b networkingv1.IngressBackend) (Backend, error) {
	switch {
	case b.Service != nil && b.Resource != nil:
		return Backend{}, errors.New("backend has both a service and a resource: keep one")
	case b.Resource != nil:
		r := Resource{Kind: b.Resource.Kind, Name: b.Resource.Name}
		if b.Resource.APIGroup != nil {
			r.APIGroup = *b.Resource.APIGroup
		}
		return Backend{Resource: r}, nil
	case b.Service == nil || b.Service.Name == "":
		return Backend{}, errors.New("backend names no Service: set backend.service.name")
	}
	port, err := readPort(b.Service.Port)
	if err != nil {
		return Backend{}, fmt.Errorf("backend %s %w", b.Service.Name, err)
	}
	return Backend{Service: b.Service.Name, Port: port}, nil
}

// readPort reads a name of digits as the number: templates often quote, and the
// API server refuses such a name.
func readPort(port networkingv1.ServiceBackendPort) (string, error) {
	if port.Name != "" && port.Number != 0 {
		return "", errors.New("has both a port name and a port number: keep one")
	}
	number := int64(port.Number)
	if port.Name != "" {
		var err error
		if number, err = strconv.ParseInt(port.Name, 10, 32); err != nil {
			return port.Name, nil //nolint:nilerr // a name that is no number is the usual case
		}
	}
	if number == 0 {
		return "", errors.New("has no port: set backend.service.port.name or .number " +
			"(servicePort in v1beta1)")
	}
	return strconv.FormatInt(number, 10), nil
}

// v1 returns the backend as networking.k8s.io/v1 writes it.
func (b Backend) v1() networkingv1.IngressBackend {
	if b.Service == "" {
		ref := &corev1.TypedLocalObjectReference{Kind: b.Resource.Kind, Name: b.Resource.Name}
		if b.Resource.APIGroup != "" {
			ref.APIGroup = &b.Resource.APIGroup
		}
		return networkingv1.IngressBackend{Resource: ref}
	}
	port := networkingv1.ServiceBackendPort{Name: b.Port}
	if n, err := strconv.ParseInt(b.Port, 10, 32); err == nil {
		port = networkingv1.ServiceBackendPort{Number: int32(n)}
	}
	service := &networkingv1.IngressServiceBackend{Name: b.Service, Port: port}
	return networkingv1.IngressBackend{Service: service}
}
