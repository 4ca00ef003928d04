package render

import (
	"context"
	"errors"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/slipway-go/slipway/layouts"
)

// maxUnknown bounds how many names of a template that are not set are told.
const maxUnknown = 20

// changing are the functions that change a value that they are given.
var changing = strings.Fields("set unset merge mergeOverwrite mustMerge mustMergeOverwrite")

// allUnknown returns err, of running a template of Go; where a field is not set, with the
// errors for the others. It runs the template again without each part that went wrong, as
// long as that can change nothing but the output.
func (r *renderer) allUnknown(ctx context.Context, f layouts.File, in setting, err error) error {
	p, bad := compile(f, in)
	if bad != nil || !isUnknown(err) {
		return err
	}
	if slices.ContainsFunc(changing, func(name string) bool { return p.used[name] }) {
		return err
	}
	var errs collector
	var last parse.Node
	for steps := 0; len(errs) < maxUnknown && steps < maxSteps; {
		_, err := p.execute(ctx, nil)
		x := p.engine.x
		if !isUnknown(err) || x.failed() == last { // or it could not be taken out
			break
		}
		errs.add(err)
		last = x.failed()
		if steps += x.steps; !p.without(last) || p.link() != nil {
			break
		}
	}
	if all := errs.err(); all != nil {
		return all
	}
	return err
}

func isUnknown(err error) bool { return errors.As(err, new(*UnknownNameError)) }

// failed returns the node that went wrong, or that includes it: what an include makes may be
// asked for.
func (x *execution) failed() parse.Node {
	node := x.places[x.last].node
	for by := x.by; by != nil; by = by.outer {
		if _, isTemplate := by.by.(*parse.TemplateNode); !isTemplate {
			node = by.by
		}
	}
	return node
}

// without takes a node out of the program; ok says that nothing but its output is missing.
func (p *program) without(node parse.Node) (ok bool) {
	if assigns(node) {
		return false
	}
	for _, tree := range p.trees {
		take(tree.Root, node)
	}
	return true
}

// assigns reports whether a node sets a variable that others may see.
func assigns(node parse.Node) bool {
	if n, ok := node.(*parse.ActionNode); ok {
		return len(n.Pipe.Decl) > 0
	}
	b := branchOf(node)
	return b != nil && (b.Pipe.IsAssign || listAssigns(b.List) || listAssigns(b.ElseList))
}

// listAssigns reports whether a list sets a variable that was declared before it.
func listAssigns(list *parse.ListNode) bool {
	return list != nil && slices.ContainsFunc(list.Nodes, func(node parse.Node) bool {
		if n, ok := node.(*parse.ActionNode); ok {
			return n.Pipe.IsAssign
		}
		return assigns(node)
	})
}

// take takes a node out of a list and those within it.
func take(list *parse.ListNode, node parse.Node) {
	if list == nil {
		return
	}
	list.Nodes = slices.DeleteFunc(list.Nodes, func(n parse.Node) bool { return n == node })
	for _, n := range list.Nodes {
		if b := branchOf(n); b != nil {
			take(b.List, node)
			take(b.ElseList, node)
		}
	}
}

// branchOf returns what conditions and loops have in common; nil for other nodes.
func branchOf(node parse.Node) *parse.BranchNode {
	switch n := node.(type) {
	case *parse.IfNode:
		return &n.BranchNode
	case *parse.RangeNode:
		return &n.BranchNode
	case *parse.WithNode:
		return &n.BranchNode
	}
	return nil
}
