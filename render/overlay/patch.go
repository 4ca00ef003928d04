package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/resid"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// A patch is one of a kustomization, whichever field it stands in.
type patch struct {
	field string         // where it stands
	entry map[string]any // as an item of patches
	text  []byte
	at    func(*goyaml.Node) spot // where a node of the text is
	// target is where it says which objects it is for.
	target spot
}

// patches returns those of a kustomization, in the order that kustomize edit fix gives
// them.
func (s *scanner) patches(fields map[string]any) []patch {
	var found []patch
	add := func(field string, entry map[string]any) {
		p := patch{field: field, entry: entry, text: []byte(text(entry["patch"]))}
		p.at = s.inText(find(s.node, field))
		p.target = spotOf(s.file, find(s.node, field+".target.name"))
		if entry["path"] != nil {
			at := s.needs(field+".path", text(entry["path"]))
			if at == "" {
				return
			}
			p.text = s.files[at]
			p.at = func(n *goyaml.Node) spot { return spotOf(at, n) }
		}
		found = append(found, p)
	}
	for field, entry := range s.maps(fields, "patches") {
		add(field, entry)
	}
	for field, value := range s.texts(fields, "patchesStrategicMerge") {
		name := "path"
		if inline(value) {
			name = "patch"
		}
		add(field, map[string]any{name: value})
	}
	for field, entry := range s.maps(fields, "patchesJson6902") {
		add(field, entry)
	}
	return found
}

// inText returns where the nodes are of what is written in the kustomization: in n, or under
// patch in it.
func (s *scanner) inText(n *goyaml.Node) func(*goyaml.Node) spot {
	if within := value(n, "patch"); within != nil {
		n = within
	}
	block := n.Style&goyaml.LiteralStyle != 0
	indent := 0
	if block {
		indent = indentOf(s.files[s.file], n)
	}
	return func(of *goyaml.Node) spot {
		switch {
		case block:
			return spot{s.file, n.Line + of.Line, indent + of.Column}
		case n.Kind == goyaml.ScalarNode && of.Line == 1:
			quote := 0
			if n.Style != 0 {
				quote = 1
			}
			return spot{s.file, n.Line, n.Column + quote + of.Column - 1}
		}
		return spotOf(s.file, n)
	}
}

// indentOf returns how far the lines of a block are indented, which begins in the line of n.
func indentOf(data []byte, n *goyaml.Node) int {
	lines := bytes.Split(data, []byte("\n"))
	for i, line := range strings.Split(n.Value, "\n") {
		if at := n.Line + i; at < len(lines) && strings.TrimSpace(line) != "" {
			return max(0, len(bytes.TrimRight(lines[at], "\r"))-len(line))
		}
	}
	return 0
}

// inline reports whether a value that may be a path is what the file would hold.
func inline(value string) bool {
	return strings.Contains(value, "\n") || strings.HasPrefix(strings.TrimSpace(value), "{")
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// in returns an error of a patch with the kustomization that has it, if that is another file.
func (p patch) in(t *target, bad *Error) *Error {
	if bad.File == t.file {
		bad.Field = p.field
		return bad
	}
	at := spotOf(t.file, find(t.root, p.field)).field().In("")
	bad.Err = fmt.Errorf("%w (%s, in %s)", bad.Err, p.field, at)
	return bad
}

// identify returns which object a patch without a target is for.
func identify(doc any) (resid.ResId, error) {
	if _, ok := doc.([]any); ok {
		return resid.ResId{}, errors.New("a list of operations needs a target")
	}
	object, _ := doc.(map[string]any)
	metadata, _ := object["metadata"].(map[string]any)
	kind, name := text(object["kind"]), text(metadata["name"])
	if kind == "" || name == "" {
		return resid.ResId{}, errors.New("a patch without a target needs kind and metadata.name")
	}
	group, version, ok := strings.Cut(text(object["apiVersion"]), "/")
	if !ok {
		group, version = "", group
	}
	gvk := resid.NewGvk(group, version, kind)
	return resid.NewResIdWithNamespace(gvk, name, text(metadata["namespace"])), nil
}
