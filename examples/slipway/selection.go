package main

import (
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/render/values"
)

// A selection is the flags that say what to deploy.
type selection struct {
	root        string
	from        playbookFlags
	app         string
	services    []string
	all         bool
	orAll       bool // if none is named
	environment string
	pathType    string
	strict      bool
	output      outputFlag
	values      valueFlags
	dialect     dialectFlags
}

func (s *selection) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.root, "root", "k8s", "directory that holds the apps")
	s.from.register(flags)
	flags.StringVar(&s.app, "app", "", "app to deploy: a directory of the root")
	flags.StringArrayVar(&s.services, "service", nil, "service of the app; may be repeated")
	flags.BoolVar(&s.all, "all", false, "every service of the app")
	flags.StringVar(&s.environment, "env", "",
		"`environment`: a directory of the app's overlays/, with a vars.yml, a kustomization.yaml, or both")
	flags.StringVar(&s.pathType, "path-type", "preserve",
		"`type` of paths without one in an Ingress of v1beta1: preserve, which is by class, or prefix")
	flags.BoolVar(&s.strict, "strict", false,
		"fail where the Ingress asks for what the cluster does not have, such as a class, or "+
			"a playbook has what is not carried over, instead of warning")
	s.output.register(cmd)
	s.values.register(flags)
	s.dialect.register(flags)
	s.completeTree(cmd)
}

// any reports whether a flag selects something.
func (s *selection) any() bool {
	return s.app != "" || s.from.name != "" || len(s.services) > 0 || len(s.values.Extra) > 0
}

// deployer returns a Deployer for what was selected; the root is to be closed. Warnings
// of templates go to log.
func (s *selection) deployer(log io.Writer) (*slipway.Deployer, io.Closer, error) {
	decrypt, err := s.dialect.decrypter()
	if err != nil {
		return nil, nil, err
	}
	given, err := s.values.load(decrypt)
	if err != nil {
		return nil, nil, err
	}
	tree, root, err := s.open(given.Values, log)
	if err != nil {
		return nil, nil, err
	}
	d, err := s.deployerOf(tree, given, log)
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	d.Decrypt = decrypt
	return d, root, nil
}

// open returns the tree to deploy from, and selects what values say.
func (s *selection) open(values map[string]any, log io.Writer) (fs.FS, io.Closer, error) {
	if s.from.name != "" {
		tree, err := s.playbook(values, log)
		return tree, io.NopCloser(nil), err
	}
	root, err := os.OpenRoot(s.root)
	if err != nil {
		return nil, nil, usagef("--root: %w: name the directory that holds the apps", err)
	}
	return root.FS(), root, nil
}

// deployerOf returns a Deployer from a tree.
func (s *selection) deployerOf(
	tree fs.FS, given *values.Given, log io.Writer,
) (*slipway.Deployer, error) {
	if err := s.fromValues(given.Values); err != nil {
		return nil, err
	}
	output, err := s.output.parse()
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"preserve", "prefix"}, s.pathType) {
		return nil, usagef("--path-type %q: want preserve or prefix", s.pathType)
	}
	d := &slipway.Deployer{
		Root: tree, App: s.app, Services: s.services, Environment: s.environment,
		Values: given.Values, Origins: given.Origins,
		PathType: s.pathType, Strict: s.strict, Output: output,
	}
	return d, s.dialect.apply(d, tree, log)
}

// fromValues takes app and service from app_name and service_name, as
// ansible-playbook got them, where no flag says.
func (s *selection) fromValues(values map[string]any) error {
	if app, ok := values["app_name"].(string); ok && s.app == "" {
		s.app = app
	}
	service, ok := values["service_name"].(string)
	if ok && len(s.services) == 0 && !s.all {
		s.services = []string{service}
	}
	s.all = s.all || s.orAll && len(s.services) == 0
	if len(s.services) == 1 && s.services[0] == service {
		delete(values, "service_name") // it selects; the layout says it of the other services too
	}
	switch {
	case s.app == "":
		return usagef("no app: name one with --app, or -e app_name=…")
	case s.all && len(s.services) > 0:
		return usagef("--all and --service contradict each other: keep one")
	case !s.all && len(s.services) == 0:
		return usagef("no service: name one with --service, or -e service_name=…, or take --all")
	}
	return nil
}
