package playbook

import (
	"strings"
	"unicode/utf8"

	"github.com/slipway-go/slipway/layouts"
)

// A draft is the text of a file that is made.
type draft struct {
	text  []byte
	lines []layouts.Line // what they are made of; nil if the text is that of a file
}

// add adds lines that were made of what stands at a place.
func (d *draft) add(text string, at place) {
	d.text = append(d.text, text...)
	for range strings.Lines(text) {
		d.lines = append(d.lines, layouts.Line{Place: layouts.Place{File: at.file, Line: at.line}})
	}
}

// addOf is add with the line that stands at the place.
func (d *draft) addOf(text string, from *source, line int) {
	before := len(d.lines)
	d.add(text, place{from.name, line})
	for k := range d.lines[before:] {
		d.lines[before+k].Text = from.line(line)
	}
}

// addLines adds lines that are those of a file from one on, but for what is before them.
func (d *draft) addLines(text string, from *source, line int) {
	for made := range strings.Lines(text) {
		d.addOf(made, from, line)
		last := &d.lines[len(d.lines)-1]
		if bare := strings.TrimRight(made, "\r\n"); strings.HasSuffix(last.Text, bare) {
			by := utf8.RuneCountInString(last.Text) - utf8.RuneCountInString(bare)
			last.Moves = []layouts.Move{{Column: 1, By: by}}
		}
		line++
	}
}

// line returns a line of the file without its end; "" if it has none such.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return strings.TrimRight(s.lines[n-1], "\r\n")
}
