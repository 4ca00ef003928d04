package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// expression parses all but a tuple without parentheses.
func (p *parser) expression() expr {
	defer func() { p.depth-- }()
	if !p.nested() {
		return nil
	}
	yes := p.or()
	for p.isName("if") && p.err == nil {
		at := position(p.take().pos)
		c := &conditional{position: at, test: p.or(), yes: yes}
		if p.word("else") {
			c.no = p.expression()
		}
		yes = c
	}
	return yes
}

func (p *parser) tuple() expr { return p.tupleOf(true) }

// tupleOf parses expressions with commas between them, or just one. Conditionals
// are off where "if" has another meaning.
func (p *parser) tupleOf(conditionals bool) expr {
	parse := p.expression
	if !conditionals {
		parse = p.or
	}
	at := position(p.peek().pos)
	first := parse()
	if !p.isOp(",") {
		return first
	}
	t := &tupleExpr{at, []expr{first}}
	for p.op(",") && !p.tupleEnds() {
		t.items = append(t.items, parse())
	}
	return t
}

func (p *parser) tupleEnds() bool {
	k := p.peek().kind
	return k == tokenEnd || k == tokenVarEnd || k == tokenEOF || p.isOp(")") || p.isName("recursive")
}

func (p *parser) or() expr {
	left := p.and()
	for p.isName("or") {
		at := position(p.take().pos)
		left = &logic{at, "or", left, p.and()}
	}
	return left
}

func (p *parser) and() expr {
	left := p.not()
	for p.isName("and") {
		at := position(p.take().pos)
		left = &logic{at, "and", left, p.not()}
	}
	return left
}

func (p *parser) not() expr {
	if !p.isName("not") {
		return p.compare()
	}
	defer func() { p.depth-- }()
	if !p.nested() {
		return nil
	}
	at := position(p.take().pos)
	return &unary{at, "not", p.not()}
}

func (p *parser) compare() expr {
	c := &comparison{position: position(p.peek().pos), x: p.sum()}
	for p.err == nil {
		t := p.peek()
		switch {
		case t.kind == tokenOp && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, t.text),
			p.isName("in"):
			p.take()
			c.ops = append(c.ops, t.text)
		case p.isName("not") && p.tokens[p.i+1].text == "in":
			p.take()
			p.take()
			c.ops = append(c.ops, "not in")
		default:
			if len(c.ops) == 0 {
				return c.x
			}
			return c
		}
		c.with = append(c.with, p.sum())
	}
	return c
}

func (p *parser) sum() expr {
	left := p.concat()
	for p.isOp("+") || p.isOp("-") {
		t := p.take()
		left = &binary{position(t.pos), t.text, left, p.concat()}
	}
	return left
}

func (p *parser) concat() expr {
	c := &concat{position(p.peek().pos), []expr{p.product()}}
	for p.op("~") {
		c.parts = append(c.parts, p.product())
	}
	if len(c.parts) == 1 {
		return c.parts[0]
	}
	return c
}

func (p *parser) product() expr {
	left := p.power()
	for p.isOp("*") || p.isOp("/") || p.isOp("//") || p.isOp("%") {
		t := p.take()
		left = &binary{position(t.pos), t.text, left, p.power()}
	}
	return left
}

func (p *parser) power() expr {
	left := p.unary(true)
	for p.isOp("**") {
		t := p.take()
		right := p.unary(true)
		// Jinja writes a negative constant into Python as it is, where -2 ** x is -(2 ** x).
		minus, ok := left.(*unary)
		if ok && minus.op == "-" && isConstantExpr(minus.x) && !isConstantExpr(right) {
			left = &unary{minus.position, "-", &binary{position(t.pos), t.text, minus.x, right}}
			continue
		}
		left = &binary{position(t.pos), t.text, left, right}
	}
	return left
}

func isConstantExpr(x expr) bool {
	switch x := x.(type) {
	case *constant:
		return true
	case *unary:
		return isConstantExpr(x.x)
	}
	return false
}

func (p *parser) unary(filters bool) expr {
	var x expr
	if p.isOp("-") || p.isOp("+") {
		defer func() { p.depth-- }()
		if !p.nested() {
			return nil
		}
		t := p.take()
		x = &unary{position(t.pos), t.text, p.unary(false)}
	} else {
		x = p.primary()
	}
	x = p.postfix(x)
	p.note(x)
	if filters {
		x = p.filters(x)
	}
	return x
}

// note keeps the path of the value that x names; of a method's call, that of its value.
func (p *parser) note(x expr) {
	if c, ok := x.(*call); ok {
		if method, ok := c.x.(*attribute); ok {
			x = method.x
		}
	}
	if path := dottedPath(x); path != "" && len(p.paths) < 20 {
		p.paths = append(p.paths, strings.TrimSuffix(path, "."))
	}
}

func (p *parser) primary() expr {
	at := position(p.peek().pos)
	switch t := p.peek(); t.kind {
	case tokenName:
		return p.name()
	case tokenString:
		var b strings.Builder
		for p.peek().kind == tokenString {
			b.WriteString(p.take().text)
		}
		return &constant{at, b.String()}
	case tokenInt:
		p.take()
		n, err := strconv.ParseInt(strings.ToLower(t.text), 0, 64)
		if err != nil && strings.Trim(t.text, "0_") != "" {
			p.fail(t.pos, "the number %s has over 64 bits", t.text)
		}
		return &constant{at, n}
	case tokenFloat:
		p.take()
		f, _ := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64) // or infinite
		return &constant{at, f}
	}
	switch {
	case p.op("("):
		return p.parenthesis(at)
	case p.op("["):
		return &listExpr{at, p.items("]")}
	case p.op("{"):
		return p.dict(at)
	}
	p.unexpected("want an expression")
	return &constant{at, nil}
}

func (p *parser) name() expr {
	t := p.take()
	at := position(t.pos)
	switch t.text {
	case "true", "True":
		return &constant{at, true}
	case "false", "False":
		return &constant{at, false}
	case "none", "None":
		return &constant{at, nil}
	case "loop":
		p.loops++
	case "cycler", "joiner":
		p.prog.changes = true
	case "caller":
		p.uses.caller = true
	case "varargs":
		p.uses.varargs = true
	case "kwargs":
		p.uses.kwargs = true
	}
	if p.frames == 0 && len(p.prog.names) < maxNames {
		p.prog.names = append(p.prog.names, t.text)
	}
	return &name{at, t.text}
}

// maxNames bounds how many names are kept of a template.
const maxNames = 1000

func (p *parser) parenthesis(at position) expr {
	if p.op(")") {
		return &tupleExpr{at, nil}
	}
	x := p.tuple()
	p.wantOp(")")
	return x
}

// items parses a list as far as its end; a comma may come last.
func (p *parser) items(end string) []expr {
	var items []expr
	for p.err == nil && !p.op(end) {
		if len(items) > 0 {
			p.wantOp(",")
			if p.op(end) {
				break
			}
		}
		items = append(items, p.expression())
	}
	return items
}

func (p *parser) dict(at position) expr {
	d := &dictExpr{position: at}
	for p.err == nil && !p.op("}") {
		if len(d.keys) > 0 {
			p.wantOp(",")
			if p.op("}") {
				break
			}
		}
		d.keys = append(d.keys, p.expression())
		p.wantOp(":")
		d.vals = append(d.vals, p.expression())
	}
	return d
}
