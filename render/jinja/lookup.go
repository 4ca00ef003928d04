package jinja

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/slipway-go/slipway/internal/pyre"
)

// lookupFunc is lookup: several texts are joined with commas.
func lookupFunc(r *run, _ any, a *args) any {
	items := r.lookups(a, false)
	if items == nil {
		return nil
	}
	if items.all {
		return &list{items.values}
	}
	switch len(items.values) {
	case 0:
		return &list{}
	case 1:
		return items.values[0]
	}
	parts := make([]string, len(items.values))
	for i, item := range items.values {
		s, ok := item.(string)
		if !ok {
			return &list{items.values}
		}
		parts[i] = s
	}
	return strings.Join(parts, ",")
}

// queryFunc is query and q: always a list.
func queryFunc(r *run, _ any, a *args) any {
	if items := r.lookups(a, true); items != nil {
		return &list{items.values}
	}
	return nil
}

type lookedUp struct {
	values []any
	all    bool // as a list
}

// lookupNames are those that are told of in errors.
var lookupNames = []string{"file", "template", "vars", "varnames", "env", "dict", "items", "sequence"}

// combining are the lookups that look at their terms together.
var combining = map[string]func(r *run, terms [][]any) []any{
	"nested":        func(r *run, terms [][]any) []any { return asLists(r.product(terms)) },
	"cartesian":     func(r *run, terms [][]any) []any { return asLists(r.product(terms)) },
	"together":      func(r *run, terms [][]any) []any { return asLists(r.zip(terms, true, nil)) },
	"indexed_items": indexedItems, "subelements": lookupSubelements,
}

// lookupSubelements pairs each item with what is in a list of it, and takes the list out.
func lookupSubelements(r *run, terms [][]any) []any {
	if len(terms) < 2 || len(terms[1]) != 1 {
		r.failf("subelements: want a list of dicts, and a key")
		return nil
	}
	skip := false
	if len(terms) > 2 && len(terms[2]) == 1 {
		missing, _ := r.asDict("subelements", terms[2][0]).get("skip_missing")
		skip = missing != nil && r.truth(missing)
	}
	key := r.str(terms[1][0])
	var out []any
	for _, item := range terms[0] {
		d := r.asDict("subelements", item).copy()
		inner, ok := r.subelement(d, []any{key}, skip).(*list)
		if !ok {
			r.failf("subelements: want a list in each item")
			return nil
		}
		if d.del(key); r.err != nil || !r.charge(64*len(d.keys)+32*len(inner.items)) {
			return nil
		}
		for _, sub := range inner.items {
			out = append(out, tuple{d, sub})
		}
	}
	return out
}

// asLists returns the rows as lists; what is a list in one is laid open.
func asLists(rows []any) []any {
	out := make([]any, len(rows))
	for i, row := range rows {
		flat := &list{}
		for _, item := range row.(tuple) {
			if inner, ok := sequence(item); ok {
				flat.items = append(flat.items, inner...)
				continue
			}
			flat.items = append(flat.items, item)
		}
		out[i] = flat
	}
	return out
}

func indexedItems(_ *run, terms [][]any) []any {
	var out []any
	for i, item := range slices.Concat(terms...) {
		out = append(out, tuple{int64(i), item})
	}
	return out
}

// lookups does a lookup for each term.
func (r *run) lookups(a *args, all bool) *lookedUp {
	name := a.needStr("name")
	kind := shortName(name)
	if want, ok := a.takeNamed("wantlist"); ok {
		all = r.truth(want)
	}
	onError, _ := a.takeNamed("errors")
	terms := a.rest()
	out := &lookedUp{all: all}
	if combine := combining[kind]; combine != nil {
		lists := make([][]any, len(terms))
		for i, term := range terms {
			if text, ok := term.(string); ok && kind != "indexed_items" {
				term = strings.TrimSpace(text)
			}
			lists[i] = []any{term}
			if items, ok := sequence(term); ok {
				lists[i] = items
			}
		}
		if len(lists) > 0 {
			out.values = combine(r, lists)
		}
		return out
	}
	named := slices.Clone(a.names)
	values := slices.Clone(a.named)
	for _, term := range terms {
		a.names, a.named = slices.Clone(named), slices.Clone(values)
		out.values = append(out.values, r.lookupTerm(kind, term, a)...)
	}
	a.names = nil
	if r.err != nil && isString(onError, "ignore", "warn") && !r.stopped() {
		r.err, r.located = nil, false
		return nil
	}
	return out
}

// stopped tells whether the run ended by ctx or at a bound.
func (r *run) stopped() bool {
	return r.ctx.Err() != nil || r.steps > maxSteps || r.made > maxMade
}

