package jinja

import (
	"cmp"
	"math"
	"strings"
)

func (r *run) negate(op string, v any) any {
	n, ok := number(v)
	if !ok {
		return r.unfit("unary "+op, v, nil)
	}
	if op == "+" {
		return n
	}
	if i, ok := n.(int64); ok {
		return r.integer(-i, i != math.MinInt64)
	}
	return -toFloat(n)
}

func (r *run) unfit(op string, left, right any) any {
	for _, v := range []any{left, right} {
		if u, ok := v.(*undefined); ok {
			r.failUndefined(u)
			return nil
		}
	}
	if strings.HasPrefix(op, "unary") {
		return r.failf("bad operand type for %s: '%s'", op, typeName(left))
	}
	return r.failf("unsupported operand type(s) for %s: '%s' and '%s'", op, typeName(left),
		typeName(right))
}

// integer returns n, if it has 64 bits.
func (r *run) integer(n int64, ok bool) any {
	if !ok {
		return r.failf("the number has over 64 bits")
	}
	return n
}

func (r *run) binary(op string, left, right any) any {
	a, aOK := number(left)
	b, bOK := number(right)
	if aOK && bOK {
		return r.arithmetic(op, a, b)
	}
	switch op {
	case "+":
		return r.add(left, right)
	case "*":
		if bOK {
			return r.repeat(left, b)
		}
		if aOK {
			return r.repeat(right, a)
		}
	case "%":
		if s, ok := left.(string); ok {
			return r.percent(s, right)
		}
	}
	return r.unfit(op, left, right)
}

func (r *run) arithmetic(op string, a, b any) any {
	x, xOK := a.(int64)
	y, yOK := b.(int64)
	if xOK && yOK && op != "/" && (op != "**" || y >= 0) {
		return r.integers(op, x, y)
	}
	return r.floats(op, toFloat(a), toFloat(b))
}

func (r *run) integers(op string, x, y int64) any {
	switch op {
	case "+":
		return r.integer(x+y, (x+y > x) == (y > 0))
	case "-":
		return r.integer(x-y, (x-y < x) == (y > 0))
	case "*":
		return r.integer(multiply(x, y))
	case "**":
		return r.integer(power(x, y))
	}
	if y == 0 {
		return r.failf("integer division or modulo by zero")
	}
	if y == -1 {
		if op == "%" {
			return int64(0)
		}
		return r.negate("-", x)
	}
	quotient, rest := x/y, x%y
	if rest != 0 && (rest < 0) != (y < 0) {
		quotient, rest = quotient-1, rest+y
	}
	if op == "%" {
		return rest
	}
	return quotient
}

func multiply(x, y int64) (int64, bool) {
	if x == 0 || y == 0 {
		return 0, true
	}
	p := x * y
	return p, p/y == x && (x != -1 || y != math.MinInt64) && (y != -1 || x != math.MinInt64)
}

func power(x, y int64) (result int64, ok bool) {
	if x == 0 || x == 1 {
		if y == 0 {
			return 1, true
		}
		return x, true
	}
	if x == -1 {
		return 1 - 2*(y%2), true
	}
	result = 1
	for range min(y, 65) {
		if result, ok = multiply(result, x); !ok {
			return 0, false
		}
	}
	return result, true
}

func (r *run) floats(op string, x, y float64) any {
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "**":
		return r.power(x, y)
	}
	if y == 0 {
		return r.failf("division by zero")
	}
	switch op {
	case "/":
		return x / y
	case "//":
		return math.Floor(x / y)
	}
	rest := math.Mod(x, y)
	switch {
	case rest == 0:
		return math.Copysign(0, y)
	case (rest < 0) != (y < 0):
		rest += y
	}
	return rest
}

// power is Python's **, without its complex numbers.
func (r *run) power(x, y float64) any {
	result := math.Pow(x, y)
	switch finite := !math.IsNaN(x) && !math.IsInf(x, 0) && !math.IsNaN(y) && !math.IsInf(y, 0); {
	case finite && x == 0 && y < 0:
		return r.failf("0.0 cannot be raised to a negative power")
	case finite && math.IsNaN(result):
		return r.failf("a negative number cannot be raised to a fraction here")
	case finite && math.IsInf(result, 0):
		return r.failf("the result is too large")
	}
	return result
}

