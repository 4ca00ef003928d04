package overlay

import (
	"fmt"
	"strconv"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// A claim is what a patch says of a field, or of what is below it.
type claim struct {
	steps []string     // that lead to the field from where the walk is
	node  *goyaml.Node // its value; nil if it has none
	key   *goyaml.Node // where that is said
	at    func(*goyaml.Node) spot
	gone  bool // the field is taken away
}

// claims returns those of a document of a patch.
func claims(root *goyaml.Node, at func(*goyaml.Node) spot) []claim {
	if root.Kind != goyaml.SequenceNode {
		return []claim{{node: root, key: root, at: at}}
	}
	var found []claim
	for _, op := range root.Content {
		pointer := value(op, "path")
		if pointer == nil {
			continue
		}
		c := claim{key: pointer, at: at}
		for step := range strings.SplitSeq(strings.TrimPrefix(pointer.Value, "/"), "/") {
			c.steps = append(c.steps, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		}
		if key, of := entry(op, "value"); key != nil {
			c.key, c.node = key, of
		}
		kind := value(op, "op")
		c.gone = kind != nil && kind.Value == "remove"
		found = append(found, c)
	}
	return found
}

// here reports whether c is about the field that the walk is at.
func (c claim) here() bool { return len(c.steps) == 0 }

// spot returns where that is said.
func (c claim) spot() spot { return c.at(c.key) }

// below returns what claims say of an entry of a map.
func below(all []claim, name string) []claim {
	var found []claim
	for _, c := range all {
		if !c.here() {
			if c.steps[0] == name {
				c.steps = c.steps[1:]
				found = append(found, c)
			}
			continue
		}
		if key, of := entry(c.node, name); key != nil {
			c.node, c.key = of, key
			c.gone = isNull(of)
			found = append(found, c)
		}
	}
	return found
}

// belowItem returns what claims say of the i-th item of a list. Others may have been put
// before it since a patch was made, so items go by what is in them.
func belowItem(all []claim, i int, item any) []claim {
	var found []claim
	for _, c := range all {
		switch {
		case len(c.steps) == 1 && c.steps[0] != strconv.Itoa(i) && !isItem(c.node, item):
		case len(c.steps) > 1 && c.steps[0] != strconv.Itoa(i):
		case !c.here():
			c.steps = c.steps[1:]
			found = append(found, c)
		default:
			for _, n := range items(c.node) {
				if isItem(n, item) {
					c.node, c.key = real(n), n
					found = append(found, c)
					break
				}
			}
		}
	}
	return found
}

func isNull(n *goyaml.Node) bool { return n != nil && n.Kind == goyaml.ScalarNode && n.Tag == "!!null" }

// isItem reports whether a patch with n says something of an item.
func isItem(n *goyaml.Node, item any) bool {
	var said any
	if n == nil || n.Decode(&said) != nil {
		return false
	}
	return sameItem(said, item)
}

// itemKeys are the fields by which Kubernetes merges lists, of those that come first.
var itemKeys = []string{
	"name", "mountPath", "devicePath", "containerPort", "port", "ip", "topologyKey", "uid", "host", "path",
	"key",
}

// sameItem reports whether two items of a list are the same one.
func sameItem(a, b any) bool {
	one, isMap := a.(map[string]any)
	other, areMaps := b.(map[string]any)
	if !isMap || !areMaps {
		return equal(a, b)
	}
	for _, key := range itemKeys {
		if x, ok := one[key]; ok {
			if y, ok := other[key]; ok {
				return equal(x, y)
			}
		}
	}
	return within(a, b)
}

// within reports whether all that small says is in big.
func within(small, big any) bool {
	switch s := small.(type) {
	case map[string]any:
		fields, ok := big.(map[string]any)
		for name, value := range s {
			ok = ok && within(value, fields[name])
		}
		return ok
	case []any:
		list, ok := big.([]any)
		for i, item := range s {
			ok = ok && i < len(list) && within(item, list[i])
		}
		return ok
	}
	return equal(small, big)
}

// equal compares values of YAML and of JSON, whose numbers are of other types. A text is no
// number.
func equal(a, b any) bool {
	_, isText := a.(string)
	_, alsoText := b.(string)
	return isText == alsoText && fmt.Sprint(a) == fmt.Sprint(b)
}
