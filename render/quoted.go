package render

import (
	"errors"
	"regexp"
	"slices"
	"strconv"

	"github.com/slipway-go/slipway/layouts"
)

// A Quoted is an error of another package, about a place in a template. [Quote] makes it.
type Quoted struct {
	Err error
	at  *Error
}

func (e *Quoted) Error() string { return e.Err.Error() }

func (e *Quoted) Unwrap() error { return e.Err }

// Excerpt returns the line that the error is in, as that of an [Error] does.
func (e *Quoted) Excerpt() string { return e.at.Excerpt() }

// Excerpt returns the excerpt of the [*Error] or [*Quoted] in err; "" if there is none.
func Excerpt(err error) string {
	var at interface{ Excerpt() string }
	if !errors.As(err, &at) {
		return ""
	}
	return at.Excerpt()
}

// spotPattern is how the message of an error begins that knows its line and column.
var spotPattern = regexp.MustCompile(`^([^\s:]+):(\d+):(\d+): `)

// quoteOthers returns err with each error of other packages in it that begins with a
// place in files as a *Quoted; ok says that there is one.
func quoteOthers(files map[string]layouts.File, err error) (quoted error, ok bool) {
	joined, isJoined := err.(interface{ Unwrap() []error })
	if !isJoined {
		return quoteOther(files, err)
	}
	all := slices.Clone(joined.Unwrap())
	if errors.Join(all...).Error() != err.Error() { // it says more than they do
		return err, false
	}
	for i, one := range all {
		quoted, found := quoteOthers(files, one)
		all[i], ok = quoted, ok || found
	}
	if !ok {
		return err, false
	}
	return errors.Join(all...), true
}

func quoteOther(files map[string]layouts.File, err error) (quoted error, ok bool) {
	m := spotPattern.FindStringSubmatch(err.Error())
	if m == nil || errors.As(err, new(*Error)) || errors.As(err, new(*Quoted)) {
		return err, false
	}
	line, _ := strconv.Atoi(m[2]) // digits, by the pattern
	column, _ := strconv.Atoi(m[3])
	at := &Error{File: m[1], Line: line, Column: column}
	for _, f := range files {
		if f.Verbatim() && f.Place(0).File == at.File {
			at.quote(f, f.Stem() == "vars" || secretKind.Match(f.Data))
			return &Quoted{err, at}, true
		}
	}
	return err, false
}
