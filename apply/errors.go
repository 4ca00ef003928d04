package apply

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// An ObjectError is why one object, or its rollout, failed. Err is one of this
// package's error types, one of package ingress', a context's error, or, for
// what has no type of its own, the server's answer.
type ObjectError struct {
	Ref
	// Source is the template and line, if the object carries one.
	Source string
	Err    error
}

func (e *ObjectError) Error() string {
	if e.Source == "" {
		return fmt.Sprintf("%s: %v", e.Ref, e.Err)
	}
	return fmt.Sprintf("%s: %s: %v", e.Source, e.Ref, e.Err)
}

func (e *ObjectError) Unwrap() error { return e.Err }

// A FieldConflict is a field that another manager owns with another value.
type FieldConflict struct {
	// Field is its path, such as ".spec.replicas".
	Field string
	// Manager owns it.
	Manager string
	// Time is when the manager last wrote the object; zero if not told.
	Time time.Time
}

// A ConflictError lists the fields that other field managers own.
type ConflictError struct{ Fields []FieldConflict }

func (e *ConflictError) Error() string {
	parts := make([]string, len(e.Fields))
	var managers []string
	for i, f := range e.Fields {
		parts[i] = fmt.Sprintf("%s belongs to %s", f.Field, f.Manager)
		if !f.Time.IsZero() {
			parts[i] += " since " + f.Time.Format(time.RFC3339)
		}
		managers = append(managers, f.Manager)
	}
	slices.Sort(managers)
	return fmt.Sprintf("conflict: %s: take the field out of the template, or adopt %s",
		strings.Join(parts, "; "), strings.Join(slices.Compact(managers), ", "))
}

// A ForbiddenError reports a request that the cluster's access rules refuse.
type ForbiddenError struct {
	Verb, Resource, Namespace string
	// Reason is the server's, naming the user.
	Reason string
}

func (e *ForbiddenError) Error() string {
	where := "the whole cluster"
	if e.Namespace != "" {
		where = "namespace " + e.Namespace
	}
	return fmt.Sprintf("forbidden: %s: grant verb %q on %s in %s, or deploy as another user",
		e.Reason, e.Verb, e.Resource, where)
}

// An InvalidError reports an object that the server's schema, validation or
// admission refuses. Problems are the server's words without values, which
// could be secrets where a template puts one into the wrong field.
type InvalidError struct{ Problems []string }

func (e *InvalidError) Error() string {
	return "invalid: " + strings.Join(e.Problems, "; ") + ": correct the template"
}

// An UnknownKindError reports a kind that the cluster does not serve.
type UnknownKindError struct{ APIVersion, Kind string }

func (e *UnknownKindError) Error() string {
	return fmt.Sprintf("the cluster has no kind %s in %s: use an apiVersion that it serves "+
		"(kubectl api-resources lists them), or deploy its CustomResourceDefinition first",
		e.Kind, e.APIVersion)
}

// A NamespaceError reports a namespace that does not exist.
type NamespaceError struct{ Namespace string }

func (e *NamespaceError) Error() string {
	return fmt.Sprintf("namespace %s does not exist: create it, or give it a template in common/",
		e.Namespace)
}

