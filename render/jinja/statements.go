package jinja

import (
	"slices"
	"strings"
)

// parseTag returns how the tag of a name is parsed; nil if there is none.
func parseTag(name string) func(*parser, position) stmt {
	switch name {
	case "if":
		return (*parser).parseIf
	case "for":
		return (*parser).parseFor
	case "set":
		return (*parser).parseSet
	case "macro":
		return (*parser).parseMacro
	case "call":
		return (*parser).parseCall
	case "filter":
		return (*parser).parseFilter
	case "include":
		return (*parser).parseInclude
	case "import":
		return (*parser).parseImport
	case "from":
		return (*parser).parseFrom
	case "with":
		return (*parser).parseWith
	case "block":
		return (*parser).parseBlock
	case "extends":
		return (*parser).parseExtends
	case "autoescape":
		return (*parser).parseAutoescape
	}
	return nil
}

// tags are the names of statements.
var tags = []string{"if", "for", "set", "macro", "call", "filter", "include", "import", "from",
	"with", "block", "extends", "autoescape", "raw"}

func (p *parser) parseIf(at position) stmt {
	s := &branches{position: at}
	for p.err == nil {
		s.tests = append(s.tests, p.tupleOf(false))
		p.end()
		s.bodies = append(s.bodies, p.body("elif", "else", "endif"))
		switch p.take().text {
		case "elif":
			continue
		case "else":
			p.end()
			s.other = p.body("endif")
			p.take()
		}
		p.end()
		break
	}
	return s
}

func (p *parser) parseFor(at position) stmt {
	s := &loop{position: at, target: p.target(false)}
	p.notLoop(s.target)
	p.wantWord("in")
	s.over = p.tupleOf(false)
	if p.word("if") {
		s.test = p.expression()
	}
	s.recursive = p.word("recursive")
	p.end()
	before := p.loops
	p.frames++
	defer func() { p.frames-- }()
	s.body = p.body("endfor", "else")
	s.named = s.recursive || p.loops > before
	if p.take().text == "else" {
		p.end()
		s.other = p.body("endfor")
		p.take()
	}
	p.end()
	return s
}

// notLoop fails if the target of a loop is the variable loop.
func (p *parser) notLoop(target expr) {
	switch t := target.(type) {
	case *name:
		if t.name == "loop" {
			p.fail(t.at(), "cannot assign to the variable loop in a loop")
		}
	case *tupleExpr:
		for _, item := range t.items {
			p.notLoop(item)
		}
	}
}

// target parses what is assigned to: names, in tuples, or an attribute of a
// namespace.
func (p *parser) target(attributes bool) expr {
	at := p.peek().pos
	if p.op("(") {
		t := p.target(attributes)
		p.wantOp(")")
		return t
	}
	first := p.targetName(attributes)
	if !p.isOp(",") {
		return first
	}
	t := &tupleExpr{position(at), []expr{first}}
	for p.op(",") && (p.peek().kind == tokenName && !p.isName("in") || p.isOp("(")) {
		if p.isOp("(") {
			t.items = append(t.items, p.target(attributes))
			continue
		}
		t.items = append(t.items, p.targetName(attributes))
	}
	return t
}

func (p *parser) targetName(attributes bool) expr {
	at := position(p.peek().pos)
	n := &name{at, p.wantName()}
	if slices.Contains([]string{"true", "false", "none", "True", "False", "None"}, n.name) {
		p.fail(int(at), "cannot assign to %q", n.name)
	}
	if attributes && p.op(".") {
		p.prog.changes = true
		return &attribute{at, n, p.wantName()}
	}
	return n
}

func (p *parser) parseSet(at position) stmt {
	target := p.target(true)
	if p.op("=") {
		from := p.i
		s := &set{at, target, p.tuple()}
		p.saySet(target, p.saidSince(from))
		p.end()
		return s
	}
	s := &setBlock{position: at, target: target}
	p.saySet(target, said{composed: true})
	if p.isOp("|") {
		s.filter = p.filters(nil)
	}
	s.body = p.block("endset")
	return s
}

// block parses the rest of a tag, what it holds, and the tag that ends it.
func (p *parser) block(end string) []stmt {
	p.frames++
	defer func() { p.frames-- }()
	p.end()
	body := p.body(end)
	p.take()
	p.end()
	return body
}

