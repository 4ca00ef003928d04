package apply

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An ObjectError is why one object, or its rollout, failed. Err is one of this
// package's error types, one of package ingress', a context's error, or, for
// what has no type of its own, the server's answer.
type ObjectError struct {
	Ref
	// Source is the template and line, if the object carries one: the line of the
	// field that Err is about if that is known, else the object's.
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
	return fmt.Sprintf("conflict: %s: %s", strings.Join(parts, "; "), e.wayOut(slices.Compact(managers)))
}

// wayOut depends on what the fields are: a number of replicas that somebody else
// sets is an autoscaler's, as a rule.
func (e *ConflictError) wayOut(managers []string) string {
	scaled := slices.ContainsFunc(e.Fields, func(f FieldConflict) bool { return f.Field == ".spec.replicas" })
	if scaled && len(e.Fields) == 1 {
		return "if an autoscaler sets the number, take replicas out of the template, which leaves it as it is"
	}
	return "take the field out of the template, or adopt " + strings.Join(managers, ", ")
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

// A DeniedError reports an object that an admission webhook, a policy or a limit of
// the namespace refuses.
type DeniedError struct{ Reason string }

func (e *DeniedError) Error() string {
	return "denied: " + e.Reason + ": change the object so that the rule allows it, or have the rule changed"
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

// A NamespaceTerminatingError reports a namespace that is being deleted: nothing new
// can be made in it.
type NamespaceTerminatingError struct{ Namespace string }

func (e *NamespaceTerminatingError) Error() string {
	return fmt.Sprintf("namespace %s is being deleted: wait until it is gone and create it again, "+
		"or deploy into another", e.Namespace)
}

// An ImmutableError reports a change to fields that cannot be changed. Fields are
// the server's words without values.
type ImmutableError struct{ Fields []string }

func (e *ImmutableError) Error() string {
	return "immutable: " + strings.Join(e.Fields, "; ") + ": give the object a new name, or allow " +
		"objects of its kind to be recreated"
}

// A QuotaError reports a ResourceQuota that leaves no room.
type QuotaError struct{ Reason string }

func (e *QuotaError) Error() string {
	return "quota: " + e.Reason + ": ask for less, or have the quota raised"
}

// A TooLargeError reports an object that is larger than the server takes.
type TooLargeError struct {
	// Size is that of the object as JSON, in bytes.
	Size   int
	Reason string
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the object is too large (%d bytes as JSON): %s: split it", e.Size, e.Reason)
}

// A WebhookError reports an admission webhook that did not answer for as long as
// Options.Patience.
type WebhookError struct {
	// Name is the webhook's.
	Name, Reason string
}

func (e *WebhookError) Error() string {
	return fmt.Sprintf("admission webhook %s does not answer: %s: repair it, or take it out of the "+
		"webhook configurations", e.Name, e.Reason)
}

// An UnauthorizedError reports credentials that the server does not accept.
type UnauthorizedError struct{ Server string }

func (e *UnauthorizedError) Error() string {
	return fmt.Sprintf("cluster %s does not accept the credentials: have they expired? Log in again, "+
		"or name another kubeconfig or context", e.Server)
}

// An OverloadedError reports a server that kept refusing for as long as
// Options.Patience: it is overloaded, or its store does not answer. Whether the
// last request was carried out is not known; the next run finds out.
type OverloadedError struct{ Reason string }

func (e *OverloadedError) Error() string {
	return "the API server has trouble: " + e.Reason + ": run again when it is well"
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

// A RecordError reports the record of a set that cannot be read. Nothing of the set
// is changed: without it, what belongs to it cannot be told.
type RecordError struct {
	Set, Namespace string
	Err            error
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("Secret %s/%s%s, the record of %s: %v: restore it, delete it to start without "+
		"history, or use the version of slipway that wrote it",
		e.Namespace, recordPrefix, e.Set, e.Set, e.Err)
}

func (e *RecordError) Unwrap() error { return e.Err }
