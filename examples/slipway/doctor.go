package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

func newDoctor() *cobra.Command {
	var (
		selected selection
		cluster  clusterFlags
		form     tableFlag
		timeout  timeoutFlag
	)
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what stands in the way of a deploy, and who owns what",
		Long: `Find out what stands in the way of a deploy: does the cluster answer, is the namespace
there, what may you do in it, and, with --app, do the templates render, and who owns the
objects on the cluster. What belongs to another field manager, such as Ansible's, is
named with the way to take it over. Nothing is changed.

` + exitHelp,
		Example: `  slipway doctor
  slipway doctor -n shop
  slipway doctor --app shoppingapp -n shop
  slipway doctor --app shoppingapp --service shoppingapp-home -o json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := form.check(); err != nil {
				return err
			}
			d := &slipway.Deployer{}
			if selected.any() {
				tree, root, err := selected.tree(cmd.ErrOrStderr())
				if err != nil {
					return err
				}
				defer root.Close()
				d = tree
			}
			var err error
			if d.Cluster, d.Apply.Namespace, err = cluster.load(); err != nil {
				return err
			}
			ctx, cancel, err := timeout.context(cmd)
			if err != nil {
				return err
			}
			defer cancel()
			return diagnose(ctx, cmd, d, form)
		},
	}
	selected.register(cmd)
	selected.from.cluster = &cluster
	cluster.register(cmd)
	form.register(cmd)
	timeout.register(cmd, "limit for all requests")
	return cmd
}

func diagnose(ctx context.Context, cmd *cobra.Command, d *slipway.Deployer, form tableFlag) error {
	found, err := d.Diagnose(ctx)
	if err != nil {
		return err
	}
	told := struct {
		*apply.Diagnosis
		Problems []string `json:"problems,omitempty"`
	}{Diagnosis: found}
	for _, problem := range found.Problems {
		told.Problems = append(told.Problems, problem.Error())
	}
	if err := form.write(cmd, told, func(w io.Writer) { writeDiagnosis(w, found) }); err != nil {
		return err
	}
	return found.Err()
}

func writeDiagnosis(w io.Writer, d *apply.Diagnosis) {
	line := func(state, about, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", state, about, fmt.Sprintf(format, args...))
	}
	line("ok", "cluster", "%s answers: %s", d.Server, d.Version)
	if d.Missing {
		line("FAIL", "namespace", "%s does not exist", d.Namespace)
	} else {
		line("ok", "namespace", "%s", d.Namespace)
	}
	for _, r := range d.Rights {
		state, text := rightLine(r)
		line(state, "rights", "%s", text)
	}
	for _, problem := range d.Problems {
		line("FAIL", "object", "%v", problem)
	}
	for _, o := range d.Owners {
		state, text := ownerLine(o)
		line(state, "owner", "%s: %s", o.Ref, text)
	}
}

func rightLine(r apply.Right) (state, text string) {
	where := r.Resource
	if r.Namespace != "" {
		where += " in " + r.Namespace
	}
	switch {
	case len(r.Denied) == 0:
		return "ok", fmt.Sprintf("%s: %s", where, strings.Join(r.Allowed, ", "))
	case r.Without != "":
		return "note", fmt.Sprintf("%s: not %s: %s", where, strings.Join(r.Denied, ", "), r.Without)
	}
	return "FAIL", fmt.Sprintf("%s: not %s", where, strings.Join(r.Denied, ", "))
}

func ownerLine(o apply.Ownership) (state, text string) {
	if !o.Present {
		return "ok", "not on the cluster yet"
	}
	var theirs []string
	for _, m := range o.Foreign() {
		since := ""
		if !m.Time.IsZero() {
			since = " since " + m.Time.Format(time.RFC3339)
		}
		theirs = append(theirs, fmt.Sprintf("%s belongs to %s%s: take it over with --adopt %s",
			strings.Join(m.Content, ", "), m.Name, since, m.Name))
	}
	switch {
	case theirs != nil:
		return "note", strings.Join(theirs, "; ")
	case o.Set == "":
		return "ok", "Slipway has not deployed it yet"
	}
	return "ok", "deployed with " + o.Set
}
