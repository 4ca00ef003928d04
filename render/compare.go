package render

import (
	"errors"
	"strings"
	"text/template"
)

// comparison returns one of text/template's functions that compare, by its name; there is
// no other way to it.
func comparison(name string) func(a, b any) (bool, error) {
	t := template.Must(template.New("").Parse("{{ if " + name + " .A .B }}x{{ end }}"))
	return func(a, b any) (bool, error) {
		var out strings.Builder
		err := t.Execute(&out, struct{ A, B any }{a, b})
		if err == nil {
			return out.Len() > 0, nil
		}
		for inner := err; inner != nil; inner = errors.Unwrap(inner) {
			err = inner // without the template's name and place
		}
		return false, err
	}
}

var equal = comparison("eq")

// equalAny reports whether a is one of the others.
func equalAny(a any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, errors.New("missing argument for comparison")
	}
	for _, b := range others {
		if same, err := equal(a, b); same || err != nil {
			return same, err
		}
	}
	return false, nil
}
