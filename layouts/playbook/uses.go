package playbook

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// sees returns the variables that a template, and its conditions, see: those that they name,
// and those that the values of these name; and the names of those that there are not. Files
// that values take in are the template's.
func (i *importer) sees(c *content, when []condition, s scope) (found []use, lacks []string) {
	seen := map[string]bool{}
	var names []string
	for _, n := range c.names {
		names = append(names, n.path)
	}
	for _, c := range when {
		for _, n := range i.names(c) {
			names = append(names, n.path)
		}
	}
	for ; len(names) > 0; names = names[1:] {
		name := names[0]
		steps := strings.Split(name, ".")
		v, ok := s.find(steps[0])
		if !ok && !slices.Contains(lacks, steps[0]) {
			lacks = append(lacks, steps[0])
		}
		if !ok || seen[name] || v.level == magicVars {
			continue
		}
		seen[name] = true
		found = append(found, use{steps[1:], v})
		for _, inner := range i.inside(c, v, steps[1:]) {
			names = append(names, inner.path)
		}
		if v.over != "" {
			for _, inner := range i.names(condition{v.over, v.at}) {
				names = append(names, inner.path)
			}
		}
	}
	return found, lacks
}

// line returns the place of the variable, of which lines are not told apart.
func (v variable) line(int) place { return v.at }

// inside returns the names in a field of a variable's value. What that takes in, the
// template does.
func (i *importer) inside(c *content, v variable, steps []string) []nameUse {
	own := &content{search: c.search}
	for _, text := range texts(fieldAt(v.value, steps)) {
		i.look(own, reading{text: text, dir: path.Dir(v.at.file), place: v.line})
	}
	for _, t := range own.takes {
		if t.into == "" {
			t.variable = v.name
		}
		if !slices.Contains(c.takes, t) {
			c.takes = append(c.takes, t)
		}
	}
	return own.names
}

// unset returns the variables that templates need, or the values of others that they need,
// and no service has, sorted. Those that are Ansible's own are noted.
func (i *importer) unset(a *app) []string {
	wanted := map[string]bool{}
	for _, to := range a.services {
		values := to.values()
		for _, t := range to.templates {
			for name, at := range i.wanted(t, values) {
				if !isMagic(name) {
					wanted[name] = true
					continue
				}
				i.leave(at, name, advice{
					"it is Ansible's own, and nothing sets it here",
					"write what it means into vars.yml, under another name",
				})
			}
		}
	}
	return slices.Sorted(maps.Keys(wanted))
}

// magic are the variables that Ansible sets itself.
var magic = []string{
	"hostvars", "groups", "group_names", "inventory_hostname", "inventory_hostname_short", "inventory_dir",
	"inventory_file", "play_hosts", "playbook_dir", "role_path", "role_name", "role_names", "omit",
	"environment",
}

func isMagic(name string) bool {
	return slices.Contains(magic, name) || strings.HasPrefix(name, "ansible_")
}

// wanted returns the variables that a template needs and that have no value, with the
// places where they are asked for first.
func (i *importer) wanted(t *template, values map[string]variable) map[string]place {
	have := map[string][]variable{}
	for name, v := range values {
		have[name] = []variable{v}
	}
	for _, v := range t.sets {
		have[v.name] = append(have[v.name], v)
	}
	found := map[string]place{}
	seen := map[string]bool{}
	for names := i.asked(t); len(names) > 0; names = names[1:] {
		n := names[0]
		steps := strings.Split(n.path, ".")
		if n.optional || seen[n.path] || slices.Contains(fixed, steps[0]) {
			continue
		}
		seen[n.path] = true
		if _, known := found[steps[0]]; !known && have[steps[0]] == nil {
			found[steps[0]] = n.at
		}
		for _, v := range have[steps[0]] {
			names = append(names, i.inside(t.content, v, steps[1:])...)
		}
	}
	return found
}

// asked returns the names that a template and the conditions of its copies use.
func (i *importer) asked(t *template) []nameUse {
	var names []nameUse
	for _, n := range t.content.names {
		n.optional = n.optional || !slices.ContainsFunc(t.times, func(m making) bool {
			return !i.guards(m.condition, firstOf(n.path))
		})
		names = append(names, n)
	}
	for _, m := range t.times {
		for _, c := range m.when {
			names = append(names, i.names(c)...)
		}
		for _, u := range m.sees {
			if v := u.variable; v.over != "" && slices.Contains(t.varying, v.name) {
				names = append(names, i.names(condition{v.over, v.at})...)
			}
		}
	}
	return names
}

// values returns the variables that a service has in the layout, by their names.
func (to *service) values() map[string]variable {
	values := map[string]variable{}
	for _, v := range strongest(to.app.vars.list) {
		values[v.name] = v
	}
	if to.name == layouts.Common {
		return values
	}
	for _, v := range strongest(to.vars.list) {
		if above, both := values[v.name]; !both || above.level <= v.level {
			values[v.name] = v
		}
	}
	return values
}

// fieldAt returns a field of a field of a value, as far as there are such fields: of
// item.items(), it is the item.
func fieldAt(value any, steps []string) any {
	for _, step := range steps {
		fields, _ := value.(map[string]any)
		inner, ok := fields[step]
		if !ok {
			break
		}
		value = inner
	}
	return value
}

// texts returns the texts in a value, and the names of fields.
func texts(value any) []string {
	var found []string
	switch v := value.(type) {
	case string:
		found = append(found, v)
	case []any:
		for _, item := range v {
			found = append(found, texts(item)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			found = append(append(found, name), texts(v[name])...)
		}
	}
	return found
}

// errorLine and errorText are an error's of package render/jinja.
func errorLine(err error) int {
	at := &render.Error{Line: 1}
	errors.As(err, &at)
	return at.Line
}

func errorText(err error) string {
	at := &render.Error{Err: err}
	errors.As(err, &at)
	return at.Err.Error()
}
