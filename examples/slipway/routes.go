package main

import (
	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/ingress"
)

func newRoutes() *cobra.Command {
	var selected selection
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "Print which path leads to which service, and who says so",
		Long: `Print which path leads to which service, and who says so, as the tree has it.
All services are taken unless --service names some.`,
		Example: `  slipway routes --root k8s --app shoppingapp`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			selected.all = selected.all || len(selected.services) == 0
			d, closeRoot, err := selected.deployer()
			if err != nil {
				return err
			}
			defer closeRoot()
			if _, ok := d.Values["image_id"]; !ok {
				d.Values["image_id"] = "any" // routes do not depend on it, but templates want it
			}
			merged, err := d.Render(cmd.Context())
			if err != nil {
				return err
			}
			newPrinter(cmd).warnings(merged.Warnings)
			return ingress.WriteTable(cmd.OutOrStdout(), merged.Routes)
		},
	}
	selected.register(cmd)
	return cmd
}
