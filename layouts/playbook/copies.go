package playbook

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/render/jinja"
)

// A copied is a template that sets values and includes another one, or a step of its loop:
// a template that tasks make objects of with several values of a variable, of which a
// service has one, goes into files/ of the service, and in its place come such templates:
//
//	{% for item in volumes %}
//	---
//	{% include 'files/volume.yml.j2' %}
//
//	{% endfor %}
type copied struct {
	at        place
	sets      []setting
	over      *variable // the loop's, whose value is not among the settings
	condition string
}

// same reports whether two copies set the same.
func (c copied) same(other copied) bool {
	return slices.EqualFunc(c.sets, other.sets, func(a, b setting) bool { return a.text == b.text })
}

// A setting is a line that sets a variable.
type setting struct {
	variable variable
	text     string
}

// build makes the files of a service.
func (i *importer) build(to *service) {
	values := to.values()
	lacking := to.lacking(values)
	for _, t := range to.templates {
		t.varying = t.differing(values, lacking)
		depends := slices.ContainsFunc(t.times, func(m making) bool { return m.condition != "" })
		if len(t.varying) == 0 && !depends || !i.copies(to, t) {
			t.sets = nil
			t.path = to.direct(t, values)
		}
	}
	to.dropMade()
}

// direct adds a template as it is, and returns its path.
func (to *service) direct(t *template, values map[string]variable) string {
	name := t.name
	if !t.named {
		names, _ := plainNames(string(t.text))
		name = templateName(name, !t.plain || differs(names, values))
	}
	at := to.free("", name)
	to.files = append(to.files, File{at, t.text, t.from, t.lines})
	return at
}

// lacking returns the variables of tasks that some template asks for and does not see: the
// service must not have them.
func (to *service) lacking(values map[string]variable) map[string]bool {
	names := map[string]bool{}
	for _, t := range to.templates {
		for _, m := range t.times {
			for _, name := range m.lacks {
				v, ok := values[name]
				fromPath := v.field.key == nil && v.level == paramVars
				if ok && v.level >= taskVars && !fromPath {
					names[name] = true
				}
			}
		}
	}
	return names
}

// differing returns the names of the variables that a template sees and the service has with
// other values, or must not have.
func (t *template) differing(values map[string]variable, lacking map[string]bool) []string {
	var names []string
	for _, m := range t.times {
		for _, u := range m.sees {
			v := u.variable
			have, ok := values[v.name]
			same := ok && !v.unknown() && !lacking[v.name] &&
				reflect.DeepEqual(fieldAt(have.value, u.steps), fieldAt(v.value, u.steps))
			if !same && !slices.Contains(fixed, v.name) && !slices.Contains(names, v.name) {
				names = append(names, v.name)
			}
		}
	}
	return names
}

// copies adds a template's copies; false, with what is missing noted, if there is none.
func (i *importer) copies(to *service, t *template) bool {
	var all []copied
	for _, m := range t.times {
		c, missing := i.copied(t, m)
		if missing != nil {
			i.leave(missing.at, missing.name, advice{
				t.from + " sees this value, and " + to.app.name + "/" + to.name + " has another, or none: " +
					"what it makes of this one is missing",
				"write it into a template of its own",
			})
			continue
		}
		all = addCopy(all, c)
	}
	if len(all) == 0 {
		return false
	}
	name := templateName(t.name, true)
	if t.named {
		name = strings.TrimSuffix(t.name, ".j2") + ".j2"
	}
	t.path = to.free(filesDir, name)
	to.files = append(to.files, File{t.path, t.text, t.from, t.lines})
	var made []draft
	for len(all) > 0 {
		steps := loopSteps(all)
		d := i.wrapper(all[:steps], filesDir+"/"+path.Base(t.path))
		all = all[steps:]
		if !slices.ContainsFunc(made, func(have draft) bool { return string(have.text) == string(d.text) }) {
			made = append(made, d)
		}
	}
	for k, d := range made {
		own := name
		if len(made) > 1 {
			own = withNumber(name, k+1)
		}
		at := place{d.lines[0].File, d.lines[0].Line}
		to.files = append(to.files, File{to.free("", own), d.text, at.String(), d.lines})
	}
	return true
}

// addCopy adds a copy; to one that is the same, only the condition: else both would make
// the same objects.
func addCopy(all []copied, c copied) []copied {
	for k, other := range all {
		if c.over != nil || other.over != nil || !c.same(other) {
			continue
		}
		if c.condition == "" || other.condition == "" {
			all[k].condition = ""
		} else if c.condition != other.condition {
			all[k].condition = "(" + other.condition + ") or (" + c.condition + ")"
		}
		return all
	}
	return append(all, c)
}

// copied returns the settings of a copy, or the variable that cannot be set.
func (i *importer) copied(t *template, m making) (c copied, missing *variable) {
	c.at, c.condition = m.at, m.condition
	o := &ordering{sees: map[string]variable{}, names: map[string][]string{}, done: map[string]bool{}}
	for _, u := range m.sees {
		v := u.variable
		o.sees[v.name] = v
		for _, n := range i.inside(t.content, v, nil) {
			first := firstOf(n.path)
			o.names[v.name] = append(o.names[v.name], first)
		}
		if v.total > 0 && slices.Contains(t.varying, v.name) && (c.over == nil || v.depth > c.over.depth) {
			c.over = &v
		}
	}
	o.must = o.closure(t.varying)
	for _, u := range m.sees {
		o.visit(u.variable)
	}
	for _, v := range o.order {
		t.sets = append(t.sets, v)
		text, ok := v.setting()
		if !ok && (c.over == nil || v.name != c.over.name || !v.unknown()) {
			return c, &v
		}
		if c.over == nil || v.name != c.over.name {
			c.sets = append(c.sets, setting{v, text})
		}
	}
	return c, nil
}

