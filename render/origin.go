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
	// [layouts.Origin]. For a value of the caller's it is what Options.Origins says, such
	// as "--set", or empty.
	File string
	// Line counts from 1; 0 where there are none.
	Line int
	// Secret says that the value was encrypted there; see Options.Decrypt. Nothing tells it.
	Secret bool
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
		all[path] = Origin{path, from.File, from.Line, from.Secret}
	}
	for name := range l.fixed {
		all[name] = Origin{Path: name, File: "the layout"}
	}
	return all
}

// above returns the path of the map or list that path is in, or "".
func above(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// of returns where the value at path was set.
func (o origins) of(path string) (from Origin, ok bool) {
	for at := path; at != "" && !ok; at = above(at) {
		from, ok = o[at]
	}
	return Origin{path, from.File, from.Line, from.Secret}, ok
}

// uses returns the values that the node at a place names, with their origins.
func (p *program) uses(at *place) []Origin {
	return p.where(p.pathsOf(at))
}

// notSet returns the error for a name at a path that is not among the known ones.
func (s setting) notSet(path, name string, known []string) *UnknownNameError {
	err := unknown(name, s.scope, known)
	if from, set := s.origins()[path]; set {
		err.Near, err.Hint = nil, fmt.Sprintf("it is null in %s, which takes it out", from)
	}
	return err
}

// where returns the origins of those paths that are values', sorted.
func (s setting) where(paths []string) []Origin {
	var found []Origin
	for _, path := range slices.Compact(slices.Sorted(slices.Values(paths))) {
		if from, ok := s.origins().of(path); ok {
			found = append(found, from)
		}
	}
	return found
}

// pathsOf returns the paths of the values that the node at a place names, and those that it
// prints by an include.
func (p *program) pathsOf(at *place) []string {
	if at.node == nil { // a template of Jinja
		return at.paths
	}
	f := p.flow()
	paths := f.paths(f.refs[at.node], at.call)
	for _, within := range at.within {
		paths = append(paths, f.paths(f.refs[within.node], within.call)...)
	}
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
