package main

import (
	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/render/schema"
)

// validation is the flags that say whether and how to validate objects.
type validation struct {
	by      string
	strict  bool
	cluster clusterFlags
}

// The schemas to validate by.
const (
	offline = "offline"
	live    = "live"
)

func (v *validation) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&v.by, "validate", "",
		"validate the objects `by` the schemas of Kubernetes 1.37, offline, or by the cluster's, with =live")
	flags.Lookup("validate").NoOptDefVal = offline
	flags.BoolVar(&v.strict, "validate-strict", false, "with --validate, fail on kinds that have no schema")
	v.cluster.register(cmd)
}

// run validates, prints warnings, and returns what is wrong.
func (v *validation) run(cmd *cobra.Command, d *slipway.Deployer) error {
	opts := schema.Options{Strict: v.strict}
	switch v.by {
	case "":
		return nil
	case offline:
	case live:
		var err error
		if d.Cluster, _, err = v.cluster.load(); err != nil {
			return err
		}
		if opts.OpenAPI, err = d.OpenAPI(cmd.Context()); err != nil {
			return err
		}
	default:
		return usagef("--validate=%s: want %s or %s", v.by, offline, live)
	}
	warnings, err := d.Validate(cmd.Context(), opts)
	newPrinter(cmd).warnings(warnings)
	return err
}
