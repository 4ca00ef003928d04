package jinja

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEOF tokenKind = iota
	tokenData
	tokenBegin    // of a statement
	tokenEnd      // of a statement
	tokenVarBegin // of an expression that is printed
	tokenVarEnd
	tokenName
	tokenString
	tokenInt
	tokenFloat
	tokenOp
)

type token struct {
	kind tokenKind
	text string // of a string: its value
	pos  int
}

// A syntax is what the #jinja2: line of a template can change.
type syntax struct {
	blockBegin, blockEnd     string
	varBegin, varEnd         string
	commentBegin, commentEnd string
	trim, lstrip             bool
	rawBackslash             bool // in {{ }}: a backslash stands for itself
}

func ansibleSyntax() syntax {
	return syntax{
		blockBegin: "{%", blockEnd: "%}", varBegin: "{{", varEnd: "}}",
		commentBegin: "{#", commentEnd: "#}", trim: true,
	}
}

// A lexer cuts a template into tokens.
type lexer struct {
	syntax
	src    string
	pos    int
	tokens []token
	stack  []byte // open brackets
	fresh  bool   // the last tag took its newline along
	marks  []mark
	endRaw *regexp.Regexp // nil until there is a raw block
}

// A mark is what begins a tag, and where it is next.
type mark struct {
	text string
	at   int // len(src) if there is none
}

// maxTokens bounds the tokens of a template: with them, the time and the memory that
// it takes before its first step.
const maxTokens = 200_000

// A syntaxError is a problem at an offset.
type syntaxError struct {
	pos int
	err error
}

func (e *syntaxError) Error() string { return e.err.Error() }

func (l *lexer) errorf(pos int, format string, args ...any) error {
	return &syntaxError{pos, fmt.Errorf(format, args...)}
}

func (l *lexer) emit(kind tokenKind, text string, pos int) {
	l.tokens = append(l.tokens, token{kind, text, pos})
}

// lex returns the tokens of src from pos on.
func lex(src string, pos int, s syntax) ([]token, error) {
	l := &lexer{syntax: s, src: src, pos: pos, fresh: true, marks: []mark{
		{s.commentBegin, -1}, {s.blockBegin, -1}, {s.varBegin, -1},
	}}
	for l.pos < len(l.src) {
		if err := l.next(); err != nil {
			return nil, err
		}
		if len(l.tokens) > maxTokens {
			return nil, l.errorf(l.pos, "over %d words and signs in tags, the bound", maxTokens)
		}
	}
	l.emit(tokenEOF, "", len(src))
	return l.tokens, nil
}

// next takes the text before the next tag, and the tag.
func (l *lexer) next() error {
	at, begin := l.find()
	text := l.src[l.pos:at]
	if begin == "" {
		l.data(text)
		l.pos = at
		return nil
	}
	after := at + len(begin)
	sign := byte(0)
	if after < len(l.src) && (l.src[after] == '-' || l.src[after] == '+') {
		sign = l.src[after]
		after++
	}
	l.data(l.before(text, begin, sign))
	l.pos = after
	switch begin {
	case l.commentBegin:
		return l.comment(at)
	case l.blockBegin:
		if m := rawPattern.FindString(l.src[after:]); m != "" {
			if end, ok := l.rawBegin(after + len(m)); ok {
				return l.raw(at, end)
			}
		}
		return l.tag(at, tokenBegin, tokenEnd, l.blockEnd)
	}
	return l.tag(at, tokenVarBegin, tokenVarEnd, l.varEnd)
}

func (l *lexer) data(text string) {
	if text != "" {
		l.emit(tokenData, text, l.pos)
	}
}

// find returns where the next tag begins and what begins it: the longest, of
// several in one place.
func (l *lexer) find() (at int, begin string) {
	at = len(l.src)
	for i := range l.marks {
		m := &l.marks[i]
		if m.at < l.pos {
			m.at = len(l.src)
			if n := strings.Index(l.src[l.pos:], m.text); n >= 0 {
				m.at = l.pos + n
			}
		}
		if m.at < at || m.at == at && at < len(l.src) && len(m.text) > len(begin) {
			at, begin = m.at, m.text
		}
	}
	return at, begin
}

// before returns the text before a tag without what the tag strips.
func (l *lexer) before(text, begin string, sign byte) string {
	switch {
	case sign == '-':
		return strings.TrimRightFunc(text, unicode.IsSpace)
	case sign != '+' && l.lstrip && begin != l.varBegin:
		start := strings.LastIndexByte(text, '\n') + 1
		if (start > 0 || l.fresh) && strings.TrimSpace(text[start:]) == "" {
			return text[:start]
		}
	}
	return text
}

// end takes the end of a tag at the lexer's place, with what it strips.
func (l *lexer) end(end string, trim bool) bool {
	rest := l.src[l.pos:]
	switch {
	case strings.HasPrefix(rest, "-"+end):
		l.pos = len(l.src) - len(strings.TrimLeftFunc(rest[1+len(end):], unicode.IsSpace))
	case end != l.varEnd && strings.HasPrefix(rest, "+"+end):
		l.pos += 1 + len(end)
	case strings.HasPrefix(rest, end):
		l.pos += len(end)
		if trim && strings.HasPrefix(l.src[l.pos:], "\n") {
			l.pos++
		}
	default:
		return false
	}
	l.fresh = l.src[l.pos-1] == '\n'
	return true
}

