package playbook

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/layouts"
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
	var d draft
	if f.value.Style&goyaml.LiteralStyle != 0 {
		d.addLines(text, f.value.file, f.value.Line+1) // the text begins below
	} else {
		d.addOf(text, f.value.file, f.key.Line)
	}
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
	var d draft
	d.addOf("apiVersion: "+version+"\n", kind.value.file, cmp.Or(args.get(optVersion...), kind).key.Line)
	d.addOf("kind: "+kind.value.text()+"\n", kind.value.file, kind.key.Line)
	d.addOf("metadata:\n  name: "+quoted(name.value.text())+"\n", name.value.file, name.key.Line)
	file := fileName(kind.value.text(), usesJinja(string(d.text)))
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
	if hasTag(object.Node) {
		return d, false, "it has tags, which only its own file can have"
	}
	isFlow := hasAlias(object.Node) || object.Style&goyaml.FlowStyle != 0 || len(object.fields()) == 0
	if isFlow && slices.ContainsFunc(texts(object.decoded()), usesJinja) {
		d, why = object.unfolded()
		return d, true, why
	}
	if isFlow {
		return object.marshalled(), false, ""
	}
	marked := *object.file
	marked.lines = slices.Clone(marked.lines)
	marks := map[int][]mended{}
	templated = markTypes(object.Node, marked.lines, marks)
	for _, f := range object.fields() {
		before := len(d.lines)
		d.addLines(f.lines(), f.value.file, f.key.Line)
		f.value.file = &marked
		d.mend(before, f.lines(), marks)
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
		return d, "it is in braces or has anchors, and is another object without"
	}
	for _, value := range texts(n.decoded()) {
		if usesJinja(value) && !strings.Contains(text, value) {
			return d, "it is in braces or has anchors, with an expression that has both kinds of quotes or " +
				"several lines"
		}
	}
	markTypes(again.Node, again.file.lines, map[int][]mended{})
	d.addOf(strings.Join(again.file.lines, ""), n.file, n.Line)
	return d, ""
}

// blockStyle returns a copy of a value, without braces, brackets and comments. What has
// expressions is in quotes that leave it as it is, if there are such.
func blockStyle(n *goyaml.Node) *goyaml.Node {
	if n.Kind == goyaml.AliasNode {
		return blockStyle(n.Alias)
	}
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
	d.addOf(text, n.file, n.Line)
	return d
}

// markTypes replaces the expressions that are all of a quoted value, from the last to the
// first, so that those before stay where they are.
func markTypes(n *goyaml.Node, lines []string, marks map[int][]mended) bool {
	marked := false
	for _, item := range slices.Backward(n.Content) {
		marked = markTypes(item, lines, marks) || marked
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
	inner = strings.TrimSpace(inner)
	made := "{{ (" + inner + ") | to_json }}"
	before := line[at : at+1+strings.Index(line[at+1:end], inner)]
	marks[n.Line] = append([]mended{{
		at: n.Column, inner: utf8.RuneCountInString(before), length: utf8.RuneCountInString(inner),
		was: utf8.RuneCountInString(line[at : end+len(`}}"`)]), is: utf8.RuneCountInString(made),
	}}, marks[n.Line]...)
	lines[n.Line-1] = line[:at] + made + line[end+len(`}}"`):]
	return true
}

// A mended is an expression that markTypes replaced: its column, how far into it the inner
// expression begins, how long that is, and how long all was and is, in characters.
type mended struct{ at, inner, length, was, is int }

// innerAt is how far the inner expression is from the beginning of what replaces it, and
// filterAt how far the filter is from its end.
const (
	innerAt  = len("{{ (")
	filterAt = len(") | ")
)

// mend replaces the lines from one on by those with marks, by the lines of their origin.
func (d *draft) mend(from int, text string, marks map[int][]mended) {
	plain := 0
	for range strings.Lines(text) {
		plain++
	}
	if plain != len(d.lines)-from {
		return
	}
	kept := 0
	for range d.lines[:from] {
		kept += 1 + bytes.IndexByte(d.text[kept:], '\n')
	}
	d.text = append(d.text[:kept:kept], text...)
	for k := range d.lines[from:] {
		line := &d.lines[from+k]
		if len(line.Moves) == 0 {
			continue
		}
		by := line.Moves[0].By // of the text before the first mark
		for _, m := range marks[line.Line] {
			made := m.at - by
			end := made + innerAt + m.length
			after := by + m.was - m.is
			line.Moves = append(line.Moves,
				layouts.Move{Column: made + innerAt, By: by + m.inner - innerAt},
				layouts.Move{Column: end, By: m.at + m.inner - end - filterAt}, // to_json is the expression
				layouts.Move{Column: made + m.is, By: after})
			by = after
		}
	}
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
