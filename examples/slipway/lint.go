package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

func newLint() *cobra.Command {
	var selected selection
	cmd := &cobra.Command{
		Use:   "lint",
		Short: "Find routes that conflict, hide each other or lead nowhere",
		Long: `Find routes that conflict, hide each other or lead nowhere, with the templates that say
so. All services are taken unless --service names some.

Exit status: 0 if there are warnings at most, 1 if there is an error.`,
		Example: `  slipway lint --root k8s --app shoppingapp`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, root, err := selected.tree()
			if err != nil {
				return err
			}
			defer root.Close()
			findings, err := lint(cmd.Context(), d)
			if err != nil {
				return err
			}
			failed := 0
			for _, f := range findings {
				fmt.Fprintln(cmd.OutOrStdout(), f)
				if f.Error {
					failed++
				}
			}
			sum := fmt.Sprintf("errors: %d, warnings: %d", failed, len(findings)-failed)
			if failed > 0 {
				return errors.New(sum)
			}
			fmt.Fprintln(cmd.OutOrStdout(), sum)
			return nil
		},
	}
	selected.register(cmd)
	return cmd
}

// lint is Render with Lint in the place of Merge, which gives up at conflicts.
func lint(ctx context.Context, d *slipway.Deployer) ([]ingress.Finding, error) {
	app, err := layouts.Load(d.Root, d.App)
	if err != nil {
		return nil, err
	}
	opts := render.Options{Services: d.Services, Values: d.Values}
	objs, err := render.App(ctx, app, opts)
	if err != nil {
		return nil, err
	}
	merge := ingress.Options{Output: d.Output, PathType: d.PathType}
	if len(d.Services) > 0 {
		merge.Partial = true
		merge.Services, merge.Incomplete = render.Owners(ctx, app, opts)
	}
	return ingress.Lint(app.Name, objs, merge)
}
