package main

import (
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/apply/policy"
)

// deployFlags are what plan and deploy have in common: what to deploy, where, and how.
type deployFlags struct {
	selected selection
	cluster  clusterFlags
	timeout  timeoutFlag
	report   reportFlags
	page     pageFlag
	sequence int64
	commit   string
	takeFrom []string
	policy   string
	given    func(flag string) bool
	how      apply.Options
}

func (f *deployFlags) register(cmd *cobra.Command) {
	f.selected.register(cmd)
	f.selected.from.cluster, f.selected.from.timeout = &f.cluster, &f.timeout
	f.cluster.register(cmd)
	f.timeout.register(cmd, "limit for the whole run, waiting included")
	f.report.register(cmd)
	f.page.register(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.how.Adopt, "adopt", nil,
		"field `manager` to take fields over from, such as OpenAPI-Generator (Ansible); may be repeated")
	flags.Int64Var(&f.sequence, "sequence", 0,
		"build `number`: routes of an older build never replace those of a newer one")
	flags.StringArrayVar(&f.takeFrom, "take-from", nil,
		"`service` whose routes are taken over where the deployed one declares them, too; may be repeated")
	flags.StringVar(&f.commit, "commit", "", "`revision` of the tree, to be recorded")
	flags.StringVar(&f.how.User, "user", "", "`name` of who deploys, to be recorded")
	flags.IntVar(&f.how.PrunePercent, "prune-percent", 0,
		"largest `share` of a service's objects that may be deleted since no template makes them any more; "+
			"default 50, -1 deletes none")
	f.given = flags.Changed
	flags.StringVar(&f.policy, "policy", "",
		"`file` with what the tree may deploy, such as kinds, hosts and images; not one of the tree")
	flags.StringArrayVar(&f.how.Recreate, "recreate", nil,
		"`kind`, such as Job, that is deleted and created when a field changes that cannot; may be repeated")
}

// deployer returns a Deployer for the cluster; the root is to be closed. Warnings of
// templates go to log.
func (f *deployFlags) deployer(log io.Writer) (*slipway.Deployer, io.Closer, error) {
	if f.sequence < 0 {
		return nil, nil, usagef("--sequence %d: want a build number", f.sequence)
	}
	d, root, err := f.selected.deployer(log)
	if err != nil {
		return nil, nil, err
	}
	f.describe(d)
	d.Cluster, d.Apply.Namespace, err = f.cluster.load()
	if err == nil {
		d.Policy, err = f.loadPolicy()
	}
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	return d, root, nil
}

// describe gives d what the flags say of the run.
func (f *deployFlags) describe(d *slipway.Deployer) {
	d.Sequence, d.Commit, d.TakeFrom, d.Apply = f.sequence, f.commit, f.takeFrom, f.how
	d.Apply.Namespace = f.cluster.namespace
}

// loadPolicy reads the policy; nil if there is none.
func (f *deployFlags) loadPolicy() (*policy.Policy, error) {
	if f.policy == "" {
		if f.given("policy") {
			return nil, usagef("--policy: name a file; without the flag, the tree may deploy everything")
		}
		return nil, nil
	}
	data, err := os.ReadFile(f.policy)
	if err != nil {
		return nil, usagef("--policy: %w", err)
	}
	p, err := policy.Parse(data)
	if err != nil {
		return nil, usagef("--policy %s: %w", f.policy, err)
	}
	return p, nil
}

// run does the job, which it gives what the flags say. Whatever comes of it, also if they
// make no sense, is on the page.
func (f *deployFlags) run(cmd *cobra.Command, j job, do func(job) error) error {
	page, err := f.page.open()
	if err != nil {
		return err
	}
	j.page = page
	err = f.runOn(cmd, &j, do)
	if j.d == nil { // what is known without the cluster, or the tree
		j.d = &slipway.Deployer{App: f.selected.app}
		f.describe(j.d)
	}
	end := j.outcome()
	end.Err = err
	closeErr := page.close(end)
	if closeErr != nil && errors.Is(err, errPending) {
		return closeErr
	}
	return errors.Join(err, closeErr)
}

func (f *deployFlags) runOn(cmd *cobra.Command, j *job, do func(job) error) error {
	d, root, err := f.deployer(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer root.Close()
	j.d, j.report, j.timeout, j.root = d, f.report, f.timeout, f.selected.root
	return do(*j)
}

func newDeploy() *cobra.Command {
	var (
		f       deployFlags
		confirm confirmFlags
		wait    bool
	)
	cmd := &cobra.Command{
		Use:   "deploy",
		Short: "Render services and bring them to the cluster",
		Long: `Render services and bring them to the cluster, and wait for their rollouts.

With --playbook, it deploys what an Ansible playbook does that applies templates, as slipway
import would write it, but without writing it. What the playbook says of namespace, timeout,
kubeconfig and context holds where no flag does. What cannot be carried over is printed.

On a terminal, deploy shows the plan and asks first; --yes does neither. In a pipe or a
CI job nobody is asked; --plan shows the plan there, too, before it is carried out.

` + exitHelp,
		Example: `  slipway deploy --app shoppingapp --service shoppingapp-home --set image_id=repo/home:21
  slipway deploy --root k8s -e "image_id=repo/home:21 app_name=shoppingapp service_name=shoppingapp-home"
  slipway deploy --playbook deploy_k8s.yml --extra-vars "image_id=repo/a:21 app_name=a service_name=b"
  slipway deploy --app shoppingapp --all --values prod.yml -n shop --timeout 10m
  slipway deploy --app shoppingapp --all --set image_id=repo/home:21 --yes -o jsonl
  slipway deploy --app shoppingapp --all --set image_id=repo/home:21 --report report.html`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd, job{verb: "deploy"}, func(j job) error {
				j.d.Apply.NoWait = !wait
				if err := confirm.plan(cmd, j, (*slipway.Deployer).Plan); err != nil {
					return err
				}
				return j.run(cmd, (*slipway.Deployer).Deploy)
			})
		},
	}
	f.register(cmd)
	confirm.register(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&wait, "wait", true, "wait until the rollouts are complete")
	flags.BoolVar(&f.how.KeepFailed, "keep-failed", false,
		"leave a service whose deploy failed as it then is")
	return cmd
}