func (r *run) add(left, right any) any {
	switch a := left.(type) {
	case string:
		if b, ok := right.(string); ok && r.charge(len(a)+len(b)) {
			return a + b
		}
	case *list:
		if b, ok := right.(*list); ok && r.collect(len(a.items)+len(b.items)) {
			return &list{append(append([]any{}, a.items...), b.items...)}
		}
	case tuple:
		if b, ok := right.(tuple); ok && r.collect(len(a)+len(b)) {
			return append(append(tuple{}, a...), b...)
		}
	}
	if _, ok := left.(string); ok && r.err == nil {
		if u, ok := right.(*undefined); ok {
			r.failUndefined(u)
		}
		return r.failf("can only concatenate str (not %q) to str: use ~, or the filter string",
			typeName(right))
	}
	return r.unfit("+", left, right)
}

func shorten(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

func (r *run) repeat(v, n any) any {
	count, ok := n.(int64)
	if !ok {
		return r.unfit("*", v, n)
	}
	times := times
	c := int(min(max(count, 0), maxMade))
	switch v := v.(type) {
	case string:
		if r.charge(times(len(v), c)) {
			return strings.Repeat(v, c)
		}
	case *list:
		if items, ok := r.repeatItems(v.items, c); ok {
			return &list{items}
		}
	case tuple:
		if items, ok := r.repeatItems(v, c); ok {
			return tuple(items)
		}
	default:
		r.unfit("*", v, n)
	}
	return nil
}

func (r *run) repeatItems(items []any, count int) ([]any, bool) {
	var out []any
	if !r.collect(times(len(items), count)) {
		return nil, false
	}
	if len(items) > 0 {
		for range count {
			out = append(out, items...)
		}
	}
	return out, true
}

// join puts parts together; total is their length.
func (r *run) join(parts []string, sep string, total int) any {
	if !r.charge(total + times(len(sep), len(parts))) {
		return nil
	}
	return strings.Join(parts, sep)
}

func (r *run) compare(op string, left, right any) bool {
	if !r.work(size(left) + size(right)) {
		return false
	}
	switch op {
	case "==":
		return r.equal(left, right)
	case "!=":
		return !r.equal(left, right)
	case "in":
		return r.contains(right, left)
	case "not in":
		return !r.contains(right, left)
	}
	order, ok := r.order(left, right)
	if !ok {
		if r.err == nil && !isNaN(left) && !isNaN(right) {
			r.failf("'%s' not supported between instances of '%s' and '%s'", op, typeName(left),
				typeName(right))
		}
		return false
	}
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func isNaN(v any) bool {
	f, ok := v.(float64)
	return ok && math.IsNaN(f)
}

// order compares two values. It is false for those that have no order.
func (r *run) order(a, b any) (int, bool) {
	r.defined(a, b)
	if !r.enter() {
		return 0, false
	}
	defer r.leave()
	x, xOK := number(a)
	y, yOK := number(b)
	if xOK && yOK {
		return orderNumbers(x, y), !isNaN(x) && !isNaN(y)
	}
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return strings.Compare(a, b), ok
	case date:
		b, ok := b.(date)
		return cmp.Compare(a, b), ok
	case *list:
		if b, ok := b.(*list); ok {
			return r.orderItems(a.items, b.items)
		}
	case tuple:
		if b, ok := b.(tuple); ok {
			return r.orderItems(a, b)
		}
	}
	return 0, false
}

func orderNumbers(x, y any) int {
	i, iOK := x.(int64)
	j, jOK := y.(int64)
	if iOK && jOK {
		return cmp.Compare(i, j)
	}
	return cmp.Compare(toFloat(x), toFloat(y))
}

func (r *run) orderItems(a, b []any) (int, bool) {
	for i := range min(len(a), len(b)) {
		if !r.equal(a[i], b[i]) {
			return r.order(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b)), true
}

// defined fails if one of the values is undefined.
func (r *run) defined(values ...any) {
	for _, v := range values {
		if u, ok := v.(*undefined); ok && !u.soft {
			r.failUndefined(u)
		}
	}
}