func (r *run) lookupTerm(kind string, term any, a *args) []any {
	if r.err != nil {
		return nil
	}
	switch kind {
	case "file":
		return []any{r.lookupFile(r.str(term), a)}
	case "varnames":
		return r.variableNames(r.str(term))
	case "template":
		return []any{r.lookupTemplate(r.str(term), a)}
	case "vars":
		return []any{r.lookupVariable(r.str(term), a)}
	case "env":
		return []any{r.env(r.str(term), a)}
	case "dict":
		d := r.asDict("lookup dict", term)
		var items []any
		for i, key := range d.keys {
			items = append(items, dictOf("key", key, "value", d.vals[i]))
		}
		return items
	case "items":
		if items, ok := sequence(term); ok {
			return slices.Clone(items)
		}
		return []any{term}
	case "list":
		return []any{term}
	case "sequence":
		return r.sequence(r.str(term))
	}
	r.unknownName("lookup", kind, ": there are "+strings.Join(lookupNames, ", "))
	return nil
}

func (r *run) lookupFile(name string, a *args) any {
	left, _ := a.takeNamed("lstrip")
	right, ok := a.takeNamed("rstrip")
	text, _ := r.read("files", name)
	if r.truth(left) {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
	}
	if !ok || r.truth(right) {
		text = strings.TrimRightFunc(text, unicode.IsSpace)
	}
	return r.made1(text)
}

// variableNames returns the names of variables that match a pattern.
func (r *run) variableNames(pattern string) []any {
	var out []any
	for _, name := range r.vars.names() {
		if e := r.regex(name, pattern, pyre.Flags{}); e != nil && e.from(0) != nil {
			out = append(out, name)
		}
		if !r.step() {
			return nil
		}
	}
	return out
}

func (r *run) lookupTemplate(name string, a *args) any {
	convertData, ok := a.takeNamed("convert_data")
	convert := !ok || r.truth(convertData)
	vars, _ := a.takeNamed("template_vars")
	marks := map[string]any{}
	for _, which := range []string{"variable_start_string", "variable_end_string",
		"comment_start_string", "comment_end_string"} {
		if mark, ok := a.takeNamed(which); ok && mark != nil {
			marks[which] = mark
		}
	}
	p := r.load(name, "templates", marks)
	if p == nil {
		return nil
	}
	var outer *scope
	if d, ok := vars.(*dict); ok {
		outer = &scope{}
		for i, key := range d.keys {
			outer.set(r.str(key), d.vals[i])
		}
	}
	value := r.apartly(p, outer, convert)
	r.kept = r.kept || !convert
	if text, ok := value.(string); ok {
		return padded(text, p)
	}
	return value
}

// apartly returns what a template makes that does not see what others set.
func (r *run) apartly(p *program, outer *scope, convert bool) (value any) {
	back, reading, base := r.scope, r.reading, r.base
	r.scope, r.reading, r.base = nil, convert, p.file
	r.apart(false, func() {
		r.converting(convert, func() *scope {
			value = r.block(func() { r.template(p, outer) })
			return nil
		})
	})
	r.scope, r.reading, r.base = back, reading, base
	return value
}

func (r *run) lookupVariable(name string, a *args) any {
	def, hasDefault := a.takeNamed("default")
	reading := r.reading // it is another environment that reads the variable
	value, ok := r.variable(name)
	switch r.reading = reading; {
	case ok:
		r.defined(value)
		return value
	case hasDefault:
		return def
	}
	r.failUndefined(&undefined{name: name, near: r.vars.names()})
	return nil
}

func (r *run) env(name string, a *args) any {
	def, hasDefault := a.takeNamed("default")
	value, ok := r.opts.Env[name]
	switch {
	case ok:
		return value
	case hasDefault:
		return def
	}
	return r.failf("lookup('env', '%s'): a template reads only what the caller allows%s: "+
		"pass it (slipway: --lookup-env %[1]s)", name, hint(name, r.opts.Env))
}

// sequence returns what lookup('sequence') makes of "start=1 end=9 stride=2 format=web%02d",
// or of "1-9/2:web%02d".
func (r *run) sequence(term string) []any {
	m := sequencePattern.FindStringSubmatch(term)
	settings := map[string]string{}
	if m != nil {
		settings = map[string]string{"start": m[1], "end": m[2], "stride": m[3], "format": m[4]}
	}
	for _, word := range strings.Fields(term) {
		name, value, ok := strings.Cut(word, "=")
		if m == nil && !ok {
			r.failf("sequence: want start=1 end=9, or 1-9")
			return nil
		}
		if m == nil {
			settings[name] = value
		}
	}
	number := func(name string, def int64) int64 {
		n, err := strconv.ParseInt(settings[name], 0, 64)
		if settings[name] == "" {
			return def
		}
		if err != nil {
			r.failf("sequence: %s is no number", name)
		}
		return n
	}
	start, stride := number("start", 1), number("stride", 1)
	end := number("end", start+stride*(number("count", 1)-1))
	format := cmp.Or(settings["format"], "%d")
	var out []any
	for i := start; stride > 0 && i <= end || stride < 0 && i >= end; i += stride {
		out = append(out, r.percent(format, i))
		if !r.collect(1) || !r.step() {
			return nil
		}
	}
	return out
}

var sequencePattern = regexp.MustCompile(`^(?:(\d+)-)?(\d+)(?:/(\d+))?(?::(\S+))?$`)
