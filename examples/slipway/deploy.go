package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

func newDeploy() *cobra.Command {
	var (
		selected selection
		cluster  clusterFlags
		timeout  time.Duration
		wait     bool
		sequence int64
		commit   string
		takeFrom []string
		how      apply.Options
	)
	cmd := &cobra.Command{
		Use:   "deploy",
		Short: "Render services and bring them to the cluster",
		Example: `  slipway deploy --app shoppingapp --service shoppingapp-home --set image_id=repo/home:21
  slipway deploy --root k8s -e "image_id=repo/home:21 app_name=shoppingapp service_name=shoppingapp-home"
  slipway deploy --app shoppingapp --all --values prod.yml -n shop --timeout 10m`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, root, err := selected.deployer(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer root.Close()
			out := newPrinter(cmd)
			if sequence < 0 {
				return usagef("--sequence %d: want a build number", sequence)
			}
			d.Sequence, d.Commit, d.TakeFrom = sequence, commit, takeFrom
			d.Apply = how
			d.Apply.NoWait, d.Apply.OnEvent = !wait, out.event
			if d.Cluster, d.Apply.Namespace, err = cluster.load(); err != nil {
				return err
			}
			if timeout <= 0 {
				return usagef("--timeout %s: want a time, such as 5m", timeout)
			}
			ctx, cancel := context.WithTimeoutCause(cmd.Context(), timeout,
				fmt.Errorf("--timeout %s is over", timeout))
			defer cancel()
			return deploy(ctx, d, out)
		},
	}
	selected.register(cmd)
	cluster.register(cmd)
	flags := cmd.Flags()
	flags.DurationVar(&timeout, "timeout", 5*time.Minute, "limit for the whole deploy, waiting included")
	flags.BoolVar(&wait, "wait", true, "wait until the rollouts are complete")
	flags.BoolVar(&how.KeepFailed, "keep-failed", false, "leave a service whose deploy failed as it then is")
	flags.StringArrayVar(&how.Adopt, "adopt", nil,
		"field `manager` to take fields over from, such as OpenAPI-Generator (Ansible); may be repeated")
	flags.Int64Var(&sequence, "sequence", 0,
		"build `number`: routes of an older build never replace those of a newer one")
	flags.StringArrayVar(&takeFrom, "take-from", nil,
		"`service` whose routes are taken over where the deployed one declares them, too; may be repeated")
	flags.StringVar(&commit, "commit", "", "`revision` of the tree, to be recorded")
	flags.StringVar(&how.User, "user", "", "`name` of who deploys, to be recorded")
	flags.IntVar(&how.PrunePercent, "prune-percent", 0,
		"largest `share` of a service's objects that may be deleted since no template makes them any more; "+
			"default 50, -1 deletes none")
	flags.StringArrayVar(&how.Recreate, "recreate", nil,
		"`kind`, such as Job, that is deleted and created when a field changes that cannot; may be repeated")
	return cmd
}

// deploy deploys and prints what became of it.
func deploy(ctx context.Context, d *slipway.Deployer, out *printer) error {
	start := time.Now()
	result, err := d.Deploy(ctx)
	out.warnings(result.Warnings)
	out.changes(result, time.Since(start))
	return err
}
