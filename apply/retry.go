package apply

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	// rulesLag is how long after its start an API server may refuse what the access
	// rules allow: it has not read them yet.
	rulesLag = 5 * time.Second
	// lossAge is how long a lost connection counts as recent.
	lossAge = 10 * time.Second
)

// tryFor calls f, which sends one request that may be sent twice, until it succeeds
// or fails with what will not pass. Server-side apply is idempotent; deletes and
// swaps have preconditions. What may pass is put up with for Options.Patience; every
// try has requestTimeout.
func tryFor[T any](ctx context.Context, a *Applier, f func(context.Context) (T, error)) (T, error) {
	begin := time.Now()
	for try := 0; ; try++ {
		out, err := once(ctx, f)
		if err != nil && ctx.Err() != nil {
			return out, ended(ctx)
		}
		if err == nil || time.Since(begin) > a.patienceWith(err, try) {
			var late *notYetError
			if errors.As(err, &late) {
				err = late.error
			}
			return out, err
		}
		if err := backOff(ctx, try+1); err != nil {
			return out, err
		}
	}
}

// An endedError says why the caller's context ended. It matches the cause and the
// context's own error.
type endedError struct{ cause, err error }

func (e *endedError) Error() string { return e.cause.Error() }

func (e *endedError) Unwrap() []error { return []error{e.cause, e.err} }

// ended returns why ctx ended; nil if it has not.
func ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return &endedError{context.Cause(ctx), ctx.Err()}
}

func once[T any](ctx context.Context, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return f(ctx)
}

// patienceWith returns how long err is put up with; negative if not at all.
func (a *Applier) patienceWith(err error, try int) time.Duration {
	var late *notYetError
	switch {
	case apierrors.IsForbidden(err) && time.Since(a.link.lastLoss()) < lossAge:
		return min(rulesLag, a.opts.Patience)
	case apierrors.IsUnauthorized(err) && try == 0: // the transport has fetched new credentials
		return a.opts.Patience
	case isUnreachable(err) && a.link.reached.Load(), isOverloaded(err), isWebhook(err),
		errors.As(err, &late):
		return a.opts.Patience
	}
	return -1
}

// isOverloaded recognises the server's own troubles, and those of what stands before
// it. The client has already waited
// as Retry-After told it.
func isOverloaded(err error) bool {
	answer, _ := status(err)
	text := answer.Message
	return !isTooLarge(err) && (apierrors.IsTooManyRequests(err) || apierrors.IsServiceUnavailable(err) ||
		apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) || answer.Code == http.StatusBadGateway ||
		strings.Contains(text, "etcdserver: ") || strings.Contains(text, "raft proposal dropped"))
}

// isUnsure reports whether err leaves open if the request was carried out.
func isUnsure(err error) bool {
	return isUnreachable(err) && !errors.Is(err, syscall.ECONNREFUSED) || isOverloaded(err)
}

// isWebhook recognises an admission webhook that did not answer.
func isWebhook(err error) bool {
	return apierrors.IsInternalError(err) && strings.Contains(reason(err), "failed calling webhook")
}

// notYetError is the answer for a kind whose definition the server has established, but
// does not serve everywhere yet.
type notYetError struct{ error }

func (e *notYetError) Unwrap() error { return e.error }

// orNotYet returns err, marked if it passes since the run itself made the kind.
func (it *item) orNotYet(err error) error {
	if it.defined && apierrors.IsNotFound(err) && !isMissingNamespace(err) {
		return &notYetError{err}
	}
	return err
}
