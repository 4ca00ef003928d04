package render

import "strings"

// yamlAdvice are what to do about what the parser of YAML says.
var yamlAdvice = []struct{ problem, advice string }{
	{"mapping values are not allowed",
		`a text with ": " in it goes between quotes, and a key into a line of its own`},
	{"block sequence entries are not allowed", "a list begins in a line of its own"},
	{"unknown anchor", "a text that begins with * goes between quotes"},
	{"did not find expected alphabetic or numeric character",
		"a text that begins with * or & goes between quotes"},
	{"found unexpected end of stream", "a quote has no end"},
	{"could not find expected ':'", "want a key, a colon and a blank"},
	{"did not find expected key", "is it indented as the lines around it?"},
	{"did not find expected '-' indicator", "is it indented as the lines around it?"},
}

// adviceOn returns ": " and what to do about a problem of the parser of YAML with a character;
// "" if that is not known.
func adviceOn(problem, character string) string {
	if strings.HasPrefix(problem, "found character that cannot start") {
		if character == "\t" {
			return ": indent with blanks, not with tabs"
		}
		if character == "%" {
			return ": a tag of Jinja is for templates whose names end in .j2, or whose dialect is set " +
				"(slipway: --dialect jinja); a text that begins with % goes between quotes"
		}
		return ": a text that begins with it goes between quotes"
	}
	for _, a := range yamlAdvice {
		if strings.HasPrefix(problem, a.problem) {
			return ": " + a.advice
		}
	}
	return ""
}
