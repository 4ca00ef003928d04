package main

import (
	"context"
	"errors"
	"fmt"
)

// A crew is the components that run side by side. When one of them ends, the
// context of all does: half a control plane would only mislead its user.
type crew struct{ cancel context.CancelCauseFunc }

// A brokenError is the cause of a crew's context when a component ended by itself.
type brokenError struct {
	component string
	err       error // may be nil
}

func (e *brokenError) Error() string {
	return fmt.Sprintf("%s ended by itself: %v", e.component, e.err)
}

func (e *brokenError) Unwrap() error { return e.err }

// newCrew returns a crew without members and their context, which ends with ctx.
func newCrew(ctx context.Context) (crew, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return crew{cancel}, ctx
}

// run starts a component with the crew's context. It is not waited for: at the end
// its state is thrown away, and the API server takes up to a minute to stop.
func (c crew) run(ctx context.Context, name string, component func(context.Context) error) {
	go func() { c.cancel(&brokenError{name, component(ctx)}) }()
}

// asked reports whether ctx ended because someone wanted it to.
func asked(ctx context.Context) bool {
	var broken *brokenError
	return ctx.Err() != nil && !errors.As(context.Cause(ctx), &broken)
}
