package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/yamlspot"
)

// A textError is what is wrong at a line and column of a text.
type textError struct {
	line, column int
	err          error
}

func (e *textError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }

func (e *textError) Unwrap() error { return e.err }

// yamlError returns the parser's error about the n-th document of a text, from 0.
func yamlError(data []byte, n int, err error) error {
	offset, problem := yamlspot.Of(document0(data, n), err)
	before := data[:max(0, offset)]
	start := bytes.LastIndexByte(before, '\n') + 1
	return &textError{
		1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[start:]),
		fmt.Errorf("YAML: %s", oneLine(problem)),
	}
}

// document0 returns a text with blanks in place of the documents before the n-th.
func document0(data []byte, n int) []byte {
	var out []byte
	begun := false // the first document, which need not begin with a mark
	for line := range bytes.Lines(data) {
		if mark := bytes.HasPrefix(line, []byte("---")); mark && begun {
			n--
		}
		text, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte("#"))
		begun = begun || len(text) > 0
		if n > 0 {
			line = bytes.Map(blank, line)
		}
		out = append(out, line...)
	}
	return out
}

func blank(r rune) rune {
	if r == '\n' {
		return r
	}
	return ' '
}

// inTextError returns the error of parsing a text, at its place.
func inTextError(at func(*goyaml.Node) spot, field string, err error) *Error {
	n := &goyaml.Node{Line: 1, Column: 1}
	if bad := (*textError)(nil); errors.As(err, &bad) {
		n.Line, n.Column, err = bad.line, bad.column, bad.err
	}
	return at(n).problem(field, err)
}

var decodePattern = regexp.MustCompile(`line (\d+): (.*)`)

// decodeError returns the error of making a value of a text's nodes.
func decodeError(data []byte, err error) error {
	m := decodePattern.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("YAML: %s", oneLine(strings.TrimPrefix(err.Error(), "yaml: ")))
	}
	line, _ := strconv.Atoi(m[1]) // digits, by the pattern
	column := 1
	if lines := bytes.Split(data, []byte("\n")); line <= len(lines) {
		text := lines[line-1]
		column += len(text) - len(bytes.TrimLeft(text, " -"))
	}
	return &textError{line, column, fmt.Errorf("YAML: %s", oneLine(m[2]))}
}

// oneLine returns text in one line, cut to what a person reads.
func oneLine(text string) string {
	const most = 600
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
