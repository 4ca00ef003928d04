package ingress

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	networkingv1beta1 "k8s.io/api/networking/v1beta1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/slipway-go/slipway/layouts"
)

const kind = "Ingress"

// is reports whether obj is an Ingress of any version there ever was.
func is(obj *unstructured.Unstructured) bool {
	gvk := obj.GroupVersionKind()
	return gvk.Kind == kind && (gvk.Group == "networking.k8s.io" || gvk.Group == "extensions")
}

// decode returns obj as a networking.k8s.io/v1 Ingress, upgraded if it is of
// one of the two v1beta1 groups that Kubernetes 1.22 removed. Their fields are
// the same; the table of changes is in the Kubernetes deprecation guide:
// https://kubernetes.io/docs/reference/using-api/deprecation-guide/#ingress-v122
//
// A field that the version does not have is an error: the API server would drop
// or refuse it. See [decodeLive] for objects that come from there.
//
// pathType is [Options].PathType.
func decode(obj *unstructured.Unstructured, pathType string) (*networkingv1.Ingress, error) {
	var old networkingv1beta1.Ingress
	var ing networkingv1.Ingress
	var err error
	switch obj.GetAPIVersion() {
	case "networking.k8s.io/v1":
		err = strictly(obj, &ing, "serviceName, servicePort and spec.backend are of v1beta1: "+
			"in networking.k8s.io/v1 they are service.name, service.port and spec.defaultBackend")
	case "networking.k8s.io/v1beta1", "extensions/v1beta1":
		err = strictly(obj, &old, "backend.service and spec.defaultBackend are of "+
			"networking.k8s.io/v1: make that the apiVersion")
		if err == nil {
			ing = upgrade(&old, absentTypes[pathType])
		}
	default:
		err = fmt.Errorf("apiVersion %q has no kind Ingress: use networking.k8s.io/v1", obj.GetAPIVersion())
	}
	if err != nil {
		return nil, placed(obj, err)
	}
	return &ing, nil
}

// decodeLive returns an Ingress as the API server sent it. One that is newer than
// this package may have fields unknown here.
func decodeLive(obj *unstructured.Unstructured) (*networkingv1.Ingress, error) {
	if obj.GetAPIVersion() != "networking.k8s.io/v1" {
		return decode(obj, "")
	}
	var ing networkingv1.Ingress
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &ing); err != nil {
		return nil, placed(obj, err)
	}
	return &ing, nil
}

// placed puts the object's source in front of err.
func placed(obj *unstructured.Unstructured, err error) error { return placedAt(obj, "", err) }

// placedAt puts the source of a field in front of err, as far as the object tells it.
func placedAt(obj *unstructured.Unstructured, field string, err error) error {
	if source := layouts.SourceOf(obj.GetAnnotations(), field); source != "" {
		return fmt.Errorf("%s: Ingress: %w", source, err)
	}
	return fmt.Errorf("%s %s: %w", kind, obj.GetName(), err)
}

func sourceOf(obj *unstructured.Unstructured) string {
	// GetAnnotations would copy them all.
	source, _, _ := unstructured.NestedString(obj.Object, "metadata", "annotations", layouts.SourceAnnotation)
	return source
}

// strictly decodes obj into one version. hint is the way out if it has fields of
// the other.
func strictly(obj *unstructured.Unstructured, into any, hint string) error {
	err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(obj.Object, into, true)
	if err == nil {
		return nil
	}
	if !runtime.IsStrictDecodingError(err) {
		return wrongType(obj, into, err)
	}
	for _, field := range []string{
		`backend.serviceName"`, `backend.servicePort"`, `"spec.backend"`, // of v1beta1
		`backend.service"`, `"spec.defaultBackend"`, // of v1
	} {
		if strings.Contains(err.Error(), field) {
			return fmt.Errorf("%w: %s", err, hint)
		}
	}
	return err
}

// wrongType names the field behind err, of the converter, which does not.
func wrongType(obj *unstructured.Unstructured, into any, err error) error {
	data, cause := json.Marshal(obj.Object)
	if cause == nil {
		cause = json.Unmarshal(data, into)
	}
	field, ok := errors.AsType[*json.UnmarshalTypeError](cause)
	if !ok || field.Field == "" {
		return err
	}
	want := field.Type.Kind().String()
	switch field.Type.Kind() {
	case reflect.Struct, reflect.Map:
		want = "object"
	case reflect.Slice:
		want = "array"
	}
	// The name of an embedded struct is none that a template has.
	path := strings.ReplaceAll(field.Field, ".IngressRuleValue.", ".")
	return fmt.Errorf("%s is of type %s, want %s", path, field.Value, want)
}

// absentTypes are what an absent pathType of v1beta1 becomes, by [Options].PathType.
// The API server made it ImplementationSpecific, so that the same stays the same.
var absentTypes = map[string]networkingv1.PathType{
	"":         networkingv1.PathTypeImplementationSpecific,
	"preserve": networkingv1.PathTypeImplementationSpecific,
	"prefix":   networkingv1.PathTypePrefix,
}

func upgrade(old *networkingv1beta1.Ingress, absent networkingv1.PathType) networkingv1.Ingress {
	ing := networkingv1.Ingress{
		ObjectMeta: old.ObjectMeta,
		Spec:       networkingv1.IngressSpec{IngressClassName: old.Spec.IngressClassName},
	}
	ing.APIVersion, ing.Kind = "networking.k8s.io/v1", kind
	if old.Spec.Backend != nil {
		backend := upgradeBackend(*old.Spec.Backend)
		ing.Spec.DefaultBackend = &backend
	}
	for _, tls := range old.Spec.TLS {
		ing.Spec.TLS = append(ing.Spec.TLS, networkingv1.IngressTLS(tls))
	}
	for _, rule := range old.Spec.Rules {
		ing.Spec.Rules = append(ing.Spec.Rules, upgradeRule(rule, absent))
	}
	return ing
}

func upgradeRule(old networkingv1beta1.IngressRule, absent networkingv1.PathType) networkingv1.IngressRule {
	rule := networkingv1.IngressRule{Host: old.Host}
	if old.HTTP == nil {
		return rule
	}
	rule.HTTP = &networkingv1.HTTPIngressRuleValue{}
	for _, path := range old.HTTP.Paths {
		pathType := absent
		if path.PathType != nil {
			pathType = networkingv1.PathType(*path.PathType)
		}
		rule.HTTP.Paths = append(rule.HTTP.Paths, networkingv1.HTTPIngressPath{
			Path: path.Path, PathType: &pathType, Backend: upgradeBackend(path.Backend),
		})
	}
	return rule
}

func upgradeBackend(old networkingv1beta1.IngressBackend) networkingv1.IngressBackend {
	if old.Resource != nil && old.ServiceName == "" {
		return networkingv1.IngressBackend{Resource: old.Resource}
	}
	port := networkingv1.ServiceBackendPort{Number: old.ServicePort.IntVal}
	if old.ServicePort.Type == intstr.String {
		port = networkingv1.ServiceBackendPort{Name: old.ServicePort.StrVal}
	}
	return networkingv1.IngressBackend{
		Service:  &networkingv1.IngressServiceBackend{Name: old.ServiceName, Port: port},
		Resource: old.Resource,
	}
}
