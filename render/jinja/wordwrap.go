package jinja

import (
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/pyre"
)

// Where Python's textwrap may end a line: at blanks, after hyphens in words, at dashes.
const (
	wrapBlank  = `[\t\n\x0b\x0c\r ]`
	wrapLetter = `[^\d\W]`
	wrapBefore = `(?<=[\w!"'&.,?])`
	wrapChunk  = wrapBlank + `+|` + wrapBefore + `-{2,}(?=\w)|[^\t\n\x0b\x0c\r ]+?(?:` +
		`-(?:(?<=` + wrapLetter + `{2}-)|(?<=` + wrapLetter + `-` + wrapLetter + `-))(?=` +
		wrapLetter + `-?` + wrapLetter + `)|(?=` + wrapBlank + `|\Z)|` + wrapBefore + `(?=-{2,}\w))`
	wrapWord = wrapBlank + `+|[^\t\n\x0b\x0c\r ]+`
)

// A wrapping is how wordwrap cuts lines.
type wrapping struct {
	width        int
	long, hyphen bool // cut words that are too long, and at hyphens
}

func wordwrapFilter(r *run, v any, a *args) any {
	w := wrapping{width: a.int("width", 79), long: a.bool("break_long_words", true)}
	sep := a.str("wrapstring", "\n")
	w.hyphen = a.bool("break_on_hyphens", true)
	if w.width < 1 {
		return r.failf("wordwrap: the width must be at least 1")
	}
	pattern := wrapWord
	if w.hyphen {
		pattern = wrapChunk
	}
	var out []string
	for _, line := range splitLines(v.(string), false) {
		e := r.regex(line, pattern, pyre.Flags{})
		if e == nil {
			return nil
		}
		var chunks [][]rune
		e.all(func(found []int) {
			chunks = append(chunks, e.text[found[0]:found[1]])
			r.charge(32)
		})
		out = append(out, strings.Join(w.lines(chunks), sep))
	}
	return r.join(out, sep, len(v.(string))*(1+len(sep)))
}

// lines puts chunks into lines of at most the width.
func (w wrapping) lines(chunks [][]rune) []string {
	var out []string
	for len(chunks) > 0 {
		if len(out) > 0 && isBlank(chunks[0]) {
			if chunks = chunks[1:]; len(chunks) == 0 {
				break
			}
		}
		var line [][]rune
		length := 0
		for len(chunks) > 0 && length+len(chunks[0]) <= w.width {
			length += len(chunks[0])
			line, chunks = append(line, chunks[0]), chunks[1:]
		}
		if len(chunks) > 0 && len(chunks[0]) > w.width {
			line, chunks = w.cut(line, chunks, w.width-length)
		}
		if n := len(line); n > 0 && isBlank(line[n-1]) {
			line = line[:n-1]
		}
		if len(line) > 0 {
			out = append(out, string(slices.Concat(line...)))
		}
	}
	return out
}

// cut adds to a line what fits in of a chunk that is longer than one.
func (w wrapping) cut(line, chunks [][]rune, room int) (cut, rest [][]rune) {
	if !w.long {
		if len(line) == 0 {
			line, chunks = append(line, chunks[0]), chunks[1:]
		}
		return line, chunks
	}
	chunk, end := chunks[0], room
	if w.hyphen {
		text := string(chunk[:room])
		if i := strings.LastIndex(text, "-"); i > 0 && strings.Trim(text[:i], "-") != "" {
			end = len([]rune(text[:i])) + 1
		}
	}
	return append(line, chunk[:end]), append([][]rune{chunk[end:]}, chunks[1:]...)
}

func isBlank(chunk []rune) bool { return strings.TrimSpace(string(chunk)) == "" }
