package render

import (
	"slices"
	"strings"
	"text/template/parse"
)

// A flow tells which values the actions of Go templates use, through dots and variables. It
// is made when somebody asks: where all goes well, nobody does.
type flow struct {
	refs  map[parse.Node][]ref            // of what an action, a condition or a loop names
	data  map[parse.Node]map[string][]ref // what a node gives to the templates that it names
	scope map[parse.Node]names            // what a node sees
}

// A ref is a value that an expression names.
type ref struct {
	path  string // "" for all of the values, or for all that a template is given
	given bool   // it is below what the template is given
	exact bool   // it is that value, and not just made of it
}

// maxRefs bounds the refs of an expression: what a text is made of that grows in a loop may
// be all that the template names.
const maxRefs = 64

// union returns refs, and those of more that are not among them.
func union(refs []ref, more ...ref) []ref {
	refs = slices.Clip(refs) // others may have them, too
	for _, r := range more {
		if len(refs) < maxRefs && !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
	}
	return refs
}

// names are the dot and the variables that a node sees.
type names struct {
	dot  []ref
	vars *variable // the last one that was declared
}

// A variable is one of a template. An assignment in a block adds to its refs.
type variable struct {
	name  string
	refs  []ref
	outer *variable // that was declared before it
}

// find returns the variable of a name; nil if there is none.
func (v *variable) find(name string) *variable {
	for v != nil && v.name != name {
		v = v.outer
	}
	return v
}

// A call is that of a template by another.
type call struct {
	name  string
	by    parse.Node
	outer *call
}

func flowOf(p *program) *flow {
	f := &flow{map[parse.Node][]ref{}, map[parse.Node]map[string][]ref{}, map[parse.Node]names{}}
	for name, tree := range p.trees {
		root := []ref{{given: name != p.main, exact: true}}
		f.list(tree.Root, names{root, &variable{name: "$", refs: root}})
	}
	return f
}

func (f *flow) list(list *parse.ListNode, in names) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		f.node(node, &in)
	}
}

// node notes what is known of a node, and declares in names what it declares.
func (f *flow) node(node parse.Node, in *names) {
	f.scope[node] = *in
	switch n := node.(type) {
	case *parse.ActionNode:
		f.pipe(n, n.Pipe, in, false)
	case *parse.TemplateNode:
		f.give(n, n.Name, f.pipe(n, n.Pipe, in, false))
	default:
		if b := branchOf(n); b != nil {
			f.branch(n, b, *in)
		}
	}
}

func (f *flow) branch(node parse.Node, b *parse.BranchNode, within names) {
	refs := f.pipe(node, b.Pipe, &within, b.NodeType == parse.NodeRange)
	f.list(b.ElseList, within)
	switch b.NodeType {
	case parse.NodeWith:
		within.dot = refs
	case parse.NodeRange:
		within.dot = partsOf(refs)
	}
	f.list(b.List, within)
}

// partsOf returns refs for what is made of something.
func partsOf(refs []ref) []ref {
	parts := slices.Clone(refs)
	for i := range parts {
		parts[i].exact = false
	}
	return parts
}

// pipe returns what a pipe of a node names, and declares the variables that it does.
func (f *flow) pipe(node parse.Node, pipe *parse.PipeNode, in *names, loop bool) []ref {
	if pipe == nil {
		return nil
	}
	refs := f.value(node, pipe, *in)
	f.refs[node] = union(f.refs[node], refs...)
	set := refs
	if loop {
		set = partsOf(refs)
	}
	for _, v := range pipe.Decl {
		name := v.Ident[0]
		if old := in.vars.find(name); pipe.IsAssign && old != nil {
			old.refs = union(old.refs, partsOf(set)...)
			continue
		}
		in.vars = &variable{name, set, in.vars}
	}
	return refs
}

