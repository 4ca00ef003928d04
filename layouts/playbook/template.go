package playbook

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

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

// includePattern finds files that a template takes in.
var includePattern = regexp.MustCompile(
	`\{%-?\s*(?:include|import|from|extends)\b[^%]*%\}|\b(?:lookup|query|q)\(\s*['"][\w.]+['"][^)]*\)`)
