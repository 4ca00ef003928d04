package jinja

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/nearest"
)

// A program is a template that is parsed.
type program struct {
	file    string
	src     string
	line    int // of the file, where src begins; 0 for its start
	column  int
	within  *scalar // of the file, that src is the value of; nil if src is all of it
	body    []stmt
	mutates bool            // it names a method that changes a value
	changes bool            // it sets fields of a namespace, or names what changes by itself
	texts   map[string]bool // the string literals in it
	blocks  map[string]*block
	names   []string // outside of loops, macros and blocks
	// newlines are those at the end of the text, before other ends of lines became some.
	newlines int
}

// maxNesting bounds brackets and blocks within each other in a template's text.
const maxNesting = 300

// A parser makes a tree of tokens. Its first error counts: after that it sees the
// end of the template.
type parser struct {
	prog   *program
	tokens []token
	i      int
	depth  int
	loops  int             // how often the variable loop is named
	frames int             // of loops, macros and blocks around
	uses   *macroUses      // of the macro around
	paths  []string        // of the values that the expression names
	calls  bool            // the expression calls something
	said   map[string]said // by the names that are set
	open   []token         // the names of the tags around
	err    error
}

// parse parses a template from pos on.
func (p *program) parse(pos int, s syntax) error {
	tokens, err := lex(p.src, pos, s)
	if err == nil {
		p.texts = literalsOf(tokens)
		parser := &parser{prog: p, tokens: tokens, uses: &macroUses{}, said: map[string]said{}}
		p.body = parser.body()
		if err = parser.err; err == nil && parser.peek().kind != tokenEOF {
			parser.unknownTag()
			err = parser.err
		}
	}
	if at, ok := err.(*syntaxError); ok { //nolint:errorlint // it comes as it was made
		return p.errorAt(at.pos, at.err)
	}
	return err
}

// parseTrimmed is parse without the last newline: Jinja takes it off, and padded
// brings it back.
func (p *program) parseTrimmed(pos int, s syntax) error {
	src := p.src
	defer func() { p.src = src }()
	p.src = strings.TrimSuffix(src, "\n")
	return p.parse(min(pos, len(p.src)), s)
}

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) take() token {
	t := p.tokens[p.i]
	if p.i < len(p.tokens)-1 {
		p.i++
	}
	return t
}

func (p *parser) fail(pos int, format string, args ...any) {
	if p.err == nil {
		p.err = new(lexer).errorf(pos, format, args...)
	}
	p.i = len(p.tokens) - 1
}

// isOp and isName tell whether the next token is that.
func (p *parser) isOp(op string) bool {
	return p.peek().kind == tokenOp && p.peek().text == op
}

func (p *parser) isName(names ...string) bool {
	return p.peek().kind == tokenName && slices.Contains(names, p.peek().text)
}

// op and word take the next token if it is that.
func (p *parser) op(op string) bool {
	ok := p.isOp(op)
	if ok {
		p.take()
	}
	return ok
}

func (p *parser) word(names ...string) bool {
	ok := p.isName(names...)
	if ok {
		p.take()
	}
	return ok
}

func (p *parser) wantOp(op string) {
	if !p.op(op) {
		p.unexpected("want " + op)
	}
}

func (p *parser) wantWord(word string) {
	if !p.word(word) {
		p.unexpected("want " + word)
	}
}

func (p *parser) wantName() string {
	if p.peek().kind != tokenName {
		p.unexpected("want a name")
		return ""
	}
	return p.take().text
}

// end takes the end of a statement's tag.
func (p *parser) end() {
	switch {
	case p.peek().kind == tokenEnd:
		p.take()
	case p.isOp("="):
		p.unexpected("want the end of the tag; == compares")
	case p.isName("if") && p.i > 0 && p.tokens[p.i-1].text == "else":
		p.unexpected("want the end of the tag; else if is elif")
	default:
		p.unexpected("want the end of the tag")
	}
}

func (p *parser) unexpected(want string) {
	t := p.peek()
	switch t.kind {
	case tokenEOF:
		p.fail(t.pos, "unexpected end of the template: %s", want)
	case tokenEnd, tokenVarEnd:
		p.fail(t.pos, "unexpected end of the tag: %s", want)
	default:
		p.fail(t.pos, "unexpected %q: %s", t.text, want)
	}
}

