// Package pyre matches regular expressions as Python's re does, with look-around and
// back-references, which Go's regexp leaves out. It backtracks, so each search has a
// budget of steps.
package pyre

import (
	"errors"
	"unicode"
)

// ErrBudget says that a search took too many steps.
var ErrBudget = errors.New("the regular expression takes too long on this text")

// Flags change what an expression matches.
type Flags struct {
	IgnoreCase, MultiLine, DotAll, Verbose bool
}

// A Regexp is a compiled expression. It may be used by several goroutines.
type Regexp struct {
	// Groups is the number of groups.
	Groups int
	// Names are the groups that have one.
	Names map[string]int

	match matcher
}

// A machine is one search.
type machine struct {
	in          []rune
	caps        []int
	left, depth int
}

// A matcher matches at i and calls then with where it ends; it tries its other
// possibilities until then is true.
type matcher func(m *machine, i int, then func(int) bool) bool

const maxDepth = 20_000

// step is false when the budget is used up.
func (m *machine) step() bool {
	m.left--
	return m.left > 0
}

// Search returns where the first match at or after start is: pairs of offsets, for
// the match and for each group, -1 for a group that took no part. It is nil if there
// is none. budget is what is left of the steps; Search takes from it.
func (re *Regexp) Search(in []rune, start int, budget *int) ([]int, error) {
	for i := start; i <= len(in); i++ {
		caps, err := re.Match(in, i, budget)
		if caps != nil || err != nil {
			return caps, err
		}
	}
	return nil, nil
}

// Match is Search for a match that begins at start.
func (re *Regexp) Match(in []rune, start int, budget *int) ([]int, error) {
	m := &machine{in: in, caps: make([]int, 2*re.Groups+2), left: *budget}
	for i := range m.caps {
		m.caps[i] = -1
	}
	m.caps[0] = start
	ok := re.match(m, start, func(end int) bool {
		m.caps[1] = end
		return true
	})
	*budget = max(0, m.left-1)
	switch {
	case m.left <= 0:
		return nil, ErrBudget
	case !ok:
		return nil, nil
	}
	return m.caps, nil
}

func sequence(parts []matcher) matcher {
	switch len(parts) {
	case 0:
		return func(_ *machine, i int, then func(int) bool) bool { return then(i) }
	case 1:
		return parts[0]
	}
	first, rest := parts[0], sequence(parts[1:])
	return func(m *machine, i int, then func(int) bool) bool {
		return first(m, i, func(j int) bool { return rest(m, j, then) })
	}
}

func alternatives(parts []matcher) matcher {
	if len(parts) == 1 {
		return parts[0]
	}
	return func(m *machine, i int, then func(int) bool) bool {
		for _, part := range parts {
			if part(m, i, then) {
				return true
			}
		}
		return false
	}
}

func group(n int, inner matcher) matcher {
	return func(m *machine, i int, then func(int) bool) bool {
		from, to := m.caps[2*n], m.caps[2*n+1]
		ok := inner(m, i, func(j int) bool {
			a, b := m.caps[2*n], m.caps[2*n+1]
			m.caps[2*n], m.caps[2*n+1] = i, j
			if then(j) {
				return true
			}
			m.caps[2*n], m.caps[2*n+1] = a, b
			return false
		})
		if !ok {
			m.caps[2*n], m.caps[2*n+1] = from, to
		}
		return ok
	}
}

// one matches a character of a kind.
func one(is func(rune) bool) matcher {
	return func(m *machine, i int, then func(int) bool) bool {
		return m.step() && i < len(m.in) && is(m.in[i]) && then(i+1)
	}
}

// assertion matches nothing, where is holds.
func assertion(is func(m *machine, i int) bool) matcher {
	return func(m *machine, i int, then func(int) bool) bool {
		return m.step() && is(m, i) && then(i)
	}
}

func lookAhead(inner matcher, want bool) matcher {
	return assertion(func(m *machine, i int) bool {
		return inner(m, i, func(int) bool { return true }) == want
	})
}

func lookBehind(inner matcher, want bool) matcher {
	return assertion(func(m *machine, i int) bool {
		for j := i; j >= 0 && m.step(); j-- {
			if inner(m, j, func(end int) bool { return end == i }) {
				return want
			}
		}
		return !want
	})
}

func backReference(n int, fold bool) matcher {
	return func(m *machine, i int, then func(int) bool) bool {
		if 2*n+1 >= len(m.caps) || m.caps[2*n+1] < 0 || !m.step() {
			return false
		}
		for _, c := range m.in[m.caps[2*n]:m.caps[2*n+1]] {
			if !m.step() {
				return false
			}
			if i >= len(m.in) || m.in[i] != c && (!fold || lower(m.in[i]) != lower(c)) {
				return false
			}
			i++
		}
		return then(i)
	}
}

func lower(c rune) rune { return unicode.ToLower(c) }

// repeatOne repeats a character of a kind; it needs no stack.
func repeatOne(is func(rune) bool, least, most int, lazy bool) matcher {
	return func(m *machine, i int, then func(int) bool) bool {
		n := 0
		for n < least || !lazy && (most < 0 || n < most) {
			if i+n >= len(m.in) || !is(m.in[i+n]) || !m.step() {
				break
			}
			n++
		}
		if n < least {
			return false
		}
		if lazy {
			for {
				if then(i + n) {
					return true
				}
				if n == most || i+n >= len(m.in) || !is(m.in[i+n]) || !m.step() {
					return false
				}
				n++
			}
		}
		for ; n >= least && m.step(); n-- {
			if then(i + n) {
				return true
			}
		}
		return false
	}
}

// repeat repeats anything else.
func repeat(inner matcher, least, most int, lazy bool) matcher {
	var from func(m *machine, i, n int, then func(int) bool) bool
	from = func(m *machine, i, n int, then func(int) bool) bool {
		if m.depth++; m.depth > maxDepth {
			m.left = 0
		}
		defer func() { m.depth-- }()
		if !m.step() {
			return false
		}
		more := func() bool {
			return (most < 0 || n < most) && inner(m, i, func(j int) bool {
				if j == i && n >= least { // nothing, for ever
					return false
				}
				return from(m, j, n+1, then)
			})
		}
		switch {
		case n < least:
			return more()
		case lazy:
			return then(i) || more()
		}
		return more() || then(i)
	}
	return func(m *machine, i int, then func(int) bool) bool { return from(m, i, 0, then) }
}

func isWord(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsNumber(c) }

func atWordBoundary(m *machine, i int) bool {
	before := i > 0 && isWord(m.in[i-1])
	after := i < len(m.in) && isWord(m.in[i])
	return before != after
}

func atLineStart(m *machine, i int) bool { return i == 0 || m.in[i-1] == '\n' }

func atLineEnd(m *machine, i int) bool { return i == len(m.in) || m.in[i] == '\n' }

func atEnd(m *machine, i int) bool {
	return i == len(m.in) || i == len(m.in)-1 && m.in[i] == '\n'
}
