package slipway_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
)

func TestClassOf(t *testing.T) {
	t.Parallel()
	late := &apply.RolloutError{Err: fmt.Errorf("over: %w", context.DeadlineExceeded)}
	object := func(err error) error { return &apply.ObjectError{Err: err} }
	tests := []struct {
		name string
		err  error
		want slipway.Class
	}{
		{"nothing", nil, ""},
		{"canceled", object(context.Canceled), slipway.ClassInterrupted},
		{"forbidden", object(&apply.ForbiddenError{}), slipway.ClassAccess},
		{"unauthorized", object(&apply.UnauthorizedError{}), slipway.ClassAccess},
		{"unreachable", &apply.UnreachableError{Err: errors.New("x")}, slipway.ClassUnavailable},
		{"overloaded", object(&apply.OverloadedError{}), slipway.ClassUnavailable},
		{"webhook", object(&apply.WebhookError{}), slipway.ClassUnavailable},
		{"contention", object(&apply.ContentionError{}), slipway.ClassUnavailable},
		{"field conflict", object(&apply.ConflictError{}), slipway.ClassConflict},
		{"route conflict", &ingress.ConflictError{}, slipway.ClassConflict},
		{"superseded", object(&ingress.SupersededError{}), slipway.ClassConflict},
		{"invalid", object(&apply.InvalidError{}), slipway.ClassRefused},
		{"quota", object(&apply.QuotaError{}), slipway.ClassRefused},
		{"prune", &apply.PruneError{}, slipway.ClassRefused},
		{"rollout", object(&apply.RolloutError{}), slipway.ClassRollout},
		{"rollout that took too long", object(late), slipway.ClassTimeout},
		{"no such revision", &apply.NoRevisionError{}, slipway.ClassInput},
		{"anything else", errors.New("x"), slipway.ClassInput},
		{
			"the most important of several",
			errors.Join(object(late), errors.Join(object(&apply.RolloutError{}), errors.New("x"))),
			slipway.ClassRollout,
		},
	}
	for _, tt := range tests {
		if got := slipway.ClassOf(tt.err); got != tt.want {
			t.Errorf("ClassOf(%s) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What is wrong with the tree is input.
func TestClassOfRender(t *testing.T) {
	t.Parallel()
	d := slipway.Deployer{App: "a", Root: fstest.MapFS{"a/s/x.yml": {Data: []byte("{{ nobody }}")}}}
	_, err := d.Render(t.Context())
	if got := slipway.ClassOf(err); err == nil || got != slipway.ClassInput {
		t.Errorf("ClassOf(%v) = %q, want %q", err, got, slipway.ClassInput)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	both := fmt.Errorf("%w and %w", a, b)
	got := slipway.Errors(errors.Join(a, errors.Join(both, c)))
	same := cmp.Comparer(func(x, y error) bool { return errors.Is(x, y) })
	if diff := cmp.Diff([]error{a, both, c}, got, same); diff != "" {
		t.Errorf("Errors() mismatch (-want +got):\n%s", diff)
	}
	if got := slipway.Errors(nil); got != nil {
		t.Errorf("Errors(nil) = %v, want none", got)
	}
}
