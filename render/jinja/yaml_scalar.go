package jinja

import (
	"fmt"
	"strings"
)

// breaks end lines in YAML, blanks end words.
const (
	breaks = "\r\n\u0085\u2028\u2029"
	blanks = "\x00 \t" + breaks
)

// A scalarStyle says how a text may be written.
type scalarStyle struct{ flowPlain, blockPlain, single, multiline bool }

// analyze is what libyaml finds out of a text: Ansible writes YAML with it.
func analyze(text []rune, unicode bool) scalarStyle {
	if len(text) == 0 {
		return scalarStyle{blockPlain: true, single: true}
	}
	var block, flow, lines, special, spaceBreak, breakSpace bool
	if s := string(text[:min(3, len(text))]); s == "---" || s == "..." {
		block, flow = true, true
	}
	is := func(i int, set string) bool {
		return i >= 0 && i < len(text) && strings.ContainsRune(set, text[i])
	}
	for i, c := range text {
		blankAfter := i+1 >= len(text) || is(i+1, blanks)
		f, b := indicators(c, i, i == 0 || is(i-1, blanks), blankAfter)
		flow, block = flow || f, block || b
		lines = lines || is(i, breaks)
		special = special || c != '\n' && (c < ' ' || c > '~') && (!unicode || !printable(c))
		breakSpace = breakSpace || c == ' ' && is(i-1, breaks)
		spaceBreak = spaceBreak || is(i, breaks) && is(i-1, " ")
	}
	edge := is(0, " "+breaks) || is(len(text)-1, " "+breaks)
	plain := !edge && !breakSpace && !spaceBreak && !special && !lines
	return scalarStyle{
		flowPlain: plain && !flow, blockPlain: plain && !block,
		single: !breakSpace && !spaceBreak && !special, multiline: lines,
	}
}

// indicators tells whether a character keeps a text from being plain.
func indicators(c rune, i int, blankBefore, blankAfter bool) (flow, block bool) {
	if i == 0 {
		switch {
		case strings.ContainsRune("#,[]{}&*!|>'\"%@`", c):
			return true, true
		case c == '?' || c == ':':
			return true, blankAfter
		}
		return c == '-' && blankAfter, c == '-' && blankAfter
	}
	switch {
	case strings.ContainsRune(",?[]{}", c):
		return true, false
	case c == ':':
		return true, blankAfter
	}
	return c == '#' && blankBefore, c == '#' && blankBefore
}

func printable(c rune) bool {
	return c >= 0xa0 && c <= 0xd7ff || c >= 0xe000 && c <= 0xfffd && c != 0xfeff
}

// scalar writes a text in the style that libyaml chooses.
func (w *yamlWriter) scalar(text string, plain bool, c place) {
	runes := []rune(text)
	style := analyze(runes, w.unicode)
	allowed := style.blockPlain
	if w.flowLevel > 0 {
		allowed = style.flowPlain
	}
	brokenKey := c.simpleKey && style.multiline
	switch {
	case plain && allowed && !brokenKey && (len(runes) > 0 || w.flowLevel == 0 && !c.simpleKey):
		w.plain(runes, c)
	case style.single && !brokenKey:
		w.indicator("'", true, false, false)
		w.singleQuoted(runes, !c.simpleKey)
		w.indicator("'", false, false, false)
	default:
		w.indicator(`"`, true, false, false)
		w.doubleQuoted(runes, !c.simpleKey)
		w.indicator(`"`, false, false, false)
	}
}

// folds reports whether the line may end at the space at i instead of going on.
func (w *yamlWriter) folds(text []rune, i int) bool {
	return w.column > w.width && i > 0 && text[i-1] != ' ' && i < len(text)-1
}

// plain writes a text that has no line breaks.
func (w *yamlWriter) plain(text []rune, c place) {
	if len(text) == 0 {
		return
	}
	if !w.whitespace {
		w.put(" ")
	}
	for i, r := range text {
		if r == ' ' && !c.simpleKey && w.folds(text, i) && text[i+1] != ' ' {
			w.writeIndent()
			continue
		}
		w.put(string(r))
	}
	w.whitespace, w.indention = false, false
}

// singleQuoted writes what goes between single quotes.
func (w *yamlWriter) singleQuoted(text []rune, split bool) {
	broken := false
	for i, c := range text {
		switch {
		case c == ' ' && split && w.folds(text, i) && text[i+1] != ' ':
			w.writeIndent()
		case strings.ContainsRune(breaks, c):
			if !broken && c == '\n' {
				w.lineBreak()
			}
			w.putBreak(c)
			broken = true
			continue
		default:
			if broken && c != ' ' {
				w.writeIndent()
			}
			if c == '\'' {
				w.put("'")
			}
			w.put(string(c))
			w.indention = c == ' ' && w.indention
		}
		broken = broken && c == ' '
	}
	if broken {
		w.writeIndent()
	}
	w.whitespace, w.indention = false, false
}

// putBreak writes a line break as it is.
func (w *yamlWriter) putBreak(c rune) {
	if c == '\n' {
		w.lineBreak()
		return
	}
	w.b.WriteRune(c)
	w.column = 0
	w.whitespace, w.indention = true, true
}

var yamlEscapes = map[rune]string{
	0: "0", '\a': "a", '\b': "b", '\t': "t", '\n': "n", '\v': "v", '\f': "f", '\r': "r", 0x1b: "e",
	'"': `"`, '\\': `\`, 0x85: "N", 0xa0: "_", 0x2028: "L", 0x2029: "P",
}

// escaped returns the escape for a character; "" if it needs none.
func (w *yamlWriter) escaped(c rune) string {
	if !strings.ContainsRune("\"\\\u2028\u2029\ufeff", c) &&
		(c >= ' ' && c <= '~' || w.unicode && printable(c)) {
		return ""
	}
	switch text, ok := yamlEscapes[c]; {
	case ok:
		return `\` + text
	case c <= 0xff:
		return fmt.Sprintf(`\x%02X`, c)
	case c <= 0xffff:
		return fmt.Sprintf(`\u%04X`, c)
	}
	return fmt.Sprintf(`\U%08X`, c)
}

// doubleQuoted writes what goes between double quotes.
func (w *yamlWriter) doubleQuoted(text []rune, split bool) {
	for i, c := range text {
		switch escape := w.escaped(c); {
		case escape != "":
			w.put(escape)
		case c == ' ' && split && w.folds(text, i):
			w.writeIndent()
			if text[i+1] == ' ' {
				w.put(`\`)
			}
		default:
			w.put(string(c))
		}
	}
	w.whitespace, w.indention = false, false
}
