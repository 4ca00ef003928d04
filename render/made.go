package render

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// made are the files of an app that were made of others, by their paths. Objects and errors
// leave this package with the places that people know.
type made map[string]layouts.File

func madeFiles(app *layouts.App) made {
	files := made{}
	for path, f := range filesOf(app) {
		if f.Origin != nil {
			files[path] = f
		}
	}
	return files
}

// source returns the place of an object that people know.
func (m made) source(obj *unstructured.Unstructured) string {
	at := errorAt(obj)
	if f, ok := m[at.File]; ok {
		return f.Place(at.Line).String()
	}
	return obj.GetAnnotations()[layouts.SourceAnnotation]
}

// place gives an object that place, and its fields theirs.
func (m made) place(obj *unstructured.Unstructured) {
	f, ok := m[errorAt(obj).File]
	if !ok {
		return
	}
	source := m.source(obj)
	setString(obj, "annotations", layouts.SourceAnnotation, source)
	fields := layouts.FieldsOf(obj.GetAnnotations())
	if fields == nil || f.Verbatim() {
		return
	}
	file, _ := layouts.SplitSource(source)
	for path, field := range fields {
		at := f.Place(field.Line)
		_, field.Column, _ = f.Line(field.Line, field.Column)
		field.Line = at.Line
		if fields[path] = field; at.File != file {
			delete(fields, path)
		}
	}
	setString(obj, "annotations", layouts.LinesAnnotation, fields.Annotation())
}

// place gives e, in a file, the place that people know, and the line there.
func (e *Error) place(f layouts.File) {
	if f.Origin == nil || e.placed {
		return
	}
	text, column, ok := f.Line(e.Line, e.Column)
	if ok && e.text != "" {
		e.text = text
	}
	e.Column = column
	at := f.Place(e.Line)
	e.File, e.Line, e.placed = at.File, at.Line, true
}

// origin returns where a value of the layer is set, as people know it.
func (l layer) origin(path string, line int) Origin {
	at := layouts.File{Path: l.file, Origin: l.made}.Place(line)
	return Origin{Path: path, File: at.File, Line: at.Line}
}
