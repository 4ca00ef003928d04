package main

import (
	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
)

// set gives a component its flags as its command line would. They are its stable,
// documented interface; the fields behind them are not.
func set(sets cliflag.NamedFlagSets, args ...string) error {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, flags := range sets.FlagSets {
		all.AddFlagSet(flags)
	}
	return all.Parse(args)
}
