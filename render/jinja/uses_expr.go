package jinja

import (
	"slices"
	"strings"
)

// expr walks through an expression.
func (i *inspector) expr(x expr) {
	if path := strings.TrimSuffix(dottedPath(x), "."); path != "" {
		i.path(path, x.at(), false)
		return
	}
	switch x := x.(type) {
	case *filter:
		i.known("filter", x.name, builtins().filters)
		if isDefault(x) {
			i.asked(x.x)
		} else {
			i.expr(x.x)
		}
		i.arguments(x.args)
	case *test:
		if shortName(x.name) == "defined" || shortName(x.name) == "undefined" {
			i.asked(x.x)
			return
		}
		i.known("test", x.name, builtins().tests)
		i.expr(x.x)
		i.arguments(x.args)
	case *logic:
		i.expr(x.left)
		known := truths
		if x.op == "or" {
			known = falsehoods
		}
		i.within(nil, known(x.left), func() { i.expr(x.right) })
	case *conditional:
		i.expr(x.test)
		i.within(nil, truths(x.test), func() { i.expr(x.yes) })
		i.within(nil, falsehoods(x.test), func() { i.expr(x.no) })
	case *call:
		i.call(x)
	default:
		for _, inner := range operands(x) {
			i.expr(inner)
		}
	}
}

// known notes a filter or a test that is not in the table.
func (i *inspector) known(kind, name string, table map[string]builtin) {
	what := kind + " " + name
	if table[shortName(name)] == nil && !slices.Contains(i.uses.Missing, what) {
		i.uses.Missing = append(i.uses.Missing, what)
	}
}

// asked walks through an expression that may be undefined.
func (i *inspector) asked(x expr) {
	if path := strings.TrimSuffix(dottedPath(x), "."); path != "" {
		i.path(path, x.at(), true)
		return
	}
	switch x := x.(type) {
	case *attribute:
		i.asked(x.x)
	case *item:
		i.asked(x.x)
		i.expr(x.key)
	default:
		i.expr(x)
	}
}

// path notes a path of a variable; vars['name'] is one, too.
func (i *inspector) path(path string, pos int, optional bool) {
	if inner, ok := strings.CutPrefix(path, "vars."); ok {
		path = inner
	}
	i.name(path, pos, optional)
}

// operands returns what other expressions consist of.
func operands(x expr) []expr {
	switch x := x.(type) {
	case *attribute:
		return []expr{x.x}
	case *item:
		return []expr{x.x, x.key}
	case *slice:
		return []expr{x.x, x.start, x.end, x.step}
	case *unary:
		return []expr{x.x}
	case *binary:
		return []expr{x.left, x.right}
	case *comparison:
		return append([]expr{x.x}, x.with...)
	case *concat:
		return x.parts
	case *listExpr:
		return x.items
	case *tupleExpr:
		return x.items
	case *dictExpr:
		return slices.Concat(x.keys, x.vals)
	}
	return nil
}

func (i *inspector) arguments(a arguments) {
	for _, x := range slices.Concat(a.positional, a.named, []expr{a.list, a.namedDict}) {
		i.expr(x)
	}
}

// call walks through a call, which may be a look-up.
func (i *inspector) call(x *call) {
	called, ok := x.x.(*name)
	args := x.args.positional
	if !ok || !slices.Contains([]string{"lookup", "query", "q"}, called.name) || len(args) == 0 {
		i.expr(x.x)
		i.arguments(x.args)
		return
	}
	plugin, _ := texts(args[0])
	if len(plugin) != 1 {
		i.arguments(x.args)
		return
	}
	by := shortName(plugin[0])
	optional := slices.Contains(x.args.names, "default")
	for k, param := range x.args.names {
		mayFail, _ := texts(x.args.named[k])
		optional = optional || param == "errors" && len(mayFail) == 1 && mayFail[0] != "strict"
	}
	for _, term := range args[1:] {
		names, literal := texts(term)
		if by == "vars" && literal {
			for _, name := range names {
				i.name(name, term.at(), optional)
			}
			continue
		}
		if !slices.Contains(plainLookups, by) {
			i.file(term, FileUse{By: by, Optional: optional}, x.at())
			continue
		}
		i.expr(term)
	}
	i.arguments(arguments{named: x.args.named, list: x.args.list, namedDict: x.args.namedDict})
}

// plainLookups are those that take in nothing but values.
var plainLookups = append(keys(combining), "env", "dict", "items", "list", "sequence")

// file notes a file, and walks through the expression that names it.
func (i *inspector) file(x expr, use FileUse, pos int) {
	use.Names, _ = texts(x)
	if use.Names == nil {
		i.expr(x)
	}
	use.Set = slices.Clone(i.set)
	use.Line, use.Column = i.place(pos)
	i.uses.Files = append(i.uses.Files, use)
}

// texts returns the texts that x is, or holds; false if it holds anything else.
func texts(x expr) ([]string, bool) {
	var all []string
	items := []expr{x}
	if l, ok := x.(*listExpr); ok {
		items = l.items
	}
	for _, item := range items {
		c, ok := item.(*constant)
		if !ok {
			return nil, false
		}
		text, ok := c.value.(string)
		if !ok {
			return nil, false
		}
		all = append(all, text)
	}
	return all, len(all) > 0
}

func isDefault(f *filter) bool { return isString(shortName(f.name), "default", "d") }

// truths returns the paths that are set if x holds.
func truths(x expr) []string {
	switch x := x.(type) {
	case *logic:
		if x.op == "and" {
			return append(truths(x.left), truths(x.right)...)
		}
	case *unary:
		if x.op == "not" {
			return falsehoods(x.x)
		}
	case *test:
		if shortName(x.name) == "defined" {
			return pathsOf(x.x)
		}
	case *filter:
		if isDefault(x) && isEmpty(x.args) || isString(shortName(x.name), "length", "count", "bool", "trim") {
			return truths(x.x)
		}
		if isDefault(x) {
			return nil
		}
	case *comparison: // default('') != ''
		if f, ok := x.x.(*filter); ok && len(x.ops) == 1 && isString(x.ops[0], "!=", ">") {
			return truths(f)
		}
	}
	return pathsOf(x)
}

// isEmpty reports whether a default is a literal that does not hold.
func isEmpty(a arguments) bool {
	if len(a.positional) == 0 {
		return true
	}
	switch x := a.positional[0].(type) {
	case *constant:
		return x.value == nil || x.value == "" || x.value == false || x.value == int64(0)
	case *listExpr:
		return len(x.items) == 0
	case *dictExpr:
		return len(x.keys) == 0
	}
	return false
}

// falsehoods returns the paths that are set if x does not hold.
func falsehoods(x expr) []string {
	switch x := x.(type) {
	case *logic:
		if x.op == "or" {
			return append(falsehoods(x.left), falsehoods(x.right)...)
		}
	case *unary:
		if x.op == "not" {
			return truths(x.x)
		}
	case *test:
		if shortName(x.name) == "undefined" {
			return pathsOf(x.x)
		}
	}
	return nil
}

func pathsOf(x expr) []string {
	if path := strings.TrimSuffix(dottedPath(x), "."); path != "" {
		return []string{path}
	}
	return nil
}
