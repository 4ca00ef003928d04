package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
	"github.com/slipway-go/slipway/render/vault"
)

// dialectFlags are the flags for the languages of templates.
type dialectFlags struct {
	dialect   string
	env       []string
	passwords []string // files
	vaultIDs  []string
}

func (f *dialectFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.dialect, "dialect", string(render.Go),
		"`language` of templates that end neither in .j2, Jinja's, nor in .tmpl, Go's: go or jinja")
	flags.StringArrayVar(&f.env, "lookup-env", nil,
		"`name` of an environment variable that lookup('env') of Jinja templates may see; may be repeated")
	flags.StringArrayVar(&f.passwords, "vault-password-file", nil,
		"`file` with the password of values that Ansible Vault encrypted; may be repeated")
	flags.StringArrayVar(&f.vaultIDs, "vault-id", nil,
		"`label@file`: a file with the password of a vault ID; may be repeated")
}

// apply sets what the flags say; warnings go to log.
func (f *dialectFlags) apply(d *slipway.Deployer, root fs.FS, log io.Writer) error {
	d.Dialect = render.Dialect(f.dialect)
	if !slices.Contains([]render.Dialect{render.Go, render.Jinja}, d.Dialect) {
		return usagef("--dialect %q: want go or jinja", f.dialect)
	}
	env := map[string]string{}
	for _, name := range f.env {
		env[name] = os.Getenv(name)
	}
	d.Jinja = jinja.New(jinja.Options{FS: root, Env: env, Warn: warnOnce(log)})
	return nil
}

// decrypter returns what decrypts files of values.
func (f *dialectFlags) decrypter() (func(layouts.File) (layouts.File, error), error) {
	var passwords []vault.Password
	for _, name := range f.passwords {
		p, err := readPassword("--vault-password-file", "", name)
		if err != nil {
			return nil, err
		}
		passwords = append(passwords, p)
	}
	for _, arg := range f.vaultIDs {
		id, name, ok := strings.Cut(arg, "@")
		if !ok || name == "" || name == "prompt" {
			return nil, usagef("--vault-id %q: want label@file", arg)
		}
		p, err := readPassword("--vault-id", id, name)
		if err != nil {
			return nil, err
		}
		passwords = append(passwords, p)
	}
	return vault.Decrypter(passwords...), nil
}

func readPassword(flag, id, name string) (vault.Password, error) {
	data, err := os.ReadFile(name)
	text := strings.TrimSpace(string(data))
	switch {
	case err != nil:
		return vault.Password{}, fmt.Errorf("%s: %w", flag, err)
	case strings.HasPrefix(text, "#!"):
		return vault.Password{}, fmt.Errorf("%s: %s is a script, which is not run: "+
			"write what it prints into a file", flag, name)
	case text == "":
		return vault.Password{}, fmt.Errorf("%s: %s is empty", flag, name)
	}
	return vault.Password{ID: id, Text: text}, nil
}

// warnOnce returns what prints each warning once.
func warnOnce(log io.Writer) func(*render.Error) {
	var printed sync.Map
	return func(warning *render.Error) {
		if _, again := printed.LoadOrStore(warning.Error(), true); !again {
			fmt.Fprintf(log, "warning: %v\n", warning)
		}
	}
}
