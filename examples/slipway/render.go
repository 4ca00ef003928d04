package main

import (
	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/render"
)

func newRender() *cobra.Command {
	var selected selection
	var valid validation
	var format string
	cmd := &cobra.Command{
		Use:   "render",
		Short: "Print the objects that deploy would apply, the app's routes included",
		Example: `  slipway render --app shoppingapp --service shoppingapp-home --set image_id=repo/home:21
  slipway render --app shoppingapp --all --set image_id=x -o json
  slipway render --app shoppingapp --all --set image_id=repo/app:1 --validate`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			write := map[string]render.Format{"yaml": render.YAML, "json": render.JSON}
			f, ok := write[format]
			if !ok {
				return usagef("-o %q: want yaml or json", format)
			}
			d, root, err := selected.deployer(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer root.Close()
			if err := valid.run(cmd, d); err != nil {
				return err
			}
			merged, err := d.Render(cmd.Context())
			if err != nil {
				return err
			}
			newPrinter(cmd).warnings(merged.Warnings)
			return render.Write(cmd.OutOrStdout(), merged.Objects, f)
		},
	}
	selected.register(cmd)
	valid.register(cmd)
	cmd.Flags().StringVarP(&format, "output", "o", "yaml", "yaml, with the sources as comments, or json")
	return cmd
}