func (p *parser) parseMacro(at position) stmt {
	m := &macro{position: at, name: p.wantName()}
	p.macroRest(m, "endmacro")
	return m
}

// macroRest parses the parameters and the body.
func (p *parser) macroRest(m *macro, end string) {
	if end == "endmacro" || p.isOp("(") {
		p.wantOp("(")
		p.params(m)
	}
	if end == "endmacro" {
		p.macroBody(m, end)
	}
}

func (p *parser) macroBody(m *macro, end string) {
	outer := p.uses
	p.uses = &m.uses
	m.body = p.block(end)
	m.uses.caller = m.uses.caller && !slices.Contains(m.params, "caller")
	m.uses.varargs = m.uses.varargs && !slices.Contains(m.params, "varargs")
	m.uses.kwargs = m.uses.kwargs && !slices.Contains(m.params, "kwargs")
	p.uses = outer
}

func (p *parser) params(m *macro) {
	for p.err == nil && !p.op(")") {
		if len(m.params) > 0 {
			p.wantOp(",")
			if p.op(")") {
				return
			}
		}
		at := p.peek().pos
		m.params = append(m.params, p.wantName())
		if p.op("=") {
			m.defaults = append(m.defaults, p.expression())
		} else if len(m.defaults) > 0 {
			p.fail(at, "a parameter without a default after one with a default")
		}
	}
}

func (p *parser) parseCall(at position) stmt {
	s := &callBlock{position: at, caller: &macro{position: at, name: "caller"}}
	p.macroRest(s.caller, "endcall")
	pos := p.peek().pos
	called, ok := p.expression().(*call)
	if !ok {
		p.fail(pos, "want a call of a macro")
	}
	s.call = called
	p.macroBody(s.caller, "endcall")
	return s
}

func (p *parser) parseFilter(at position) stmt {
	s := &filterBlock{position: at, filter: p.filterChain()}
	s.body = p.block("endfilter")
	return s
}

func (p *parser) parseInclude(at position) stmt {
	s := &include{position: at, template: p.expression()}
	if p.isName("ignore") {
		p.take()
		p.wantWord("missing")
		s.ignoreMissing = true
	}
	s.isolated = !p.context(true)
	p.end()
	return s
}

// context parses "with context" or "without context".
func (p *parser) context(def bool) bool {
	if p.isName("with", "without") && p.tokens[p.i+1].text == "context" {
		def = p.take().text == "with"
		p.take()
	}
	return def
}

func (p *parser) parseImport(at position) stmt {
	s := &imported{position: at, template: p.expression()}
	p.wantWord("as")
	s.as = p.wantName()
	s.context = p.context(false)
	p.end()
	return s
}

func (p *parser) parseFrom(at position) stmt {
	s := &imported{position: at, template: p.expression()}
	p.wantWord("import")
	for p.err == nil && p.peek().kind == tokenName {
		if p.isName("with", "without") && p.tokens[p.i+1].text == "context" {
			break
		}
		if strings.HasPrefix(p.peek().text, "_") {
			p.fail(p.peek().pos, "names that begin with an underscore cannot be imported")
		}
		as := p.wantName()
		s.names = append(s.names, as)
		if p.word("as") {
			as = p.wantName()
		}
		s.aliases = append(s.aliases, as)
		if !p.op(",") {
			break
		}
	}
	if len(s.names) == 0 {
		p.unexpected("want a name to import")
	}
	s.context = p.context(false)
	p.end()
	return s
}

func (p *parser) parseWith(at position) stmt {
	s := &with{position: at}
	for p.err == nil && p.peek().kind != tokenEnd {
		if len(s.targets) > 0 {
			p.wantOp(",")
		}
		s.targets = append(s.targets, p.targetName(false))
		p.wantOp("=")
		s.values = append(s.values, p.expression())
	}
	s.body = p.block("endwith")
	return s
}

// parseAutoescape parses a block whose switch Ansible's users have no need for.
func (p *parser) parseAutoescape(at position) stmt {
	p.expression()
	return &with{position: at, body: p.block("endautoescape")}
}
