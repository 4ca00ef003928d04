package main

import (
	"errors"
	"os"

	"github.com/spf13/pflag"

	"github.com/slipway-go/slipway/render/values"
)

// valueFlags are the flags that set values. Later ones in the order of the fields win.
type valueFlags struct{ values.Args }

func (v *valueFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&v.Files, "values", nil, "YAML `file` with values")
	flags.StringArrayVarP(&v.Extra, "extra-vars", "e", nil,
		`values as ansible-playbook takes them: "k=v k=v", a map in braces (JSON or YAML), or @file`)
	flags.StringArrayVar(&v.Set, "set", nil, "values as `name=text`, with a.b and a[0] for names, commas "+
		`between pairs, {a,b} for a list, and \ before a comma of the text; always text`)
	flags.StringArrayVar(&v.SetFile, "set-file", nil, "value as `name=file`, which holds the text")
	flags.StringArrayVar(&v.SetJSON, "set-json", nil, "value as `name=JSON`")
}

func (v *valueFlags) load() (*values.Given, error) {
	v.ReadFile = os.ReadFile
	given, err := values.Parse(v.Args)
	if arg := (*values.ArgError)(nil); errors.As(err, &arg) {
		return nil, usageError{err}
	}
	return given, err
}
