package overlay

import (
	"fmt"
	"strconv"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// sourceAnnotation holds which of a tree's sources an added object is. Kustomize's own
// annotations of that kind come with one for each transformer that an object has met,
// which takes minutes for a hundred objects.
const sourceAnnotation = "internal.config.kubernetes.io/slipway-source"

// A spot is a place in a file. Line and column count from 1, the column in characters.
type spot struct {
	file         string
	line, column int
}

func spotOf(file string, n *goyaml.Node) spot { return spot{file, n.Line, n.Column} }

// A source is what an added object is made of.
type source struct {
	spot
	node      *goyaml.Node // the object, or the generator's entry
	generator bool
}

// source notes one, and returns what marks its object.
func (t *tree) source(file string, node *goyaml.Node, generator bool) string {
	t.sources = append(t.sources, source{spotOf(file, node), node, generator})
	return strconv.Itoa(len(t.sources) - 1)
}

// sourceOf returns the source with that mark.
func (t *tree) sourceOf(mark string) (source, bool) {
	n, err := strconv.Atoi(mark)
	if err != nil || n < 0 || n >= len(t.sources) {
		return source{}, false
	}
	return t.sources[n], true
}

// markResources marks the objects of a file that is named under resources, in the copy that
// kustomize gets.
func (t *tree) markResources(file string, docs []document) {
	if _, done := t.marked[file]; done {
		return
	}
	var out strings.Builder
	for _, doc := range docs {
		for _, object := range objectsOf(doc.root()) {
			t.mark(file, object)
		}
		data, err := goyaml.Marshal(&doc.node)
		if err != nil {
			return // it stays as it is
		}
		out.WriteString("---\n")
		out.Write(data)
	}
	t.marked[file] = []byte(out.String())
}

func (t *tree) mark(file string, object *goyaml.Node) {
	_, metadata := entry(object, "metadata")
	if metadata == nil || metadata.Kind != goyaml.MappingNode {
		return
	}
	_, annotations := entry(metadata, "annotations")
	if annotations == nil || annotations.Kind == goyaml.ScalarNode && annotations.Tag == "!!null" {
		annotations = &goyaml.Node{Kind: goyaml.MappingNode, Tag: "!!map"}
		metadata.Content = append(metadata.Content, textNode("annotations"), annotations)
	}
	if annotations.Kind == goyaml.MappingNode {
		n := t.source(file, object, false)
		annotations.Content = append(annotations.Content, textNode(sourceAnnotation), textNode(n))
	}
}

func textNode(value string) *goyaml.Node {
	return &goyaml.Node{Kind: goyaml.ScalarNode, Tag: "!!str", Value: value, Style: goyaml.DoubleQuotedStyle}
}

// before returns what the object was: what a file says, or nothing.
func (s source) before() before {
	was := before{source: fmt.Sprintf("%s:%d", s.file, s.line)}
	name := value(s.node, "metadata", "name")
	if s.generator {
		name = value(s.node, "name")
	} else if s.node.Decode(&was.content) == nil {
		was.fields = fieldsOf(s.node)
	}
	if name != nil {
		was.names = []string{name.Value}
	}
	return was
}
