package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-go/slipway/render"
)

// byteOrderMark is what some editors put before a text; columns do not count it.
const byteOrderMark = "\ufeff"

// errorAt returns err at an offset of the source.
func (p *program) errorAt(pos int, err error) *render.Error {
	before := p.src[:min(pos, len(p.src))]
	line, column := placeAfter(before)
	at := &render.Error{File: p.file, Line: max(1, p.line) + line, Column: column, Err: err}
	if line == 0 && p.line > 0 {
		at.Column += p.column
	}
	if p.within != nil {
		if line, column, ok := p.within.find(p.src, len(before)); ok {
			at.Line, at.Column = line, column
		}
	}
	return at
}

// placeAfter returns how many lines are before the end of a text, and the column there, from 1.
func placeAfter(text string) (lines, column int) {
	start := strings.LastIndexByte(text, '\n') + 1
	line := strings.TrimPrefix(text[start:], byteOrderMark)
	return strings.Count(text, "\n"), utf8.RuneCountInString(line) + 1
}

// A scalar is where a value stands in the text of a YAML file.
type scalar struct {
	text         string
	line, column int // from 1
}

// find returns the place in the file of what is at an offset of the value, which YAML may have
// folded, unescaped and stripped of blanks: that of the same word, as often as it is before
// that; ok is false if it is not there.
func (s *scalar) find(value string, offset int) (line, column int, ok bool) {
	word := value[offset:]
	if i := strings.IndexFunc(word, endsWord); i >= 0 {
		word = word[:i]
	}
	start := 0
	for range s.line - 1 {
		start += strings.IndexByte(s.text[start:], '\n') + 1
	}
	for range s.column - 1 {
		_, size := utf8.DecodeRuneInString(s.text[start:])
		start += size
	}
	at := start
	for range strings.Count(value[:offset], word) + 1 {
		i := strings.Index(s.text[at:], word)
		if i < 0 || word == "" {
			return 0, 0, false
		}
		at += i + len(word)
	}
	line, column = placeAfter(s.text[:at-len(word)])
	return line + 1, column, true
}

// endsWord reports whether YAML may write a character in another way.
func endsWord(r rune) bool {
	return unicode.IsSpace(r) || r == '\\' || r == '"' || r == '\'' || !unicode.IsPrint(r)
}
