package values

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Bounds of the document of a schema. The library looks each schema up among all that it
// has read.
const (
	maxSchemas  = 10_000  // maps and truths in it
	maxPattern  = 4 << 10 // bytes of a regular expression
	maxPrograms = 100_000 // instructions of all of them
	maxNumber   = 400     // digits
)

var (
	errSchemas  = fmt.Errorf("it has over %d schemas and other maps: simplify it", maxSchemas)
	errPatterns = fmt.Errorf("a regular expression has over %d bytes, or all have over %d instructions: "+
		"simplify them", maxPattern, maxPrograms)
	errAnchors = errors.New("a $dynamicAnchor or $recursiveAnchor is there twice: use $ref")
	errNumber  = errors.New("a number is out of range")
)

// A survey counts what is in the document of a schema.
type survey struct {
	schemas int
	anchors map[any]bool
}

func (s *survey) of(value any) error {
	switch v := value.(type) {
	case bool:
		s.schemas++
	case json.Number:
		return inRange(v)
	case []any:
		for _, item := range v {
			if err := s.of(item); err != nil {
				return err
			}
		}
	case map[string]any:
		return s.object(v)
	}
	if s.schemas > maxSchemas {
		return errSchemas
	}
	return nil
}

func (s *survey) object(v map[string]any) error {
	if s.schemas++; s.schemas > maxSchemas {
		return errSchemas
	}
	for _, key := range []string{"$dynamicAnchor", "$recursiveAnchor"} {
		switch name := v[key].(type) {
		case string, bool:
			if s.anchors[name] {
				return errAnchors
			}
			s.anchors[name] = true
		}
	}
	for _, item := range v {
		if err := s.of(item); err != nil {
			return err
		}
	}
	return nil
}

// inRange is an error for a number that a float64 cannot hold: the library counts with
// all of its digits.
func inRange(number json.Number) error {
	f, err := number.Float64()
	mantissa, _, _ := strings.Cut(strings.ToLower(number.String()), "e")
	if err != nil || len(number) > maxNumber || f == 0 && strings.ContainsAny(mantissa, "123456789") {
		return errNumber
	}
	return nil
}

// A pattern is a regular expression that knows its size.
type pattern struct {
	*regexp.Regexp
	size int // in instructions
}

// patterns makes the regular expressions of one schema.
type patterns struct {
	made map[string]pattern
	size int
	err  error
}

func (p *patterns) compile(text string) (jsonschema.Regexp, error) {
	if made, ok := p.made[text]; ok {
		return made, nil
	}
	if len(text) > maxPattern {
		p.err = errPatterns
		return nil, p.err
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	size := instructions(parsed)
	if p.size += size; p.size > maxPrograms {
		p.err = errPatterns
		return nil, p.err
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	p.made[text] = pattern{re, size}
	return p.made[text], nil
}

// instructions returns about how many there will be; the ranges of a class are counted.
func instructions(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, part := range re.Sub {
		n += instructions(part)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return n
}
