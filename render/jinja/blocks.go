package jinja

import (
	"maps"
	"slices"
	"strings"
)

// An extension is {% extends %}: the rest of the template only fills blocks of a parent.
type extension struct {
	position
	template expr
}

// A block is what a template that extends this one can replace.
type block struct {
	position
	name   string
	in     *program
	body   []stmt
	scoped bool // it sees the names around it
}

// A family is a template and those that it extends.
type family struct {
	blocks map[string][]*block // by name, that of the first template first
	root   *scope              // of the template
	self   *object             // the variable self: the blocks
}

// maxParents bounds how many templates extend one another.
const maxParents = 50

func (p *parser) parseExtends(at position) stmt {
	s := &extension{position: at, template: p.expression()}
	p.end()
	return s
}

func (p *parser) parseBlock(at position) stmt {
	b := &block{position: at, name: p.wantName(), in: p.prog}
	b.scoped = p.word("scoped")
	required := p.word("required")
	b.scoped = p.word("scoped") || b.scoped
	p.end()
	if p.prog.blocks[b.name] != nil {
		p.fail(int(at), "the block %q is there already", b.name)
	}
	if p.prog.blocks == nil {
		p.prog.blocks = map[string]*block{}
	}
	p.prog.blocks[b.name] = b
	b.body = p.body("endblock")
	p.take()
	if p.peek().kind == tokenName && p.peek().text == b.name {
		p.take()
	}
	p.end()
	if required {
		b.body = []stmt{&missingBlock{at, b.name}}
	}
	return b
}

// A missingBlock stands for a block that must be replaced.
type missingBlock struct {
	position
	name string
}

func (s *missingBlock) exec(r *run) { r.failf("the block %q must be filled", s.name) }

func (s *extension) exec(r *run) {
	if r.parent != nil {
		r.failf("a template extends one other")
		return
	}
	if r.parent = r.find(r.eval(s.template), false); r.parent != nil {
		r.outside, r.nowhere = r.out, &strings.Builder{}
		r.out = r.nowhere
	}
}

// discards reports whether what is written outside of blocks is lost: a parent is there.
func (r *run) discards() bool { return r.nowhere != nil && r.out == r.nowhere }

// whole runs a template and those that it extends.
func (r *run) whole(p *program) {
	back, parent, outside, nowhere := r.family, r.parent, r.outside, r.nowhere
	r.family = &family{blocks: map[string][]*block{}, root: r.scope}
	r.parent, r.nowhere = nil, nil
	for n := 0; p != nil && r.err == nil; n++ {
		if n > maxParents {
			r.failf("over %d templates that extend one another: does one extend itself?", maxParents)
			break
		}
		r.turnTo(p)
		for name, b := range p.blocks {
			r.blocks[name] = append(r.blocks[name], b)
		}
		if len(p.blocks) > 0 {
			r.self = r.blocksByName()
			r.scope.set("self", r.self)
		}
		r.exec(p.body)
		if p = r.parent; p != nil {
			r.out, r.parent, r.nowhere = r.outside, nil, nil
		}
	}
	r.family, r.parent, r.outside, r.nowhere = back, parent, outside, nowhere
}

func (s *block) exec(r *run) {
	if r.discards() {
		return
	}
	outer := r.root
	if r.blocks[s.name][0].scoped || s.scoped {
		outer = r.scope
	}
	r.runBlock(s.name, 0, outer)
}

// runBlock runs the block of a name: at level 0 that of the template that was begun with.
func (r *run) runBlock(name string, level int, outer *scope) {
	b := r.blocks[name][level]
	r.nested(outer, func() {
		r.tpl = b.in
		r.scope.set("super", r.blockCall(name, level+1, outer))
		r.scope.set("self", r.self)
		r.exec(b.body)
	})
}

// blockCall returns what a block makes, as a function; undefined if it is not there.
func (r *run) blockCall(name string, level int, outer *scope) any {
	if level >= len(r.blocks[name]) {
		return &undefined{name: "super", hint: "no parent has the block " + name}
	}
	of := r.family
	return &callable{name: "block " + name, call: func(r *run, _ *args) any {
		return r.block(func() { r.of(of, func() { r.runBlock(name, level, outer) }) })
	}}
}

// of runs do, which was made in a family: another template may have imported it.
func (r *run) of(f *family, do func()) {
	back := r.family
	r.family = f
	do()
	r.family = back
}

// blocksByName returns what the variable self is.
func (r *run) blocksByName() *object {
	attrs := newDict()
	for _, name := range slices.Sorted(maps.Keys(r.blocks)) {
		attrs.set(name, r.blockCall(name, 0, r.root))
	}
	return &object{"TemplateReference", attrs, nil}
}
