// Package yamlspot finds where a text is no YAML.
package yamlspot

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// maxLocating bounds the bytes that are parsed to find out where an error is.
const maxLocating = 4 << 20

// Of returns the offset at which the parser finds what is wrong with a text, and what it says
// of it. The parser tells a line at best, and not always the right one: so this looks for the
// shortest beginning of text with the same error.
func Of(text []byte, err error) (offset int, problem string) {
	problem = parserProblem(err)
	end := consumed(text)
	for left := maxLocating; end > 0 && left > 0; left -= end {
		var n goyaml.Node
		shorter := goyaml.Unmarshal(text[:end-1], &n)
		if shorter == nil || parserProblem(shorter) != problem {
			break
		}
		end--
	}
	before := bytes.TrimRight(text[:end], " \r\n")
	_, size := utf8.DecodeLastRune(before)
	return len(before) - size, problem
}

// parserProblem returns what the parser says, without the line.
func parserProblem(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		_, text, _ = strings.Cut(rest, ": ")
	}
	return text
}

// consumed returns how much of text the parser reads before it finds an error.
func consumed(text []byte) int {
	counter := &slow{text: text}
	var n goyaml.Node
	_ = goyaml.NewDecoder(counter).Decode(&n) // the error is known
	return counter.read
}

// slow gives a text byte by byte.
type slow struct {
	text []byte
	read int
}

func (s *slow) Read(buffer []byte) (int, error) {
	if s.read == len(s.text) || len(buffer) == 0 {
		return 0, io.EOF
	}
	buffer[0] = s.text[s.read]
	s.read++
	return 1, nil
}
