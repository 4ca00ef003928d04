package render

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/yamlspot"
)

// A spot is a problem at an offset of a text.
type spot struct {
	offset int
	err    error
}

func (s *spot) Error() string { return s.err.Error() }

func (s *spot) Unwrap() error { return s.err }

// parseYAML reads one document as the API server reads JSON: integers are int64,
// other numbers float64. Duplicate keys are errors, and so is what has far more
// text once its aliases are replaced. Errors are spots, in the order of the text.
func parseYAML(data []byte) (any, []*spot) {
	root, err := parseNodes(data)
	if err != nil {
		return nil, []*spot{err}
	}
	return valueOf(root, data)
}

// parseNodes returns the root of the first document of data; nil if there is none.
func parseNodes(data []byte) (*goyaml.Node, *spot) {
	var document goyaml.Node
	if err := goyaml.Unmarshal(data, &document); err != nil {
		offset, problem := yamlspot.Of(data, err)
		_, size := utf8.DecodeRune(data[offset:])
		character := string(data[offset : offset+size])
		return nil, &spot{offset, fmt.Errorf("YAML: %s%s", problem, adviceOn(problem, character))}
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	return document.Content[0], nil
}

// A reading makes values of nodes.
type reading struct {
	text  []byte
	ruler *ruler // of text, once it is needed
	depth int
	left  scale // what aliases may still stand for
	open  map[*goyaml.Node]bool
	spots []*spot
}

// valueOf returns what root, which was parsed from text, stands for.
func valueOf(root *goyaml.Node, text []byte) (any, []*spot) {
	if root == nil {
		return nil, nil
	}
	r := &reading{text: text, left: scale{left: maxAliased}}
	value := r.value(root)
	if len(r.spots) > 0 {
		return nil, r.spots
	}
	return value, nil
}

// offset returns where a node of the text begins.
func (r *reading) offset(n *goyaml.Node) int {
	if r.ruler == nil {
		r.ruler = newRuler(r.text)
	}
	return r.ruler.offset(n.Line, n.Column)
}

func (r *reading) fail(n *goyaml.Node, err error) {
	if len(r.spots) <= maxProblems {
		r.spots = append(r.spots, &spot{r.offset(n), err})
	}
}

func (r *reading) value(n *goyaml.Node) any {
	if r.depth++; r.depth > maxDepth {
		if r.depth == maxDepth+1 {
			r.fail(n, fmt.Errorf("YAML: %w", errTooDeep))
		}
		r.depth--
		return nil
	}
	defer func() { r.depth-- }()
	switch n.Kind {
	case goyaml.MappingNode:
		return r.mapping(n)
	case goyaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = r.value(item)
		}
		return list
	case goyaml.AliasNode:
		return r.alias(n)
	}
	value, err := scalar(n)
	if err != nil {
		r.fail(n, err)
	}
	return value
}

// alias returns a copy of what n stands for.
func (r *reading) alias(n *goyaml.Node) any {
	if r.open[n.Alias] {
		r.fail(n, fmt.Errorf("YAML: the anchor %s contains itself", n.Value))
		return nil
	}
	if r.open == nil {
		r.open = map[*goyaml.Node]bool{}
	}
	r.open[n.Alias] = true
	defer delete(r.open, n.Alias)
	if r.left.left < 0 { // told
		return nil
	}
	value := r.value(n.Alias)
	if r.left.left < 0 {
		return nil
	}
	if err := r.left.add(value); err != nil {
		r.fail(n, bound("YAML: the aliases stand for", maxAliased, err))
		r.left.left = -1
	}
	return value
}

func (r *reading) mapping(n *goyaml.Node) any {
	out := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if isMerge(key) {
			continue
		}
		name, err := keyOf(key)
		if err != nil {
			r.fail(key, r.aboutTemplate(n, err))
			continue
		}
		if _, twice := out[name]; twice {
			r.fail(key, &twiceError{name, r.first(n, name)})
			continue
		}
		out[name] = r.value(n.Content[i+1])
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if isMerge(n.Content[i]) {
			r.merge(out, n.Content[i+1])
		}
	}
	return out
}

// aboutTemplate returns err, about a key of a map, with what to do where the map is what YAML
// makes of {{ name }}.
func (r *reading) aboutTemplate(n *goyaml.Node, err error) error {
	if bytes.HasPrefix(r.text[r.offset(n):], []byte("{{")) {
		return fmt.Errorf("%w: a text that begins with {{ goes between quotes", err)
	}
	return err
}

// A twiceError reports a key that a map has already at the offset first.
type twiceError struct {
	key   string
	first int
}

func (e *twiceError) Error() string { return e.at("").Error() }

// at returns the error with the place of the first key.
func (e *twiceError) at(place string) error {
	return fmt.Errorf("YAML: the key %q is in this map already%s: keep one", e.key, place)
}

// first returns the offset of the first key name of a mapping.
func (r *reading) first(n *goyaml.Node, name string) int {
	for i := 0; i < len(n.Content); i += 2 {
		if key, err := keyOf(n.Content[i]); err == nil && key == name {
			return r.offset(n.Content[i])
		}
	}
	return 0
}

// keyOf returns the key that a node stands for: what is written. YAML 1.1 would make
// "true" of on and y, and "493" of 0755.
func keyOf(n *goyaml.Node) (string, error) {
	if n.Kind == goyaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n.Kind != goyaml.ScalarNode:
		return "", errors.New("YAML: a map or a list cannot be a key")
	case n.Style&(quoted|goyaml.TaggedStyle) == 0 && (n.Value == "" || slices.Contains(nulls, n.Value)):
		return "", errors.New("YAML: null cannot be a key: put it between quotes")
	}
	return n.Value, nil
}

func isMerge(n *goyaml.Node) bool { return n.Tag == "!!merge" && n.Style&quoted == 0 }

// merge adds what `<<: *others` has and out has not.
func (r *reading) merge(out map[string]any, others *goyaml.Node) {
	value := r.value(others)
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, item := range list {
		from, ok := item.(map[string]any)
		if r.left.left < 0 { // told
			return
		}
		if !ok {
			r.fail(others, errors.New("YAML: what << merges is not a map"))
			return
		}
		for name, value := range maps.All(from) {
			if _, has := out[name]; !has {
				out[name] = value
			}
		}
	}
}

// lineStart returns the offset of the n-th line, from 1.
func lineStart(text []byte, n int) int {
	offset := 0
	for ; n > 1; n-- {
		i := bytes.IndexByte(text[offset:], '\n')
		if i < 0 {
			break
		}
		offset += i + 1
	}
	return offset
}
