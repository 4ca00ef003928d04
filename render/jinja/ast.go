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
type (
	constant struct {
		position
		value any
	}
	name struct {
		position
		name string
	}
	attribute struct {
		position
		x    expr
		name string
	}
	item struct {
		position
		x, key expr
	}
	slice struct {
		position
		x                expr
		start, end, step expr // each may be nil
	}
	call struct {
		position
		x    expr
		args arguments
	}
	filter struct {
		position
		x    expr // nil: what the filter block holds
		name string
		args arguments
	}
	test struct {
		position
		x    expr
		name string
		args arguments
	}
	unary struct {
		position
		op string
		x  expr
	}
	binary struct {
		position
		op          string
		left, right expr
	}
	logic struct { // and, or
		position
		op          string
		left, right expr
	}
	comparison struct { // a < b < c
		position
		x    expr
		ops  []string
		with []expr
	}
	concat struct {
		position
		parts []expr
	}
	conditional struct {
		position
		test, yes, no expr // no may be nil
	}
	listExpr struct {
		position
		items []expr
	}
	tupleExpr struct {
		position
		items []expr
	}
	dictExpr struct {
		position
		keys, vals []expr
	}
)

// arguments are those of a call, a filter or a test.
type arguments struct {
	positional      []expr
	names           []string
	named           []expr
	list, namedDict expr // *list, **namedDict; nil if there are none
}

// Statements.
type (
	text struct {
		position
		text string
	}
	printed struct {
		position
		x     expr
		paths []string // of the values that x names
		said  said
	}
	branches struct { // if, elif, else
		position
		tests  []expr
		bodies [][]stmt
		other  []stmt
	}
	loop struct {
		position
		target    expr // names, in tuples
		over      expr
		test      expr // may be nil
		body      []stmt
		other     []stmt
		recursive bool
	}
	set struct {
		position
		target expr
		value  expr
	}
	setBlock struct {
		position
		target expr
		filter expr // nil, or of the block's text
		body   []stmt
	}
	macro struct {
		position
		name     string
		params   []string
		defaults []expr // of the last params
		body     []stmt
		uses     macroUses
	}
	callBlock struct {
		position
		call   *call
		caller *macro
	}
	filterBlock struct {
		position
		filter expr
		body   []stmt
	}
	include struct {
		position
		template      expr
		ignoreMissing bool
		isolated      bool // without context
	}
	imported struct {
		position
		template expr
		as       string   // of import … as
		names    []string // of from … import
		aliases  []string
		context  bool
	}
	with struct {
		position
		targets []expr
		values  []expr
		body    []stmt
	}
)

// macroUses tells which of the hidden parameters a macro's body mentions.
type macroUses struct{ caller, varargs, kwargs bool }
