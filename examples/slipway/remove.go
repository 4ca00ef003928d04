package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
)

func newRemove() *cobra.Command {
	var (
		d       slipway.Deployer
		service string
		cluster clusterFlags
		timeout time.Duration
	)
	cmd := &cobra.Command{
		Use:   "remove",
		Short: "Take a service off the cluster: its routes, its objects, its record",
		Long: `Take a service off the cluster: first its routes, so that no new request comes; then,
after --drain, its objects; last its record. What holds data is kept, such as volume
claims. The service's directory is not looked at: it may be gone.`,
		Example: `  slipway remove --app shoppingapp --service shoppingapp-mens
  slipway remove --app shoppingapp --service shoppingapp-mens -n shop --drain 30s`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			switch {
			case d.App == "":
				return usagef("no app: name one with --app")
			case service == "":
				return usagef("no service: name one with --service")
			case timeout <= 0:
				return usagef("--timeout %s: want a time, such as 5m", timeout)
			}
			if d.Apply.Drain <= 0 {
				d.Apply.Drain = -1
			}
			out := newPrinter(cmd)
			d.Apply.OnEvent = out.event
			if d.Cluster, d.Apply.Namespace, err = cluster.load(); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeoutCause(cmd.Context(), timeout,
				fmt.Errorf("--timeout %s is over", timeout))
			defer cancel()
			start := time.Now()
			result, err := d.Remove(ctx, service)
			out.changes(result, time.Since(start))
			return err
		},
	}
	cluster.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&d.App, "app", "", "app of the service")
	flags.StringVar(&service, "service", "", "service to remove")
	flags.DurationVar(&timeout, "timeout", 5*time.Minute, "limit for the whole removal")
	flags.DurationVar(&d.Apply.Drain, "drain", 10*time.Second,
		"`time` between taking the routes away and deleting the objects")
	return cmd
}
