package playbook

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// inlineObjects carries over objects that the playbook has as YAML: each becomes a file.
func (i *importer) inlineObjects(f field, args node, s scope) error {
	for _, item := range f.value.items() {
		if item.Kind != goyaml.MappingNode {
			i.leave(item.place(), f.name, advice{
				"an item is no map",
				"put it into a template of the service",
			})
			continue
		}
		to, ok := i.target(f, match{}, s)
		if !ok {
			return nil
		}
		name := item.get("kind").value.text()
		i.defaults(args, "the new template", to, s)
		d, templated, why := objectText(item)
		if why != "" {
			i.leave(item.place(), f.name, advice{why, "put it into a template of the service"})
			continue
		}
		t := template{name: fileName(name, templated), named: true, from: item.place().String(), draft: d}
		to.put(i, t, item.place(), s)
	}
	return nil
}

// inlineText carries over objects that the playbook has as a text, which is a template.
func (i *importer) inlineText(f field, args node, s scope) {
	to, ok := i.target(f, match{}, s)
	if !ok {
		return
	}
	i.defaults(args, "the new template", to, s)
	text := f.value.Value
	kind := ""
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "kind:"); ok && kind == "" {
			kind = strings.TrimSpace(rest)
		}
	}
	at, literal := f.place(), f.value.Style&goyaml.LiteralStyle != 0
	if literal {
		at.line = f.value.Line + 1 // the text begins below
	}
	var d draft
	d.add(text, at, literal)
	t := template{name: fileName(kind, usesJinja(text)), named: true, from: f.place().String(), draft: d}
	to.put(i, t, f.place(), s)
}

// bare carries over an object of which the task says no more than kind and name.
func (i *importer) bare(t task, args node, s scope) error {
	kind, name := args.get("kind"), args.get("name")
	if kind.key == nil || name.key == nil {
		i.leave(t.place(), t.module.name, advice{why: "it names no object"})
		return nil
	}
	to, ok := i.target(kind, match{}, s)
	if !ok {
		return nil
	}
	to.app.note(i, args, s)
	version := cmp.Or(args.get(optVersion...).value.text(), "v1")
	text := "apiVersion: " + version + "\nkind: " + kind.value.text() + "\nmetadata:\n  name: " +
		quoted(name.value.text()) + "\n"
	var d draft
	d.add(text, t.place(), false)
	file := fileName(kind.value.text(), usesJinja(text))
	to.put(i, template{name: file, named: true, from: t.place().String(), draft: d}, t.place(), s)
	return nil
}

func quoted(text string) string {
	if label(text) == text {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// fileName returns the name of a file for an object of that kind.
func fileName(kind string, templated bool) string {
	name := cmp.Or(label(kind), "object") + ".yml"
	if templated {
		name += ".j2"
	}
	return name
}

// objectText returns an object of the playbook as a template: its lines as they stand,
// where they are its own. An expression that is all of a value keeps its type, as it does
// in a playbook, by to_json. Or it returns why there is no such template.
func objectText(object node) (d draft, templated bool, why string) {
	if hasTag(object.Node) || hasAlias(object.Node) {
		return d, false, "it has anchors or tags, which only its own file can have"
	}
	isFlow := object.Style&goyaml.FlowStyle != 0 || len(object.fields()) == 0
	if isFlow && slices.ContainsFunc(texts(object.decoded()), usesJinja) {
		d, why = object.unfolded()
		return d, true, why
	}
	if isFlow {
		return object.marshalled(), false, ""
	}
	marked := *object.file
	marked.lines = slices.Clone(marked.lines)
	templated = markTypes(object.Node, marked.lines)
	for _, f := range object.fields() {
		f.value.file = &marked
		d.add(f.lines(), f.place(), true)
	}
	templated = templated || usesJinja(string(d.text))
	if again, err := parse("", d.text); !templated && (err != nil ||
		!reflect.DeepEqual(again.decoded(), object.decoded())) {
		return object.marshalled(), false, ""
	}
	return d, templated, ""
}

// unfolded returns an object of the playbook that is in braces, and has expressions, as
// objectText does: as the same object with a line for each value.
func (n node) unfolded() (d draft, why string) {
	text, _ := marshal(blockStyle(n.Node))
	again, err := parse(n.file.name, []byte(text))
	if err != nil || !reflect.DeepEqual(again.decoded(), n.decoded()) {
		return d, "it is in braces, and is another object without"
	}
	for _, value := range texts(n.decoded()) {
		if usesJinja(value) && !strings.Contains(text, value) {
			return d, "it is in braces, with an expression that has both kinds of quotes or several lines"
		}
	}
	markTypes(again.Node, again.file.lines)
	d.add(strings.Join(again.file.lines, ""), n.place(), false)
	return d, ""
}

// blockStyle returns a copy of a value, without braces, brackets and comments. What has
// expressions is in quotes that leave it as it is, if there are such.
func blockStyle(n *goyaml.Node) *goyaml.Node {
	out := &goyaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style &^ goyaml.FlowStyle}
	if n.Kind == goyaml.ScalarNode && usesJinja(n.Value) {
		out.Style = goyaml.DoubleQuotedStyle
		if strings.ContainsAny(n.Value, `"\`) {
			out.Style = goyaml.SingleQuotedStyle
		}
	}
	for _, item := range n.Content {
		out.Content = append(out.Content, blockStyle(item))
	}
	return out
}

// marshalled returns an object of the playbook, but not its lines.
func (n node) marshalled() (d draft) {
	text, _ := marshal(n.decoded()) // as it was decoded, it can be encoded
	d.add(text, n.place(), false)
	return d
}

// markTypes replaces the expressions that are all of a quoted value, from the last to the
// first, so that those before stay where they are.
func markTypes(n *goyaml.Node, lines []string) bool {
	marked := false
	for _, item := range slices.Backward(n.Content) {
		marked = markTypes(item, lines) || marked
	}
	inner, isLone := lone(n.Value)
	isQuoted := n.Style&(goyaml.DoubleQuotedStyle|goyaml.SingleQuotedStyle) != 0
	if n.Kind != goyaml.ScalarNode || !isLone || !isQuoted {
		return marked
	}
	line := lines[n.Line-1]
	at := byteOffset(line, n.Column-1)
	quote := line[at : at+1]
	end := strings.LastIndex(line, "}}"+quote)
	if end < at || strings.Contains(line[at+1:end], quote) {
		return marked // over several lines, or with more behind: a string, as it stands
	}
	lines[n.Line-1] = line[:at] + "{{ (" + strings.TrimSpace(inner) + ") | to_json }}" + line[end+3:]
	return true
}

// byteOffset returns where the column-th character of line begins.
func byteOffset(line string, column int) int {
	for offset := range line {
		if column == 0 {
			return offset
		}
		column--
	}
	return len(line)
}

func hasAlias(n *goyaml.Node) bool {
	return n.Kind == goyaml.AliasNode || n.Anchor != "" || slices.ContainsFunc(n.Content, hasAlias)
}
