package layouts

import "fmt"

// An Origin says what a file was made of, if people do not know it by its path: package
// playbook makes a layout of an Ansible project, in memory. A file system tells it by the
// Sys of the file's [fs.FileInfo]; errors and the sources of objects then name the origin.
type Origin struct {
	// File is a file, which the other one is, byte for byte, unless there are Lines.
	File string
	// Lines are the places that the lines were made of, from the first one on.
	Lines []Place
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
	return f.Origin.Lines[min(max(line, 1), len(f.Origin.Lines))-1]
}

// Verbatim reports whether people find the file's text as it is.
func (f File) Verbatim() bool { return f.Origin == nil || len(f.Origin.Lines) == 0 }
