package playbook

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway-go/slipway/internal/nearest"
)

// A Deploy is what slipway deploy is to be told.
type Deploy struct {
	App string
	// PerService says that the playbook deploys one service at a time, which the caller
	// names, and else all.
	PerService bool
	// AppVariables and ServiceVariables are those with which the caller of ansible-playbook
	// names the app and the service.
	AppVariables, ServiceVariables []string
	// Namespace is what most tasks name; empty if none does.
	Namespace string
	// Timeout is the longest wait_timeout, in seconds; 0 if no task has one.
	Timeout int
	// Kubeconfig and Context are those that tasks name.
	Kubeconfig, Context string
	// Values are the variables that the caller has to pass, sorted: templates, or the values of
	// variables, need them, and nothing sets them. What only has a default, or is asked for
	// whether it is defined, is none.
	Values []string
}

// Choose returns how to deploy the app of that name or, if that is empty, the one that vars
// name, which are the caller's as ansible-playbook gets them, or else the only one.
func (p *Plan) Choose(app string, vars map[string]any) (Deploy, error) {
	var names []string
	unknown := ""
	for _, d := range p.Deploys {
		want := cmp.Or(label(app), named(d.AppVariables, vars))
		if d.App == want {
			return d, nil
		}
		unknown = cmp.Or(unknown, want)
		names = append(names, d.App)
	}
	switch {
	case unknown != "":
		return Deploy{}, fmt.Errorf("the playbook deploys no app %s%s (there are: %s)",
			unknown, nearest.Hint(unknown, names), strings.Join(names, ", "))
	case len(names) != 1:
		return Deploy{}, fmt.Errorf("the playbook deploys several apps: name one of %s with --app%s",
			strings.Join(names, ", "), p.appHint())
	}
	return p.Deploys[0], nil
}

// appHint returns how else than by a flag the caller names the app.
func (p *Plan) appHint() string {
	for _, d := range p.Deploys {
		for _, name := range d.AppVariables {
			return ", or -e " + name + "=…"
		}
	}
	return ""
}

// Service returns the service that vars name, which are the caller's; "" if they name none.
func (d Deploy) Service(vars map[string]any) string { return named(d.ServiceVariables, vars) }

// named returns the label that the first of the variables has that is set.
func named(variables []string, vars map[string]any) string {
	for _, name := range variables {
		if text, ok := vars[name].(string); ok {
			return label(text)
		}
	}
	return ""
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
		AppVariables: a.appVariables, ServiceVariables: a.serviceVariables,
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
	return d
}
