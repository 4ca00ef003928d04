package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ingress"
)

var formats = []string{
	string(ingress.Text), string(ingress.JSON), string(ingress.Mermaid), string(ingress.DOT),
	string(ingress.SVG),
}

// routesFlags are those of the command, but for what it selects.
type routesFlags struct {
	cluster    clusterFlags
	format     string
	live, diff bool
}

func newRoutes() *cobra.Command {
	var selected selection
	var how routesFlags
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "Print or draw which path leads to which service, and who says so",
		Long: `Print or draw which path leads to which service and workload, and who says so, as
the tree has it or, with --live, the cluster. Ports and workloads are those of the
tree in both. All services are taken unless --service names some.

--diff prints how the two differ: + is only in the tree, - only on the cluster, where
what was added by hand stays, ~ leads elsewhere there.`,
		Example: `  slipway routes --root k8s --app shoppingapp
  slipway routes --app shoppingapp -o svg
  slipway routes --app shoppingapp --live -n shop
  slipway routes --app shoppingapp --diff -n shop`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := how.check(selected); err != nil {
				return err
			}
			d, root, err := selected.tree(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer root.Close()
			return routes(cmd, d, how)
		},
	}
	selected.register(cmd)
	selected.from.cluster = &how.cluster
	how.cluster.register(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&how.format, "output", "o", formats[0], strings.Join(formats, ", "))
	flags.BoolVar(&how.live, "live", false, "those of the app's Ingress on the cluster")
	flags.BoolVar(&how.diff, "diff", false, "how those of the tree differ from those on the cluster")
	return cmd
}

func (f routesFlags) check(selected selection) error {
	switch {
	case !slices.Contains(formats, f.format):
		return usagef("-o %q: want %s", f.format, strings.Join(formats, ", "))
	case f.diff && (f.live || f.format != formats[0]):
		return usagef("--diff compares tree and cluster as text: leave out --live and -o")
	case (f.diff || f.live) && len(selected.services) > 0:
		return usagef("--live and --diff are about the whole app: leave out --service")
	}
	return nil
}

func routes(cmd *cobra.Command, d *slipway.Deployer, how routesFlags) error {
	merged, err := d.Render(cmd.Context())
	if err != nil {
		return err
	}
	newPrinter(cmd).warnings(merged.Warnings)
	shown := merged.Routes
	if how.live || how.diff {
		if d.Cluster, d.Apply.Namespace, err = how.cluster.load(); err != nil {
			return err
		}
		if shown, err = d.LiveRoutes(cmd.Context()); err != nil {
			return err
		}
	}
	if how.diff {
		for _, difference := range ingress.Diff(shown, merged.Routes) {
			fmt.Fprintln(cmd.OutOrStdout(), difference)
		}
		return nil
	}
	m := ingress.NewMap(shown, merged.Objects)
	return ingress.Draw(cmd.OutOrStdout(), m, ingress.Format(how.format))
}
