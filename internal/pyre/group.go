package pyre

import (
	"strconv"
	"strings"
	"unicode"
)

// group parses what follows a parenthesis.
func (p *parser) group() matcher {
	if !p.take("?") {
		return p.capture("")
	}
	switch {
	case p.take(":"):
		return p.rest()
	case p.take("="):
		return lookAhead(p.rest(), true)
	case p.take("!"):
		return lookAhead(p.rest(), false)
	case p.take("<="):
		return lookBehind(p.rest(), true)
	case p.take("<!"):
		return lookBehind(p.rest(), false)
	case p.take("P<"):
		return p.capture(p.until('>'))
	case p.take("P="):
		name := p.until(')')
		n, ok := p.re.Names[name]
		if !ok {
			p.fail("unknown group name %q", name)
		}
		return backReference(n, p.flags.IgnoreCase)
	case p.take("#"):
		p.until(')')
		return nil
	}
	return p.options()
}

func (p *parser) capture(name string) matcher {
	p.re.Groups++
	n := p.re.Groups
	if name != "" {
		p.re.Names[name] = n
	}
	return group(n, p.rest())
}

// rest parses as far as the end of the group. Flags that it sets end with it.
func (p *parser) rest() matcher {
	flags := p.flags
	inner := p.alternatives()
	p.flags = flags
	if !p.take(")") {
		p.fail("missing ), unterminated subpattern")
	}
	p.single = nil
	return inner
}

// options parses flags: (?i) for all that follows, (?i:…) for the group.
func (p *parser) options() matcher {
	flags, on := p.flags, true
	for p.err == nil {
		switch c := p.next(); c {
		case 'i':
			p.flags.IgnoreCase = on
		case 'm':
			p.flags.MultiLine = on
		case 's':
			p.flags.DotAll = on
		case 'x':
			p.flags.Verbose = on
		case 'a', 'u', 'L':
		case '-':
			on = false
		case ')':
			return nil
		case ':':
			inner := p.rest()
			p.flags = flags
			return inner
		default:
			p.fail("unknown extension ?%c", c)
		}
	}
	return nil
}

// classes are \d, \w and \s.
var classes = map[rune]func(rune) bool{'d': unicode.IsDigit, 'w': isWord, 's': unicode.IsSpace}

// class returns what \d or \D stands for.
func class(c rune) (func(rune) bool, bool) {
	if is, ok := classes[c]; ok {
		return is, true
	}
	is, ok := classes[unicode.ToLower(c)]
	return func(c rune) bool { return !is(c) }, ok
}

func (p *parser) escape() matcher {
	c := p.next()
	if is, ok := class(c); ok {
		return p.of(is)
	}
	switch c {
	case 'b':
		return assertion(atWordBoundary)
	case 'B':
		return assertion(func(m *machine, i int) bool { return !atWordBoundary(m, i) })
	case 'A':
		return assertion(func(_ *machine, i int) bool { return i == 0 })
	case 'Z':
		return assertion(func(m *machine, i int) bool { return i == len(m.in) })
	}
	if c >= '1' && c <= '9' {
		p.i--
		n, _ := p.number()
		if n > p.re.Groups {
			p.fail("invalid group reference %d", n)
		}
		return backReference(n, p.flags.IgnoreCase)
	}
	return p.literal(p.escaped(c))
}

// escaped returns the character that c after a backslash stands for.
func (p *parser) escaped(c rune) rune {
	if i := strings.IndexRune("abfnrtv0", c); i >= 0 {
		return []rune("\a\b\f\n\r\t\v\x00")[i]
	}
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits == 0 {
		if c < unicode.MaxASCII && unicode.IsLetter(c) {
			p.fail("bad escape \\%c", c)
		}
		return c
	}
	text := string(p.in[p.i:min(len(p.in), p.i+digits)])
	n, err := strconv.ParseInt(text, 16, 32)
	if err != nil || len(text) < digits {
		p.fail("incomplete escape \\%c", c)
	}
	p.i = min(len(p.in), p.i+digits)
	return rune(n)
}

// set parses what follows a bracket.
func (p *parser) set() func(rune) bool {
	negated := p.take("^")
	var parts []func(rune) bool
	for first := true; p.err == nil && (first || p.peek() != ']'); first = false {
		low, is := p.member()
		if is != nil {
			parts = append(parts, is)
			continue
		}
		high := low
		if p.peek() == '-' && p.i+1 < len(p.in) && p.in[p.i+1] != ']' {
			p.i++
			if high, is = p.member(); is != nil || high < low {
				p.fail("bad character range")
			}
		}
		parts = append(parts, func(c rune) bool { return low <= c && c <= high })
	}
	p.next()
	fold := p.flags.IgnoreCase
	return func(c rune) bool {
		for _, is := range parts {
			if is(c) || fold && (is(lower(c)) || is(unicode.ToUpper(c))) {
				return !negated
			}
		}
		return negated
	}
}

// member parses a character of a set, or a class.
func (p *parser) member() (rune, func(rune) bool) {
	c := p.next()
	if c != '\\' {
		return c, nil
	}
	c = p.next()
	if is, ok := class(c); ok {
		return 0, is
	}
	return p.escaped(c), nil
}
