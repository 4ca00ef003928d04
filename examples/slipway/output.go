package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/ingress"
)

// An outputFlag says what the routes become.
type outputFlag string

func (f *outputFlag) register(cmd *cobra.Command) {
	cmd.Flags().StringVar((*string)(f), "routes", "ingress",
		"what the routes become: ingress, one for the app, or httproute, the Gateway API's, for each service")
}

func (f *outputFlag) parse() (ingress.Output, error) {
	for _, output := range []ingress.Output{ingress.OutputIngress, ingress.OutputHTTPRoute} {
		if strings.EqualFold(string(*f), string(output)) {
			return output, nil
		}
	}
	return "", usagef("--routes %q: want ingress or httproute", *f)
}
