package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
)

func newRemove() *cobra.Command {
	var (
		named   serviceFlags
		timeout timeoutFlag
		how     reportFlags
		confirm confirmFlags
		drain   time.Duration
	)
	cmd := &cobra.Command{
		Use:   "remove",
		Short: "Take a service off the cluster: its routes, its objects, its record",
		Long: `Take a service off the cluster: first its routes, so that no new request comes; then,
after --drain, its objects; last its record. What holds data is kept, such as volume
claims. The service's directory is not looked at: it may be gone.

On a terminal, it asks first.`,
		Example: `  slipway remove --app shoppingapp --service shoppingapp-mens
  slipway remove --app shoppingapp --service shoppingapp-mens -n shop --drain 30s --yes`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := named.deployer()
			if err != nil {
				return err
			}
			if d.Apply.Drain = drain; drain <= 0 {
				d.Apply.Drain = -1
			}
			question := "Remove " + named.service + " from namespace " + d.Apply.Namespace + "?"
			if err := confirm.ask(cmd, question); err != nil {
				return err
			}
			job := job{verb: "remove", d: d, report: how, timeout: timeout}
			return job.run(cmd, func(d *slipway.Deployer, ctx context.Context) (*slipway.Result, error) {
				return d.Remove(ctx, named.service)
			})
		},
	}
	named.register(cmd)
	timeout.register(cmd, "limit for the whole removal")
	how.register(cmd)
	confirm.registerYes(cmd)
	cmd.Flags().DurationVar(&drain, "drain", 10*time.Second,
		"`time` between taking the routes away and deleting the objects")
	return cmd
}

// serviceFlags name a service on the cluster; no tree is needed.
type serviceFlags struct {
	cluster      clusterFlags
	app, service string
}

func (f *serviceFlags) register(cmd *cobra.Command) {
	f.cluster.register(cmd)
	cmd.Flags().StringVar(&f.app, "app", "", "app of the service")
	cmd.Flags().StringVar(&f.service, "service", "", "service of the app")
}

// deployer returns a Deployer for the service's app.
func (f *serviceFlags) deployer() (d *slipway.Deployer, err error) {
	switch {
	case f.app == "":
		return nil, usagef("no app: name one with --app")
	case f.service == "":
		return nil, usagef("no service: name one with --service")
	}
	d = &slipway.Deployer{App: f.app}
	d.Cluster, d.Apply.Namespace, err = f.cluster.load()
	return d, err
}