// nested counts what holds others; leave it with p.depth--.
func (p *parser) nested() bool {
	if p.depth++; p.depth > maxNesting {
		p.fail(p.peek().pos, "over %d blocks or brackets, one within another", maxNesting)
		return false
	}
	return true
}

// body parses as far as a tag with one of the names, or the end of the template.
// It leaves the parser at the name.
func (p *parser) body(ends ...string) []stmt {
	var out []stmt
	defer func() { p.depth-- }()
	if !p.nested() {
		return nil
	}
	for p.err == nil {
		switch t := p.take(); t.kind {
		case tokenData:
			out = append(out, &text{position(t.pos), t.text})
		case tokenVarBegin:
			out = append(out, p.printed())
			if p.peek().kind != tokenVarEnd {
				p.unexpected("want the end of the expression")
			}
			p.take()
		case tokenBegin:
			if p.isName(ends...) {
				return out
			}
			if s := p.statement(); s != nil {
				out = append(out, s)
			}
		default:
			if len(ends) > 0 {
				p.unclosed("")
			}
			return out
		}
	}
	return out
}

// printed parses an expression whose value is printed.
func (p *parser) printed() stmt {
	at, from := position(p.peek().pos), p.i
	p.paths, p.calls = nil, false
	x := p.tuple()
	return &printed{at, x, p.paths, p.saidSince(from), p.calls}
}

// statement parses a tag, with what it holds.
func (p *parser) statement() stmt {
	t := p.peek()
	if t.kind != tokenName {
		p.unexpected("want the name of a tag")
		return nil
	}
	parse := parseTag(t.text)
	if parse == nil {
		p.unknownTag()
		return nil
	}
	p.take()
	p.open = append(p.open, t)
	s := parse(p, position(t.pos))
	p.open = p.open[:len(p.open)-1]
	return s
}

func (p *parser) unknownTag() {
	t := p.peek()
	belongs := belongsTo(t.text)
	isOpen := slices.ContainsFunc(p.open, func(o token) bool { return slices.Contains(belongs, o.text) })
	switch {
	case slices.Contains([]string{"do", "break", "continue", "trans", "debug"}, t.text):
		p.fail(t.pos, "unknown tag %q: Ansible has it only with an extension that is off", t.text)
	case isOpen && strings.HasPrefix(t.text, "end"):
		p.unclosed(fmt.Sprintf(" before the {%% %s %%} in line %d", t.text, p.prog.errorAt(t.pos, nil).Line))
	case belongs != nil && len(p.open) > 0:
		o := p.open[len(p.open)-1]
		p.fail(t.pos, "unexpected %q: what is open is the {%% %s %%} in line %d", t.text, o.text,
			p.prog.errorAt(o.pos, nil).Line)
	case belongs != nil:
		p.fail(t.pos, "unexpected %q: no tag that it belongs to is open", t.text)
	case slices.Contains([]string{"elseif", "elsif"}, t.text):
		p.fail(t.pos, "unknown tag %q: did you mean elif?", t.text)
	case t.text == "extends":
		p.fail(t.pos, "unknown tag %q: use include or import", t.text)
	default:
		p.fail(t.pos, "unknown tag %q%s", t.text, nearest.Hint(t.text, slices.Concat(tags, endsOf(p.open))))
	}
}

// unclosed reports the innermost tag that is open.
func (p *parser) unclosed(before string) {
	o := p.open[len(p.open)-1]
	p.fail(o.pos, "this {%% %s %%} has no {%% end%[1]s %%}%s", o.text, before)
}

// belongsTo returns the tags that one such as endif belongs to; nil if it is none such.
func belongsTo(name string) []string {
	switch of, isEnd := strings.CutPrefix(name, "end"); {
	case isEnd && slices.Contains(tags, of):
		return []string{of}
	case name == "elif":
		return []string{"if"}
	case name == "else":
		return []string{"if", "for"}
	}
	return nil
}

// endsOf returns the names of the tags that end others.
func endsOf(open []token) []string {
	var ends []string
	for _, o := range open {
		ends = append(ends, "end"+o.text)
	}
	return ends
}
