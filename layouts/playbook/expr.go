package playbook

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An expr is an expression of Jinja, as far as playbooks use them to name files: texts,
// names, look-ups and filters, put together.
type expr struct {
	op   string // text, name, join, call, filter, list
	text string // of a text, or the name
	args []*expr
}

// ErrExpression says that an expression is more than is understood here.
var errExpression = errors.New("the expression is not understood")

var tokenPattern = regexp.MustCompile(`^\s*(?:` +
	`('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")` + // a text
	`|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)` + // a name
	`|(\d+)|([()\[\],|+~=]))`)

// A reader reads an expression.
type reader struct {
	rest  string
	depth int
}

// next returns the next token without taking it: its kind and text.
func (r *reader) next() (kind byte, text string) {
	m := tokenPattern.FindStringSubmatch(r.rest)
	switch {
	case m == nil:
		return 0, ""
	case m[1] != "":
		return 't', m[1]
	case m[2] != "":
		return 'n', m[2]
	case m[3] != "":
		return 'd', m[3]
	}
	return m[4][0], m[4]
}

// take takes the next token if it is of that kind.
func (r *reader) take(kind byte) (string, bool) {
	have, text := r.next()
	if have != kind || kind == 0 {
		return "", false
	}
	r.rest = r.rest[len(tokenPattern.FindString(r.rest)):]
	return text, true
}

// parseExpr parses all of text.
func parseExpr(text string) (*expr, error) {
	r := &reader{rest: text}
	e, err := r.filtered()
	if err == nil && strings.TrimSpace(r.rest) != "" {
		err = errExpression
	}
	return e, err
}

// filtered reads texts that are put together, and filters over them. A filter binds
// tighter than + does.
func (r *reader) filtered() (*expr, error) {
	if r.depth++; r.depth > maxDepth {
		return nil, errExpression
	}
	defer func() { r.depth-- }()
	joined := &expr{op: "join"}
	for {
		e, err := r.primary()
		if err != nil {
			return nil, err
		}
		for {
			if _, ok := r.take('|'); !ok {
				break
			}
			if e, err = r.filter(e); err != nil {
				return nil, err
			}
		}
		joined.args = append(joined.args, e)
		_, plus := r.take('+')
		_, tilde := r.take('~')
		if !plus && !tilde {
			break
		}
	}
	if len(joined.args) == 1 {
		return joined.args[0], nil
	}
	return joined, nil
}

func (r *reader) filter(input *expr) (*expr, error) {
	name, ok := r.take('n')
	if !ok {
		return nil, errExpression
	}
	e := &expr{op: "filter", text: lastName(name), args: []*expr{input}}
	if kind, _ := r.next(); kind != '(' {
		return e, nil
	}
	args, err := r.list('(', ')')
	e.args = append(e.args, args...)
	return e, err
}

// list reads what is between two brackets, with commas between. Named arguments change
// nothing that matters here.
func (r *reader) list(open, end byte) ([]*expr, error) {
	if _, ok := r.take(open); !ok {
		return nil, errExpression
	}
	var args []*expr
	for {
		if _, ok := r.take(end); ok {
			return args, nil
		}
		arg, err := r.filtered()
		if err != nil {
			return nil, err
		}
		if _, named := r.take('='); named {
			_, err = r.filtered()
		} else {
			args = append(args, arg)
		}
		if _, comma := r.take(','); !comma {
			if kind, _ := r.next(); kind != end {
				return nil, errExpression
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

func (r *reader) primary() (*expr, error) {
	kind, text := r.next()
	switch kind {
	case 't':
		r.take(kind)
		return &expr{op: "text", text: unquote(text)}, nil
	case 'd':
		r.take(kind)
		return &expr{op: "text", text: text}, nil
	case '(':
		args, err := r.list('(', ')')
		if err != nil || len(args) != 1 {
			return nil, errExpression
		}
		return args[0], nil
	case '[':
		args, err := r.list('[', ']')
		return &expr{op: "list", args: args}, err
	case 'n':
		r.take(kind)
		return r.name(text)
	}
	return nil, errExpression
}

// name reads what follows a name: arguments, or fields in brackets.
func (r *reader) name(text string) (*expr, error) {
	if kind, _ := r.next(); kind == '(' {
		args, err := r.list('(', ')')
		return &expr{op: "call", text: text, args: args}, err
	}
	for {
		if kind, _ := r.next(); kind != '[' {
			return &expr{op: "name", text: text}, nil
		}
		args, err := r.list('[', ']')
		if err != nil || len(args) != 1 || args[0].op != "text" {
			return nil, errExpression
		}
		text += "." + args[0].text
	}
}

func unquote(text string) string {
	return strings.NewReplacer(`\'`, `'`, `\"`, `"`, `\\`, `\`).Replace(text[1 : len(text)-1])
}

// lastName returns a name without the collection that it is of.
func lastName(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// A lookup is a file that a definition is read from.
type lookup struct {
	plugin string // template or file
	name   *expr
}

// readers are the filters that make objects of a text.
var readers = []string{"from_yaml", "from_yaml_all", "list", "string", "trim"}

func (l *lookup) isFile() bool { return l.plugin == "template" || l.plugin == "file" }

// parseRead parses an expression that is all of text, and takes off the filters that make
// objects of a text.
func parseRead(text string) (*expr, error) {
	inner, ok := lone(text)
	if !ok {
		return nil, errExpression
	}
	e, err := parseExpr(inner)
	if err != nil {
		return nil, err
	}
	for e.op == "filter" {
		if !slices.Contains(readers, e.text) {
			return nil, fmt.Errorf("the filter %s is not understood", e.text)
		}
		e = e.args[0]
	}
	return e, nil
}

// lookup returns the look-up that text is, as a whole, or that a variable holds which it is.
func (s scope) lookup(text string) (*lookup, error) {
	e, err := parseRead(text)
	if err == nil && e.op == "name" {
		v, _ := s.find(e.text)
		if held, ok := v.value.(string); ok {
			e, err = parseRead(held)
		}
	}
	if err != nil {
		return nil, err
	}
	isLookup := e.op == "call" && slices.Contains([]string{"lookup", "query", "q"}, e.text)
	if !isLookup || len(e.args) != 2 {
		return nil, errExpression
	}
	plugin, err := s.eval(e.args[0], 0)
	name, ok := plugin.text()
	if err != nil || !ok {
		return nil, errExpression
	}
	return &lookup{lastName(name), e.args[1]}, nil
}

var lonePattern = regexp.MustCompile(`(?s)^\s*\{\{-?(.*?)-?\}\}\s*$`)

// lone returns the expression that text is, as a whole. A text within it may have braces,
// as 'k8s/{{ app_name }}/x.yml'.
func lone(text string) (string, bool) {
	m := lonePattern.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	bare := textPattern.ReplaceAllString(m[1], "")
	return m[1], !strings.Contains(bare, "{{") && !strings.Contains(bare, "}}")
}

var textPattern = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`)
