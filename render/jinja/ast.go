package jinja

// An expr is an expression, a stmt a statement or text.
type (
	expr interface {
		eval(r *run) any
		at() int
	}
	stmt interface {
		exec(r *run)
		at() int
	}
	position int
)

func (p position) at() int { return int(p) }

// Expressions.
type constant struct {
	position
	value any
}

type name struct {
	position
	name string
}

type attribute struct {
	position
	x    expr
	name string
}

type item struct {
	position
	x, key expr
}

type slice struct {
	position
	x                expr
	start, end, step expr // each may be nil
}

type call struct {
	position
	x    expr
	args arguments
}

type filter struct {
	position
	x    expr // nil: what the filter block holds
	name string
	args arguments
}

type test struct {
	position
	x    expr
	name string
	args arguments
}

type unary struct {
	position
	op string
	x  expr
}

type binary struct {
	position
	op          string
	left, right expr
}

type logic struct { // and, or
	position
	op          string
	left, right expr
}

type comparison struct { // a < b < c
	position
	x    expr
	ops  []string
	with []expr
}

type concat struct {
	position
	parts []expr
}

type conditional struct {
	position
	test, yes, no expr // no may be nil
}

type listExpr struct {
	position
	items []expr
}

type tupleExpr struct {
	position
	items []expr
}

type dictExpr struct {
	position
	keys, vals []expr
}

// arguments are those of a call, a filter or a test.
type arguments struct {
	positional      []expr
	names           []string
	named           []expr
	list, namedDict expr // *list, **namedDict; nil if there are none
}

// Statements.
type text struct {
	position
	text string
}

type printed struct {
	position
	x     expr
	paths []string // of the values that x names
	said  said
	calls bool // x calls something
}

type branches struct { // if, elif, else
	position
	tests  []expr
	bodies [][]stmt
	other  []stmt
}

type loop struct {
	position
	target    expr // names, in tuples
	over      expr
	test      expr // may be nil
	body      []stmt
	other     []stmt
	recursive bool
	named     bool // the variable loop is named in it
}

type set struct {
	position
	target expr
	value  expr
}

type setBlock struct {
	position
	target expr
	filter expr // nil, or of the block's text
	body   []stmt
}

type macro struct {
	position
	name     string
	params   []string
	defaults []expr // of the last params
	body     []stmt
	uses     macroUses
}

type callBlock struct {
	position
	call   *call
	caller *macro
}

type filterBlock struct {
	position
	filter expr
	body   []stmt
}

type include struct {
	position
	template      expr
	ignoreMissing bool
	isolated      bool // without context
}

type imported struct {
	position
	template expr
	as       string   // of import … as
	names    []string // of from … import
	aliases  []string
	context  bool
}

type with struct {
	position
	targets []expr
	values  []expr
	body    []stmt
}

// macroUses tells which of the hidden parameters a macro's body mentions.
type macroUses struct{ caller, varargs, kwargs bool }
