package render

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"

	"github.com/slipway-go/slipway/internal/nearest"
	"github.com/slipway-go/slipway/layouts"
)

// A program is a template that is parsed, checked against the values it is to
// see, and ready to run.
type program struct {
	setting
	main   string            // the template's file
	texts  map[string]string // by file: the template's and its partials'
	rulers map[string]*ruler // of the texts, as far as they are needed
	trees  map[string]*parse.Tree
	funcs  template.FuncMap
	places []place
	asked  map[string]bool // the variables that a pipe made that asks
	used   map[string]bool // the functions and values that it names
	engine *engine
	flow   func() *flow
}

// A setting is what the templates of a directory see.
type setting struct {
	scope    string // the service's name; "" for common
	own      string // the same if it has partials of its own
	layers   *layers
	values   map[string]any // what the layers say together
	partials []layouts.File
	made     made
	origins  func() origins
	trace    bool // the values are wanted that what is printed was made of
}

// A place is one in a template.
type place struct {
	file     string
	pos      int
	verbatim bool       // what is made there is the template's text
	node     parse.Node // nil in a template of Jinja
	paths    []string   // of the values that a template of Jinja names there
	call     *call      // of its template; nil for the main one
	within   []place    // what includes print there, in a run that is to tell
}

// Hidden functions. No template can name them: an identifier that begins with
// "_" is unknown to the check.
const (
	stepFunc    = "_step"
	printFunc   = "_print"
	enterFunc   = "_enter"
	leaveFunc   = "_leave"
	valuePrefix = "_value_"
)

// maxNesting bounds parentheses, loops and conditions within each other. Together
// with maxNested it keeps the stack small: the process dies of one that is not.
const maxNesting = 1000

// builtins are text/template's own functions.
var builtins = strings.Fields("and call eq ge gt html index js le len lt ne not or " +
	"print printf println slice urlquery")

// compile parses file and the partials, and reports every name that is neither a
// value nor a function.
func compile(file layouts.File, in setting) (*program, error) {
	p := &program{
		setting: in, main: file.Path, funcs: functions(),
		texts: map[string]string{}, trees: map[string]*parse.Tree{},
		asked: map[string]bool{}, used: map[string]bool{},
	}
	for _, f := range append(slices.Clone(in.partials), file) {
		text, err := plainText(f)
		if err != nil {
			return nil, err
		}
		p.texts[f.Path] = string(text)
		if err := measured(f.Path, p.texts[f.Path]); err != nil {
			return nil, err
		}
		tree := parse.New(f.Path)
		tree.Mode = parse.SkipFuncCheck // done below, for all names at once
		if _, err := tree.Parse(p.texts[f.Path], "", "", p.trees); err != nil {
			return nil, p.parseError(f.Path, err)
		}
	}
	p.flow = sync.OnceValue(func() *flow { return flowOf(p) })
	p.funcs["include"] = nil // known to the check; set for each run
	var errs collector
	for _, name := range slices.Sorted(maps.Keys(p.trees)) {
		c := checker{program: p, file: p.trees[name].ParseName}
		c.list(p.trees[name].Root)
		errs.add(c.errs.err())
	}
	if err := errs.err(); err != nil {
		return nil, err
	}
	return p, p.link()
}

// maxActions bounds the actions of a template: each takes a thousand bytes and more.
const maxActions = 50_000

var errActions = fmt.Errorf("over %d actions: make several templates of it", maxActions)

var blockPattern = regexp.MustCompile(`\{\{-?\s*(if|range|with|define|block|end)\b`)

// measured returns an error if a template has so many actions, or so many within each
// other, that the parser would take all the memory there is.
func measured(file, text string) error {
	if strings.Count(text, "{{") <= maxNesting {
		return nil
	}
	for at, actions := 0, 0; ; actions++ {
		next := strings.Index(text[at:], "{{")
		if next < 0 {
			break
		}
		if at += next; actions == maxActions {
			return errorIn(file, text, at, errActions)
		}
		at += len("{{")
	}
	depth := 0
	for _, m := range blockPattern.FindAllStringSubmatchIndex(text, -1) {
		depth++
		if text[m[2]:m[3]] == "end" {
			depth = max(0, depth-2)
		}
		if depth > maxNesting {
			return errorIn(file, text, m[0], errNesting)
		}
	}
	return nil
}

var errNesting = fmt.Errorf("over %d blocks or parentheses, one within another", maxNesting)

// A checker walks a tree. It finds unknown names, makes bare names of values
// calls of the functions that return them, and puts a step before every node.
type checker struct {
	*program
	file  string
	depth int
	errs  collector
}

// fail notes err at a node, and where the values were set that it names.
func (c *checker) fail(node parse.Node, err error, values ...string) {
	if c.errs.full() {
		return
	}
	at := c.errorIn(c.file, int(node.Position()), err)
	at.Values = c.where(values)
	c.errs.add(at)
}

