package render

import (
	"fmt"
	"io"
	"iter"
	"reflect"
	"regexp"
	"regexp/syntax"
	"time"
	"unicode/utf8"
)

// A search finds what a regular expression matches in a text. Package regexp cannot be
// stopped, and finding all matches may take as long as the square of the text: so each
// character that it reads is counted.
type search struct {
	*execution
	re    *regexp.Regexp
	later *regexp.Regexp // the same after the first character, which is only looked at
	text  string
	cost  time.Duration // of a character

	rest string // what is not read yet
	err  error
}

// maxPattern bounds the bytes of a regular expression, each of which may stand for
// thousands of characters.
const maxPattern = 4 << 10

// perInstruction is about what an instruction of a regular expression takes, to make and
// for a character.
const (
	perInstructionMade = 2 * time.Microsecond
	perInstruction     = 8 * time.Nanosecond
)

// regexes are sprig's functions of regular expressions. Their arguments are in its order.
var regexes = bothNames(map[string]func(*search, []reflect.Value) any{
	"egexMatch": func(s *search, _ []reflect.Value) any { return s.from(0) != nil },
	"egexFind": func(s *search, _ []reflect.Value) any {
		if found := s.from(0); found != nil {
			return s.text[found[0]:found[1]]
		}
		return ""
	},
	"egexFindAll": func(s *search, args []reflect.Value) any {
		var texts []string
		for found := range s.all(int(args[2].Int())) {
			texts = append(texts, s.text[found[0]:found[1]])
		}
		return texts
	},
	"egexReplaceAll": func(s *search, args []reflect.Value) any {
		return s.replaced(func(out []byte, found []int) []byte {
			return s.re.ExpandString(out, args[2].String(), s.text, found)
		})
	},
	"egexReplaceAllLiteral": func(s *search, args []reflect.Value) any {
		return s.replaced(func(out []byte, _ []int) []byte { return append(out, args[2].String()...) })
	},
	"egexSplit": func(s *search, args []reflect.Value) any { return s.split(int(args[2].Int())) },
})

// bothNames returns functions by their names and, since an error is one of the template
// anyway, by those that begin with must.
func bothNames[T any](functions map[string]T) map[string]T {
	both := map[string]T{}
	for name, f := range functions {
		both["r"+name], both["mustR"+name] = f, f
	}
	return both
}

// search returns what a function of regexes does.
func (x *execution) search(
	name string, do func(*search, []reflect.Value) any, args []reflect.Value,
) (reflect.Value, error) {
	s := &search{execution: x, text: args[1].String()}
	if err := s.compile(args[0].String()); err != nil {
		return reflect.Value{}, err
	}
	value := do(s, args)
	if s.err != nil {
		return reflect.Value{}, s.err
	}
	return reflect.ValueOf(value), x.made(name, value)
}

func (s *search) compile(pattern string) error {
	if len(pattern) > maxPattern {
		return fmt.Errorf("the regular expression has over %d bytes", maxPattern)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return err
	}
	size := time.Duration(len(program.Inst))
	s.re, s.cost = re, size*perInstruction
	return s.take(size * perInstructionMade)
}

// ReadRune makes s an io.RuneReader of the rest of its text.
func (s *search) ReadRune() (rune, int, error) {
	if s.rest == "" {
		return 0, 0, io.EOF
	}
	if s.err = s.take(s.cost); s.err != nil {
		return 0, 0, s.err
	}
	r, size := utf8.DecodeRuneInString(s.rest)
	s.rest = s.rest[size:]
	return r, size, nil
}

// from returns the first match at or after an offset; nil if there is none.
func (s *search) from(start int) []int {
	if s.err = s.take(perCall); s.err != nil {
		return nil
	}
	if s.rest = s.text; start == 0 {
		return s.re.FindReaderSubmatchIndex(s)
	}
	if s.later == nil {
		parsed, _ := syntax.Parse(s.re.String(), syntax.Perl) // was parsed before
		s.later = regexp.MustCompile(`\A(?s:.)(?s:.*?)(` + parsed.String() + `)`)
	}
	_, size := utf8.DecodeLastRuneInString(s.text[:start])
	start -= size
	s.rest = s.text[start:]
	found := s.later.FindReaderSubmatchIndex(s)
	if found == nil {
		return nil
	}
	found = found[2:]
	for i := range found {
		if found[i] >= 0 {
			found[i] += start
		}
	}
	return found
}

// all yields the first n matches, all if n is negative, as package regexp does: an empty
// one right after another is none.
func (s *search) all(n int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for pos, last := 0, -1; n != 0 && pos <= len(s.text); {
			found := s.from(pos)
			if s.err != nil || found == nil {
				return
			}
			twice := found[1] == pos && found[0] == last
			if last = found[1]; last > pos {
				pos = last
			} else {
				_, size := utf8.DecodeRuneInString(s.text[pos:])
				pos += max(1, size)
			}
			if twice {
				continue
			}
			if n--; !yield(found) {
				return
			}
		}
	}
}

// replaced returns the text with each match replaced by what with appends for it.
func (s *search) replaced(with func(out []byte, found []int) []byte) string {
	var out []byte
	end := 0
	for found := range s.all(-1) {
		out = with(append(out, s.text[end:found[0]]...), found)
		end = found[1]
	}
	return string(append(out, s.text[end:]...))
}

// split is [regexp.Regexp.Split].
func (s *search) split(n int) []string {
	switch {
	case n == 0:
		return nil
	case s.text == "" && s.re.String() != "":
		return []string{""}
	}
	parts := []string{}
	begin, end := 0, 0
	for found := range s.all(n) {
		if n > 0 && len(parts) == n-1 {
			break
		}
		if end = found[0]; found[1] != 0 {
			parts = append(parts, s.text[begin:end])
		}
		begin = found[1]
	}
	if end != len(s.text) {
		parts = append(parts, s.text[begin:])
	}
	return parts
}
