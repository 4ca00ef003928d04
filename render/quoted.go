package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

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

// QuoteFields is [Quote] for errors about fields of objs, which [App] made with
// Options.Lines: their excerpts tell the values that the fields were made of.
func QuoteFields(app *layouts.App, objs []*unstructured.Unstructured, err error) error {
	err = Quote(app, err)
	if err == nil {
		return nil
	}
	made := madeAt(objs)
	for _, e := range flatten(err) {
		if q := (*Quoted)(nil); errors.As(e, &q) {
			q.at.Values = made[fmt.Sprintf("%s:%d:%d", q.at.File, q.at.Line, q.at.Column)]
		}
	}
	return err
}

// madeAt returns the values that fields of objs were made of, by the fields' places.
func madeAt(objs []*unstructured.Unstructured) map[string][]Origin {
	made := map[string][]Origin{}
	for _, obj := range objs {
		annotations := obj.GetAnnotations()
		file, _, _ := strings.Cut(annotations[layouts.SourceAnnotation], ":")
		var places map[string]string
		_ = json.Unmarshal([]byte(annotations[layouts.LinesAnnotation]), &places) // else there are none
		for _, place := range places {
			at, values, _ := strings.Cut(place, " ")
			var origins []Origin
			for value := range strings.SplitSeq(values, ";") {
				if path, where, ok := strings.Cut(strings.TrimSpace(value), "="); ok {
					origins = append(origins, Origin{Path: path, File: where})
				}
			}
			made[file+":"+at] = origins
		}
	}
	return made
}

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