func (c *checker) list(list *parse.ListNode) {
	if list == nil || !c.deeper(list) {
		return
	}
	nodes := []parse.Node{c.step(list)} // also of an empty list: it may be a loop's
	for _, node := range list.Nodes {
		c.node(node)
		nodes = append(nodes, c.step(node))
		if n, ok := node.(*parse.TemplateNode); ok {
			nodes = append(nodes, action(n.Pos, enterFunc, c.number(n)), n, action(n.Pos, leaveFunc))
			continue
		}
		nodes = append(nodes, node)
	}
	list.Nodes = nodes
	c.depth--
}

// deeper counts a node that holds others, and reports one that is too deep.
func (c *checker) deeper(node parse.Node) bool {
	if c.depth == maxNesting {
		c.fail(node, errNesting)
		return false
	}
	c.depth++
	return true
}

// step returns the call of stepFunc that goes before node.
func (c *checker) step(node parse.Node) parse.Node {
	return action(node.Position(), stepFunc, c.number(node))
}

// number returns the number of the place that node is.
func (c *checker) number(node parse.Node) parse.Node {
	if last := len(c.places) - 1; last < 0 || c.places[last].node != node {
		_, text := node.(*parse.TextNode)
		at := place{file: c.file, pos: int(node.Position()), verbatim: text, node: node}
		c.places = append(c.places, at)
	}
	id := len(c.places) - 1
	return &parse.NumberNode{
		NodeType: parse.NodeNumber, Pos: node.Position(),
		IsInt: true, Int64: int64(id), Text: strconv.Itoa(id),
	}
}

// action returns the node of {{ name args }}.
func action(pos parse.Pos, name string, args ...parse.Node) parse.Node {
	cmds := []*parse.CommandNode{command(pos, name, args...)}
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: cmds}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: pos, Pipe: pipe}
}

func command(pos parse.Pos, name string, args ...parse.Node) *parse.CommandNode {
	args = append([]parse.Node{parse.NewIdentifier(name).SetPos(pos)}, args...)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: args}
}

func (c *checker) node(node parse.Node) {
	switch n := node.(type) {
	case *parse.ActionNode:
		c.pipe(n.Pipe)
		if len(n.Pipe.Decl) == 0 { // it prints
			n.Pipe.Cmds = append(n.Pipe.Cmds, command(n.Pipe.Position(), printFunc, c.number(n)))
		}
	case *parse.TemplateNode:
		if c.trees[n.Name] == nil {
			c.fail(n, c.noTemplate(n.Name))
		}
		c.pipe(n.Pipe)
	default:
		if b := branchOf(n); b != nil {
			c.pipe(b.Pipe)
			c.list(b.List)
			c.list(b.ElseList)
		}
	}
}

// noTemplate returns the error for a template that is not there.
func (p *program) noTemplate(name string) error {
	return fmt.Errorf("template %q is not defined here or in a partial%s", name,
		nearest.Hint(name, slices.Collect(maps.Keys(p.trees))))
}

func (c *checker) pipe(pipe *parse.PipeNode) {
	if pipe == nil || !c.deeper(pipe) {
		return
	}
	c.noteVariables(pipe)
	for i, cmd := range pipe.Cmds {
		for j, arg := range cmd.Args {
			c.arg(arg, j == 0 && (i > 0 || len(cmd.Args) > 1))
		}
	}
	c.depth--
}

// arg checks an operand; called says that it is given arguments.
func (c *checker) arg(node parse.Node, called bool) {
	switch n := node.(type) {
	case *parse.IdentifierNode:
		c.identifier(n, called)
	case *parse.ChainNode:
		c.arg(n.Node, false)
	case *parse.PipeNode:
		c.pipe(n)
	}
}

// identifier resolves a bare name: with arguments it is a function; without, a
// value goes before a function of the same name.
func (c *checker) identifier(n *parse.IdentifierNode, called bool) {
	_, isValue := c.values[n.Ident]
	_, isFunc := c.funcs[n.Ident]
	isFunc = isFunc || slices.Contains(builtins, n.Ident)
	switch {
	case isValue && !called:
		n.Ident = valuePrefix + n.Ident
		c.used[n.Ident] = true
	case isFunc:
		c.used[n.Ident] = true
	case isValue:
		err := fmt.Sprintf("%q is a value, not a function: it takes no arguments", n.Ident)
		c.fail(n, errors.New(err+adviceOnAction("", c.texts[c.file][n.Position():])))
	case c.errs.full():
	default:
		known := slices.Collect(maps.Keys(c.values))
		if !ofSprig(n.Ident) { // else no other function is what was meant
			known = slices.AppendSeq(append(known, builtins...), maps.Keys(c.funcs))
		}
		err := c.notSet(n.Ident, n.Ident, known)
		c.fail(n, err, err.Near...)
	}
}
