package values

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a path, as Helm has them.
const (
	maxSteps = 30
	maxIndex = 65536
)

// A path leads to a value within maps and lists.
type path []step

// A step is a name of a map, or an index of a list.
type step struct {
	name  string
	index int // -1 for a name
}

func (p path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case i > 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// put sets the value at p in values, which it changes. What is no map or list on the
// way is replaced by one.
func (p path) put(values map[string]any, value any) error {
	inner, err := p.within(values[p[0].name], 1, value)
	if err == nil {
		values[p[0].name] = inner
	}
	return err
}

// within returns what is at the n-th step, with the value put below it.
func (p path) within(at any, n int, value any) (any, error) {
	if n == len(p) {
		return value, nil
	}
	s := p[n]
	if s.index < 0 {
		entries, ok := at.(map[string]any)
		if !ok {
			entries = map[string]any{}
		}
		inner, err := p.within(entries[s.name], n+1, value)
		entries[s.name] = inner
		return entries, err
	}
	list, _ := at.([]any)
	if s.index > len(list) {
		return nil, fmt.Errorf("%s: the list has %d items so far, and a list replaces that of a vars.yml: "+
			"set all of its items, from [0] on", p[:n+1], len(list))
	}
	if s.index == len(list) {
		list = append(list, nil)
	}
	inner, err := p.within(list[s.index], n+1, value)
	list[s.index] = inner
	return list, err
}

// A pair is a path and the text, or the list of texts, that it is set to.
type pair struct {
	path  path
	value any
}

// A scanner reads an argument of --set. A backslash takes the meaning from the
// character after it.
type scanner struct{ rest string }

// parseSet returns the pairs of a=text,b.c=text.
func parseSet(text string) ([]pair, error) {
	s := &scanner{rest: text}
	var pairs []pair
	for {
		at, err := s.path()
		if err != nil {
			return nil, err
		}
		if !s.skip('=') {
			if len(pairs) > 0 {
				return nil, errors.New(`want name=text after a comma: write \, for a comma within the text`)
			}
			return nil, errors.New("want name=text")
		}
		value, err := s.value()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		pairs = append(pairs, pair{at, value})
		if !s.skip(',') || s.rest == "" {
			return pairs, nil
		}
	}
}

// skip takes c if it is next.
func (s *scanner) skip(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// until returns the text up to one of the characters of ends.
func (s *scanner) until(ends string) string {
	var b strings.Builder
	for i := 0; i < len(s.rest); {
		r, size := utf8.DecodeRuneInString(s.rest[i:])
		switch {
		case r == '\\' && i+1 < len(s.rest):
			_, next := utf8.DecodeRuneInString(s.rest[i+1:])
			b.WriteString(s.rest[i+1 : i+1+next])
			i += 1 + next
			continue
		case strings.ContainsRune(ends, r):
			s.rest = s.rest[i:]
			return b.String()
		}
		b.WriteString(s.rest[i : i+size])
		i += size
	}
	s.rest = ""
	return b.String()
}

// path reads names with dots between them, and indexes in brackets.
func (s *scanner) path() (path, error) {
	var p path
	for {
		name := s.until(".[=,")
		if name == "" {
			return nil, errors.New("want name=…: a name is empty")
		}
		p = append(p, step{name, -1})
		for s.skip('[') {
			digits := s.until("]=,")
			n, err := strconv.Atoi(digits)
			if err != nil || n < 0 || n > maxIndex || !s.skip(']') {
				return nil, fmt.Errorf("%s: want an index from 0 to %d between brackets", p, maxIndex)
			}
			p = append(p, step{"", n})
		}
		if len(p) > maxSteps {
			return nil, fmt.Errorf("a name of over %d parts", maxSteps)
		}
		if !s.skip('.') {
			return p, nil
		}
	}
}

// value reads a text up to a comma, or a list in braces.
func (s *scanner) value() (any, error) {
	if !s.skip('{') {
		return s.until(","), nil
	}
	list := []any{}
	for !s.skip('}') {
		if s.rest == "" {
			return nil, errors.New(`the list is not closed: write \{ for a brace that begins a text`)
		}
		list = append(list, s.until(",}"))
		s.skip(',')
	}
	if s.rest != "" && s.rest[0] != ',' {
		return nil, errors.New(`there is more after the list: write \{ for a brace that begins a text`)
	}
	return list, nil
}
