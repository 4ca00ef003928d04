package playbook

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// A use is a variable that a template sees in a playbook.
type use struct {
	template string // what the template is made of
	steps    []string
	variable variable
}

// use notes the variables that a template sees, for each time that a task makes objects of
// it: a layout has it once, and for all of a service one value of each.
func (to *service) use(text, from string, s scope) {
	seen := map[string]bool{}
	names := mentioned(text)
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		steps := strings.Split(name, ".")
		v, ok := s.find(steps[0])
		if !ok || seen[name] || v.level == magicVars {
			continue
		}
		seen[name] = true
		to.uses = append(to.uses, use{from, steps[1:], v})
		for _, inner := range texts(v.value) {
			names = append(names, mentioned(inner)...)
		}
	}
}

// checkUses reports values that the layout does not have where a template sees them.
func (i *importer) checkUses(to *service) {
	values := to.values()
	for _, u := range to.uses {
		v := u.variable
		have, ok := values[v.name]
		switch {
		case slices.Contains(fixed, v.name):
			i.checkFixed(to.app, to.name, v)
		case ok && reflect.DeepEqual(fieldAt(have.value, u.steps), fieldAt(v.value, u.steps)):
		default:
			i.leave(v.at, v.name, u.missing(to, ok))
		}
	}
}

// missing returns that a service has another value of a variable than a template sees, or
// none.
func (u use) missing(to *service, hasOther bool) advice {
	has, do := "none", "write it into a template of its own"
	if hasOther {
		has = "another"
		do = "loop over maps with a name, each of which becomes a service, or write each value into " +
			"a template of its own"
	}
	has = to.app.name + "/" + to.name + " has " + has
	return advice{u.template + " sees this value, and " + has + ": what it makes of this one is missing", do}
}

// unset returns the variables that templates print, or the values of others that they print,
// and no service has, sorted.
func (a *app) unset() []string {
	set, printed := slices.Clone(fixed), map[string]bool{}
	for _, to := range a.services {
		values := to.values()
		set = slices.AppendSeq(set, maps.Keys(values))
		for _, name := range to.printed(values) {
			printed[name] = true
		}
	}
	for _, name := range set {
		delete(printed, name)
	}
	return slices.Sorted(maps.Keys(printed))
}

// printed returns the variables that the service's templates print: they name them, or what
// they name has them.
func (to *service) printed(values map[string]variable) []string {
	var found []string
	seen := map[string]bool{}
	for names := slices.Clone(to.names); len(names) > 0; {
		name := names[0]
		names = names[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		steps := strings.Split(name, ".")
		found = append(found, steps[0])
		for _, text := range texts(fieldAt(values[steps[0]].value, steps[1:])) {
			if inner, _ := plainNames(text); !strings.Contains(text, "{%") {
				names = append(names, inner...)
			}
		}
	}
	return found
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

var (
	// blockPattern finds what Jinja evaluates: maps in it have braces, too.
	blockPattern = regexp.MustCompile(
		`\{\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}\}|(?s:\{%.*?%\})`)
	// namePattern finds names with their fields, and fields of what has no name.
	namePattern = regexp.MustCompile(`\.?\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*`)
)

// mentioned returns the words of a template that may be variables, with their fields. Rather
// one too many than one too few: texts within expressions are looked at as well.
func mentioned(text string) []string {
	blocks := blockPattern.FindAllString(text, -1)
	if strings.HasPrefix(text, "#jinja2:") { // which may say other braces
		blocks = append(blocks, text)
	}
	var names []string
	for _, block := range blocks {
		for _, name := range namePattern.FindAllString(block, -1) {
			if !strings.HasPrefix(name, ".") && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
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
