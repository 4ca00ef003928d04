package playbook

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A level is how strong a variable is, as Ansible has it.
type level int

const (
	roleDefaults level = iota
	groupAll
	groupVars
	hostVars
	playVars
	varsFiles
	roleVars
	taskVars
	includedVars // of include_vars
	factVars     // of set_fact
	paramVars
	loopVars
	magicVars // Ansible's own, of which the layout knows nothing
)

// ofApp reports whether a variable is for all services of an app.
func (l level) ofApp() bool { return l > roleDefaults && l < roleVars }

// A variable is a value of a name.
type variable struct {
	level level
	name  string
	value any
	field field // where it is written; empty for what a loop or a path says
	at    place

	// Of what a loop goes over: the item as it is written, if it is; the expression for all
	// of them, if there is one; how many there are, which one this is, counted from 0, and
	// how many loops are around it.
	item         node
	over         string
	total, index int
	depth        int
}

// A scope is the variables that a task sees, and the role that it is in.
type scope struct {
	role, roleDir string
	vars          []variable
	when          []condition // on which all of it depends
	facts         int         // how many of the importer's are among vars
	defaults      []field     // of the module, later ones stronger
	environment   []field
	expressions   *expressions
}

// expressions are those of a whole import.
type expressions struct {
	left   int // that may still be evaluated
	parsed map[string]*expr
}

// parse parses an expression, once.
func (x *expressions) parse(text string) (*expr, error) {
	if x.left--; x.left < 0 {
		return nil, fmt.Errorf("over %d expressions", maxSteps)
	}
	if e := x.parsed[text]; e != nil {
		return e, nil
	}
	e, err := parseExpr(text)
	if err == nil {
		x.parsed[text] = e
	}
	return e, err
}

// with returns the scope with more variables.
func (s scope) with(vars ...variable) scope {
	s.vars = slices.Concat(s.vars, vars)
	return s
}

// find returns the strongest variable of that name: of two alike, the later one.
func (s scope) find(name string) (variable, bool) {
	found := variable{level: -1}
	for _, v := range s.vars {
		if v.name == name && v.level >= found.level {
			found = v
		}
	}
	return found, found.level >= 0
}

// A part is a piece of a text: as it stands, or what a variable holds.
type part struct {
	text  string
	name  string // of the variable
	known bool   // or else it is what the caller passes
}

// A value is what an expression stands for: a text, in parts, or something else.
type value struct {
	parts []part
	data  any
}

// text returns the text if all of it is known.
func (v value) text() (string, bool) {
	var out strings.Builder
	for _, p := range v.parts {
		if !p.known {
			return "", false
		}
		out.WriteString(p.text)
	}
	return out.String(), v.data == nil
}

func known(text string) value { return value{parts: []part{{text: text, known: true}}} }

// fill returns the value of a text with expressions in it.
func (s scope) fill(text string, depth int) (value, error) {
	if depth > maxDepth {
		return value{}, fmt.Errorf("the variables of %q go round in a circle", text)
	}
	if inner, ok := lone(text); ok {
		return s.evalText(inner, depth)
	}
	var all value
	for text != "" {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			all.parts = append(all.parts, part{text: before, known: true})
		}
		if !found {
			break
		}
		inner, after, found := strings.Cut(rest, "}}")
		if !found {
			return value{}, errExpression
		}
		v, err := s.evalText(strings.Trim(inner, "-"), depth)
		if err != nil {
			return value{}, err
		}
		if v.data != nil {
			return value{}, errExpression
		}
		all.parts = append(all.parts, v.parts...)
		text = after
	}
	if known, _ := all.text(); len(known) > maxText || len(all.parts) > maxText {
		return value{}, fmt.Errorf("a text of over %d bytes", maxText)
	}
	return all, nil
}

// known returns the text that text stands for, if all of it is known.
func (s scope) known(text string) (string, bool) {
	v, err := s.fill(text, 0)
	if err != nil {
		return "", false
	}
	return v.text()
}

// word returns a scalar as the variables have it, or as it stands if they do not say.
func (s scope) word(n node) string {
	if text, ok := s.known(n.text()); ok {
		return text
	}
	return n.text()
}

