package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
)

func newPlan() *cobra.Command {
	var f deployFlags
	var exit bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what deploy would change, and change nothing",
		Long: `Show what deploy would change, object by object, as kubectl diff does. The cluster is
asked with dry runs; nothing is changed. Values of Secrets are not shown.

` + exitHelp,
		Example: `  slipway plan --app shoppingapp --service shoppingapp-home --set image_id=repo/home:21
  slipway plan --app shoppingapp --all --set image_id=repo/home:21 --exit-code
  slipway plan --app shoppingapp --all --set image_id=repo/home:21 -o json
  slipway plan --playbook deploy_k8s.yml -e "image_id=repo/a:21 app_name=a service_name=b"
  slipway plan --app shoppingapp --all --set image_id=repo/home:21 --report report.html`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd, job{verb: "plan", plan: true}, func(j job) error {
				changed := false
				err := j.run(cmd, func(d *slipway.Deployer, ctx context.Context) (*slipway.Result, error) {
					result, err := d.Plan(ctx)
					changed = result.Changed()
					return result, err
				})
				if err == nil && exit && changed {
					return errPending
				}
				return err
			})
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&exit, "exit-code", false, "end with status 3 if there is something to change")
	return cmd
}
