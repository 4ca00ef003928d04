package policy

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// An Error is something that a policy does not allow.
type Error struct {
	// Source is the place in the template: the file, the line, and the column if it is
	// known, as in "shop/home/deployment.yml:7:11"; empty if the object does not say it.
	Source string
	// Object is the kind, namespace and name, as in "Deployment shop/home".
	Object string
	// Rule is the name of what forbids it, as in "pod-security"; see the package's
	// documentation.
	Rule string
	// Field is the path of the field, as spec.rules[0].host.
	Field string
	Err   error
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: against the policy (%s): %s: %v", e.Object, e.Rule, e.Field, e.Err)
	if e.Source != "" {
		text = e.Source + ": " + text
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

func newError(obj *unstructured.Unstructured, rule, field string, err error) *Error {
	secrets := layouts.FieldsOf(obj.GetAnnotations()).Secrets(obj.Object)
	if text := layouts.Masker(secrets).Replace(err.Error()); text != err.Error() {
		err = errors.New(text)
	}
	name := strings.TrimPrefix(obj.GetNamespace()+"/"+obj.GetName(), "/")
	return &Error{
		Source: layouts.SourceOf(obj.GetAnnotations(), field), Rule: rule, Field: field, Err: err,
		Object: strings.TrimSpace(obj.GetKind() + " " + name),
	}
}
