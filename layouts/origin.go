package layouts

import "fmt"

// An Origin says what a file was made of, if people do not know it by its path: package
// playbook makes a layout of an Ansible project, in memory. A file system tells it by the
// Sys of the file's [fs.FileInfo]; errors and the sources of objects then name the origin.
type Origin struct {
	// File is a file, which the other one is, byte for byte, unless there are Lines.
	File string
	// Lines are what the lines were made of, from the first one on.
	Lines []Line
}

// A Line is what a line of a file was made of.
type Line struct {
	Place
	// Text is the line there, without its end; empty if that is not known.
	Text string
	// Moves say where the characters of the line are in Text, sorted by their columns; there
	// are none if that is not known.
	Moves []Move
}

// A Move says that the characters of a line from Column on, which counts from 1, are By
// columns further to the right in what it was made of.
type Move struct{ Column, By int }

// column returns the column there; 0 if it is not known.
func (l Line) column(column int) int {
	there := 0
	for _, m := range l.Moves {
		if column >= m.Column {
			there = column + m.By
		}
	}
	return there
}

// A Place is a line of a file.
type Place struct {
	File string
	// Line counts from 1; 0 stands for the file.
	Line int
}

// String returns the place as "shop/home/deployment.yml:3".
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Place returns where people find a line of the file, or the file if line is 0.
func (f File) Place(line int) Place {
	switch {
	case f.Origin == nil:
		return Place{f.Path, line}
	case len(f.Origin.Lines) == 0:
		return Place{f.Origin.File, line}
	}
	return f.line(line).Place
}

// Line returns a line of the file, which counts from 1, and a column in it as people find
// them there: 0 is a column that is not known. ok is false if that is not known either, since
// the file is what people have, or since there is no such text.
func (f File) Line(line, column int) (text string, at int, ok bool) {
	if f.Verbatim() {
		return "", column, false
	}
	l := f.line(line)
	if column > 0 {
		at = l.column(column)
	}
	return l.Text, at, l.Text != ""
}

// line returns what a line was made of.
func (f File) line(n int) Line {
	return f.Origin.Lines[min(max(n, 1), len(f.Origin.Lines))-1]
}

// Verbatim reports whether people find the file's text as it is.
func (f File) Verbatim() bool { return f.Origin == nil || len(f.Origin.Lines) == 0 }
