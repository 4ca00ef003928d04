package playbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Options of the module that are carried over, each with its aliases.
var (
	optDefinition = []string{"definition", "resource_definition", "inline"}
	optVersion    = []string{"api_version", "api", "version"}
)

// carried are the options that are looked at, or that change nothing.
var carried = []string{
	"state", "definition", "resource_definition", "inline", "template", "src",
	"kind", "name", "api_version", "api", "version", "namespace",
	"wait", "wait_timeout", "wait_sleep", "apply", "kubeconfig",
	"context", "continue_on_error", "persist_config", "hidden_fields",
}

// object carries over a task of the module.
func (i *importer) object(t task, s scope) error {
	args, ok := i.arguments(t, s)
	if !ok {
		return nil
	}
	i.options(args)
	switch state := args.get("state"); s.word(state.value) {
	case "", "present", "latest":
	case "absent":
		i.leave(state.place(), "state absent", advice{
			"a layout says what there is",
			"objects that no template makes any more are pruned; slipway remove takes a whole service off",
		})
		return nil
	default:
		i.leave(state.place(), "state "+state.value.text(), advice{
			"only present can be carried over for certain",
			"take the file out, if the object is to be absent",
		})
	}
	for _, source := range []struct {
		field field
		carry func(field, node, scope) error
	}{
		{args.get(optDefinition...), i.definition},
		{args.get("template"), i.templates},
		{args.get("src"), i.src},
	} {
		if source.field.key != nil {
			return source.carry(source.field, args, s)
		}
	}
	return i.bare(t, args, s)
}

// options reports those that are not carried over.
func (i *importer) options(args node) {
	for _, f := range args.fields() {
		known, ok := optionAdvice[f.name]
		switch {
		case ok:
			i.leave(f.place(), f.name, known)
		case f.name == "server_side_apply":
			i.serverSide(f)
		case !slices.Contains(carried, f.name):
			i.leave(f.place(), f.name, optionOfCluster)
		}
	}
}

// definition carries over what the playbook has inline, or what it looks up.
func (i *importer) definition(f field, args node, s scope) error {
	text := f.value.text()
	if text == "" {
		return i.inlineObjects(f, args, s)
	}
	found, err := s.lookup(text)
	if err != nil {
		if strings.Contains(text, "\n") || strings.Contains(text, "kind:") {
			i.inlineText(f, args, s)
			return nil
		}
		i.leave(f.place(), f.name, advice{
			fmt.Sprintf("%s: it is no look-up of a template", err),
			"put the objects into a template of the service",
		})
		return nil
	}
	if !found.isFile() {
		i.leave(f.place(), f.name, advice{
			"a look-up of " + found.plugin + " is not known before it runs",
			"put the objects into a template of the service",
		})
		return nil
	}
	v, err := s.eval(found.name, 0)
	return i.carry(f, v, err, args, s, found.plugin == "template")
}

// templates carries over the files under template.
func (i *importer) templates(f field, args node, s scope) error {
	for _, item := range f.value.items() {
		name := item.text()
		for _, option := range item.fields() {
			switch option.name {
			case "path":
				name = option.value.text()
			default:
				i.leave(option.place(), option.name, advice{
					"templates are rendered as Ansible renders them by default",
					"say it on the template's first line, after #jinja2:",
				})
			}
		}
		v, err := s.fill(name, 0)
		if err := i.carry(f, v, err, args, s, true); err != nil {
			return err
		}
	}
	return nil
}

// src carries over a file that is not rendered.
func (i *importer) src(f field, args node, s scope) error {
	if text := f.value.text(); strings.Contains(text, "://") {
		i.leave(f.place(), f.name, advice{
			"nothing is downloaded",
			"put the file into the service's directory",
		})
		return nil
	}
	v, err := s.fill(f.value.text(), 0)
	return i.carry(f, v, err, args, s, false)
}

// find returns the files that v names; none, which is noted, if that cannot be told.
func (i *importer) find(f field, v value, err error, s scope, rendered bool) []match {
	kinds := []string{"templates", "files"}
	if !rendered {
		kinds = []string{"files", "templates"}
	}
	var found []match
	if err == nil {
		found, err = i.match(v, i.searchDirs(s, kinds...))
	}
	do := "put the template into the service's directory"
	if errors.Is(err, errUnknownItem) {
		do = "write the list into the variables, and import again"
	}
	if err != nil {
		i.leave(f.place(), f.name, advice{err.Error(), do})
	}
	return found
}

// carry puts the files that v names into the layout.
func (i *importer) carry(f field, v value, err error, args node, s scope, rendered bool) error {
	for _, m := range i.find(f, v, err, s, rendered) {
		data, err := i.readFile(m.file)
		if err != nil {
			return err
		}
		to, ok := i.target(f, m, s)
		if !ok {
			continue
		}
		i.defaults(args, m.file, to, s)
		if !rendered && usesJinja(string(data)) {
			i.leave(f.place(), f.name+" "+m.file, advice{
				"Ansible does not render it, and it has braces, which mean something here",
				"put {% raw %} and {% endraw %} around it",
			})
		}
		to.add(i, f, m, data, s)
	}
	return nil
}

// defaults notes where to deploy to, and reports what the module adds to objects.
func (i *importer) defaults(args node, what string, to *service, s scope) {
	to.app.note(i, args, s)
	for _, name := range []string{"kind", "name", "api_version", "api", "version"} {
		if option := args.get(name); option.key != nil {
			i.leave(option.place(), name, advice{
				"the module adds it where an object has none",
				"write it into " + what,
			})
		}
	}
}
