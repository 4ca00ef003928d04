package playbook

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// A template is what becomes a file of a service.
type template struct {
	name string // of the file
	from string
	draft
	plain   bool // of a file of the project: it holds nothing but names
	named   bool // the name is that of the layout already
	content *content
	path    string     // in the layout
	varying []string   // variables that the service has with other values
	sets    []variable // that its copies set
	times   []making
}

// A making is a time that a task makes objects of a template.
type making struct {
	at        place
	sees      []use
	lacks     []string    // variables that the template asks for, and does not see
	when      []condition // that the template can have
	condition string      // all of them; "" if there are none
}

// A use is a variable that a template sees in a playbook.
type use struct {
	steps    []string
	variable variable
}

// add puts a template into the service, by the name that its dialect wants.
func (to *service) add(i *importer, f field, m match, data []byte, s scope) {
	_, plain := plainNames(string(data))
	t := template{name: path.Base(m.file), from: m.file, draft: draft{text: data}, plain: plain}
	to.put(i, t, f.place(), s)
}

// put puts a template into the service for a task with that scope.
func (to *service) put(i *importer, t template, at place, s scope) {
	k := slices.IndexFunc(to.templates, func(have *template) bool {
		return have.from == t.from && string(have.text) == string(t.text)
	})
	if k < 0 {
		t.content = i.content(&t, i.search(s))
		k = len(to.templates)
		to.templates = append(to.templates, &t)
	}
	into := to.templates[k]
	m := making{at: at, when: i.conditions(s.when, t.from)}
	m.condition = together(m.when)
	m.sees, m.lacks = i.sees(into.content, m.when, s)
	into.times = append(into.times, m)
}

// place returns where people find a line of the template.
func (t *template) place(line int) place {
	if t.lines == nil {
		return place{t.from, line}
	}
	at := t.lines[min(max(line, 1), len(t.lines))-1]
	return place{at.File, at.Line}
}

// usesJinja reports whether text has anything of Jinja's in it.
func usesJinja(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "{#") ||
		strings.HasPrefix(text, "#jinja2:")
}

var (
	plainPattern = regexp.MustCompile(`\{\{ *([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*) *\}\}`)
	// keywords are names that are none in a Go template, or mean something in both.
	keywords = []string{
		"if", "else", "end", "range", "with", "define", "template", "block", "break", "continue", "nil",
		"true", "false", "True", "False", "None", "none", "item",
	}
)

// plainNames returns the variables, with their fields, of a template that uses nothing else
// of Jinja; false if it uses more.
func plainNames(text string) ([]string, bool) {
	var names []string
	for _, m := range plainPattern.FindAllStringSubmatch(text, -1) {
		first, _, _ := strings.Cut(m[1], ".")
		if slices.Contains(keywords, first) {
			return nil, false
		}
		names = append(names, m[1])
	}
	return names, !usesJinja(plainPattern.ReplaceAllString(text, ""))
}

// endings are those of templates in a layout.
var endings = []string{".yml", ".yaml", ".json"}

// templateName returns the name of a template in the layout: with .j2, for the Jinja dialect,
// or without.
func templateName(name string, jinja bool) string {
	name = strings.TrimLeft(name, "_.") // or else it would be a partial, or hidden
	for {
		ext := path.Ext(name)
		if ext != ".j2" && ext != ".jinja2" && ext != ".tpl" && ext != ".tmpl" {
			break
		}
		name = strings.TrimSuffix(name, ext)
	}
	if !slices.Contains(endings, path.Ext(name)) {
		name += ".yml"
	}
	if name == "vars.yml" || name == "vars.yaml" {
		name = "objects-" + name
	}
	if jinja {
		name += ".j2"
	}
	return name
}
