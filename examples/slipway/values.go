package main

import (
	"errors"
	"fmt"
	"io"
	"os"

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
	v.ReadFile, v.Decrypt = readFile, decrypt
	given, err := values.Parse(v.Args)
	if arg := (*values.ArgError)(nil); errors.As(err, &arg) {
		return nil, usageError{err}
	}
	return given, err
}

// maxFile bounds the bytes of a file of values, or of one that --set-file names.
const maxFile = 8 << 20

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	err = errors.Join(err, file.Close())
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s has over %d MiB, the bound", name, maxFile>>20)
	}
	return data, err
}
