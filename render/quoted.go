package render

import (
	"errors"
	"regexp"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// A quotedError is an error of another package, about a place in a template.
type quotedError struct {
	Err error
	at  *Error
}

func (e *quotedError) Error() string { return e.Err.Error() }

func (e *quotedError) Unwrap() error { return e.Err }

// Excerpt returns the line that the error is in, as that of an [Error] does.
func (e *quotedError) Excerpt() string { return e.at.Excerpt() }

// QuoteFields is [Quote] for errors of other packages, too, which are about objs: those that
// begin with a line and column of app come back wrapped, and have an [Excerpt]. If [App] made
// objs with Options.Lines, it tells the values that the fields were made of.
func QuoteFields(app *layouts.App, objs []*unstructured.Unstructured, err error) error {
	if err = Quote(app, err); err == nil {
		return nil
	}
	q := quoter{files: map[string]layouts.File{}, hidden: hider{}, made: map[string][]Origin{}}
	for _, f := range filesOf(app) {
		if f.Verbatim() {
			q.files[f.Place(0).File] = f
		}
	}
	for _, obj := range objs {
		q.note(obj)
	}
	_, err = q.quote(err)
	return err
}

// A quoter quotes the errors of other packages.
type quoter struct {
	files  map[string]layouts.File // as people know them
	hidden hider
	made   map[string][]Origin // what fields were made of, by their places
}

func (q *quoter) note(obj *unstructured.Unstructured) {
	file := errorAt(obj).File
	if obj.GetKind() == "Secret" && !ofOverlay(file) {
		q.hidden[file] = true // whatever its text looks like
	}
	for _, field := range layouts.FieldsOf(obj.GetAnnotations()) {
		var from []Origin
		for _, value := range field.Values {
			from = append(from, Origin{value.Path, value.File, value.Line, value.Secret})
		}
		q.made[field.In(file)] = from
	}
}

// quote returns err with each error of other packages in it that begins with a place in
// the files as a *quotedError; found says that there is one.
func (q *quoter) quote(err error) (found bool, quoted error) {
	joined, isJoined := err.(interface{ Unwrap() []error })
	if !isJoined {
		return q.quoteOne(err)
	}
	all := slices.Clone(joined.Unwrap())
	if errors.Join(all...).Error() != err.Error() { // it says more than they do
		return false, err
	}
	for i, one := range all {
		ok, quoted := q.quote(one)
		all[i], found = quoted, found || ok
	}
	if !found {
		return false, err
	}
	return true, errors.Join(all...)
}

func (q *quoter) quoteOne(err error) (found bool, quoted error) {
	m := spotPattern.FindStringSubmatch(err.Error())
	if m == nil || errors.As(err, new(*Error)) || errors.As(err, new(*quotedError)) {
		return false, err
	}
	f, known := q.files[m[1]]
	if !known {
		return false, err
	}
	at := &Error{File: m[1]}
	at.Line, _ = strconv.Atoi(m[2]) // digits, by the pattern
	at.Column, _ = strconv.Atoi(m[3])
	at.Values = q.made[layouts.Field{Line: at.Line, Column: at.Column}.In(at.File)]
	at.quote(f, q.hidden.hides(f, at.Line))
	return true, &quotedError{err, at}
}

// Excerpt returns the excerpt of the [*Error] in err, or of what [QuoteFields] wrapped; "" if
// there is none.
func Excerpt(err error) string {
	var at interface{ Excerpt() string }
	if !errors.As(err, &at) {
		return ""
	}
	return at.Excerpt()
}

// spotPattern is how the message of an error begins that knows its line and column.
var spotPattern = regexp.MustCompile(`^(.+?):(\d+):(\d+): `)
