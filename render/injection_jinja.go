package render

import (
	"slices"
	"strings"
)

// A jinjaPrinter looks at what the caller passes. The texts in files of values are
// templates themselves for Ansible, and some hold YAML.
type jinjaPrinter struct {
	printer
	callers []string // the structural texts that the caller passes, in lower case
	layers  *layers
}

func newJinjaPrinter(callers map[string]any, l *layers, standing map[int]bool) *jinjaPrinter {
	p := &jinjaPrinter{printer: printer{standing: standing}, layers: l}
	for _, text := range texts(callers) {
		p.leftovers = append(p.leftovers, leftover.FindAllString(text, -1)...)
		if structural(text) {
			p.callers = append(p.callers, strings.ToLower(text))
		}
	}
	return p
}

// print is a Source's Print.
func (p *jinjaPrinter) print(t Printed) string {
	if p.next() {
		return standIn(p.printed)
	}
	if structural(t.Text) && !t.Composed &&
		!slices.ContainsFunc(t.Literals, func(s string) bool { return adds(s, t.Text) }) {
		paths := t.Values
		if t.Made != nil {
			paths = t.Made
		}
		p.suspect(place{file: t.File, pos: t.Pos, paths: paths}, t.Text)
		p.suspects[len(p.suspects)-1].meant = !p.mayBeCallers(t)
	}
	return t.Text
}

// mayBeCallers reports whether what is printed may hold a structural text of the
// caller's: it holds one, in whatever case, or is made of a value that the caller passes.
func (p *jinjaPrinter) mayBeCallers(t Printed) bool {
	if len(p.callers) == 0 {
		return false
	}
	folded := strings.ToLower(t.Text)
	return slices.ContainsFunc(p.callers, func(text string) bool { return strings.Contains(folded, text) }) ||
		slices.ContainsFunc(t.Values, p.layers.ofCaller)
}

// texts returns the strings in a value.
func texts(value any) []string {
	var found []string
	switch v := value.(type) {
	case string:
		return []string{v}
	case map[string]any:
		for _, item := range v {
			found = append(found, texts(item)...)
		}
	case []any:
		for _, item := range v {
			found = append(found, texts(item)...)
		}
	}
	return found
}
