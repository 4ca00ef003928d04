package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/resid"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/nearest"
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
		p.target = spotOf(s.file, targetOf(find(s.node, field)))
		if (entry["path"] == nil) == (entry["patch"] == nil) {
			s.bad(field, errors.New("want one of path, a file, and patch, as it stands"))
			return
		}
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

// targetOf returns what a target of a patch goes by, or the patch.
func targetOf(n *goyaml.Node) *goyaml.Node {
	for _, name := range []string{"name", "labelSelector", "annotationSelector", "kind"} {
		if found := value(n, "target", name); found != nil {
			return found
		}
	}
	return n
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
		if s.lines == nil {
			s.lines = bytes.Split(s.files[s.file], []byte("\n"))
		}
		indent = indentOf(s.lines, n)
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
func indentOf(lines [][]byte, n *goyaml.Node) int {
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

// checkOperations returns what is wrong with the operations of a patch, if it has some.
func (p patch) checkOperations(list *goyaml.Node) *Error {
	known := []string{"add", "remove", "replace", "move", "copy", "test"}
	for _, n := range items(list) {
		op, path := value(n, "op"), value(n, "path")
		switch {
		case op == nil || path == nil:
			return p.at(n).problem("", errors.New("want an operation: a map with op and path"))
		case !slices.Contains(known, op.Value):
			err := fmt.Errorf("no such operation%s (there are: %s)", nearest.Hint(op.Value, known),
				strings.Join(known, ", "))
			return p.at(op).problem("", err)
		case path.Value != "" && !strings.HasPrefix(path.Value, "/"):
			return p.at(path).problem("", errors.New("want a path that begins with /"))
		}
	}
	return nil
}

// checkTargeted returns what kustomize misses in a patch that has a target.
func (p patch) checkTargeted(doc *goyaml.Node) *Error {
	kind, name := value(doc, "kind"), value(doc, "metadata", "name")
	if doc.Kind == goyaml.SequenceNode || merges(doc) || kind != nil && name != nil {
		return nil
	}
	err := errors.New("kustomize wants kind and metadata.name in a patch, also where a target says what it " +
		"is for: any will do")
	return p.at(doc).problem("", err)
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
