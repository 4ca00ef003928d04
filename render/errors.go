package render

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/Masterminds/sprig/v3"

	"github.com/slipway-go/slipway/internal/nearest"
)

// An Error is a problem at a place in a template or in a file of values.
type Error struct {
	// File is slash-separated and relative to the root of the layout, or the file's
	// [layouts.Origin]. It is empty for the caller's values.
	File string
	// Line and Column count from 1; Column in characters. Zero means unknown.
	Line, Column int
	Err          error

	// Values are those that the place uses, what these were made of, or those that the name
	// may be meant to be, and where each was set; sorted by path. See [Error.Excerpt].
	Values []Origin

	text   string // the line
	hidden bool   // the line may hold a secret
	placed bool   // the place is that of the file's origin
}

func (e *Error) Error() string {
	place := cmp.Or(e.File, "values")
	if e.Line > 0 {
		place += fmt.Sprintf(":%d", e.Line)
	}
	if e.Column > 0 {
		place += fmt.Sprintf(":%d", e.Column)
	}
	return place + ": " + shortened(e.Err.Error())
}

// maxMessage is how many bytes of a message are told: a template may fail with megabytes.
const maxMessage = 2000

func shortened(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "") + "…"
}

func (e *Error) Unwrap() error { return e.Err }

// An UnknownNameError reports a name in a template that is neither a value nor a
// function.
type UnknownNameError struct {
	// Name is as the template has it, without a leading dot: as far as its first
	// part that is not set, as resources.cpu of {{ .resources.cpu.limit }}.
	Name string
	// Near are known names that it may be meant to be, nearest first.
	Near []string
	// Hint says what to do where no name is near; it may be empty.
	Hint string
}

func (e *UnknownNameError) Error() string {
	s := fmt.Sprintf("%q is not set", e.Name)
	switch {
	case len(e.Near) > 0:
		return s + ": did you mean " + strings.Join(e.Near, " or ") + "?"
	case e.Hint == "":
		return s
	}
	return s + ": " + e.Hint
}

// unknown returns the error for a name that is not among the known ones.
func unknown(name, scope string, known []string) *UnknownNameError {
	return &UnknownNameError{Name: name, Near: nearest.Names(name, known), Hint: hint(name, scope)}
}

var allOfSprig = sync.OnceValue(sprig.TxtFuncMap)

// ofSprig reports whether a name that is unknown here is a function of sprig.
func ofSprig(name string) bool {
	_, ok := allOfSprig()[name]
	return ok
}

func hint(name, scope string) string {
	if scope == "" && name == serviceName {
		return "common/ is rendered once for the app, not for each service"
	}
	if ofSprig(name) {
		return "it would depend on more than its arguments, so there is no such function here; " +
			"pass what it gives as a value"
	}
	return "set it in a vars.yml, or pass it as a value"
}

// collector gathers errors of several files.
type collector []error

func (c *collector) add(err error) {
	if err != nil {
		*c = append(*c, err)
	}
}

// err joins what was gathered, sorted by place, each place once: a template that
// several services share goes wrong in the same place for all of them.
func (c collector) err() error {
	var flat []error
	for _, err := range c {
		flat = append(flat, flatten(err)...)
	}
	slices.SortStableFunc(flat, compareErrors)
	flat = slices.CompactFunc(flat, func(a, b error) bool { return a.Error() == b.Error() })
	if len(flat) > maxProblems {
		at := &Error{}
		errors.As(flat[maxProblems], &at)
		rest := &Error{File: at.File, Line: at.Line, Err: errMore}
		flat = append(flat[:maxProblems:maxProblems], rest)
	}
	return errors.Join(flat...)
}

var errMore = errors.New("there are more problems than are told")

// maxProblems is how many problems are told at once.
const maxProblems = 1000

// full reports that there are more problems than are told, so that none is looked for.
func (c collector) full() bool { return len(c) > maxProblems }

func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var flat []error
	for _, e := range joined.Unwrap() {
		flat = append(flat, flatten(e)...)
	}
	return flat
}

func compareErrors(a, b error) int {
	x, y := &Error{}, &Error{} // what has no place comes first
	errors.As(a, &x)
	errors.As(b, &y)
	return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line),
		cmp.Compare(x.Column, y.Column))
}
