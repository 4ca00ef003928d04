package overlay

import (
	"fmt"
	"strconv"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/layouts"
)

// root returns the node of the document's value.
func (d *document) root() *goyaml.Node { return d.node.Content[0] }

// real returns the node that n stands for.
func real(n *goyaml.Node) *goyaml.Node {
	for n != nil && n.Kind == goyaml.AliasNode {
		n = n.Alias
	}
	return n
}

// entry returns the nodes of an entry of a map; nil if there is none.
func entry(n *goyaml.Node, name string) (key, value *goyaml.Node) {
	if n = real(n); n == nil || n.Kind != goyaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], real(n.Content[i+1])
		}
	}
	return nil, nil
}

// value returns what the names lead to, one within another; nil if they lead nowhere.
func value(n *goyaml.Node, names ...string) *goyaml.Node {
	for _, name := range names {
		_, n = entry(n, name)
	}
	return n
}

// items returns the nodes of a list; none if it is no list.
func items(n *goyaml.Node) []*goyaml.Node {
	if n = real(n); n == nil || n.Kind != goyaml.SequenceNode {
		return nil
	}
	return n.Content
}

// objectsOf returns the items of a List, or the object itself.
func objectsOf(n *goyaml.Node) []*goyaml.Node {
	kind := value(n, "kind")
	if list := value(n, "items"); kind != nil && strings.HasSuffix(kind.Value, "List") && list != nil {
		return items(list)
	}
	return []*goyaml.Node{n}
}

// find returns the node that a path such as resources[0].path leads to, as far as it leads:
// the key of a field, or the item of a list.
func find(root *goyaml.Node, path string) *goyaml.Node {
	if root == nil {
		root = &goyaml.Node{Line: 1, Column: 1}
	}
	at, n := root, root
	for _, step := range stepPattern.FindAllString(path, -1) {
		if i, err := strconv.Atoi(strings.Trim(step, "[]")); err == nil {
			list := items(n)
			if i < 0 || i >= len(list) {
				return at
			}
			at, n = list[i], real(list[i])
			continue
		}
		key, next := entry(n, step)
		if key == nil {
			return at
		}
		at, n = key, next
	}
	return at
}

// fieldsOf returns the places of the fields below a node.
func fieldsOf(n *goyaml.Node) layouts.Fields {
	fields := layouts.Fields{}
	visit(n, "", func(path string, at *goyaml.Node) {
		fields[path] = layouts.Field{Line: at.Line, Column: at.Column}
	})
	return fields
}

// visit calls do with the path of each field and item below n, and its node.
func visit(n *goyaml.Node, path string, do func(path string, at *goyaml.Node)) {
	switch n.Kind {
	case goyaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := join(path, n.Content[i].Value)
			do(at, n.Content[i])
			visit(n.Content[i+1], at, do)
		}
	case goyaml.SequenceNode:
		for i, item := range n.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			do(at, item)
			visit(item, at, do)
		}
	}
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }
