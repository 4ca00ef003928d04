package jinja

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-go/slipway/internal/nearest"
)

// An Error is a problem at a place in a template or in a file of variables.
type Error struct {
	// File is the name that the caller or the lookup gave; empty for a value of
	// the caller.
	File string
	// Line and Column count from 1; Column in characters. Zero means unknown.
	Line, Column int
	Err          error
}

func (e *Error) Error() string {
	place := cmp.Or(e.File, "values")
	if e.Line > 0 {
		place += fmt.Sprintf(":%d", e.Line)
	}
	if e.Column > 0 {
		place += fmt.Sprintf(":%d", e.Column)
	}
	return place + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// An UndefinedError reports a name, or a key of a dict, that is not there.
type UndefinedError struct {
	// Name is as the template has it, as far as its first part that is not set:
	// resources.cpu of {{ resources.cpu.limit }}.
	Name string
	// Near are known names that it may be meant to be, nearest first.
	Near []string
	// Err says why a variable that is there has no value: what its own text uses
	// is not set. It is nil for a name that nobody set.
	Err error

	hint string
}

func (e *UndefinedError) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("%q has no value: %v", e.Name, e.Err)
	case len(e.Near) > 0:
		return fmt.Sprintf("%q is not set: did you mean %s?", e.Name, strings.Join(e.Near, " or "))
	case e.hint != "":
		return fmt.Sprintf("%q is not set: %s", e.Name, e.hint)
	}
	return fmt.Sprintf("%q is not set", e.Name)
}

func (e *UndefinedError) Unwrap() error { return e.Err }

// failUndefined ends the run because something looked at u.
func (r *run) failUndefined(u *undefined) {
	r.fail(&UndefinedError{
		Name: u.name, Near: nearest.Names(u.name, u.near), Err: u.err, hint: u.hint,
	})
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
	var at *Error
	if r.err == nil || r.located {
		return
	}
	if r.located = true; !errors.As(r.err, &at) || isUndefined(r.err) {
		r.err = r.tpl.errorAt(pos, r.err)
	}
}

func isUndefined(err error) bool {
	var u *UndefinedError
	return errors.As(err, &u)
}
