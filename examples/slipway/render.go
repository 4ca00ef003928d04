package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

func newRender() *cobra.Command {
	var selected selection
	var valid validation
	var format string
	var show bool
	cmd := &cobra.Command{
		Use:   "render",
		Short: "Print the objects that deploy would apply, the app's routes included",
		Example: `  slipway render --app shoppingapp --service shoppingapp-home --set image_id=repo/home:21
  slipway render --app shoppingapp --all --set image_id=x -o json
  slipway render --app shoppingapp --all --set image_id=repo/app:1 --validate
  slipway render --app shoppingapp --all --show-values
  slipway render --playbook deploy_k8s.yml --all --set image_id=repo/app:1`,
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
			if show {
				return showValues(cmd.OutOrStdout(), d)
			}
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
	selected.from.cluster = &valid.cluster
	valid.register(cmd)
	cmd.Flags().BoolVar(&show, "show-values", false,
		"print the values instead, and where each was set; *** stands for what was encrypted")
	cmd.Flags().StringVarP(&format, "output", "o", "yaml", "yaml, with the sources as comments, or json")
	return cmd
}

// showValues writes the values of the services, those of each under its name.
func showValues(w io.Writer, d *slipway.Deployer) error {
	app, err := layouts.Load(d.Root, d.App)
	if err != nil {
		return err
	}
	services, err := app.Select(d.Services...)
	if err != nil {
		return err
	}
	for _, s := range services {
		leaves, err := render.Leaves(app, s.Name, render.Options{
			Environment: d.Environment, Values: d.Values, Origins: d.Origins, Decrypt: d.Decrypt,
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "# %s\n", s.Name)
		for _, leaf := range leaves {
			fmt.Fprintf(w, "%s\n", leaf)
		}
	}
	return nil
}
