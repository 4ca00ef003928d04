package schema

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// An object is one that is validated.
type object struct {
	*validator
	*unstructured.Unstructured
	title, file string
	lines       layouts.Fields
	secret      bool     // nothing of it may be told
	secrets     []string // that are not to be told
}

// A place is a field of an object, or an item of a list, and what it holds; nil if it is
// not there.
type place struct {
	*object
	path string
	spot
	value any
	up    *place // what holds it
	node  *node  // its schema, once that is known
}

// A spot is a place in a template; what is 0 is not known. The file is the object's if there
// is none.
type spot struct {
	in           string
	line, column int
}

// at returns the field of that name.
func (p place) at(name string) place {
	path := name
	if p.path != "" {
		path = p.path + "." + name
	}
	fields, _ := p.value.(map[string]any)
	return p.within(path, fields[name])
}

// item returns the item of that index.
func (p place) item(i int) place {
	items, _ := p.value.([]any)
	return p.within(fmt.Sprintf("%s[%d]", p.path, i), items[i])
}

func (p place) within(path string, value any) place {
	s := p.spot
	if known, ok := p.lines[path]; ok {
		s = spot{known.File, known.Line, known.Column}
	}
	return place{object: p.object, path: path, spot: s, value: value, up: &p}
}

// down returns what the names lead to, one within another.
func (p place) down(names ...string) place {
	for _, name := range names {
		p = p.at(name)
	}
	return p
}

// items returns the items of a list; none if it is no list.
func (p place) items() []place {
	items, _ := p.value.([]any)
	places := make([]place, len(items))
	for i := range items {
		places[i] = p.item(i)
	}
	return places
}

// fields returns the names in a map, sorted; none if it is no map.
func (p place) fields() []string {
	fields, _ := p.value.(map[string]any)
	return slices.Sorted(maps.Keys(fields))
}

// text returns the string; "" if it is none.
func (p place) text() string {
	s, _ := p.value.(string)
	return s
}

// strings returns the strings of a map.
func (p place) strings() map[string]string {
	entries := map[string]string{}
	for _, name := range p.fields() {
		if s, ok := p.at(name).value.(string); ok {
			entries[name] = s
		}
	}
	return entries
}

// number returns the whole number, and whether it is one.
func (p place) number() (int64, bool) {
	n, ok := integer(p.value)
	return n, ok
}

// integer returns a whole number of the types that decoders of JSON and YAML use.
func integer(value any) (int64, bool) {
	switch n := value.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case float64:
		if whole := int64(n); float64(whole) == n {
			return whole, true
		}
	}
	return 0, false
}

// inLine tells the line, if it is known.
func (p place) inLine() string {
	if p.line == 0 {
		return ""
	}
	if p.in != "" {
		return fmt.Sprintf(" in %s:%d", p.in, p.line)
	}
	return fmt.Sprintf(" in line %d", p.line)
}

// quoted returns the text of the value for a message, if it may be told.
func (p place) quoted() string {
	if p.secret {
		return "it"
	}
	if s, ok := p.value.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(p.value)
}

func (p place) fail(format string, args ...any) {
	p.errs = append(p.errs, p.problem(format, args))
}

// lacks reports that a field is missing: at the place that took it away, if there is one.
func (p place) lacks(name string) {
	p.spot = p.at(name).spot
	p.fail("%s is missing", name)
}

func (p place) warn(format string, args ...any) {
	p.warnings = append(p.warnings, p.problem(format, args))
}

func (p place) problem(format string, args []any) *Error {
	err := fmt.Errorf(format, args...)
	if text := layouts.Masker(p.secrets).Replace(err.Error()); text != err.Error() {
		err = errors.New(text)
	}
	return &Error{
		File: cmp.Or(p.in, p.file), Line: p.line, Column: p.column, Object: p.title, Field: p.path,
		Err: err,
	}
}
