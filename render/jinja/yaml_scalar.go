package jinja

import (
	"fmt"
	"strings"
)

// breaks end lines in YAML, blanks end words.
const (
	breaks = "\n\u0085\u2028\u2029"
	blanks = "\x00 \t\r" + breaks
)

// A scalarStyle says how a text may be written.
type scalarStyle struct{ flowPlain, blockPlain, single, multiline bool }

// analyze is PyYAML's analyze_scalar.
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
	return c == 0x85 || c >= 0xa0 && c <= 0xd7ff || c >= 0xe000 && c <= 0xfffd && c != 0xfeff
}

// scalar writes a text in the style that PyYAML chooses.
func (w *yamlWriter) scalar(text string, plain bool, c place) {
	runes := []rune(text)
	style := analyze(runes, w.unicode)
	emptyKey := c.simpleKey && (len(runes) == 0 || style.multiline)
	switch {
	case plain && !emptyKey && (w.flowLevel > 0 && style.flowPlain ||
		w.flowLevel == 0 && style.blockPlain):
		w.plain(runes, c)
	case style.single && (!c.simpleKey || !style.multiline):
		w.indicator("'", true, false, false)
		w.singleQuoted(runes, !c.simpleKey)
		w.indicator("'", false, false, false)
	default:
		w.indicator(`"`, true, false, false)
		w.doubleQuoted(runes, !c.simpleKey)
		w.indicator(`"`, false, false, false)
	}
}

// plain writes a text that has no line breaks.
func (w *yamlWriter) plain(text []rune, c place) {
	if len(text) == 0 {
		return
	}
	if !w.whitespace {
		w.put(" ")
	}
	w.whitespace, w.indention = false, false
	for start := 0; start < len(text); {
		end := start + 1
		for end < len(text) && (text[end] == ' ') == (text[start] == ' ') {
			end++
		}
		if text[start] == ' ' && end == start+1 && w.column > w.width && !c.simpleKey {
			w.writeIndent()
			w.whitespace, w.indention = false, false
		} else {
			w.put(string(text[start:end]))
		}
		start = end
	}
}

// singleQuoted writes what goes between single quotes.
func (w *yamlWriter) singleQuoted(text []rune, split bool) {
	kind := func(i int) int {
		switch {
		case text[i] == ' ':
			return 1
		case strings.ContainsRune(breaks, text[i]):
			return 2
		}
		return 0
	}
	for start := 0; start < len(text); {
		end := start + 1
		for end < len(text) && kind(end) == kind(start) {
			end++
		}
		run := string(text[start:end])
		switch {
		case run == " " && w.column > w.width && split && start > 0 && end < len(text):
			w.writeIndent()
		case kind(start) == 2:
			if text[start] == '\n' {
				w.lineBreak()
			}
			for range text[start:end] {
				w.lineBreak()
			}
			w.writeIndent()
		default:
			w.put(strings.ReplaceAll(run, "'", "''"))
		}
		start = end
	}
}

var yamlEscapes = map[rune]string{
	0: "0", '\a': "a", '\b': "b", '\t': "t", '\n': "n", '\v': "v", '\f': "f", '\r': "r", 0x1b: "e",
	'"': `"`, '\\': `\`, 0x85: "N", 0xa0: "_", 0x2028: "L", 0x2029: "P",
}

// escaped returns the escape for a character; "" if it needs none.
func (w *yamlWriter) escaped(c rune) string {
	if !strings.ContainsRune("\"\\\u0085\u2028\u2029\ufeff", c) &&
		(c >= ' ' && c <= '~' || w.unicode && c != 0x85 && printable(c)) {
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
	start := 0
	for end := 0; end <= len(text); end++ {
		escape := ""
		if end < len(text) {
			escape = w.escaped(text[end])
		}
		if end == len(text) || escape != "" {
			if start < end {
				w.put(string(text[start:end]))
				start = end
			}
			if escape != "" {
				w.put(escape)
				start = end + 1
			}
		}
		if end > 0 && end < len(text)-1 && (text[end] == ' ' || start >= end) &&
			w.column+end-start > w.width && split {
			w.put(string(text[min(start, end):end]) + `\`)
			start = max(start, end)
			w.writeIndent()
			w.whitespace, w.indention = false, false
			if text[start] == ' ' {
				w.put(`\`)
			}
		}
	}
}
