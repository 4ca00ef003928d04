package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/template/parse"
)

// An Origin is where a value was set.
type Origin struct {
	// Path is the value's: names with dots between them, as in "resources.cpu".
	Path string
	// File is slash-separated and relative to the root of the layout, or the file's
	// [layouts.Origin]. For a value of
	// the caller's it is what Options.Origins says, such as "--set", or empty.
	File string
	// Line counts from 1; 0 where there are none.
	Line int
}

// String returns the place, as "shop/common/vars.yml:3".
func (o Origin) String() string {
	where := cmp.Or(o.File, "the caller's values")
	if o.Line > 0 {
		where += fmt.Sprintf(":%d", o.Line)
	}
	return where
}

// origins are where values were set, by their paths.
type origins map[string]Origin

// origins returns where each value of the layers, and each map of them, was set
// last.
func (l *layers) origins() origins {
	all := origins{}
	for _, layer := range l.list {
		lines := layer.lines()
		for path := range flat(layer.values, "") {
			for at := path; at != ""; at = above(at) {
				all[at] = layer.origin(at, lines[at])
			}
		}
		for path, line := range lines {
			all[path] = layer.origin(path, line)
		}
	}
	for path, from := range l.callers {
		all[path] = Origin{path, from.File, from.Line}
	}
	for name := range l.fixed {
		all[name] = Origin{name, "the layout", 0}
	}
	return all
}

// above returns the path of the map that path is in, or "".
func above(path string) string {
	return path[:max(0, strings.LastIndexByte(path, '.'))]
}

// of returns where the value at path was set.
func (o origins) of(path string) (from Origin, ok bool) {
	for at := path; at != "" && !ok; at = above(at) {
		from, ok = o[at]
	}
	return Origin{path, from.File, from.Line}, ok
}

// uses returns the values that the node at a place names, with their origins.
func (p *program) uses(at *place) []Origin {
	paths := pathsOf(at)
	slices.Sort(paths)
	return p.where(slices.Compact(paths))
}

// where returns the origins of those paths that are values', sorted.
func (s setting) where(paths []string) []Origin {
	var found []Origin
	for _, path := range slices.Sorted(slices.Values(paths)) {
		if from, ok := s.origins().of(path); ok {
			found = append(found, from)
		}
	}
	return found
}

// pathsOf returns the paths of the values that the node at a place names. Fields of
// the dot count only where that is all of the values.
func pathsOf(at *place) []string {
	switch n := at.node.(type) {
	case nil: // a template of Jinja
		return at.paths
	case *parse.ActionNode:
		return pipePaths(n.Pipe, at.top)
	case *parse.IfNode:
		return pipePaths(n.Pipe, at.top)
	case *parse.RangeNode:
		return pipePaths(n.Pipe, at.top)
	case *parse.WithNode:
		return pipePaths(n.Pipe, at.top)
	case *parse.TemplateNode:
		return pipePaths(n.Pipe, at.top)
	}
	return nil
}

func pipePaths(pipe *parse.PipeNode, top bool) []string {
	var paths []string
	visitOperands(pipe, func(arg parse.Node) { paths = append(paths, argPaths(arg, top)...) })
	return paths
}

// visitOperands calls visit with what a pipe consists of, and what that does.
func visitOperands(pipe *parse.PipeNode, visit func(parse.Node)) {
	if pipe == nil {
		return
	}
	for _, cmd := range pipe.Cmds {
		for _, arg := range cmd.Args {
			visit(arg)
			if chain, ok := arg.(*parse.ChainNode); ok {
				arg = chain.Node
			}
			if within, ok := arg.(*parse.PipeNode); ok {
				visitOperands(within, visit)
			}
		}
	}
}

func argPaths(node parse.Node, top bool) []string {
	switch n := node.(type) {
	case *parse.FieldNode:
		if top {
			return []string{strings.Join(n.Ident, ".")}
		}
	case *parse.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) > 1 {
			return []string{strings.Join(n.Ident[1:], ".")}
		}
	case *parse.IdentifierNode:
		if name, ok := strings.CutPrefix(n.Ident, valuePrefix); ok {
			return []string{name}
		}
	case *parse.ChainNode:
		paths := argPaths(n.Node, top)
		for i := range paths {
			paths[i] = join(paths[i], strings.Join(n.Field, "."))
		}
		return paths
	}
	return nil
}