// An UnreachableError reports that there is no talking to the API server.
type UnreachableError struct {
	Server string
	Err    error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("cluster %s cannot be reached: %v: check that it is up and that kubeconfig "+
		"and context name the right one", e.Server, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// explain returns err as one of this package's types.
func (r *run) explain(it *item, err error) error {
	if conflict := fieldConflict(err); conflict != nil {
		return conflict
	}
	var discovery *meta.NoKindMatchError
	switch {
	case isOurs(err):
		return err
	case errors.As(err, &discovery):
		return &UnknownKindError{it.change.APIVersion, it.change.Kind}
	case apierrors.IsForbidden(err):
		return &ForbiddenError{verbOf(err), it.resource.GroupResource().String(),
			it.obj.GetNamespace(), scrub(reason(err))}
	case isMissingNamespace(err):
		return &NamespaceError{it.obj.GetNamespace()}
	case apierrors.IsNotFound(err):
		return &UnknownKindError{it.change.APIVersion, it.change.Kind}
	case apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) || isSchemaError(err):
		return &InvalidError{problems(it, err)}
	case isUnreachable(err):
		return &UnreachableError{r.server, rootCause(err)}
	}
	return err
}

// isOurs reports whether err already says what to do.
func isOurs(err error) bool {
	for _, target := range []any{
		new(*ConflictError), new(*UnknownKindError), new(*ContentionError), new(*RolloutError),
		new(*ingress.ConflictError), new(*ingress.SupersededError), new(*ingress.RegistryError),
	} {
		if errors.As(err, target) {
			return true
		}
	}
	return errors.Is(err, context.Canceled)
}

// fieldConflict returns err as a *ConflictError if it is server-side apply's 409,
// else nil. Another 409 says that the object is not as it was read.
func fieldConflict(err error) *ConflictError {
	conflict := &ConflictError{}
	for _, cause := range causes(err) {
		if cause.Type == metav1.CauseTypeFieldManagerConflict {
			conflict.Fields = append(conflict.Fields, parseConflict(cause))
		}
	}
	if len(conflict.Fields) == 0 {
		return nil
	}
	return conflict
}

// conflictPattern is how the API server words a field conflict, the manager
// quoted; see apimachinery's util/managedfields/internal/conflict.go.
var conflictPattern = regexp.MustCompile(`^conflict with "([^"]*)"`)

func parseConflict(cause metav1.StatusCause) FieldConflict {
	c := FieldConflict{Field: cause.Field, Manager: cause.Message}
	if m := conflictPattern.FindStringSubmatch(cause.Message); m != nil {
		c.Manager = m[1]
	}
	return c
}

// date fills in when the managers last wrote live: the server's answer does not
// say.
func (e *ConflictError) date(live *unstructured.Unstructured) {
	for i := range e.Fields {
		for _, entry := range live.GetManagedFields() {
			if entry.Manager == e.Fields[i].Manager && entry.Time != nil {
				e.Fields[i].Time = entry.Time.UTC()
			}
		}
	}
}

func status(err error) (metav1.Status, bool) {
	var s apierrors.APIStatus
	if !errors.As(err, &s) {
		return metav1.Status{}, false
	}
	return s.Status(), true
}

func causes(err error) []metav1.StatusCause {
	if s, ok := status(err); ok && s.Details != nil {
		return s.Details.Causes
	}
	return nil
}

func reason(err error) string {
	s, _ := status(err)
	return s.Message
}

// verbOf reads the verb out of the server's words; it tells it nowhere else.
func verbOf(err error) string {
	_, rest, _ := strings.Cut(reason(err), " cannot ")
	verb, _, _ := strings.Cut(rest, " ")
	if verb == "" {
		return "patch"
	}
	return verb
}

func isMissingNamespace(err error) bool {
	s, ok := status(err)
	return ok && apierrors.IsNotFound(err) && s.Details != nil && s.Details.Kind == "namespaces"
}

// isSchemaError recognises what server-side apply answers with 500 although it is
// the object that is wrong: https://github.com/kubernetes/kubernetes/issues/122480
func isSchemaError(err error) bool {
	text := reason(err)
	return strings.HasPrefix(text, "failed to create typed patch object") ||
		strings.HasPrefix(text, "failed to convert new object") ||
		strings.Contains(text, "unable to convert unstructured object")
}

// problems returns what the server found wrong, without values.
func problems(it *item, err error) []string {
	var out []string
	for _, cause := range causes(err) {
		text := scrub(cause.Message)
		if it.change.Kind == "Secret" {
			text = string(cause.Type)
		}
		out = append(out, strings.TrimPrefix(cause.Field+": ", ": ")+text)
	}
	if out == nil && it.change.Kind == "Secret" {
		return []string{fieldsOnly(reason(err))}
	}
	if out == nil {
		out = []string{scrub(reason(err))}
	}
	return out
}

// echoed is how the server's schema errors repeat the value at fault.
var echoed = regexp.MustCompile(`&value\.valueUnstructured\{.*`)

func scrub(text string) string {
	return echoed.ReplaceAllString(text, "another type")
}

// fieldPattern finds field paths in the server's prose.
var fieldPattern = regexp.MustCompile(`(?:^|[\s(])(\.?(?:spec|data|stringData|metadata|type|immutable)\b[\w.\[\]"-]*)`)

// fieldsOnly returns the fields that text names and nothing else of it.
func fieldsOnly(text string) string {
	var fields []string
	for _, m := range fieldPattern.FindAllStringSubmatch(text, -1) {
		fields = append(fields, m[1])
	}
	if fields == nil {
		return "the server refuses it; its words are kept back, since they may hold secret values"
	}
	return strings.Join(slices.Compact(fields), ", ")
}

// isUnreachable tells errors of the connection from answers of the server.
func isUnreachable(err error) bool {
	var netErr net.Error
	var urlErr *url.Error
	return errors.As(err, &netErr) || errors.As(err, &urlErr)
}

// rootCause drops the URL, which the message names by its host already.
func rootCause(err error) error {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		return urlErr.Err
	}
	return err
}
