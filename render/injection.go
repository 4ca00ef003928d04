package render

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// A suspect is a printed value that may change how the document around it reads.
type suspect struct {
	number int // of what was printed, from 1
	place  place
	text   string
	meant  bool // unless the document is broken with it
}

// A printer numbers what a run prints.
type printer struct {
	printed   int          // how many values were printed
	standing  map[int]bool // the numbers of those that something else stands for
	suspects  []suspect
	leftovers []string // what looks like templates in them
}

// next counts a value, and reports whether something else stands for it.
func (p *printer) next() bool {
	p.printed++
	return p.standing[p.printed]
}

func (p *printer) suspect(at place, text string) {
	p.suspects = append(p.suspects, suspect{number: p.printed, place: at, text: text})
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
	x.noteWithin(id)
	if err := x.take(s.effort(maxValue)); err != nil {
		return nil, err
	}
	if x.next() {
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
		x.look(x.printedAt(id), text)
	}
	return value, nil
}

// printedAt returns the place that prints.
func (x *execution) printedAt(id int) *place {
	at := x.places[id]
	at.call = x.by
	return &at
}

// noteWithin notes what an include prints, for the mark of what includes it.
func (x *execution) noteWithin(id int) {
	switch last := len(x.marks) - 1; {
	case !x.trace:
	case x.includes > 0:
		if len(x.within) < maxWithin {
			x.within = append(x.within, *x.printedAt(id))
		}
	case last >= 0:
		x.marks[last].within, x.within = x.within, nil
	}
}

// maxWithin bounds how much is noted of what the includes of an action print.
const maxWithin = 100

func isCollection(value any) bool {
	switch value.(type) {
	case map[string]any, []any, []string:
		return true
	}
	return false
}

// standIn returns a text that is a scalar wherever it stands.
func standIn(number int) string { return fmt.Sprintf("x%dx", number) }

