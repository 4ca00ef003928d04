package jinja

import (
	"slices"
	"strings"
)

// literal returns what a text such as [1, 'a'] or {"a": null} stands for, and false
// if it is not the text of a value. Ansible reads the texts that templates make of
// variables so: Python's literals, and the names of JSON.
func literal(text string) (any, bool) {
	p := &program{src: text}
	l := &lexer{syntax: ansibleSyntax(), src: text}
	for l.pos < len(text) {
		l.pos = len(text) - len(strings.TrimLeft(text[l.pos:], " \t\n\r\f"))
		if l.pos == len(text) {
			break
		}
		at := l.pos
		if l.token(false) != nil || !plainToken(l.tokens[len(l.tokens)-1], text[at:l.pos]) {
			return nil, false
		}
	}
	l.emit(tokenEOF, "", len(text))
	parser := &parser{prog: p, tokens: l.tokens, uses: &macroUses{}}
	x := parser.tuple()
	if parser.err != nil || parser.peek().kind != tokenEOF {
		return nil, false
	}
	return literalValue(x)
}

// literalNames are the names of values, of Python and of JSON.
var literalNames = []string{"True", "False", "None", "true", "false", "null"}

// plainToken reports whether a token may stand in a literal of Python. A string may not go
// over the end of a line.
func plainToken(t token, src string) bool {
	switch t.kind {
	case tokenName:
		return slices.Contains(literalNames, t.text)
	case tokenString:
		return !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(src, `\\`, ""), "\\\n", ""), "\n")
	}
	return true
}

func literalValue(x expr) (any, bool) {
	switch x := x.(type) {
	case *constant:
		return x.value, true
	case *name:
		value, ok := map[string]any{"true": true, "false": false, "null": nil}[x.name]
		return value, ok
	case *unary:
		return literalNumber(x)
	case *listExpr:
		items, ok := literalItems(x.items)
		return &list{items}, ok
	case *tupleExpr:
		items, ok := literalItems(x.items)
		return tuple(items), ok
	case *dictExpr:
		out := newDict()
		for i := range x.keys {
			key, ok := literalValue(x.keys[i])
			value, ok2 := literalValue(x.vals[i])
			if !ok || !ok2 || !out.set(key, value) {
				return nil, false
			}
		}
		return out, true
	}
	return nil, false
}

func literalNumber(x *unary) (any, bool) {
	value, ok := literalValue(x.x)
	switch n := value.(type) {
	case int64:
		if x.op == "-" {
			n = -n
		}
		return n, ok && x.op != "not"
	case float64:
		if x.op == "-" {
			n = -n
		}
		return n, ok && x.op != "not"
	}
	return nil, false
}

func literalItems(items []expr) ([]any, bool) {
	out := make([]any, len(items))
	for i, item := range items {
		var ok bool
		if out[i], ok = literalValue(item); !ok {
			return nil, false
		}
	}
	return out, true
}
