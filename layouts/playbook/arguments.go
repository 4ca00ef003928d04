package playbook

import (
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// inherit returns the scope of what a task, a block or a play has: its variables and
// conditions, the defaults of the module, and the environment.
func (i *importer) inherit(n node, s scope, l level) scope {
	s = s.with(i.inline(n.get("vars").value, l)...).where(n.get("when"))
	defaults := n.get("module_defaults").value.fields()
	for _, isGroup := range []bool{true, false} { // a module's are stronger
		for _, f := range defaults {
			name, inGroup := strings.CutPrefix(f.name, "group/")
			if inGroup == isGroup && slices.Contains(modules, lastName(name)) {
				s.defaults = slices.Concat(s.defaults, f.value.fields())
			}
		}
	}
	for _, item := range n.get("environment").value.items() {
		s.environment = slices.Concat(s.environment, item.fields())
	}
	return s
}

// fromEnvironment are the options that the module takes from the environment, as far as
// slipway deploy has them.
var fromEnvironment = map[string]string{
	"K8S_AUTH_KUBECONFIG": "kubeconfig", "KUBECONFIG": "kubeconfig", "K8S_AUTH_CONTEXT": "context",
}

// defaultsOf returns the options that a task has from where it is, strongest first. Other
// variables of the environment are noted.
func (i *importer) defaultsOf(s scope) []field {
	all := slices.Clone(s.defaults)
	slices.Reverse(all)
	for _, f := range slices.Backward(s.environment) {
		option, ok := fromEnvironment[f.name]
		switch {
		case ok:
			key := *f.key
			key.Value = option
			all = append(all, field{option, &key, f.value})
		case strings.HasPrefix(f.name, "K8S_AUTH_"):
			i.leave(f.place(), f.name, optionOfCluster)
		default:
			i.leave(f.place(), "environment "+f.name, advice{
				"templates do not see the environment",
				"pass what they look up with --lookup-env",
			})
		}
	}
	return all
}

// arguments returns the module's arguments, those under args, and the defaults; false, which
// is noted, if they are not known.
func (i *importer) arguments(t task, s scope) (node, bool) {
	value := t.module.value
	if text := value.text(); text != "" {
		var ok bool
		if value, ok = s.freeForm(value); !ok {
			i.leave(t.module.place(), t.module.name, advice{
				"its options are in a variable whose value is not known here",
				"write them at the task, and import again",
			})
			return node{}, false
		}
	}
	merged := goyaml.Node{Kind: goyaml.MappingNode, Line: t.Line, Column: t.Column}
	file := t.file
	if value.Node != nil {
		merged.Line, merged.Column, file = value.Line, value.Column, value.file
	}
	have := map[string]bool{}
	for _, f := range slices.Concat(value.fields(), t.get("args").value.fields(), i.defaultsOf(s)) {
		if !have[f.name] {
			have[f.name] = true
			merged.Content = append(merged.Content, f.key, f.value.Node)
		}
	}
	return node{&merged, file}, true
}

// freeForm returns arguments that are a text: those of state=present src=x.yml, or those of a
// variable.
func (s scope) freeForm(value node) (node, bool) {
	if inner, ok := lone(value.text()); ok {
		v, found := s.find(strings.TrimSpace(inner))
		held := v.field.value
		return held, found && held.Node != nil && held.Kind == goyaml.MappingNode
	}
	fields := goyaml.Node{Kind: goyaml.MappingNode, Line: value.Line, Column: value.Column}
	for _, word := range words(value.text()) {
		name, arg, _ := strings.Cut(word, "=")
		for _, content := range []string{name, arg} {
			fields.Content = append(fields.Content, &goyaml.Node{
				Kind: goyaml.ScalarNode, Tag: "!!str", Value: content, Line: value.Line, Column: value.Column,
			})
		}
	}
	return node{&fields, value.file}, true
}

// words splits a text at blanks that are in no quotes and in no braces. The quotes around a
// whole argument are taken off.
func words(text string) []string {
	var all []string
	var word strings.Builder
	quote, braces := byte(0), 0
	flush := func() {
		name, arg, _ := strings.Cut(word.String(), "=")
		if len(arg) > 1 && arg[0] == arg[len(arg)-1] && strings.ContainsAny(arg[:1], `"'`) {
			arg = arg[1 : len(arg)-1]
		}
		if word.Len() > 0 {
			all = append(all, name+"="+arg)
		}
		word.Reset()
	}
	for k := range len(text) {
		c := text[k]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && c == '{':
			braces++
		case quote == 0 && c == '}':
			braces--
		}
		if quote == 0 && braces <= 0 && strings.IndexByte(" \t\n", c) >= 0 {
			flush()
			continue
		}
		word.WriteByte(c)
	}
	flush()
	return all
}

// serverSide notes that objects belong to another field manager.
func (i *importer) serverSide(f field) {
	manager := f.value.get("field_manager").value.text()
	if manager == "" || usesJinja(manager) {
		manager = "…"
	}
	i.leave(f.place(), f.name, advice{
		"what it applied belongs to its field manager",
		"deploy once with --adopt " + manager,
	})
}
