package render

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-go/slipway/layouts"
)

// Excerpt returns the line that the error is in, with a caret under the place, and
// where the values were set that it uses; several lines, or "" if neither is known:
//
//	7 |   replicas: {{ replcas }}
//	  |                ^
//	  = replicas is set in shop/common/vars.yml:3
//
// What a file of values or a Secret has after a key is left out.
func (e *Error) Excerpt() string {
	var b strings.Builder
	number := strconv.Itoa(max(e.Line, 1))
	blank := strings.Repeat(" ", len(number))
	if e.text != "" {
		text, caret := cut(printable(e.shown()), e.Column)
		fmt.Fprintf(&b, "%s | %s\n", number, text)
		fmt.Fprintf(&b, "%s | %s\n", blank, caretBelow(text, caret))
	}
	for _, v := range e.Values {
		fmt.Fprintf(&b, "%s = %s is set in %s\n", blank, v.Path, v)
	}
	return b.String()
}

var (
	keyPattern    = regexp.MustCompile(`^\s*(- +)*[^\s:{}\[\]]+:( |$)`)
	secretPattern = regexp.MustCompile(`(?i)pass|secret|token|credential|private|api_?-?key|://[^/@\s]*@`)
	// secretKind matches the kind of a Secret, or one that a value says.
	secretKind = regexp.MustCompile(`\bkind["']?\s*:\s*["']?(Secret\b|\{\{)`)
)

// shown returns the line, without what may be secret.
func (e *Error) shown() string {
	if !e.hidden && len(e.text) <= maxShown && !secretPattern.MatchString(e.text) {
		return e.text
	}
	key := keyPattern.FindString(e.text)
	if strings.TrimSpace(e.text) == strings.TrimSpace(key) {
		return e.text
	}
	return key + "…"
}

// maxShown bounds the bytes of a line that is looked through for what may be secret.
const maxShown = 64 << 10

// maxExcerpt is how many characters of a line are shown.
const maxExcerpt = 240

// cut returns what is shown of a long line, and where the column is in it.
func cut(text string, column int) (shown string, at int) {
	runes := []rune(text)
	if len(runes) <= maxExcerpt {
		return text, column
	}
	from := max(0, min(column-maxExcerpt/2, len(runes)-maxExcerpt))
	shown = string(runes[from : from+maxExcerpt])
	if from+maxExcerpt < len(runes) {
		shown += "…"
	}
	if from > 0 {
		return "…" + shown, column - from + 1
	}
	return shown, column
}

// caretBelow returns the line below text; all of it is marked where the column is not
// known, since the file was made of another.
func caretBelow(text string, column int) string {
	if column == 0 {
		content := strings.TrimLeft(text, " ")
		return strings.Repeat(" ", len(text)-len(content)) +
			strings.Repeat("^", max(1, utf8.RuneCountInString(strings.TrimSpace(content))))
	}
	runes := []rune(text)
	width := 0
	for _, r := range runes[:min(column-1, len(runes))] {
		width += widthOf(r)
	}
	return strings.Repeat(" ", width) + "^"
}

// widthOf returns how many columns a terminal gives a character.
func widthOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		r >= 0xff01 && r <= 0xff60, r >= 0x1f300 && r <= 0x1faff, r >= 0x3000 && r <= 0x303f:
		return 2
	}
	return 1
}

// printable returns text with each character that is not for the eye as a blank.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// errorIn returns err at an offset of a file.
func errorIn(file string, text string, offset int, err error) *Error {
	before := text[:min(max(offset, 0), len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{
		File: file, Line: 1 + strings.Count(before, "\n"),
		Column: 1 + utf8.RuneCountInString(before[start:]), Err: err,
	}
}

// Quote gives each [*Error] in err the line of app that it is in, for its excerpt, and of
// files that have a [layouts.Origin] the place there, and returns err. [App] and the other
// functions here have done so.
func Quote(app *layouts.App, err error) error {
	if err == nil {
		return nil
	}
	quoteFrom(filesOf(app), err)
	return err
}

// quoteFrom does so with the files by their paths.
func quoteFrom(files map[string]layouts.File, err error) {
	hidden := hider{}
	for _, e := range flatten(err) {
		for e != nil {
			at := (*Error)(nil)
			if !errors.As(e, &at) {
				break
			}
			if f, ok := files[at.File]; ok && !at.placed {
				at.quote(f, hidden.hides(f, at.Line))
				at.place(f)
			}
			e = at.Err // the error of a value that it uses, which has a place of its own
		}
	}
}

// filesOf returns the files that templates and values are in, by their paths.
func filesOf(app *layouts.App) map[string]layouts.File {
	files := map[string]layouts.File{}
	add := func(list ...layouts.File) {
		for _, f := range list {
			files[f.Path] = f
		}
	}
	add(app.Each...)
	for _, dir := range append([]layouts.Directory{app.Common}, app.Services...) {
		add(dir.Templates...)
		add(dir.Partials...)
		add(dir.Files...)
		if dir.Vars != nil {
			add(*dir.Vars)
		}
	}
	for _, o := range app.Overlays {
		add(o.Files...)
		if o.Vars != nil {
			add(*o.Vars)
		}
	}
	return files
}

// quote gives e the line of f that it is in, which may be secret.
func (e *Error) quote(f layouts.File, hidden bool) {
	if e.Line == 0 || e.text != "" || bytes.HasPrefix(f.Data, []byte(vaultHeader)) {
		return
	}
	e.text = lineOf(bytes.TrimPrefix(f.Data, []byte(byteOrderMark)), e.Line)
	e.hidden = hidden
	if e.Column == 0 { // an object, or a value: it begins where the line does
		e.Column = 1 + len(e.text) - len(strings.TrimLeft(e.text, " \t"))
	}
}

// lineOf returns the n-th line of data, from 1.
func lineOf(data []byte, n int) string {
	// Cut first: a copy of all that follows would be held for each error.
	line, _, _ := bytes.Cut(data[lineStart(data, n):], []byte("\n"))
	return strings.TrimRight(string(line), "\r")
}
