package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/layouts"
)

// lines returns the places in the template that made the fields of an object, by
// their paths, as layouts.LinesAnnotation holds them. What another file made, such as
// a partial, is left out.
func (d document) lines(object *goyaml.Node) string {
	file, _, _ := d.at(d.first())
	l := liner{document: d, file: file, fields: layouts.Fields{}}
	l.walk(object, "")
	return l.fields.Annotation()
}

// objectNodes returns the items of a List, or the object itself; see items.
func objectNodes(object *goyaml.Node) []*goyaml.Node {
	isList := false
	var items []*goyaml.Node
	for i := 0; i+1 < len(object.Content) && object.Kind == goyaml.MappingNode; i += 2 {
		switch name, value := object.Content[i].Value, object.Content[i+1]; {
		case name == "kind":
			isList = strings.HasSuffix(value.Value, "List")
		case name == "items" && value.Kind == goyaml.SequenceNode:
			items = value.Content
		}
	}
	if isList && items != nil {
		return items
	}
	return []*goyaml.Node{object}
}

// A liner collects the places of one object's fields.
type liner struct {
	document
	file   string
	fields layouts.Fields
}

func (l *liner) walk(node *goyaml.Node, path string) {
	switch node.Kind {
	case goyaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			name := node.Content[i]
			at := strings.TrimPrefix(path+"."+name.Value, ".")
			l.note(at, name, node.Content[i+1])
			l.walk(node.Content[i+1], at)
		}
	case goyaml.SequenceNode:
		for i, item := range node.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			l.note(at, item, item)
			l.walk(item, at)
		}
	}
}

// note notes the place of a field, and the values that its own value was made of.
func (l *liner) note(path string, node, value *goyaml.Node) {
	at := l.error(l.offset(node), nil)
	if at.File != l.file {
		return
	}
	field := layouts.Field{Line: at.Line, Column: at.Column}
	for _, from := range l.madeOf(value) {
		field.Values = append(field.Values, layouts.FieldValue{
			Path: from.Path, File: from.File, Line: from.Line, Secret: l.layers.hide(from),
		})
	}
	l.fields[path] = field
}

// madeOf returns the values that the template prints within a scalar.
func (d document) madeOf(scalar *goyaml.Node) []Origin {
	if scalar.Kind != goyaml.ScalarNode {
		return nil
	}
	start := d.offset(scalar)
	end := d.endOf(scalar, start)
	var paths []string
	i, found := slices.BinarySearchFunc(d.marks, start, mark.compare)
	if !found && i > 0 {
		i-- // it may begin within what a value printed
	}
	for ; i < len(d.marks) && d.marks[i].offset < end; i++ {
		if made := d.placeOf(d.marks[i]); !made.verbatim {
			paths = append(paths, d.pathsOf(made)...)
		}
	}
	return d.where(paths)
}

// about returns err at a node, with the values that the template prints within it.
func (d document) about(n *goyaml.Node, err error) *Error {
	at := d.error(d.offset(n), err)
	if values := d.madeOf(n); values != nil {
		at.Values = values
	}
	return at
}

// endOf returns where a scalar ends, which begins at an offset: a block where a line is
// indented no more than the one that it begins in.
func (d document) endOf(scalar *goyaml.Node, start int) int {
	if scalar.Anchor != "" {
		start += len(scalar.Anchor) + len("& ")
	}
	switch {
	case scalar.Style&(goyaml.DoubleQuotedStyle|goyaml.SingleQuotedStyle) != 0:
		return start + len(scalar.Value) + len(`""`)
	case scalar.Style&(goyaml.LiteralStyle|goyaml.FoldedStyle) == 0:
		return start + len(scalar.Value)
	}
	first := bytes.LastIndexByte(d.text[:start], '\n') + 1
	indent, end := indentOf(d.text[first:]), start
	for line := range bytes.Lines(d.text[start:d.end]) {
		if end > start && len(bytes.TrimSpace(line)) > 0 && indentOf(line) <= indent {
			break
		}
		end += len(line)
	}
	return end
}

func indentOf(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }
