package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/layouts/playbook"
)

func newImport() *cobra.Command {
	var opts playbook.Options
	var out string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "import PLAYBOOK",
		Short: "Make the layout that an Ansible playbook implies",
		Long: `Make the layout that an Ansible playbook implies: its templates, byte for byte, and its
variables. The project is the working directory, or, for a playbook elsewhere, the
playbook's. What cannot be carried over is listed line by line, with what to do.

A file that is there already, and is another, is an error, and then none is written.`,
		Example: `  slipway import deploy_k8s.yml --dry-run
  slipway import deploy_k8s.yml --out k8s`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("%q takes the name of one playbook", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, _, err := importPlan(args[0], opts)
			if plan != nil {
				writeLeft(cmd.ErrOrStderr(), plan)
			}
			if err != nil {
				return err
			}
			if err := writePlan(cmd, plan, out, dryRun); err != nil {
				return err
			}
			for _, d := range plan.Deploys {
				fmt.Fprintf(cmd.OutOrStdout(), "deploy       %s\n", d.Command(out))
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&out, "out", "k8s", "`directory` of the layout: --root of the other commands")
	flags.StringVar(&opts.App, "app", "", "app, where the playbook does not say it")
	flags.BoolVar(&dryRun, "dry-run", false, "write nothing")
	return cmd
}

// importPlan reads a playbook, and returns the directory of its project, too.
func importPlan(name string, opts playbook.Options) (plan *playbook.Plan, dir string, err error) {
	dir = "."
	if !filepath.IsLocal(name) {
		dir, name = filepath.Split(name)
	}
	dir = filepath.Clean(dir)
	project, err := os.OpenRoot(dir)
	if err != nil {
		return nil, dir, err
	}
	defer project.Close()
	plan, err = playbook.Import(project.FS(), filepath.ToSlash(name), opts)
	return plan, dir, err
}

// writePlan writes the plan's files below dir, or says what it would write.
func writePlan(cmd *cobra.Command, plan *playbook.Plan, dir string, dryRun bool) error {
	if !dryRun {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(dir)
	if missing := errors.Is(err, fs.ErrNotExist); err != nil && (!dryRun || !missing) {
		return err
	}
	if root != nil {
		defer root.Close()
	}
	actions, err := compare(root, plan.Files)
	if err != nil {
		return err
	}
	for i, f := range plan.Files {
		if actions[i] == "create" && !dryRun {
			err := errors.Join(root.MkdirAll(path.Dir(f.Path), 0o755), root.WriteFile(f.Path, f.Data, 0o644))
			if err != nil {
				return err
			}
			actions[i] = "created"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%-12s %s (%s)\n", actions[i], filepath.Join(dir, f.Path), f.From)
	}
	return nil
}

// compare says of each file whether it is to be created. One that is there, and is another,
// is an error. root is nil if there is nothing yet.
func compare(root *os.Root, files []playbook.File) ([]string, error) {
	actions := make([]string, len(files))
	var errs []error
	for i, f := range files {
		actions[i] = "create"
		if root == nil {
			continue
		}
		have, err := root.ReadFile(f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			errs = append(errs, err)
		case bytes.Equal(have, f.Data):
			actions[i] = "unchanged"
		default:
			errs = append(errs, fmt.Errorf("%s: there is another file of that name, which is not "+
				"overwritten: take it away, or choose another --out", filepath.Join(root.Name(), f.Path)))
		}
	}
	return actions, errors.Join(errs...)
}
