package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// mutators are the methods that change a value.
var mutators = []string{
	"append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse",
	"setdefault", "sort", "update", "__setitem__", "__delitem__",
}

// postfix parses attributes, indexes and calls.
func (p *parser) postfix(x expr) expr {
	for p.err == nil {
		at := position(p.peek().pos)
		switch {
		case p.op("."):
			x = p.attribute(x)
		case p.op("["):
			x = p.subscript(at, x)
		case p.isOp("("):
			x = &call{position(x.at()), x, p.arguments()}
		default:
			return x
		}
	}
	return x
}

func (p *parser) attribute(x expr) expr {
	at := position(p.peek().pos)
	switch t := p.take(); t.kind {
	case tokenName:
		if slices.Contains(mutators, t.text) {
			p.prog.mutates = true
		}
		p.prog.changes = p.prog.changes || t.text == "changed" // of a loop
		return &attribute{at, x, t.text}
	case tokenInt:
		n, _ := strconv.ParseInt(t.text, 0, 64)
		return &item{at, x, &constant{at, n}}
	}
	p.i--
	p.unexpected("want a name after the dot")
	return x
}

// subscript parses an index or a slice.
func (p *parser) subscript(at position, x expr) expr {
	var parts [3]expr
	colons := 0
	for p.err == nil && !p.isOp("]") {
		if p.op(":") {
			colons++
			continue
		}
		if colons > 2 || parts[colons] != nil {
			break
		}
		parts[colons] = p.expression()
		if colons == 0 && p.isOp(",") { // a tuple
			t := &tupleExpr{at, []expr{parts[0]}}
			for p.op(",") && !p.isOp("]") {
				t.items = append(t.items, p.expression())
			}
			parts[0] = t
		}
	}
	p.wantOp("]")
	switch {
	case colons > 0:
		return &slice{at, x, parts[0], parts[1], parts[2]}
	case parts[0] == nil:
		p.fail(int(at), "want an index")
	}
	return &item{at, x, parts[0]}
}

// filters parses filters, tests and calls after an expression.
func (p *parser) filters(x expr) expr {
	for p.err == nil {
		at := position(p.peek().pos)
		switch {
		case p.op("|"):
			x = p.filter(x)
		case p.isName("is"):
			p.take()
			x = p.test(at, x)
		case p.isOp("("):
			x = &call{position(x.at()), x, p.arguments()}
		default:
			return x
		}
	}
	return x
}

// filterChain parses the filters of a filter block: the first has no "|".
func (p *parser) filterChain() expr { return p.filters(p.filter(nil)) }

func (p *parser) filter(x expr) expr {
	f := &filter{position: position(p.peek().pos), x: x, name: p.dotted()}
	if p.isOp("(") {
		f.args = p.arguments()
	}
	return f
}

// dotted parses a name such as ansible.builtin.b64encode.
func (p *parser) dotted() string {
	names := []string{p.wantName()}
	for p.op(".") {
		names = append(names, p.wantName())
	}
	return strings.Join(names, ".")
}

func (p *parser) test(at position, x expr) expr {
	negated := p.word("not")
	t := &test{position: position(p.peek().pos), x: x, name: p.dotted()}
	next := p.peek()
	switch {
	case p.isOp("("):
		t.args = p.arguments()
	case p.isName("is"):
		p.fail(next.pos, "a test of a test: use parentheses")
	case next.kind == tokenName && !p.isName("else", "or", "and", "in", "not", "if", "recursive"),
		next.kind == tokenString, next.kind == tokenInt, next.kind == tokenFloat,
		p.isOp("["), p.isOp("{"):
		t.args.positional = []expr{p.postfix(p.primary())}
	}
	if negated {
		return &unary{at, "not", t}
	}
	return t
}

// arguments parses those of a call, in parentheses.
func (p *parser) arguments() arguments {
	p.calls = true
	var a arguments
	p.wantOp("(")
	for first := true; p.err == nil && !p.op(")"); first = false {
		if !first {
			p.wantOp(",")
			if p.op(")") {
				break
			}
		}
		p.argument(&a)
	}
	return a
}

func (p *parser) argument(a *arguments) {
	t := p.peek()
	switch {
	case p.op("*"):
		a.list = p.expression()
	case p.op("**"):
		a.namedDict = p.expression()
	case t.kind == tokenName && p.tokens[p.i+1].kind == tokenOp && p.tokens[p.i+1].text == "=":
		p.take()
		p.take()
		a.names = append(a.names, t.text)
		a.named = append(a.named, p.expression())
	case len(a.names) > 0 || a.namedDict != nil:
		p.fail(t.pos, "an argument without a name after one with a name")
	default:
		a.positional = append(a.positional, p.expression())
	}
}
