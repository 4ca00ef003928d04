package jinja

import (
	"slices"
	"strings"

	"github.com/slipway-go/slipway/render"
)

// A said is what an expression says of the text that it makes.
type said struct {
	literals []string
	composed bool // it is meant to be more than a scalar
}

// composing are the filters and look-ups by which a template says that it knows what a
// text may hold.
var composing = strings.Fields("to_json to_nice_json tojson to_yaml to_nice_yaml indent quote comment")

// ofCycler are the methods of cycler().
var ofCycler = []string{"next", "reset"}

// maxLiterals bounds how many literals are kept of a name: one with more is composed.
const maxLiterals = 50

func (s *said) add(more said) {
	s.composed = s.composed || more.composed
	for _, text := range more.literals {
		if !slices.Contains(s.literals, text) {
			s.literals = append(s.literals, text)
		}
	}
	if len(s.literals) > maxLiterals {
		*s = said{composed: true}
	}
}

// saidSince returns what the tokens from one up to the next say.
func (p *parser) saidSince(from int) said {
	var all said
	undone := false
	for i := from; i < p.i; i++ {
		switch t := p.tokens[i]; t.kind {
		case tokenString:
			all.add(said{literals: []string{t.text}})
		case tokenName:
			all.add(p.said[t.text])
			all.add(said{composed: p.composes(i)})
			undone = undone || slices.Contains([]string{"from_json", "from_yaml"}, t.text)
		}
	}
	all.composed = all.composed && !undone
	return all
}

// composes reports whether the name at i calls a macro, looks up a file, or is a filter
// that composes.
func (p *parser) composes(i int) bool {
	name, before, after := p.tokens[i].text, "", p.tokens[i+1]
	if i > 0 && p.tokens[i-1].kind == tokenOp {
		before = p.tokens[i-1].text
	}
	if before == "|" || before == "." && p.isFilter(i) {
		return slices.Contains(composing, name)
	}
	if after.kind != tokenOp || after.text != "(" {
		return false
	}
	lib := builtins()
	switch {
	case before == ".":
		return lib.strings[name] == nil && lib.lists[name] == nil && lib.dicts[name] == nil &&
			!slices.Contains(ofCycler, name)
	case name == "lookup" || name == "query" || name == "q":
		what := p.tokens[min(i+2, len(p.tokens)-1)]
		return slices.Contains([]string{"file", "template"}, shortName(what.text))
	}
	return lib.globals[name] == nil
}

// isFilter reports whether the name at i is the last one of a filter's full name, as in
// ansible.builtin.to_json.
func (p *parser) isFilter(i int) bool {
	op := func(i int, text string) bool {
		return i >= 0 && p.tokens[i].kind == tokenOp && p.tokens[i].text == text
	}
	for i >= 2 && op(i-1, ".") && p.tokens[i-2].kind == tokenName {
		i -= 2
	}
	return op(i-1, "|")
}

// saySet notes what is said of the names that are set.
func (p *parser) saySet(target expr, s said) {
	switch t := target.(type) {
	case *name:
		all := p.said[t.name]
		all.literals = slices.Clone(all.literals) // they are also the earlier expressions'
		all.add(s)
		p.said[t.name] = all
	case *attribute:
		p.saySet(t.x, s)
	case *tupleExpr:
		for _, item := range t.items {
			p.saySet(item, s)
		}
	}
}

// literalsOf returns the texts that a template holds itself.
func literalsOf(tokens []token) map[string]bool {
	texts := map[string]bool{}
	for _, t := range tokens {
		if t.kind == tokenString {
			texts[t.text] = true
		}
	}
	return texts
}

// told returns what a template tells of a value that it prints as text.
func (s *printed) told(r *run, value any, text string) render.Printed {
	_, scalar := value.(string)
	t := render.Printed{
		File: r.tpl.file, Pos: s.at(), Text: text, Values: s.paths, Literals: s.said.literals,
		Composed: !scalar || s.said.composed || r.tpl.texts[text],
	}
	if r.trace != nil {
		t.Made = r.origins(r.since(r.trace.from))
	}
	return t
}
