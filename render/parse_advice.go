package render

import (
	"regexp"
	"strings"
)

// jinjaPattern matches what Jinja has in {{ }} and Go's templates have not.
var jinjaPattern = regexp.MustCompile(`\|\s*[\w.]+\s*\(|[=!<>]=|\bis\s+(not\s+)?\w+|` +
	`[\w)\]]\[|\w\s*~\s*\w|\bif\b.*\belse\b`)

// likeJinja says what to do about an action of Jinja in a template of Go.
const likeJinja = ": it looks like Jinja; let the template's name end in .j2, or set the dialect " +
	"(slipway: --dialect jinja)"

// parseAdvice are what to do about what the parser of Go's templates says.
var parseAdvice = []struct{ problem, advice string }{
	{"unexpected {{e", ": no block is open that it belongs to"},
	{"malformed character constant", ": a text goes between double quotes"},
	{"bad character U+002D", `: a name with a - in it is got by index . "the-name"`},
	{"missing value for command", ": there is nothing in {{ }}"},
}

// adviceOnAction returns what to do about a problem with the action that a text begins with;
// "" if that is not known.
func adviceOnAction(problem, text string) string {
	action, _, _ := strings.Cut(text, "}}")
	if jinjaPattern.MatchString(action) {
		return likeJinja
	}
	for _, a := range parseAdvice {
		if strings.HasPrefix(problem, a.problem) {
			return a.advice
		}
	}
	return ""
}
