package render

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/template/parse"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// A suspect is a printed value that may change how the document around it reads.
type suspect struct {
	number int // of what was printed, from 1
	place  int
	text   string
}

// maxSuspects bounds how many are looked at one by one.
const maxSuspects = 20

// asking are the functions by which a template says that it knows what a text may
// hold.
var asking = strings.Fields("toYaml toJson toPrettyJson toRawJson mustToJson mustToPrettyJson " +
	"mustToRawJson indent nindent quote squote include")

// structural reports whether a text can change how YAML reads: any other stays within
// the scalar that it is printed in.
func structural(text string) bool {
	if strings.ContainsAny(text, "\n\r\t\"'#{}[],&*!|>%@`\\") || strings.Contains(text, ": ") {
		return true
	}
	if text == "" {
		return false
	}
	first, last := text[0], text[len(text)-1]
	return first == '-' || first == '?' || first == ' ' || last == ' ' || last == ':'
}

// print returns value, which a place is about to print, or what stands for it.
func (x *execution) print(id int, value any) (any, error) {
	if value == nil {
		return nil, errNull
	}
	s := scale{left: maxValue}
	if err := s.add(value); err != nil {
		return nil, bound("the value is", maxValue, err)
	}
	x.printed++
	if x.standing[x.printed] {
		return standIn(x.printed), nil
	}
	text, ok := value.(string)
	if !ok {
		if !isCollection(value) {
			return value, nil
		}
		text = fmt.Sprint(value)
	}
	if structural(text) {
		x.suspect(id, text)
	}
	return value, nil
}

func isCollection(value any) bool {
	switch value.(type) {
	case map[string]any, []any, []string:
		return true
	}
	return false
}

// standIn returns a text that is a scalar wherever it stands.
func standIn(number int) string { return fmt.Sprintf("x%dx", number) }

// suspect notes a text that a place prints.
func (x *execution) suspect(id int, text string) {
	node, ok := x.places[id].node.(*parse.ActionNode)
	if !ok {
		return
	}
	literals := literalsOf(node.Pipe)
	if !slices.ContainsFunc(literals, func(s string) bool { return strings.Contains(s, "{{") }) {
		x.leftovers = append(x.leftovers, leftover.FindAllString(text, -1)...)
	}
	if x.asks(node.Pipe, text) {
		return
	}
	x.suspects = append(x.suspects, suspect{x.printed, id, text})
}

// asks reports whether a pipe says what its text may hold: by a function, by a literal
// of its own that is in the text, or by a variable that was made so.
func (p *program) asks(pipe *parse.PipeNode, text string) bool {
	for _, s := range literalsOf(pipe) {
		if structural(s) && (strings.Contains(text, s) || strings.Contains(s, "%")) {
			return true
		}
	}
	return slices.ContainsFunc(namesOf(pipe), func(name string) bool {
		return slices.Contains(asking, name) || p.asked[name]
	})
}

// noteVariables remembers the variables of a pipe that asks.
func (c *checker) noteVariables(pipe *parse.PipeNode) {
	if len(pipe.Decl) == 0 {
		return
	}
	asks := slices.ContainsFunc(literalsOf(pipe), structural) ||
		slices.ContainsFunc(namesOf(pipe), func(name string) bool {
			return slices.Contains(asking, name) || c.asked[name]
		})
	for _, v := range pipe.Decl {
		c.asked[v.Ident[0]] = c.asked[v.Ident[0]] || asks
	}
}

func literalsOf(pipe *parse.PipeNode) []string {
	var found []string
	visitOperands(pipe, func(arg parse.Node) {
		if s, ok := arg.(*parse.StringNode); ok {
			found = append(found, s.Text)
		}
	})
	return found
}

// namesOf returns the functions and variables that a pipe names.
func namesOf(pipe *parse.PipeNode) []string {
	var found []string
	visitOperands(pipe, func(arg parse.Node) {
		switch n := arg.(type) {
		case *parse.IdentifierNode:
			found = append(found, n.Ident)
		case *parse.VariableNode:
			found = append(found, n.Ident[0])
		}
	})
	return found
}

