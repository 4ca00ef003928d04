package report

import (
	"errors"
	"regexp"
	"strconv"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/render"
)

// A Problem is one of the errors of a run, or a warning.
type Problem struct {
	Message string        `json:"message"`
	Class   slipway.Class `json:"class,omitempty"`
	// File and Line are the template's, below the directory of the apps.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Object string `json:"object,omitempty"`
	// Excerpt is the line, with a caret below the place; see [render.Excerpt].
	Excerpt string `json:"excerpt,omitempty"`
}

// placePattern is how a message begins that is about a place in the tree.
var placePattern = regexp.MustCompile(`^([^\s:]+):(?:(\d+):)?(?:\d+:)? `)

func newProblem(message string) Problem {
	p := Problem{Message: message}
	if m := placePattern.FindStringSubmatch(message); m != nil && m[2] != "" {
		p.File = m[1]
		p.Line, _ = strconv.Atoi(m[2]) // digits; of too many, the line is not known
	}
	return p
}

func problems(err error) []Problem {
	var out []Problem
	for _, one := range slipway.Errors(err) {
		p := newProblem(one.Error())
		p.Class, p.Excerpt = slipway.ClassOf(one), render.Excerpt(one)
		var object *apply.ObjectError
		if errors.As(one, &object) {
			p.Object = object.String()
		}
		out = append(out, p)
	}
	return out
}