// value returns what the value of a pipe is, or is made of.
func (f *flow) value(node parse.Node, pipe *parse.PipeNode, in names) []ref {
	var refs []ref
	parts := 0
	for _, cmd := range pipe.Cmds {
		if called(cmd) == printFunc {
			continue
		}
		parts++
		refs = union(refs, f.command(node, cmd, in, refs)...)
	}
	if parts > 1 {
		return partsOf(refs)
	}
	return refs
}

// called returns the name of the function that a command calls, or "".
func called(cmd *parse.CommandNode) string {
	if name, ok := cmd.Args[0].(*parse.IdentifierNode); ok {
		return name.Ident
	}
	return ""
}

// command returns what a command names that is piped what is piped.
func (f *flow) command(node parse.Node, cmd *parse.CommandNode, in names, piped []ref) []ref {
	var args [][]ref
	var refs []ref
	for _, arg := range cmd.Args {
		args = append(args, f.operand(node, arg, in))
		refs = union(refs, args[len(args)-1]...)
	}
	if len(args) == 1 {
		return refs
	}
	switch name := called(cmd); {
	case (name == "get" || name == "index") && len(args) > 2:
		if keys := textsIn(cmd.Args[2:]); len(keys) == len(args)-2 {
			return below(args[1], keys)
		}
	case name == "include":
		if names := textsIn(cmd.Args[1:2]); len(names) == 1 {
			f.give(node, names[0], union(refs, piped...))
		}
	}
	return partsOf(refs)
}

// textsIn returns the literal texts among nodes.
func textsIn(nodes []parse.Node) []string {
	var found []string
	for _, node := range nodes {
		if s, ok := node.(*parse.StringNode); ok {
			found = append(found, s.Text)
		}
	}
	return found
}

func (f *flow) give(node parse.Node, name string, refs []ref) {
	if f.data[node] == nil {
		f.data[node] = map[string][]ref{}
	}
	f.data[node][name] = union(f.data[node][name], refs...)
}

func (f *flow) operand(node, arg parse.Node, in names) []ref {
	switch n := arg.(type) {
	case *parse.DotNode:
		return in.dot
	case *parse.FieldNode:
		return below(in.dot, n.Ident)
	case *parse.VariableNode:
		if v := in.vars.find(n.Ident[0]); v != nil {
			return below(v.refs, n.Ident[1:])
		}
	case *parse.IdentifierNode:
		if name, ok := strings.CutPrefix(n.Ident, valuePrefix); ok {
			return []ref{{path: name, exact: true}}
		}
	case *parse.ChainNode:
		return below(f.operand(node, n.Node, in), n.Field)
	case *parse.PipeNode:
		return f.value(node, n, in)
	}
	return nil
}

// below returns refs for the entries with a path of names.
func below(refs []ref, names []string) []ref {
	refs = slices.Clone(refs)
	for i := range refs {
		if refs[i].exact {
			refs[i].path = strings.Join(append(nonEmpty(refs[i].path), names...), ".")
		}
	}
	return refs
}

func nonEmpty(path string) []string {
	if path == "" {
		return nil
	}
	return []string{path}
}

// resolve returns refs of a template that a call calls as those of the values.
func (f *flow) resolve(refs []ref, by *call) []ref {
	for ; by != nil; by = by.outer {
		var outer []ref
		for _, r := range refs {
			outer = union(outer, r.from(f.data[by.by][by.name])...)
		}
		refs = outer
	}
	return slices.DeleteFunc(slices.Clone(refs), func(r ref) bool { return r.given })
}

// from returns what a ref is in a template's caller, by what that gives to the template.
func (r ref) from(given []ref) []ref {
	switch {
	case !r.given:
		return []ref{r}
	case r.exact:
		return below(given, nonEmpty(r.path))
	}
	return partsOf(given)
}

// paths returns the paths of the values that refs of a template are; all of the values are
// none.
func (f *flow) paths(refs []ref, by *call) []string {
	var found []string
	for _, r := range f.resolve(refs, by) {
		found = append(found, nonEmpty(r.path)...)
	}
	return found
}