func (l *lexer) comment(at int) error {
	i := strings.Index(l.src[l.pos:], l.commentEnd)
	if i < 0 {
		return l.errorf(at, "the comment has no end %q", l.commentEnd)
	}
	l.pos += i
	if i > 0 && strings.ContainsRune("+-", rune(l.src[l.pos-1])) {
		l.pos--
	}
	l.end(l.commentEnd, l.trim)
	return nil
}

var rawPattern = regexp.MustCompile(`^\s*raw\s*`)

// rawBegin returns where the text of a raw block begins.
func (l *lexer) rawBegin(pos int) (int, bool) {
	back := l.pos
	l.pos = pos
	ok := !strings.HasPrefix(l.src[pos:], "+") && l.end(l.blockEnd, false)
	pos, l.pos = l.pos, back
	return pos, ok
}

func (l *lexer) raw(at, start int) error {
	if l.endRaw == nil {
		l.endRaw = regexp.MustCompile(regexp.QuoteMeta(l.blockBegin) + `([-+]?)\s*endraw\s*([-+]?)` +
			regexp.QuoteMeta(l.blockEnd))
	}
	m := l.endRaw.FindStringSubmatchIndex(l.src[start:])
	if m == nil {
		return l.errorf(at, "the raw block has no endraw")
	}
	sign := byte(0)
	if m[2] < m[3] {
		sign = l.src[start+m[2]]
	}
	l.pos = start
	l.data(l.before(l.src[start:start+m[0]], l.blockBegin, sign))
	l.pos = start + m[4]
	l.end(l.blockEnd, l.trim)
	return nil
}

// tag takes the tokens of a tag as far as its end.
func (l *lexer) tag(at int, begin, end tokenKind, closing string) error {
	l.emit(begin, "", at)
	l.stack = l.stack[:0]
	raw := l.rawBackslash && begin == tokenVarBegin
	for {
		l.pos = len(l.src) - len(strings.TrimLeftFunc(l.src[l.pos:], unicode.IsSpace))
		pos := l.pos
		if len(l.stack) == 0 && l.end(closing, l.trim && end == tokenEnd) {
			l.emit(end, "", pos)
			return nil
		}
		if l.pos == len(l.src) {
			return l.errorf(at, "the tag has no end %q", closing)
		}
		if err := l.token(raw); err != nil || len(l.tokens) > maxTokens {
			return err // the bound is told above
		}
	}
}

var (
	floatPattern = regexp.MustCompile(
		`^(?:[0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?[eE][-+]?[0-9]+(_[0-9]+)*` +
			`|[0-9]+(_[0-9]+)*\.[0-9]+(_[0-9]+)*)`)
	intPattern = regexp.MustCompile(
		`^(0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[0-9a-fA-F])+|[1-9](_?[0-9])*|0(_?0)*)`)
	namePattern = regexp.MustCompile(`^[\pL\pN_]+`)
)

var operators = []string{"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]",
	"(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"}

var closing = map[string]byte{")": '(', "]": '[', "}": '{'}

// token takes one token in a tag.
func (l *lexer) token(raw bool) error {
	rest, pos := l.src[l.pos:], l.pos
	afterDot := pos > 0 && l.src[pos-1] == '.'
	if rest[0] >= '0' && rest[0] <= '9' {
		if m := floatPattern.FindString(rest); m != "" && !afterDot {
			return l.take(tokenFloat, m)
		}
		if m := intPattern.FindString(rest); m != "" {
			return l.take(tokenInt, m)
		}
	}
	if m := namePattern.FindString(rest); m != "" {
		return l.take(tokenName, m)
	}
	if rest[0] == '"' || rest[0] == '\'' {
		return l.quoted(raw)
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			if err := l.bracket(op); err != nil {
				return err
			}
			return l.take(tokenOp, op)
		}
	}
	c, _ := utf8.DecodeRuneInString(rest)
	return l.errorf(pos, "unexpected %q", c)
}

func (l *lexer) take(kind tokenKind, text string) error {
	l.emit(kind, text, l.pos)
	l.pos += len(text)
	return nil
}

// bracket keeps the open brackets: inside of them no tag ends.
func (l *lexer) bracket(op string) error {
	switch op {
	case "(", "[", "{":
		l.stack = append(l.stack, op[0])
	case ")", "]", "}":
		last := len(l.stack) - 1
		if last < 0 || l.stack[last] != closing[op] {
			return l.errorf(l.pos, "unexpected %q: no bracket that it closes is open", op)
		}
		l.stack = l.stack[:last]
	}
	return nil
}

// quoted takes a string.
func (l *lexer) quoted(raw bool) error {
	quote := l.src[l.pos]
	for i := l.pos + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '\\':
			if i++; raw && i < len(l.src) && l.src[i] == quote {
				return l.errorf(i-1, "a backslash before a quote: in variables, Ansible takes it for itself")
			}
		case quote:
			text := l.src[l.pos+1 : i]
			if !raw {
				var err error
				if text, err = unescape(text); err != nil {
					return &syntaxError{l.pos, err}
				}
			}
			l.emit(tokenString, text, l.pos)
			l.pos = i + 1
			return nil
		}
	}
	return &syntaxError{l.pos, errors.New("the string has no end")}
}
