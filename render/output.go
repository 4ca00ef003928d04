package render

import (
	"bytes"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/yamlwork"
)

// An output is what a template made, and which of its nodes made which part.
type output struct {
	*program
	text  []byte
	marks []mark // in order of offsets
	steps int    // of the run; 0 if not known

	printer
}

// at returns the file and the offset in it that made the byte at offset, and the
// node that did; nil if none is known.
func (o *output) at(offset int) (file string, pos int, made *place) {
	i, found := slices.BinarySearchFunc(o.marks, offset, mark.compare)
	if !found {
		i--
	}
	if i < 0 {
		return o.main, 0, nil
	}
	made = o.placeOf(o.marks[i])
	pos = made.pos
	if made.verbatim {
		pos += offset - o.marks[i].offset
	}
	return made.file, pos, made
}

// placeOf returns the place of a mark.
func (o *output) placeOf(m mark) *place {
	at := o.places[m.place]
	at.call, at.within = m.call, m.within
	return &at
}

// error returns err at the place that made the byte at offset.
func (o *output) error(offset int, err error) *Error {
	file, pos, made := o.at(offset)
	if made == nil {
		return &Error{File: file, Err: err}
	}
	at := o.errorIn(file, pos, err)
	at.Values = o.uses(made)
	return at
}

// A document is one YAML document of an output.
type document struct {
	*output
	start, end int // offsets
	ruler      *ruler
}

// documents splits o at lines that begin with "---", which YAML takes as a mark
// anywhere, and drops what holds nothing but blanks and comments.
func (o *output) documents() []document {
	var docs []document
	add := func(d document) {
		if d.first() != d.end {
			docs = append(docs, d)
		}
	}
	start := 0
	for offset := 0; offset < len(o.text); {
		end := offset + len(o.text[offset:])
		if i := bytes.IndexByte(o.text[offset:], '\n'); i >= 0 {
			end = offset + i + 1
		}
		if mark := o.text[offset:end]; isMark(mark) {
			add(document{o, start, offset, nil})
			start = offset + len("---")
			if mark[0] == '.' {
				start = end
			}
		}
		offset = end
	}
	add(document{o, start, len(o.text), nil})
	return docs
}

// isMark reports whether line ends a document: "---" or "...", then a blank or
// nothing.
func isMark(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	if !ok {
		rest, ok = bytes.CutPrefix(line, []byte("..."))
	}
	return ok && (len(rest) == 0 || strings.ContainsRune(" \t\r\n", rune(rest[0])))
}

// first returns the offset of the first line with content.
func (d document) first() int {
	for offset := d.start; offset < d.end; {
		line, _, _ := bytes.Cut(d.text[offset:d.end], []byte("\n"))
		content := bytes.TrimSpace(line)
		if len(content) > 0 && content[0] != '#' {
			return offset + bytes.Index(line, content)
		}
		offset += len(line) + 1
	}
	return d.end
}

// perDocument is what each document takes beside what is in it.
const perDocument = 4 << 10

// parseable returns an error if the parser, which cannot be stopped, would take too much.
func (o *output) parseable() error {
	all := 0
	for _, d := range o.documents() {
		all += perDocument + yamlwork.Of(string(d.text[d.start:d.end]))
		if all > yamlwork.Max {
			return d.error(d.first(), yamlwork.ErrMax)
		}
	}
	return nil
}