// standInsOf returns the numbers of what may be stand-ins in a text, sorted.
func standInsOf(text string) []int {
	var numbers []int
	parts := strings.Split(text, "x")
	for _, part := range parts[1:max(1, len(parts)-1)] {
		if number, err := strconv.Atoi(part); err == nil {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// look looks at a structural text that a place prints.
func (x *execution) look(at *place, text string) {
	node, ok := at.node.(*parse.ActionNode)
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
	x.suspect(*at, text)
}

// asks reports whether a pipe says what its text may hold: by a function, by a literal
// of its own that is in the text, or by a variable that was made so.
func (p *program) asks(pipe *parse.PipeNode, text string) bool {
	if slices.ContainsFunc(literalsOf(pipe), func(s string) bool { return adds(s, text) }) {
		return true
	}
	return slices.ContainsFunc(namesOf(pipe), func(name string) bool {
		return slices.Contains(asking, name) || p.asked[name]
	})
}

// verbs matches what printf and Python's % replace.
var verbs = regexp.MustCompile(`%[-+# 0-9.]*[A-Za-z%]`)

// adds reports whether a literal of an expression, or a format, is what makes text
// structural.
func adds(literal, text string) bool {
	plain := verbs.ReplaceAllString(literal, "x")
	return written(plain) && (strings.Contains(text, literal) || plain != literal)
}

// written reports whether a literal of a template says that its text may be structural. One of
// blanks alone, as join and replace take, says nothing of what is around it.
func written(literal string) bool {
	return structural(literal) && strings.Trim(literal, " \t") != ""
}

// noteVariables remembers the variables of a pipe that asks.
func (c *checker) noteVariables(pipe *parse.PipeNode) {
	if len(pipe.Decl) == 0 {
		return
	}
	asks := slices.ContainsFunc(literalsOf(pipe), written) ||
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

// harmless returns the output of a run, and an error for each value that changes the
// shape of its documents: what they read as with something else in its place. run runs
// with something else for the values of those numbers.
func harmless(run func(standing map[int]bool) (*output, error)) (*output, error) {
	out, err := run(nil)
	if err == nil {
		err = out.parseable()
	}
	if err != nil || len(out.suspects) == 0 {
		return out, err
	}
	got, fine := shapeOf(out)
	if fine {
		out.suspects = slices.DeleteFunc(out.suspects, func(s suspect) bool { return s.meant })
	}
	if len(out.suspects) == 0 {
		return out, nil
	}
	all := map[int]bool{}
	for _, s := range out.suspects {
		all[s.number] = true
	}
	plain, err := run(all)
	if err != nil {
		return out, nil //nolint:nilerr // a function wants the value itself; it is not in the document then
	}
	want, good := shapeOf(plain)
	switch {
	case !good && !fine:
		return out, nil // the document is broken without the values, too, and that is told
	case got.tree == want.tree:
		return out, out.kept(got, want)
	}
	return out, out.blame(run, all, want)
}

// blame returns errors for the values that change the shape by themselves; for all, if
// none does.
func (o *output) blame(
	run func(standing map[int]bool) (*output, error), all map[int]bool, want shape,
) error {
	var errs collector
	for _, s := range o.suspects[:min(len(o.suspects), o.reruns())] {
		all[s.number] = false
		with, err := run(all)
		all[s.number] = true
		if err != nil {
			return err
		}
		if got, _ := shapeOf(with); got.tree != want.tree {
			errs.add(o.injection(s))
		}
	}
	if len(errs) == 0 {
		for _, s := range o.suspects[:min(len(o.suspects), maxProblems)] {
			errs.add(o.injection(s))
		}
	}
	return errs.err()
}

// reruns returns how often a run may be repeated: less often if it takes long.
func (o *output) reruns() int {
	const most = 1_000_000 // steps and bytes
	return max(1, min(maxSuspects, most/(1+o.steps+len(o.text))))
}

// kept returns an error for each value that is not what YAML reads: that a "#" in it cuts
// off, or that is an indicator, such as "|". Where quotes and line breaks lead is not known.
func (o *output) kept(got, want shape) error {
	var errs collector
	suspects := map[int]suspect{}
	for _, s := range o.suspects {
		suspects[s.number] = s
	}
	for i, text := range want.scalars {
		var printed []suspect
		for _, number := range standInsOf(text) {
			if s, ok := suspects[number]; ok {
				printed = append(printed, s)
				text = strings.ReplaceAll(text, standIn(s.number), s.text)
			}
		}
		if errs.full() {
			break
		}
		if strings.TrimSpace(text) == strings.TrimSpace(got.scalars[i]) {
			continue
		}
		for _, s := range printed {
			if strings.Contains(s.text, "#") && !strings.Contains(got.scalars[i], "#") {
				errs.add(o.changed(s, "has a # that begins a comment"))
			} else if !strings.ContainsAny(s.text, "\n\r\"'\\#") {
				errs.add(o.changed(s, "is not what YAML reads there"))
			}
		}
	}
	return errs.err()
}

func (o *output) changed(s suspect, how string) error {
	quote := "quote"
	if s.place.node == nil { // of Jinja
		quote = "to_json"
	}
	return o.program.at(&s.place, fmt.Errorf("%s %s: print it with %s", o.named(&s.place), how, quote))
}

func (p *program) injection(s suspect) error {
	ways := "quote or toJson; if it is meant to be YAML, with toYaml, indent or nindent"
	if s.place.node == nil {
		ways = "to_json; if it is meant to be YAML, with indent"
	}
	return p.at(&s.place, fmt.Errorf("%s changes the shape of the document: print it with %s%s",
		p.named(&s.place), ways, p.layers.jsonHint(p.uses(&s.place))))
}

// named returns how to call the value that a place prints.
func (p *program) named(at *place) string {
	uses := p.uses(at)
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
func (p *program) at(at *place, err error) *Error {
	place := p.errorIn(at.file, at.pos, err)
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
