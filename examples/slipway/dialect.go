package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/spf13/pflag"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
)

// dialectFlags are the flags for the languages of templates.
type dialectFlags struct {
	dialect string
	env     []string
}

func (f *dialectFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.dialect, "dialect", string(render.Go),
		"`language` of templates that end neither in .j2, Jinja's, nor in .tmpl, Go's: go or jinja")
	flags.StringArrayVar(&f.env, "lookup-env", nil,
		"`name` of an environment variable that lookup('env') of Jinja templates may see; may be repeated")
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

// warnOnce returns what prints each warning once.
func warnOnce(log io.Writer) func(*render.Error) {
	var printed sync.Map
	return func(warning *render.Error) {
		if _, again := printed.LoadOrStore(warning.Error(), true); !again {
			fmt.Fprintf(log, "warning: %v\n", warning)
		}
	}
}
