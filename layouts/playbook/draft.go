package playbook

import (
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// A draft is the text of a file that is made.
type draft struct {
	text  []byte
	lines []layouts.Place // where they are from; nil if the text is that of a file
}

// add adds lines that were made of what stands at a place; of the lines from there on, if
// they are those.
func (d *draft) add(text string, at place, verbatim bool) {
	d.text = append(d.text, text...)
	for range strings.Lines(text) {
		d.lines = append(d.lines, layouts.Place{File: at.file, Line: at.line})
		if verbatim {
			at.line++
		}
	}
}