// An ordering finds the variables that a copy sets, each after those that its value names.
type ordering struct {
	sees  map[string]variable
	names map[string][]string // in the values
	must  map[string]bool
	done  map[string]bool
	order []variable
}

// closure returns the names, and those of variables whose values name one of them: what a
// template sets, the values of the layout do not see.
func (o *ordering) closure(names []string) map[string]bool {
	must := map[string]bool{}
	for _, name := range names {
		must[name] = true
	}
	for again := true; again; {
		again = false
		for name := range o.sees {
			within := slices.ContainsFunc(o.names[name], func(inner string) bool { return must[inner] })
			if within && !must[name] {
				must[name], again = true, true
			}
		}
	}
	return must
}

func (o *ordering) visit(v variable) {
	if o.done[v.name] || !o.must[v.name] {
		return
	}
	o.done[v.name] = true
	for _, name := range o.names[v.name] {
		if inner, ok := o.sees[name]; ok {
			o.visit(inner)
		}
	}
	o.order = append(o.order, v)
}

// loopSteps returns how many of the first copies are all steps of one loop, with the same
// settings; 1 if they are not.
func loopSteps(all []copied) int {
	first := all[0]
	if first.over == nil || first.over.total > len(all) || first.over.index != 0 {
		return 1
	}
	for k, c := range all[:first.over.total] {
		same := c.over != nil && c.over.name == first.over.name && c.over.at == first.over.at &&
			c.over.index == k &&
			c.condition == first.condition && c.same(first)
		if !same {
			return 1
		}
	}
	return first.over.total
}

// wrapper returns the template of copies that are steps of a loop, or of one alone.
func (i *importer) wrapper(steps []copied, name string) draft {
	var d draft
	c := steps[0]
	d.add(fmt.Sprintf("{# %s #}\n", c.at), c.at)
	isLoop := c.over != nil && len(steps) == c.over.total && (len(steps) > 1 || c.over.unknown())
	if isLoop {
		i.forLoop(&d, steps)
	} else if c.over != nil {
		text, _ := c.over.setting()
		d.add(text, c.over.at)
	}
	before, after := i.around(c)
	for _, s := range before {
		d.add(s.text, s.variable.at)
	}
	if c.condition != "" {
		d.add("{% if "+c.condition+" %}\n", c.at)
	}
	for _, s := range after {
		d.add(s.text, s.variable.at)
	}
	include := "{% include '" + name + "' %}\n"
	if isLoop {
		include = "---\n" + include + "\n"
	}
	if c.condition != "" {
		include += "{% endif %}\n"
	}
	if isLoop {
		include += "{% endfor %}\n"
	}
	d.add(include, c.at)
	return d
}

// around returns the settings that a copy's condition needs, with those before them, and
// the others, which matter only if it holds.
func (i *importer) around(c copied) (before, after []setting) {
	for k := range slices.Backward(c.sets) {
		if c.condition == "" || i.namesAny(c.condition, c.sets[k:k+1]) {
			return c.sets[:k+1], c.sets[k+1:]
		}
	}
	return nil, c.sets
}

// forLoop begins a loop: over what the playbook does, or over its items.
func (i *importer) forLoop(d *draft, steps []copied) {
	v := steps[0].over
	if v.unknown() || v.over != "" && !i.namesAny(v.over, steps[0].sets) {
		d.add("{% for "+v.name+" in "+v.over+" %}\n", v.at)
		return
	}
	d.add("{% for "+v.name+" in [\n", v.at)
	for _, step := range steps {
		text, _ := step.over.expression() // there is one, as it could be set
		d.add("  "+text+",\n", step.over.at)
	}
	d.add("] %}\n", v.at)
}

// namesAny reports whether an expression names a variable that is set.
func (i *importer) namesAny(expression string, sets []setting) bool {
	uses, _ := i.uses("{{ " + expression + " }}") // it was evaluated before
	return slices.ContainsFunc(uses.Names, func(n jinja.NameUse) bool {
		first := firstOf(n.Path)
		return slices.ContainsFunc(sets, func(s setting) bool { return s.variable.name == first })
	})
}

// dropMade takes the variables out of the service that only copies see, which set them.
func (to *service) dropMade() {
	needed, made := map[string]bool{}, map[string]bool{}
	for _, t := range to.templates {
		for _, v := range t.sets {
			made[v.name] = true
		}
		for _, m := range t.times {
			for _, u := range m.sees {
				if _, isSet := find(t.sets, u.variable.name); !isSet {
					needed[u.variable.name] = true
				}
			}
		}
	}
	lacking := to.lacking(to.values())
	to.vars.list = slices.DeleteFunc(to.vars.list, func(v variable) bool {
		return (made[v.name] || lacking[v.name]) && !needed[v.name] && v.level >= taskVars
	})
}
