package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/render"
)

func newHistory() *cobra.Command {
	var (
		named    serviceFlags
		form     tableFlag
		timeout  timeoutFlag
		revision int
	)
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List the last revisions of a service, or print the objects of one",
		Long: `List the last ten revisions of a service, newest first: when, which images, of which
commit, by whom. --revision prints the objects of one as they were sent; values of
Secrets are not recorded.`,
		Example: `  slipway history --app shoppingapp --service shoppingapp-home
  slipway history --app shoppingapp --service shoppingapp-home --revision 3
  slipway history --app shoppingapp --service shoppingapp-home -n shop -o json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := form.check(); err != nil {
				return err
			}
			d, err := named.deployer()
			if err != nil {
				return err
			}
			ctx, cancel, err := timeout.context(cmd)
			if err != nil {
				return err
			}
			defer cancel()
			if revision != 0 {
				found, err := d.Revision(ctx, named.service, revision)
				if err != nil {
					return err
				}
				return render.Write(cmd.OutOrStdout(), found.Objects, render.YAML)
			}
			all, err := d.History(ctx, named.service)
			if err != nil {
				return err
			}
			return form.write(cmd, all, func(w io.Writer) { writeHistory(w, all) })
		},
	}
	named.register(cmd)
	form.register(cmd)
	timeout.register(cmd, "limit for all requests")
	cmd.Flags().IntVar(&revision, "revision", 0, "`number` of the revision whose objects to print")
	return cmd
}

func writeHistory(w io.Writer, all []apply.Revision) {
	fmt.Fprintln(w, "REVISION\tTIME\tOBJECTS\tCOMMIT\tUSER\tIMAGES")
	for _, r := range all {
		fmt.Fprintf(w, "%d\t%s\t%d\t%s\t%s\t%s\n", r.Number, r.Time.Format(time.RFC3339), len(r.Objects),
			cmp.Or(r.Commit, "-"), cmp.Or(r.User, "-"), strings.Join(r.Images, ", "))
	}
}

func newRollback() *cobra.Command {
	var (
		named   serviceFlags
		timeout timeoutFlag
		how     reportFlags
		confirm confirmFlags
	)
	cmd := &cobra.Command{
		Use:   "rollback [REVISION]",
		Short: "Apply a recorded revision of a service again, routes included",
		Long: `Apply a recorded revision of a service again, routes included: the one before the newest
if none is named. It becomes the newest revision itself. Secrets stay as they are.

On a terminal, rollback shows the plan and asks first, as deploy does.

` + exitHelp,
		Example: `  slipway rollback --app shoppingapp --service shoppingapp-home
  slipway rollback 3 --app shoppingapp --service shoppingapp-home -n shop --yes`,
		Args: func(cmd *cobra.Command, args []string) error { return noArgs(cmd, args[min(len(args), 1):]) },
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := revisionOf(args)
			if err != nil {
				return err
			}
			d, err := named.deployer()
			if err != nil {
				return err
			}
			job := job{verb: "rollback", d: d, report: how, timeout: timeout}
			err = confirm.plan(cmd, job, func(d *slipway.Deployer, ctx context.Context) (*slipway.Result, error) {
				return d.PlanRollback(ctx, named.service, number)
			})
			if err != nil {
				return err
			}
			return job.run(cmd, func(d *slipway.Deployer, ctx context.Context) (*slipway.Result, error) {
				return d.Rollback(ctx, named.service, number)
			})
		},
	}
	named.register(cmd)
	timeout.register(cmd, "limit for the whole run, waiting included")
	how.register(cmd)
	confirm.register(cmd)
	return cmd
}

func revisionOf(args []string) (int, error) {
	if len(args) == 0 {
		return 0, nil
	}
	number, err := strconv.Atoi(args[0])
	if err != nil || number <= 0 {
		return 0, usagef("revision %q: want a number that 'slipway history' lists", args[0])
	}
	return number, nil
}
