package main

import (
	"errors"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"github.com/slipway-go/slipway/layouts"
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

// load reads the values; decrypt is for the files of them.
func (v *valueFlags) load(decrypt func(layouts.File) (layouts.File, error)) (*values.Given, error) {
	v.ReadFile = func(name string) ([]byte, error) {
		data, err := os.ReadFile(name)
		if err != nil || !slices.Contains(v.Files, name) && !slices.Contains(v.Extra, "@"+name) {
			return data, err
		}
		plain, err := decrypt(layouts.File{Path: name, Data: data})
		return plain.Data, err
	}
	given, err := values.Parse(v.Args)
	if arg := (*values.ArgError)(nil); errors.As(err, &arg) {
		return nil, usageError{err}
	}
	return given, err
}
