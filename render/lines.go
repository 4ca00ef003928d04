package render

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// lines returns the places in the template that made the fields of an object, by
// their paths, as layouts.LinesAnnotation holds them. What another file made, such as
// a partial, is left out.
func (d document) lines(object *goyaml.Node) string {
	file, _, _ := d.at(d.first())
	l := liner{document: d, file: file, byPath: map[string]string{}}
	l.walk(object, "")
	text, _ := json.Marshal(l.byPath) // strings
	return string(text)
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
	byPath map[string]string
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
	place := fmt.Sprintf("%d:%d", at.Line, at.Column)
	for _, from := range l.madeOf(value) {
		place += fmt.Sprintf(" %s=%s;", from.Path, from)
	}
	l.byPath[path] = place
}

// madeOf returns the values that the template prints within a scalar.
func (l *liner) madeOf(scalar *goyaml.Node) []Origin {
	if scalar.Kind != goyaml.ScalarNode {
		return nil
	}
	start := l.offset(scalar)
	end := start + len(scalar.Value) + len(`""`)
	var paths []string
	i, _ := slices.BinarySearchFunc(l.marks, start, mark.compare)
	for ; i < len(l.marks) && l.marks[i].offset < end; i++ {
		if made := &l.places[l.marks[i].place]; !made.verbatim {
			paths = append(paths, pathsOf(made)...)
		}
	}
	slices.Sort(paths)
	return l.where(slices.Compact(paths))
}
