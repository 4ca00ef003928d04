package render

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
	"unicode/utf8"
)

var (
	execPattern    = regexp.MustCompile(`(?s)^template: (.*?):(\d+):(\d+): executing .*? at <(.*?)>: (.*)$`)
	callPattern    = regexp.MustCompile(`(?s)^error calling (\w+): (.*)$`)
	missingPattern = regexp.MustCompile(`^map has no entry for key "(.*)"$`)
	fieldPattern   = regexp.MustCompile(`^(?:can't evaluate field (\S+) in type (.*)|` +
		`nil pointer evaluating (.*)\.(\S+))$`)
	rangePattern    = regexp.MustCompile(`(?s)^range can't iterate over .*$`)
	templatePattern = regexp.MustCompile(`^template: no template "(.*)" associated with template ".*"$`)
	comparePattern  = regexp.MustCompile(`^incompatible types for comparison: (.*) and (.*)$`)
	typePattern     = regexp.MustCompile(`^wrong type for value; expected (.+); got (.*)$`)
)

// explain returns an error of text/template as an *Error at the innermost place
// that it names.
func (x *execution) explain(err error) error {
	place := x.here(cmp.Or(x.stopped, err))
	if x.stopped != nil {
		return place
	}
	expr, called := "", "include"
	for text := err.Error(); called == "include"; { // what others say may look like an error, too
		m := execPattern.FindStringSubmatch(text)
		if m == nil {
			break
		}
		line, _ := strconv.Atoi(m[2])   // digits, by the pattern
		column, _ := strconv.Atoi(m[3]) // from 0, in bytes
		before, after := x.source(m[1], line, column)
		text, expr = m[5], m[4]
		if strings.HasPrefix(expr, valuePrefix) { // without what follows it
			expr = "/." + chainPattern.FindString(after)
		}
		before = before[:len(before)-overlap(before, expr)]
		if inner := callPattern.FindStringSubmatch(text); inner != nil {
			called, text = inner[1], inner[2]
		}
		place = &Error{
			File: m[1], Line: line, Column: 1 + utf8.RuneCountInString(before), Err: errors.New(text),
			Values: place.Values,
		}
	}
	return x.reworded(place, expr)
}

// overlap returns how many bytes of expr are before a place in it: text/template tells that of
// its second name.
func overlap(before, expr string) int {
	for n := len(expr); n > 0; n-- {
		if strings.HasSuffix(before, expr[:n]) {
			return n
		}
	}
	return 0
}

// reworded returns an error of text/template, about an expression, in words of people who know
// YAML and not Go; without the value, which may be a secret.
func (x *execution) reworded(at *Error, expr string) *Error {
	text := at.Err.Error()
	if m := missingPattern.FindStringSubmatch(text); m != nil {
		x.missing(at, expr, m[1], "")
	} else if m := fieldPattern.FindStringSubmatch(text); m != nil {
		x.missing(at, expr, m[1]+m[4], cmp.Or(m[2], m[3]))
	} else if rangePattern.MatchString(text) {
		what := "what is given is none"
		if value, path, ok := x.valueOf(expr); ok && x.ranges() {
			what = path + " is " + kindOf(value)
		}
		at.Err = fmt.Errorf("range wants a list or a map: %s%s", what, x.layers.jsonHint(at.Values))
	} else if m := templatePattern.FindStringSubmatch(text); m != nil {
		at.Err = x.noTemplate(m[1])
	} else if m := comparePattern.FindStringSubmatch(text); m != nil {
		at.Err = fmt.Errorf("it compares %s with %s: convert one, with int or toString",
			kindOfType(m[1]), kindOfType(m[2]))
	} else if m := typePattern.FindStringSubmatch(text); m != nil {
		at.Err = fmt.Errorf("want %s, have %s", kindOfType(m[1]), kindOfType(m[2]))
	}
	return at
}

// here returns err where the run is.
func (x *execution) here(err error) *Error {
	if x.steps == 0 {
		return &Error{File: x.main, Err: err}
	}
	at := x.places[x.last]
	at.call = x.by
	return x.at(&at, err)
}

