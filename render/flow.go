package render

import (
	"maps"
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

// names are the dot and the variables that a node sees. An assignment in a block adds to
// what a variable of an outer one is.
type names struct {
	dot  []ref
	vars map[string]*[]ref
}

func (n names) inner(dot []ref) names { return names{dot, maps.Clone(n.vars)} }

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
		f.list(tree.Root, names{root, map[string]*[]ref{"$": &root}})
	}
	return f
}

func (f *flow) list(list *parse.ListNode, in names) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		f.node(node, in)
	}
}

func (f *flow) node(node parse.Node, in names) {
	f.scope[node] = in.inner(in.dot)
	switch n := node.(type) {
	case *parse.ActionNode:
		f.pipe(n, n.Pipe, in, false)
	case *parse.TemplateNode:
		f.give(n, n.Name, f.pipe(n, n.Pipe, in, false))
	default:
		if b := branchOf(n); b != nil {
			f.branch(n, b, in)
		}
	}
}

func (f *flow) branch(node parse.Node, b *parse.BranchNode, in names) {
	within := in.inner(in.dot)
	refs := f.pipe(node, b.Pipe, within, b.NodeType == parse.NodeRange)
	f.list(b.ElseList, within.inner(in.dot))
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
func (f *flow) pipe(node parse.Node, pipe *parse.PipeNode, in names, loop bool) []ref {
	if pipe == nil {
		return nil
	}
	refs := f.value(node, pipe, in)
	f.refs[node] = append(f.refs[node], refs...)
	set := refs
	if loop {
		set = partsOf(refs)
	}
	for _, v := range pipe.Decl {
		name := v.Ident[0]
		if old := in.vars[name]; pipe.IsAssign && old != nil {
			*old = slices.Concat(*old, partsOf(set))
			continue
		}
		in.vars[name] = &set
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
		more := f.command(node, cmd, in, refs)
		refs = append(refs, more...)
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
		refs = append(refs, args[len(args)-1]...)
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
			f.give(node, names[0], append(refs, piped...))
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
	f.data[node][name] = append(f.data[node][name], refs...)
}

func (f *flow) operand(node, arg parse.Node, in names) []ref {
	switch n := arg.(type) {
	case *parse.DotNode:
		return in.dot
	case *parse.FieldNode:
		return below(in.dot, n.Ident)
	case *parse.VariableNode:
		if refs := in.vars[n.Ident[0]]; refs != nil {
			return below(*refs, n.Ident[1:])
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
	var found []ref
	for _, r := range refs {
		switch {
		case !r.given:
			found = append(found, r)
		case by == nil:
		case r.exact:
			given := f.data[by.by][by.name]
			if r.path != "" {
				given = below(given, []string{r.path})
			}
			found = append(found, f.resolve(given, by.outer)...)
		default:
			found = append(found, f.resolve(partsOf(f.data[by.by][by.name]), by.outer)...)
		}
	}
	return found
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
