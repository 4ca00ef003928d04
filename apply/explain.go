package apply

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// explain returns err as one of this package's types.
func (r *run) explain(it *item, err error) error {
	if conflict := fieldConflict(err); conflict != nil {
		return conflict
	}
	if !isTyped(err) {
		err = it.secrets.maskAnswer(err)
	}
	var discovery *meta.NoKindMatchError
	switch {
	case isTyped(err):
		return err
	case errors.As(err, &discovery):
		return &UnknownKindError{it.change.APIVersion, it.change.Kind}
	case isDenied(err):
		return &DeniedError{denial(it, reason(err))}
	case apierrors.IsForbidden(err):
		return refusal(it, err)
	case apierrors.IsUnauthorized(err):
		return &UnauthorizedError{r.server}
	case isTooLarge(err):
		return &TooLargeError{sizeOf(it), scrub(reason(err))}
	case isImmutable(err):
		return &ImmutableError{problems(it, err)}
	case isWebhook(err):
		return &WebhookError{webhookOf(err), scrub(reason(err))}
	case isOverloaded(err):
		return &OverloadedError{scrub(reason(err))}
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

// denial returns the words of an admission check; those about a Secret may hold
// what is in it.
func denial(it *item, text string) string {
	if it.change.Kind == "Secret" {
		return fieldsOnly(scrub(text))
	}
	return scrub(text)
}

// isDenied recognises an admission webhook or policy that said no, with whatever
// status it chose.
func isDenied(err error) bool {
	text := reason(err)
	return strings.Contains(text, "admission webhook ") && strings.Contains(text, "denied the request") ||
		strings.Contains(text, "ValidatingAdmissionPolicy ")
}

// refusal tells the reasons for a 403 apart.
func refusal(it *item, err error) error {
	text := reason(err)
	for _, cause := range causes(err) {
		if cause.Type == corev1.NamespaceTerminatingCause {
			return &NamespaceTerminatingError{it.obj.GetNamespace()}
		}
	}
	if i := strings.Index(text, "exceeded quota: "); i >= 0 {
		return &QuotaError{text[i:]}
	}
	if !strings.Contains(text, " cannot ") {
		return &DeniedError{denial(it, text)}
	}
	kind := it.resource.GroupResource().String()
	return &ForbiddenError{verbOf(err), kind, it.obj.GetNamespace(), scrub(text)}
}

// isImmutable recognises a change of what cannot be changed. The server has no
// reason or cause of its own for it.
func isImmutable(err error) bool {
	return apierrors.IsInvalid(err) && slices.ContainsFunc(causes(err), func(c metav1.StatusCause) bool {
		return immutable.MatchString(scrub(c.Message))
	})
}

var immutable = regexp.MustCompile(`is immutable|may not change once set|` +
	`updates to (statefulset spec for fields other than|parameters are forbidden|provisioner are forbidden)`)

func isTooLarge(err error) bool {
	text := reason(err)
	return apierrors.IsRequestEntityTooLargeError(err) ||
		strings.Contains(text, "etcdserver: request is too large") ||
		strings.Contains(text, "Too long: ") && strings.Contains(text, "1048576")
}

func sizeOf(it *item) int {
	text, _ := it.obj.MarshalJSON() // was sent
	return len(text)
}

var webhookPattern = regexp.MustCompile(`failed calling webhook "([^"]*)"`)

func webhookOf(err error) string {
	if m := webhookPattern.FindStringSubmatch(reason(err)); m != nil {
		return m[1]
	}
	return "unknown"
}

// isTyped reports whether err already says what to do.
func isTyped(err error) bool {
	for _, target := range []any{
		new(*ConflictError), new(*UnknownKindError), new(*ContentionError), new(*RolloutError),
		new(*ForbiddenError), new(*UnauthorizedError), new(*UnreachableError), new(*OverloadedError),
		new(*NamespaceError), new(*NamespaceTerminatingError), new(*InvalidError), new(*endedError),
		new(*ingress.ConflictError), new(*ingress.SupersededError), new(*ingress.RegistryError),
	} {
		if errors.As(err, target) {
			return true
		}
	}
	return false
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
			theirs := entry.Manager == e.Fields[i].Manager && entry.Time != nil
			if theirs && entry.Time.After(e.Fields[i].Time) {
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
		text, _, _ := strings.Cut(scrub(cause.Message), "\n") // a diff of the whole may follow
		if it.change.Kind == "Secret" {
			text = string(cause.Type)
		}
		out = append(out, strings.TrimPrefix(cause.Field+": ", ": ")+text)
	}
	if out == nil && it.change.Kind == "Secret" {
		return []string{fieldsOnly(scrub(reason(err)))}
	}
	if out == nil {
		out = []string{scrub(reason(err))}
	}
	return out
}

// echoes are the ways in which the server repeats the value at fault, and what to
// put there instead. A value may have line breaks in it.
var echoes = []struct {
	pattern *regexp.Regexp
	instead string
}{
	// of structured-merge-diff, as Go prints values
	{regexp.MustCompile(`(?s)got &(value\.valueUnstructured)?\{.*`), "got something else"},
	// of decoders, such as that of times
	{regexp.MustCompile(`(?s)(unable to convert unstructured object to [^:]*: .*?)".*"`), `${1}"..."`},
	// of validation: see field.Error of apimachinery
	{regexp.MustCompile(`(Invalid|Unsupported|Duplicate) value: ("(\\.|[^"\\])*"|\{.*\}|\[.*\]|[^:\s]*)`),
		"$1 value"},
}

func scrub(text string) string {
	for _, echo := range echoes {
		text = echo.pattern.ReplaceAllString(text, echo.instead)
	}
	return text
}

// fieldPattern finds field paths in the server's prose.
var fieldPattern = regexp.MustCompile(
	`(?:^|[\s(])(\.?(?:spec|data|stringData|metadata|type|immutable)\b[\w.\[\]"-]*)`)

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
	return errors.As(err, &netErr) || errors.As(err, &urlErr) ||
		err != nil && strings.Contains(err.Error(), "when reading response body") // has no type of its own
}

// rootCause drops the URL, which the message names by its host already.
func rootCause(err error) error {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		return urlErr.Err
	}
	return err
}
