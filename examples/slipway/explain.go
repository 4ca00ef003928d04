package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ingress"
)

func newExplain() *cobra.Command {
	var selected selection
	cmd := &cobra.Command{
		Use:   "explain URL",
		Short: "Tell which service answers a URL, and why no other does",
		Long: `Tell which service answers a URL by the tree's routes, in the words of the Kubernetes
specification, why the other rules lose, and where Traefik 3, ingress-nginx and Gateway
API do otherwise. All services are taken unless --service names some.`,
		Example: `  slipway explain shop.example.com/kids --root k8s --app shoppingapp
  slipway explain https://app.shoppingapp.com/home/cart --app shoppingapp`,
		Args: oneURL,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, root, err := selected.tree(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer root.Close()
			merged, err := d.Render(cmd.Context())
			if err != nil {
				return err
			}
			explanation, err := ingress.Explain(merged.Routes, args[0])
			if err != nil {
				return usageError{err}
			}
			newPrinter(cmd).warnings(merged.Warnings)
			_, err = fmt.Fprint(cmd.OutOrStdout(), explanation)
			return err
		},
	}
	selected.register(cmd)
	return cmd
}

func oneURL(cmd *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return usagef("no URL: name one, such as shop.example.com/kids")
	case 1:
		return nil
	}
	return noArgs(cmd, args[1:])
}

// tree is deployer for commands that only look at the routes: all services are
// taken unless some are named, and the image, on which routes do not depend, need
// not be.
func (s *selection) tree(log io.Writer) (*slipway.Deployer, io.Closer, error) {
	s.orAll = true
	d, root, err := s.deployer(log)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := d.Values["image_id"]; !ok {
		d.Values["image_id"] = "any"
	}
	return d, root, nil
}
