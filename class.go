package slipway

import (
	"context"
	"errors"
	"slices"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/apply/policy"
	"github.com/slipway-go/slipway/ingress"
)

// A Class says what kind of failure an error is, and so who is to act.
type Class string

// The classes of failures, the one that matters most first.
const (
	// ClassInterrupted: the caller's context was canceled.
	ClassInterrupted Class = "interrupted"
	// ClassAccess: the cluster does not accept the credentials, or they may not do this.
	ClassAccess Class = "access"
	// ClassUnavailable: the cluster cannot be reached or has trouble, or other runs got
	// in the way. To run again may help.
	ClassUnavailable Class = "unavailable"
	// ClassConflict: fields or routes belong to somebody else, or a newer build is live.
	ClassConflict Class = "conflict"
	// ClassRefused: the cluster does not take the objects: they are invalid, a policy, its
	// own or [Deployer].Policy, a quota or a bound forbids them, or what they need is not there.
	ClassRefused Class = "refused"
	// ClassRollout: the pods do not run.
	ClassRollout Class = "rollout"
	// ClassTimeout: the caller's context had a deadline, which is over.
	ClassTimeout Class = "timeout"
	// ClassInput is the rest: the tree, a template or a value is wrong, or what was asked
	// for is not there.
	ClassInput Class = "input"
)

// matchers say which errors are of a class, in the order of the classes. The rest is input.
var matchers = []struct {
	class Class
	match []func(error) bool
}{
	{ClassInterrupted, []func(error) bool{matches(context.Canceled)}},
	{ClassAccess, []func(error) bool{is[*apply.ForbiddenError], is[*apply.UnauthorizedError]}},
	{ClassUnavailable, []func(error) bool{
		is[*apply.UnreachableError], is[*apply.OverloadedError], is[*apply.WebhookError],
		is[*apply.ContentionError],
	}},
	{ClassConflict, []func(error) bool{
		is[*apply.ConflictError], is[*ingress.ConflictError], is[*ingress.SupersededError],
	}},
	{ClassRefused, []func(error) bool{
		is[*apply.InvalidError], is[*apply.ImmutableError], is[*apply.UnknownKindError],
		is[*apply.TooLargeError], is[*apply.DeniedError], is[*apply.QuotaError], is[*apply.PruneError],
		is[*apply.NamespaceError], is[*apply.NamespaceTerminatingError], is[*apply.RecordError],
		is[*ingress.RegistryError], is[*policy.Error],
	}},
	{ClassRollout, []func(error) bool{isHopeless}},
	{ClassTimeout, []func(error) bool{matches(context.DeadlineExceeded)}},
}

// ClassOf returns the class of an error of a [Deployer]. Of one that joins several, it
// is the one that matters most: the first in the order of the constants. Of nil, it is
// empty.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	all := Errors(err)
	for _, m := range matchers {
		for _, match := range m.match {
			if slices.ContainsFunc(all, match) {
				return m.class
			}
		}
	}
	return ClassInput
}

// Errors returns the errors that err joins, in order; err itself if it joins none, and
// none of nil.
func Errors(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, Errors(one)...)
	}
	return all
}

// isHopeless tells a rollout that failed from one that took too long.
func isHopeless(err error) bool {
	var rollout *apply.RolloutError
	return errors.As(err, &rollout) && rollout.Err == nil
}

func matches(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}