func (s scope) evalText(text string, depth int) (value, error) {
	e, err := s.expressions.parse(text)
	if err != nil {
		return value{}, err
	}
	return s.eval(e, depth+1)
}

func (s scope) eval(e *expr, depth int) (value, error) {
	switch e.op {
	case "text":
		if !strings.Contains(e.text, "{{") {
			return known(e.text), nil
		}
		return s.fill(e.text, depth)
	case "name":
		return s.evalName(e.text, depth)
	case "join":
		return s.evalJoin(e, depth)
	case "list":
		return s.evalList(e, depth)
	case "filter":
		return s.evalFilter(e, depth)
	}
	return value{}, errExpression
}

func (s scope) evalJoin(e *expr, depth int) (value, error) {
	var all value
	for _, arg := range e.args {
		v, err := s.eval(arg, depth)
		if err != nil {
			return value{}, err
		}
		if v.data != nil {
			return value{}, errExpression
		}
		all.parts = append(all.parts, v.parts...)
	}
	return all, nil
}

func (s scope) evalList(e *expr, depth int) (value, error) {
	items := []any{}
	for _, arg := range e.args {
		v, err := s.eval(arg, depth)
		if err != nil {
			return value{}, err
		}
		if text, ok := v.text(); ok {
			items = append(items, text)
		} else if v.data != nil {
			items = append(items, v.data)
		} else {
			return value{}, errExpression
		}
	}
	return value{data: items}, nil
}

// evalFilter knows the filters that names of files are made by.
func (s scope) evalFilter(e *expr, depth int) (value, error) {
	v, err := s.eval(e.args[0], depth)
	if errors.Is(err, errNoField) && (e.text == "default" || e.text == "d") && len(e.args) > 1 {
		return s.eval(e.args[1], depth)
	}
	if err != nil {
		return value{}, err
	}
	text, isKnown := v.text()
	switch {
	case (e.text == "default" || e.text == "d") && len(e.args) > 1:
		if isKnown || v.data != nil {
			return v, nil
		}
		return s.eval(e.args[1], depth)
	case e.text == "lower" && isKnown:
		return known(strings.ToLower(text)), nil
	case e.text == "upper" && isKnown:
		return known(strings.ToUpper(text)), nil
	case e.text == "basename" && isKnown:
		return known(text[strings.LastIndexByte(text, '/')+1:]), nil
	case slices.Contains([]string{"list", "string", "trim"}, e.text):
		return v, nil
	case e.text == "dict2items" && v.data != nil:
		return value{data: entries(v.data)}, nil
	}
	return value{}, fmt.Errorf("the filter %s is not understood", e.text)
}

// entries returns the entries of a map, as dict2items does, sorted.
func entries(data any) []any {
	fields, _ := data.(map[string]any)
	items := []any{}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		items = append(items, map[string]any{"key": key, "value": fields[key]})
	}
	return items
}

// errNoField says that a variable has no such field, as in "item has no name".
var errNoField = errors.New("has no")

var errUnknownItem = errors.New("it names an item of a loop that is not known here")

// evalName returns the value of a variable, or of a field of it.
func (s scope) evalName(name string, depth int) (value, error) {
	first, rest, _ := strings.Cut(name, ".")
	found, ok := s.find(first)
	if !ok {
		return value{parts: []part{{name: name}}}, nil
	}
	data := found.value
	if found.value == any(unknown{}) {
		return value{}, errUnknownItem
	}
	for rest != "" {
		var step string
		step, rest, _ = strings.Cut(rest, ".")
		fields, _ := data.(map[string]any)
		if data, ok = fields[step]; !ok {
			return value{}, fmt.Errorf("%s %w %s", first, errNoField, step)
		}
	}
	text, isText := data.(string)
	switch data.(type) {
	case []any, map[string]any:
		return value{data: data}, nil
	case nil:
		return value{parts: []part{{name: name}}}, nil
	}
	if !isText {
		text = fmt.Sprint(data)
	}
	v, err := s.fill(text, depth)
	if whole, ok := v.text(); err == nil && ok {
		v.parts = []part{{text: whole, name: name, known: true}}
	}
	return v, err
}
