package playbook

import (
	"bytes"
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/yamlwork"
)

// breakPattern finds what YAML takes as the end of a line.
var breakPattern = regexp.MustCompile(`\r\n|[\n\r\x{85}\x{2028}\x{2029}]`)

// A place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// A node is a value in a YAML file.
type node struct {
	*goyaml.Node
	file *source
}

// A source is a YAML file.
type source struct {
	name  string
	lines []string // with their ends
}

// A field is a name in a map, and its value.
type field struct {
	name  string
	key   *goyaml.Node
	value node
}

// load reads a YAML file; its node is nil if there is nothing in it.
func (i *importer) load(name string) (node, error) {
	data, err := i.readFile(name)
	if err != nil {
		return node{}, err
	}
	return i.parse(name, data)
}

// parse parses a file of the project. Of a key that is in a map twice, the last counts, as
// in Ansible.
func (i *importer) parse(name string, data []byte) (node, error) {
	if yamlwork.Of(string(data)) > yamlwork.Max {
		return node{}, fmt.Errorf("%s: %w", name, yamlwork.ErrMax)
	}
	n, err := parse(name, data)
	if err != nil || n.Node == nil {
		return n, err
	}
	i.dropTwice(n)
	var value any
	if err := n.Decode(&value); err != nil {
		return node{}, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

// dropTwice takes out of all maps in n what a later field of that name hides, which it notes.
func (i *importer) dropTwice(n node) {
	last := map[string]*goyaml.Node{}
	name := func(key *goyaml.Node) string { return key.Tag + " " + key.Value }
	for k, item := range n.Content {
		i.dropTwice(node{item, n.file})
		if n.Kind == goyaml.MappingNode && k%2 == 0 && item.Kind == goyaml.ScalarNode {
			last[name(item)] = item
		}
	}
	if len(last)*2 >= len(n.Content) {
		return
	}
	var kept []*goyaml.Node
	for k := 0; n.Kind == goyaml.MappingNode && k+1 < len(n.Content); k += 2 {
		key := n.Content[k]
		if other := last[name(key)]; key.Kind == goyaml.ScalarNode && other != key {
			i.leave(place{n.file.name, other.Line}, key.Value, advice{
				fmt.Sprintf("it is in this map already, in line %d: Ansible takes the last one", key.Line),
				"keep one",
			})
			continue
		}
		kept = append(kept, key, n.Content[k+1])
	}
	if n.Kind == goyaml.MappingNode {
		n.Content = kept
	}
}

func parse(name string, data []byte) (node, error) {
	src := &source{name: name, lines: breakPattern.Split(string(data), -1)}
	for k, end := range breakPattern.FindAllString(string(data), -1) {
		src.lines[k] += end
	}
	var doc goyaml.Node
	if err := goyaml.Unmarshal(data, &doc); err != nil {
		return node{}, fmt.Errorf("%s: %w", name, err)
	}
	if len(doc.Content) == 0 {
		return node{file: src}, nil
	}
	return node{doc.Content[0], src}.resolved(), nil
}

func (i *importer) readFile(name string) ([]byte, error) {
	info, err := fs.Stat(i.fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: over %d bytes", name, maxFile)
	}
	return fs.ReadFile(i.fsys, name)
}

// resolved returns what an alias stands for.
func (n node) resolved() node {
	for n.Node != nil && n.Kind == goyaml.AliasNode {
		n.Node = n.Alias
	}
	return n
}

func (n node) place() place { return place{n.file.name, n.Line} }

// fields returns the fields of a map, in order; none if it is no map.
func (n node) fields() []field {
	if n.Node == nil || n.Kind != goyaml.MappingNode {
		return nil
	}
	var fields []field
	for k := 0; k+1 < len(n.Content); k += 2 {
		key, value := n.Content[k], node{n.Content[k+1], n.file}.resolved()
		fields = append(fields, field{key.Value, key, value})
	}
	return fields
}

func (f field) place() place { return place{f.value.file.name, f.key.Line} }

// get returns a field of a map; its Node is nil if it is not there.
func (n node) get(names ...string) field {
	for _, f := range n.fields() {
		for _, name := range names {
			if f.name == name {
				return f
			}
		}
	}
	return field{}
}

// items returns the items of a list, or the value itself; none if it is null.
func (n node) items() []node {
	if n.Node == nil || n.Tag == "!!null" {
		return nil
	}
	if n.Kind != goyaml.SequenceNode {
		return []node{n}
	}
	items := make([]node, len(n.Content))
	for k, item := range n.Content {
		items[k] = node{item, n.file}.resolved()
	}
	return items
}

// text returns a scalar's text; "" if it is none.
func (n node) text() string {
	if n.Node == nil || n.Kind != goyaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// decoded returns the value. What is encrypted is its text.
func (n node) decoded() any {
	if n.Node == nil {
		return nil
	}
	var value any
	if n.Decode(&value) != nil {
		return nil
	}
	return value
}

// chunk returns the lines of a field, from its name on, without what all of them are
// indented by; false if it has no lines of its own, or they do not say the same alone.
func (f field) chunk() (string, bool) {
	text := f.lines()
	var alone map[string]any
	if goyaml.Unmarshal([]byte(text), &alone) != nil || len(alone) != 1 {
		return "", false
	}
	value, ok := alone[f.name]
	return text, ok && reflect.DeepEqual(value, f.value.decoded())
}

// ends reports whether a line is no part of the field any more.
func (f field) ends(line string, indent int) bool {
	content := strings.TrimLeft(line, " ")
	if strings.TrimSpace(content) == "" {
		return false
	}
	have := len(line) - len(content)
	inList := have == indent && f.value.Kind == goyaml.SequenceNode && strings.HasPrefix(content, "-")
	return have <= indent && !inList
}

func unindent(line string, indent int) string {
	blanks := len(line) - len(strings.TrimLeft(line, " "))
	return line[min(indent, blanks):]
}

// yaml returns the field as YAML.
func (f field) yaml() (string, bool) {
	if text, ok := f.chunk(); ok {
		return text, true
	}
	if hasTag(f.value.Node) {
		return "", false
	}
	return marshal(map[string]any{f.name: f.value.decoded()})
}

func marshal(value any) (string, bool) {
	var out bytes.Buffer
	encoder := goyaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(value)
	return out.String(), err == nil
}

// hasTag reports whether there is a tag of Ansible's own in n, as !vault.
func hasTag(n *goyaml.Node) bool {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return true
	}
	for _, item := range n.Content {
		if hasTag(item) {
			return true
		}
	}
	return false
}

// lines returns the lines of a field as they stand, without what all of them are indented by.
func (f field) lines() string {
	indent := f.key.Column - 1
	var out strings.Builder
	for k, line := range f.value.file.lines[f.key.Line-1:] {
		if k > 0 && f.ends(line, indent) {
			break
		}
		if k == 0 { // behind "- ", maybe
			line = strings.Repeat(" ", indent) + line[min(indent, len(line)):]
		}
		out.WriteString(unindent(line, indent))
	}
	return strings.TrimRight(out.String(), " \t\r\n") + "\n"
}
