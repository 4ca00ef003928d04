package render

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

var (
	parsePattern   = regexp.MustCompile(`(?s)^template: .*?:(\d+): (.*)$`)
	startedPattern = regexp.MustCompile(`^(unclosed (?:action|left paren)) started at .*:(\d+)$`)
	openPattern    = regexp.MustCompile(`\{\{-?\s*(?:if|range|with|define|block)\b`)
)

// parseError returns err, of parsing file, at the action that it is about.
func (p *program) parseError(file string, err error) error {
	text := p.texts[file]
	line, problem := parseProblem(err)
	if m := startedPattern.FindStringSubmatch(problem); m != nil {
		problem = m[1]
		line, _ = strconv.Atoi(m[2]) // digits, by the pattern
	}
	if m := twicePattern.FindStringSubmatch(problem); m != nil {
		return p.definedTwice(file, m[1])
	}
	if line == 0 {
		return &Error{File: file, Err: err}
	}
	if offset, ok := openBlock(text, problem); ok {
		return errorIn(file, text, offset, errors.New("this block has no {{ end }}"))
	}
	place := &Error{File: file, Line: line, Err: errors.New(problem)}
	if offset, ok := actionOf(text, line, problem); ok {
		err := errors.New(problem + adviceOnAction(problem, text[offset:]))
		return errorIn(file, text, offset, err)
	}
	return place
}

var (
	twicePattern  = regexp.MustCompile(`multiple definition of template (".*")$`)
	definePattern = regexp.MustCompile(`\{\{-?\s*(?:define|block)\s+("(?:[^"\\\n]|\\.)*"|` + "`[^`]*`" + `)`)
)

// definedTwice returns the error for a template that file defines, and that an earlier
// file, or file itself, defines, too.
func (p *program) definedTwice(file, quoted string) error {
	name, err := strconv.Unquote(quoted)
	first := p.trees[name]
	if err != nil || first == nil {
		return &Error{File: file, Line: 1, Err: fmt.Errorf("two templates are named %s: rename one", quoted)}
	}
	where := "in " + first.ParseName
	if first.ParseName == file {
		where = "in this file"
	}
	err = fmt.Errorf("template %q is also defined %s: rename one of them", name, where)
	pos := 0
	for _, m := range definePattern.FindAllStringSubmatchIndex(p.texts[file], -1) {
		if defined, bad := strconv.Unquote(p.texts[file][m[2]:m[3]]); bad == nil && defined == name {
			if pos = m[0]; first.ParseName != file {
				break // else it is the last one
			}
		}
	}
	return errorIn(file, p.texts[file], pos, err)
}

// parseProblem returns the line that err names, 0 if it names none, and what is wrong.
func parseProblem(err error) (line int, problem string) {
	m := parsePattern.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, err.Error()
	}
	line, _ = strconv.Atoi(m[1]) // digits, by the pattern
	return line, m[2]
}

// openBlock returns the offset of the last block that is not closed, if that is the
// problem.
func openBlock(text, problem string) (offset int, ok bool) {
	if problem != "unexpected EOF" {
		return 0, false
	}
	all := openPattern.FindAllStringIndex(text, -1)
	for _, at := range slices.Backward(all[max(0, len(all)-maxOpen):]) {
		if parseAgain(text[at[0]:]) == problem {
			return at[0], true
		}
	}
	return 0, false
}

// maxOpen bounds how often a text is parsed again to find a block that is not closed.
const maxOpen = 100

// actionOf returns the offset of the first action of a line with which parsing goes
// wrong in the same way as with all of the text.
func actionOf(text string, line int, problem string) (offset int, ok bool) {
	start := lineStart([]byte(text), line)
	end := start + len(lineOf([]byte(text), line))
	for at := start; ; {
		i := strings.Index(text[at:end], "{{")
		if i < 0 {
			return 0, false
		}
		action := at + i
		at = action + len("{{")
		j := strings.Index(text[at:end], "}}")
		if j < 0 || parseAgain(text[:at+j+len("}}")]) == problem {
			return action, true
		}
	}
}

// parseAgain returns what is wrong with a text, or "".
func parseAgain(text string) string {
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	_, err := tree.Parse(text, "", "", map[string]*parse.Tree{})
	if err == nil {
		return ""
	}
	_, problem := parseProblem(err)
	return problem
}