// harmless returns an error for each value that changes the shape of the documents of
// out, which x made: what they read as with something else in its place.
func (p *program) harmless(ctx context.Context, out *output) error {
	if len(out.suspects) == 0 {
		return nil
	}
	all := map[int]bool{}
	for _, s := range out.suspects {
		all[s.number] = true
	}
	plain, err := p.execute(ctx, all)
	if err != nil {
		return nil //nolint:nilerr // a function wants the value itself; it is not in the document then
	}
	want, good := shapeOf(plain)
	got, _ := shapeOf(out)
	if got.tree == want.tree {
		return p.uncut(out, got, want)
	}
	if !good {
		return nil // the document is broken without the values, too, and that is told
	}
	return p.blame(ctx, out, all, want)
}

// blame returns errors for the values that change the shape by themselves; for all, if
// none does.
func (p *program) blame(ctx context.Context, out *output, all map[int]bool, want shape) error {
	var errs collector
	for _, s := range out.suspects[:min(len(out.suspects), maxSuspects)] {
		all[s.number] = false
		with, err := p.execute(ctx, all)
		all[s.number] = true
		if err != nil {
			return err
		}
		if got, _ := shapeOf(with); got.tree != want.tree {
			errs.add(p.injection(s))
		}
	}
	if len(errs) == 0 {
		for _, s := range out.suspects {
			errs.add(p.injection(s))
		}
	}
	return errs.err()
}

// uncut returns an error for each value that a "#" in it cuts off.
func (p *program) uncut(out *output, got, want shape) error {
	var errs collector
	for _, s := range out.suspects {
		if !strings.Contains(s.text, "#") {
			continue
		}
		for i, text := range want.scalars {
			if strings.Contains(text, standIn(s.number)) && !strings.Contains(got.scalars[i], "#") {
				errs.add(p.at(s.place, fmt.Errorf("%s has a # that begins a comment: print it with quote",
					p.named(s.place))))
			}
		}
	}
	return errs.err()
}

func (p *program) injection(s suspect) error {
	return p.at(s.place, fmt.Errorf("%s changes the shape of the document: print it with quote or toJson; "+
		"if it is meant to be YAML, with toYaml, indent or nindent", p.named(s.place)))
}

// named returns how to call the value that a place prints.
func (p *program) named(id int) string {
	uses := p.uses(&p.places[id])
	if len(uses) == 0 {
		return "the value"
	}
	var names []string
	for _, from := range uses {
		names = append(names, fmt.Sprintf("%s, set in %s,", from.Path, from))
	}
	return "the value of " + strings.Join(names, " or ")
}

// at returns err at a place.
func (p *program) at(id int, err error) *Error {
	at := &p.places[id]
	place := errorIn(at.file, p.texts[at.file], at.pos, err)
	place.Values = p.uses(at)
	return place
}

// A shape is what documents are without their keys and scalars, and the scalars.
type shape struct {
	tree    string
	scalars []string
}

// shapeOf returns the shape of an output; good says that all of it is YAML.
func shapeOf(o *output) (s shape, good bool) {
	var tree strings.Builder
	good = true
	for _, doc := range o.documents() {
		root, bad := parseNodes(doc.text[doc.start:doc.end])
		if bad != nil {
			good = false
		}
		tree.WriteByte('-')
		s.add(&tree, root)
	}
	s.tree = tree.String()
	return s, good
}

func (s *shape) add(tree *strings.Builder, n *goyaml.Node) {
	switch {
	case n == nil:
		tree.WriteByte('!')
	case n.Kind == goyaml.MappingNode || n.Kind == goyaml.SequenceNode:
		fmt.Fprintf(tree, "%d(", n.Kind)
		for _, item := range n.Content {
			s.add(tree, item)
		}
		tree.WriteByte(')')
	default:
		tree.WriteByte('.')
		s.scalars = append(s.scalars, n.Value)
	}
}
