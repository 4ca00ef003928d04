package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/yamlwork"
	"github.com/slipway-go/slipway/layouts"
)

// Bounds of what kustomize gets.
const (
	maxFiles   = 8 << 20   // bytes of all overlays' files
	maxInput   = 32 << 20  // bytes of the rendered objects
	maxObjects = 10_000    // rendered
	maxTargets = 100       // kustomizations, each as often as it is named
	maxNodes   = 1_000_000 // YAML values of a file, aliases replaced
)

// kustomizations are the names of files that kustomize knows.
var kustomizations = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// A tree is the files of an app's overlays.
type tree struct {
	root    string            // the directory overlays/
	files   map[string][]byte // by path
	dirs    map[string]bool
	targets map[string]*target // kustomizations that are reached, by path
	order   []*target          // as they are applied
	visits  int
	pairs   int // of generators
	sources []source
	marked  map[string][]byte // files of resources, with marks
	plain   map[string]bool   // files whose bytes matter
	roots   map[string]*goyaml.Node
	problems
}

// A target is a kustomization that is reached from the top one.
type target struct {
	file    string
	root    *goyaml.Node // nil if the file is empty
	fields  map[string]any
	patches []patch // of all fields that hold some
	all     []patch // also those that are for nothing here
}

func newTree(app *layouts.App) (*tree, error) {
	t := &tree{
		root: path.Join(app.Name, "overlays"), files: map[string][]byte{}, dirs: map[string]bool{},
		targets: map[string]*target{}, marked: map[string][]byte{}, plain: map[string]bool{},
		roots: map[string]*goyaml.Node{},
	}
	size := 0
	for _, o := range app.Overlays {
		for _, f := range o.Files {
			t.files[f.Path] = f.Data
			size += len(f.Data)
			for dir := path.Dir(f.Path); strings.HasPrefix(dir, t.root); dir = path.Dir(dir) {
				t.dirs[dir] = true
			}
		}
	}
	if size > maxFiles {
		return nil, &Error{File: t.root, Err: fmt.Errorf("the files have over %d bytes (8 MiB)", maxFiles)}
	}
	return t, nil
}

// add adds an error about a field of a file, or about the text of the file.
func (t *tree) add(file, field string, err error) {
	if t.full() {
		return
	}
	t.problems = append(t.problems, t.problem(file, field, err))
}

// problem returns the error for a field of a file, at its place.
func (t *tree) problem(file, field string, err error) *Error {
	if bad := (*textError)(nil); errors.As(err, &bad) {
		return spot{file, bad.line, bad.column}.problem(field, bad.err)
	}
	return spotOf(file, find(t.rootOf(file), field)).problem(field, err)
}

// paths returns the targets' paths in byte order.
func (t *tree) paths() []string { return slices.Sorted(maps.Keys(t.targets)) }

// kustomization returns the file of a directory that kustomize starts from.
func (t *tree) kustomization(dir string) (string, error) {
	var found []string
	for _, name := range kustomizations {
		if _, ok := t.files[path.Join(dir, name)]; ok {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("%s has no %s", dir, kustomizations[0])
	case 1:
		return path.Join(dir, found[0]), nil
	}
	return "", fmt.Errorf("%s has %s: keep one", dir, strings.Join(found, " and "))
}

// parseMap reads a file of one YAML document, a map.
func parseMap(data []byte) (map[string]any, error) {
	if err := checkNodes(data); err != nil {
		return nil, err
	}
	var doc goyaml.Node
	if err := goyaml.Unmarshal(data, &doc); err != nil {
		return nil, yamlError(data, 0, err)
	}
	text, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil, errors.New(oneLine(strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")))
	}
	var value any
	if err := utiljson.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	fields, ok := value.(map[string]any)
	if !ok && value != nil {
		return nil, errors.New("want a map of fields")
	}
	if fields == nil {
		fields = map[string]any{}
	}
	return fields, nil
}

// rootOf returns the node of a file's value, parsed once.
func (t *tree) rootOf(file string) *goyaml.Node {
	if _, known := t.roots[file]; !known {
		t.roots[file] = rootOf(t.files[file])
	}
	return t.roots[file]
}

// rootOf returns the node of a text's value; nil if it is empty, or takes too much to parse.
func rootOf(data []byte) *goyaml.Node {
	if yamlwork.Of(string(data)) > yamlwork.Max {
		return nil
	}
	var doc goyaml.Node
	if err := goyaml.Unmarshal(data, &doc); err != nil || len(doc.Content) == 0 {
		return nil
	}
	return real(doc.Content[0])
}

// A document is one of a text's.
type document struct {
	node  goyaml.Node
	value any
}

// parseDocuments reads the documents of a text that are not empty.
func parseDocuments(data []byte) ([]document, error) {
	if err := checkNodes(data); err != nil {
		return nil, err
	}
	var docs []document
	decoder := goyaml.NewDecoder(bytes.NewReader(data))
	for n := 0; ; n++ {
		var doc document
		err := decoder.Decode(&doc.node)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, yamlError(data, n, err)
		}
		if err := doc.node.Decode(&doc.value); err != nil {
			return nil, decodeError(data, err)
		}
		if doc.value != nil {
			docs = append(docs, doc)
		}
	}
}

// checkNodes bounds what parsing a file takes, and what aliases stand for: kustomize replaces
// them.
func checkNodes(data []byte) error {
	if yamlwork.Of(string(data)) > yamlwork.Max {
		return yamlwork.ErrMax
	}
	if !bytes.Contains(data, []byte("*")) {
		return nil
	}
	decoder := goyaml.NewDecoder(bytes.NewReader(data))
	var node goyaml.Node
	for decoder.Decode(&node) == nil { // an error is told elsewhere
		if count(&node, map[*goyaml.Node]int{}) > maxNodes {
			return fmt.Errorf("YAML: the aliases stand for over %d values", maxNodes)
		}
		node = goyaml.Node{}
	}
	return nil
}

// count returns how many values a node stands for, up to the bound.
func count(node *goyaml.Node, known map[*goyaml.Node]int) int {
	if n, ok := known[node]; ok {
		return n
	}
	known[node] = 2 * maxNodes // if it is within itself
	n := 1 + len(node.Value)/64
	if node.Alias != nil {
		n = count(node.Alias, known)
	}
	for _, child := range node.Content {
		n = min(n+count(child, known), 2*maxNodes)
	}
	known[node] = n
	return n
}
