package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newLint() *cobra.Command {
	var selected selection
	cmd := &cobra.Command{
		Use:   "lint",
		Short: "Find routes that conflict, hide each other or lead nowhere",
		Long: `Find routes that conflict, hide each other or lead nowhere, with the templates that say
so. All services are taken unless --service names some.

Exit status: 0 if there are warnings at most, 1 if there is an error.`,
		Example: `  slipway lint --root k8s --app shoppingapp
  slipway lint --playbook deploy_k8s.yml`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, root, err := selected.tree(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer root.Close()
			findings, err := d.Lint(cmd.Context())
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
