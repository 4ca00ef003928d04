package playbook

import (
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// A Deploy is what slipway deploy is to be told.
type Deploy struct {
	App string
	// PerService says that the playbook deploys one service at a time, which the caller
	// names, and else all.
	PerService bool
	// Namespace is what most tasks name; empty if none does.
	Namespace string
	// Timeout is the longest wait_timeout, in seconds; 0 if no task has one.
	Timeout int
	// Kubeconfig and Context are those that tasks name.
	Kubeconfig, Context string
	// Values are the variables that the caller has to pass, sorted, as far as that can be
	// told: those of templates in the Jinja dialect are not known.
	Values []string
}

// Command returns the command line that deploys the layout in root.
func (d Deploy) Command(root string) string {
	words := []string{"slipway", "deploy", "--root", word(root), "--app", d.App}
	if d.PerService {
		words = append(words, "--service", "…")
	} else {
		words = append(words, "--all")
	}
	for _, option := range [][2]string{
		{"-n", d.Namespace}, {"--kubeconfig", d.Kubeconfig}, {"--context", d.Context},
	} {
		if option[1] != "" {
			words = append(words, option[0], word(option[1]))
		}
	}
	if d.Timeout > 0 {
		words = append(words, "--timeout", strconv.Itoa(d.Timeout)+"s")
	}
	for _, name := range d.Values {
		words = append(words, "--set", name+"=…")
	}
	return strings.Join(words, " ")
}

// word returns text as one word of a shell's.
func word(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./~") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// note notes where and how a task deploys.
func (a *app) note(i *importer, args node, s scope) {
	if f := args.get("namespace"); f.key != nil {
		a.namespaces = append(a.namespaces, noted{s.word(f.value), f.place()})
	}
	if seconds, err := strconv.Atoi(s.word(args.get("wait_timeout").value)); err == nil {
		a.timeout = max(a.timeout, seconds)
	}
	for _, option := range []struct {
		field field
		into  *string
	}{{args.get("kubeconfig"), &a.kubeconfig}, {args.get("context"), &a.context}} {
		switch text := s.word(option.field.value); {
		case option.field.key == nil:
		case text == "" || usesJinja(text):
			i.leave(option.field.place(), option.field.name, advice{
				"it depends on what the caller passes",
				"pass --" + option.field.name,
			})
		default:
			*option.into = text
		}
	}
}

// deploy returns how to deploy an app, and reports what one deploy cannot do.
func (i *importer) deploy(a *app) Deploy {
	d := Deploy{
		App: a.name, PerService: a.perService, Timeout: a.timeout,
		Kubeconfig: a.kubeconfig, Context: a.context,
	}
	count := map[string]int{}
	for _, n := range a.namespaces {
		if usesJinja(n.text) {
			i.leave(n.at, "namespace", advice{
				"it depends on a variable",
				"pass -n, or write metadata.namespace into the templates",
			})
			continue
		}
		if count[n.text]++; count[n.text] > count[d.Namespace] {
			d.Namespace = n.text
		}
	}
	for _, n := range a.namespaces {
		if n.text != d.Namespace && !usesJinja(n.text) {
			i.leave(n.at, "namespace "+n.text, advice{
				"one deploy has one namespace for what names none, " + d.Namespace,
				"write metadata.namespace into the template",
			})
		}
	}
	set := slices.Clone(fixed)
	for _, v := range a.vars.list {
		set = append(set, v.name)
	}
	for name, to := range a.services {
		for _, v := range to.vars.list {
			if name != layouts.Common {
				set = append(set, v.name)
			}
		}
	}
	for _, name := range a.caller {
		if !slices.Contains(set, name) && !slices.Contains(d.Values, name) {
			d.Values = append(d.Values, name)
		}
	}
	slices.Sort(d.Values)
	return d
}
