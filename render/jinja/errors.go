package jinja

import (
	"errors"
	"fmt"

	"github.com/slipway-go/slipway/internal/nearest"
	"github.com/slipway-go/slipway/render"
)

// A valueError says why a variable that is there has no value: what its own text uses
// is not set.
type valueError struct {
	name string
	err  error
}

func (e *valueError) Error() string { return fmt.Sprintf("%q has no value: %v", e.name, e.err) }

func (e *valueError) Unwrap() error { return e.err }

// maxName bounds, in bytes, the names for which near ones are looked for.
const maxName = 200

// failUndefined ends the run because something looked at u.
func (r *run) failUndefined(u *undefined) {
	if r.err == nil {
		r.lookedIn = u.made
	}
	if errors.Is(u.err, errTold) {
		r.fail(errTold)
		return
	}
	if u.err != nil {
		r.fail(&valueError{u.name, u.err})
		return
	}
	err := &render.UnknownNameError{Name: shorten(u.name), Hint: u.hint}
	if len(u.name) <= maxName {
		err.Near = nearest.Names(u.name, u.near)
	}
	r.fail(err)
}

// fail ends the run. The first error counts. It returns nil, a value.
func (r *run) fail(err error) any {
	if r.err == nil {
		r.err = err
	}
	return nil
}

func (r *run) failf(format string, args ...any) any {
	return r.fail(fmt.Errorf(format, args...))
}

// locate gives the error a place, unless it has one.
func (r *run) locate(pos int) {
	var at *render.Error
	if r.err == nil || r.located {
		return
	}
	if r.located = true; !errors.As(r.err, &at) || isUndefined(r.err) {
		at = r.tpl.errorAt(pos, r.err)
		r.blame(at)
		r.err = at
	}
}

func isUndefined(err error) bool {
	var u *render.UnknownNameError
	return errors.As(err, &u)
}
