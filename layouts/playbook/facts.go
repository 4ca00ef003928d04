package playbook

import (
	"path"
	"slices"
	"strings"
)

// sets carries over variables that a task sets for those after it, if they are known: neither
// a condition nor a loop is on it, and no value is known only while a playbook runs.
func (i *importer) sets(t task, s scope) bool {
	isPlain := len(s.when) == 0 && t.get("loop", "until").key == nil &&
		!slices.ContainsFunc(t.fields(), func(f field) bool { return strings.HasPrefix(f.name, "with_") })
	switch t.name {
	case "set_fact":
		return i.setFacts(t, isPlain)
	case "include_vars":
		return isPlain && i.includeVars(t, s)
	}
	return false
}

func (i *importer) setFacts(t task, isPlain bool) bool {
	var facts []variable
	all := isPlain && len(t.module.value.fields()) > 0
	for _, f := range t.module.value.fields() {
		if f.name == "cacheable" {
			continue
		}
		v := f.variable(factVars)
		if !isPlain || !i.isKnown(v) {
			i.registered[f.name], all = true, false
			continue
		}
		facts = append(facts, v)
	}
	i.facts = append(i.facts, facts...)
	return all
}

// isKnown reports whether a value stays what it is now: it names nothing that a task
// registers, nor itself, nor files.
func (i *importer) isKnown(v variable) bool {
	for _, text := range texts(v.value) {
		uses, err := i.uses(text)
		if err != nil || len(uses.Files)+len(uses.Missing) > 0 {
			return false
		}
		for _, n := range uses.Names {
			first := firstOf(n.Path)
			if i.registered[first] || isMagic(first) || first == v.name || first == "item" {
				return false
			}
		}
	}
	return true
}

// includeVars carries over the variables of a file.
func (i *importer) includeVars(t task, s scope) bool {
	name := t.module.value.text()
	for _, f := range t.module.value.fields() {
		if f.name != "file" {
			return false
		}
		name = f.value.text()
	}
	text, ok := s.known(name)
	if !ok || text == "" {
		return false
	}
	dirs := i.searchDirs(s, "vars")
	if strings.HasPrefix(text, "/") { // as role_path and playbook_dir begin
		dirs, text = []string{"."}, text[1:]
	}
	for _, dir := range dirs {
		file, ok := i.yamlFile(path.Join(dir, text))
		if !ok {
			continue
		}
		found, err := i.varsFile(file, includedVars)
		if err != nil {
			i.leave(t.module.place(), t.module.name+" "+text, advice{why: err.Error()})
		}
		i.facts = append(i.facts, found...)
		return true
	}
	return false
}
