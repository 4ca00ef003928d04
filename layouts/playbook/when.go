package playbook

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// A condition is what a task, or what it is in, depends on.
type condition struct {
	text string // an expression
	at   place
}

// booleans are what YAML has for Ansible, and Jinja has otherwise.
var booleans = map[string]string{"yes": "true", "on": "true", "no": "false", "off": "false"}

// where returns the scope below a when.
func (s scope) where(f field) scope {
	for _, item := range f.value.items() {
		if item.Kind != goyaml.ScalarNode {
			continue
		}
		text := item.text()
		if item.Style == 0 {
			text = cmp.Or(booleans[strings.ToLower(text)], text)
		}
		if inner, ok := lone(text); ok {
			text = strings.TrimSpace(inner)
		}
		s.when = append(slices.Clone(s.when), condition{text, item.place()})
	}
	return s
}

// registers notes the variables that a task sets while it runs.
func (i *importer) registers(n node) {
	if name := n.get("register").value.text(); name != "" {
		i.registered[name] = true
	}
}

// names returns the variables that a condition names.
func (i *importer) names(c condition) []nameUse {
	var names []nameUse
	uses, _ := i.uses("{{ " + c.text + " }}") // none of a condition that cannot be parsed
	for _, n := range uses.Names {
		names = append(names, nameUse{n.Path, n.Optional, c.at})
	}
	return names
}

// carries reports whether a template can have a condition: it depends on nothing that is
// known only while a playbook runs.
func (i *importer) carries(c condition) bool {
	if strings.Contains(c.text, "{{") || strings.Contains(c.text, "%}") {
		return false
	}
	uses, err := i.uses("{% if " + c.text + " %}{% endif %}")
	if c.text == "" || err != nil || len(uses.Missing)+len(uses.Files) > 0 {
		return false
	}
	return !slices.ContainsFunc(i.names(c), func(n nameUse) bool {
		first := firstOf(n.path)
		return i.registered[first] || isMagic(first)
	})
}

// conditions returns those that a template can have, each once; those that it cannot are
// noted.
func (i *importer) conditions(when []condition, from string) []condition {
	var all []condition
	for _, c := range when {
		switch {
		case !i.carries(c):
			i.leave(c.at, "when", advice{
				"it depends on what is known only while the playbook runs: " + from + " is carried over " +
					"whether it holds or not",
				"wrap it in {% if … %}, or take the file out",
			})
		case !slices.ContainsFunc(all, func(have condition) bool { return have.text == c.text }):
			all = append(all, c)
		}
	}
	return all
}

// together returns conditions as one; "" if there are none.
func together(all []condition) string {
	if len(all) == 1 {
		return all[0].text
	}
	var parts []string
	for _, c := range all {
		parts = append(parts, "("+c.text+")")
	}
	return strings.Join(parts, " and ")
}

var identifier = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// guards reports whether the condition holds only if the variable is set.
func (i *importer) guards(condition, name string) bool {
	if condition == "" || !identifier.MatchString(name) {
		return false
	}
	text := "{% if " + condition + " %}{{ " + name + " }}{% endif %}"
	uses, _ := i.uses(text) // the condition was parsed before
	last := len(uses.Names) - 1
	return last >= 0 && uses.Names[last].Path == name && uses.Names[last].Optional
}

// firstOf returns the variable of a path.
func firstOf(path string) string {
	first, _, _ := strings.Cut(path, ".")
	return first
}
