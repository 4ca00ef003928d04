package pyre

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// maxNesting bounds groups within each other, maxRepeat the counts of {}.
const (
	maxNesting = 200
	maxRepeat  = 10_000
)

type parser struct {
	in    []rune
	i     int
	flags Flags
	re    *Regexp
	depth int
	err   error
	// single is what the last atom matches, if that is one character.
	single func(rune) bool
}

// Compile parses an expression.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	p := &parser{in: []rune(pattern), flags: flags, re: &Regexp{Names: map[string]int{}}}
	p.re.match = p.alternatives()
	if p.err == nil && p.i < len(p.in) {
		p.fail("unbalanced parenthesis")
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.re, nil
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("regular expression %q: %s at position %d", string(p.in),
			fmt.Sprintf(format, args...), p.i)
	}
	p.i = len(p.in)
}

func (p *parser) peek() rune {
	if p.i < len(p.in) {
		return p.in[p.i]
	}
	return -1
}

func (p *parser) next() rune {
	c := p.peek()
	if c < 0 {
		p.fail("unexpected end")
		return c
	}
	p.i++
	return c
}

func (p *parser) take(text string) bool {
	if !strings.HasPrefix(string(p.in[p.i:min(len(p.in), p.i+len(text))]), text) {
		return false
	}
	p.i += len(text)
	return true
}

func (p *parser) until(end rune) string {
	start := p.i
	for p.i < len(p.in) {
		if p.in[p.i] == end {
			p.i++
			return string(p.in[start : p.i-1])
		}
		p.i++
	}
	p.fail("missing %q", end)
	return ""
}

func (p *parser) alternatives() matcher {
	if p.depth++; p.depth > maxNesting {
		p.fail("over %d groups, one within another", maxNesting)
	}
	parts := []matcher{p.sequence()}
	for p.take("|") {
		parts = append(parts, p.sequence())
	}
	p.depth--
	return alternatives(parts)
}

func (p *parser) sequence() matcher {
	var parts []matcher
	for p.i < len(p.in) && p.peek() != '|' && p.peek() != ')' {
		if p.flags.Verbose && p.space() {
			continue
		}
		p.single = nil
		if atom := p.atom(); atom != nil {
			parts = append(parts, p.repeated(atom))
		}
	}
	return sequence(parts)
}

// space skips what verbose expressions ignore.
func (p *parser) space() bool {
	if p.peek() == '#' {
		for p.i < len(p.in) && p.in[p.i] != '\n' {
			p.i++
		}
		return true
	}
	if unicode.IsSpace(p.peek()) {
		p.i++
		return true
	}
	return false
}

// repeated parses *, +, ? and {} after an atom.
func (p *parser) repeated(atom matcher) matcher {
	single := p.single
	for times := 0; ; times++ {
		least, most, ok := p.quantifier()
		if !ok {
			return atom
		}
		if times > 0 {
			p.fail("multiple repeat")
			return atom
		}
		lazy := p.take("?")
		if single != nil {
			atom = repeatOne(single, least, most, lazy)
		} else {
			atom = repeat(atom, least, most, lazy)
		}
	}
}

func (p *parser) quantifier() (least, most int, ok bool) {
	switch {
	case p.take("*"):
		return 0, -1, true
	case p.take("+"):
		return 1, -1, true
	case p.take("?"):
		return 0, 1, true
	case p.peek() != '{':
		return 0, 0, false
	}
	back := p.i
	p.i++
	least, hasLeast := p.number()
	most = least
	if p.take(",") {
		var hasMost bool
		if most, hasMost = p.number(); !hasMost {
			most = -1
		}
		hasLeast = true
	}
	if !hasLeast || !p.take("}") {
		p.i = back
		return 0, 0, false // a brace that stands for itself
	}
	if least > maxRepeat || most > maxRepeat || most >= 0 && most < least {
		p.fail("bad repeat count")
	}
	return least, most, true
}

func (p *parser) number() (int, bool) {
	start := p.i
	for p.peek() >= '0' && p.peek() <= '9' {
		p.i++
	}
	n, err := strconv.Atoi(string(p.in[start:p.i]))
	return n, err == nil
}

func (p *parser) atom() matcher {
	switch c := p.next(); c {
	case '(':
		return p.group()
	case '[':
		return p.of(p.set())
	case '\\':
		return p.escape()
	case '^':
		if p.flags.MultiLine {
			return assertion(atLineStart)
		}
		return assertion(func(_ *machine, i int) bool { return i == 0 })
	case '$':
		if p.flags.MultiLine {
			return assertion(atLineEnd)
		}
		return assertion(atEnd)
	case '.':
		all := p.flags.DotAll
		return p.of(func(c rune) bool { return all || c != '\n' })
	case '*', '+', '?':
		p.fail("nothing to repeat")
		return nil
	default:
		return p.literal(c)
	}
}

func (p *parser) of(is func(rune) bool) matcher {
	p.single = is
	return one(is)
}

func (p *parser) literal(want rune) matcher {
	if p.flags.IgnoreCase {
		want = lower(want)
		return p.of(func(c rune) bool { return lower(c) == want })
	}
	return p.of(func(c rune) bool { return c == want })
}