// source returns a line of a template, cut at a column in bytes from 0.
func (x *execution) source(file string, line, column int) (before, after string) {
	lines := strings.Split(x.texts[file], "\n")
	text := lines[min(line, len(lines))-1]
	column = min(column, len(text))
	return text[:column], text[column:]
}

var chainPattern = regexp.MustCompile(`^[\pL\p{Nd}_]+(\.[\pL\p{Nd}_]+)*`)

// ranges reports whether the run is at a loop over a value, not over what a function makes.
func (x *execution) ranges() bool {
	n, ok := x.places[x.last].node.(*parse.RangeNode)
	return ok && len(n.Pipe.Cmds) == 1 && len(n.Pipe.Cmds[0].Args) == 1
}

// missing makes at the error for a key that expr asked for, of what has a type of Go; "" for a
// map.
func (x *execution) missing(at *Error, expr, key, of string) {
	root, names, _ := strings.Cut(expr, ".")
	before, found := beforeName(names, key)
	parent, path, ok := any(nil), "", false
	if found {
		parent, path, ok = x.valueOf(root + "." + before)
	}
	if root != "/" {
		at.Column += utf8.RuneCountInString(strings.TrimSuffix(root+"."+before, "."))
	}
	if !ok { // a loop's, or a function's
		err := unknown(key, x.scope, nil)
		if of != "" {
			err.Hint = "what it is looked up in is no map"
			if kind := kindOfType(of); kind != anyValue {
				err.Hint = "what it is looked up in is " + kind + ", not a map"
			}
		}
		at.Err = err
		return
	}
	m, isMap := parent.(map[string]any)
	err := x.notSet(join(path, key), key, slices.Collect(maps.Keys(m)))
	err.Name = join(path, key)
	for i := range err.Near {
		err.Near[i] = join(path, err.Near[i])
	}
	at.Err, at.Values = err, x.where(err.Near)
	if len(err.Near) == 0 {
		at.Values = x.where(nonEmpty(path))
	}
	if !isMap {
		err.Hint = fmt.Sprintf("%s is %s, not a map%s", path, kindOf(parent), x.layers.jsonHint(at.Values))
	}
}

// beforeName returns the names of a path before one of them.
func beforeName(path, name string) (before string, ok bool) {
	names := strings.Split(path, ".")
	i := slices.Index(names, name)
	return strings.Join(names[:max(0, i)], "."), i >= 0
}

// valueOf returns the value that an expression such as .a.b, $x.b or /.b, for a bare name, is
// where the run is, and its path, if it is one of the values.
func (x *execution) valueOf(expr string) (value any, path string, ok bool) {
	f := x.flow()
	see := f.scope[x.places[x.last].node]
	name, rest, _ := strings.Cut(expr, ".")
	refs := see.dot
	switch {
	case name == "/": // a bare name
		refs = []ref{{exact: true}}
	case name != "":
		v := see.vars.find(name)
		if v == nil {
			return nil, "", false
		}
		refs = v.refs
	}
	found := f.resolve(below(refs, nonEmpty(rest)), x.by)
	if len(found) != 1 || !found[0].exact {
		return nil, "", false
	}
	value = any(x.values)
	for _, name := range nonEmpty(found[0].path) {
		for part := range strings.SplitSeq(name, ".") {
			m, _ := value.(map[string]any)
			value = m[part]
		}
	}
	return value, found[0].path, true
}

// kindOf returns what a value is, as people say.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a text"
	case map[string]any:
		return "a map"
	case []any, []string:
		return "a list"
	}
	return "a number"
}

// anyValue is what a value is of which that is not known.
const anyValue = "another value"

// kindOfType is kindOf for the name of a type of Go.
func kindOfType(name string) string {
	switch {
	case name == "string":
		return "a text"
	case name == "bool":
		return "a boolean"
	case strings.HasPrefix(name, "map["):
		return "a map"
	case strings.HasPrefix(name, "[]"):
		return "a list"
	case strings.HasPrefix(name, "int") && name != "interface {}", strings.HasPrefix(name, "float"):
		return "a number"
	case name == "interface {}":
		return anyValue
	}
	return name
}
