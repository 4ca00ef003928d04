package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/slipway-go/slipway/layouts/playbook"
)

// playbookFlags are the flag for a playbook to deploy from, in place of a root, and the
// other flags, if there are any, for which it has defaults.
type playbookFlags struct {
	name    string
	given   func(flag string) bool
	cluster *clusterFlags
	timeout *timeoutFlag
}

func (f *playbookFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.name, "playbook", "",
		"Ansible `playbook` to deploy from in place of --root, by the layout that import makes of it")
	f.given = flags.Changed
}

// playbook returns the layout that the playbook implies, and selects what the caller's
// values, or else the playbook, say. What is not carried over goes to log.
func (s *selection) playbook(values map[string]any, log io.Writer) (fs.FS, error) {
	p := &s.from
	for _, flag := range []string{"root", "env"} {
		if p.given(flag) {
			return nil, usagef("--playbook and --%s do not go together: "+
				"write the layout with slipway import, and deploy that", flag)
		}
	}
	plan, dir, err := importPlan(p.name, playbook.Options{
		App: cmp.Or(s.app, text(values["app_name"])), Service: text(values["service_name"]),
	})
	if plan != nil && s.strict {
		err = errors.Join(err, refuseLeft(plan))
	} else if plan != nil {
		writeLeft(log, plan)
	}
	if err != nil {
		return nil, err
	}
	deploy, err := plan.Choose(s.app, values)
	if err != nil {
		return nil, usageError{err}
	}
	s.root, s.app = dir, deploy.App
	s.choose(deploy, values)
	return plan.FS(), p.defaults(deploy)
}

// choose selects the services that the values name, or all if the playbook deploys all.
func (s *selection) choose(deploy playbook.Deploy, values map[string]any) {
	if len(s.services) > 0 || s.all {
		return
	}
	if service := deploy.Service(values); service != "" {
		s.services = []string{service}
		return
	}
	s.all = text(values["service_name"]) == "" && !deploy.PerService
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func writeLeft(log io.Writer, plan *playbook.Plan) {
	for _, l := range plan.Left {
		fmt.Fprintf(log, "left: %s\n", l)
	}
}

// refuseLeft returns what is not carried over as an error.
func refuseLeft(plan *playbook.Plan) error {
	var errs []error
	for _, l := range plan.Left {
		errs = append(errs, fmt.Errorf("%s (--strict)", l))
	}
	return errors.Join(errs...)
}

// defaults sets what the playbook says of where to deploy to, and for how long, where no flag
// does.
func (f *playbookFlags) defaults(d playbook.Deploy) error {
	if rest, ok := strings.CutPrefix(d.Kubeconfig, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return fmt.Errorf("kubeconfig %s: %w: name it with --kubeconfig", d.Kubeconfig, err)
		}
		d.Kubeconfig = filepath.Join(home, rest)
	}
	if c := f.cluster; c != nil {
		c.kubeconfig = cmp.Or(c.kubeconfig, d.Kubeconfig)
		c.context = cmp.Or(c.context, d.Context)
		c.namespace = cmp.Or(c.namespace, d.Namespace)
	}
	if f.timeout != nil && d.Timeout > 0 && !f.given("timeout") {
		*f.timeout = timeoutFlag(time.Duration(d.Timeout) * time.Second)
	}
	return nil
}
