package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/internal/localcluster"
	"github.com/slipway-go/slipway/report"
)

func newDemo() *cobra.Command {
	var cluster clusterFlags
	var d demo
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Deploy the reference application and show what happens",
		Long: `Deploy the reference application as its pipelines would: home, kids and mens at
once, then ladies, then one of them again.

With --kubeconfig, --context or KUBECONFIG it uses that cluster. Otherwise it
builds and starts a control plane of its own, which needs a checkout of the
repository: a real API server and real controllers, with simulated nodes.`,
		Example: "  slipway demo\n  slipway demo --kubeconfig ~/.kube/config -n slipway-demo --keep",
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.printer = *newPrinter(cmd)
			d.namespace = cmp.Or(cluster.namespace, "slipway-demo")
			if cmp.Or(cluster.kubeconfig, cluster.context, os.Getenv("KUBECONFIG")) == "" {
				return d.onOwnCluster(cmd.Context())
			}
			var err error
			if d.cluster, _, err = cluster.load(); err != nil {
				return err
			}
			return d.onUsersCluster(cmd.Context())
		},
	}
	cluster.register(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&d.keep, "keep", false, "leave everything running")
	flags.StringVar(&d.image, "image", "registry:2", "`image` of all services; it has to answer on port 5000")
	flags.DurationVar(&d.timeout, "timeout", 5*time.Minute, "limit for each deploy")
	return cmd
}

// A demo shows the reference application on a cluster.
type demo struct {
	printer
	progress  *report.Reporter
	cluster   *rest.Config
	namespace string
	there     bool // the namespace
	made      bool // by the demo
	image     string
	keep      bool
	timeout   time.Duration
}

// watch begins to show the progress of what is deployed next.
func (d *demo) watch() (err error) {
	d.progress, err = report.New(report.Options{Out: d.out, Log: d.log})
	return err
}

func (d *demo) changes(result *slipway.Result, took time.Duration) error {
	return report.WriteText(d.out, d.log, report.Outcome{Verb: "deploy", Result: result}, took)
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, "\n# "+format+"\n", args...) }

// onOwnCluster starts a control plane, shows, and, with --keep, leaves it up
// until the user ends it.
func (d *demo) onOwnCluster(ctx context.Context) (err error) {
	cluster, err := localcluster.Start(ctx, d.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	d.cluster = cluster.Config
	if err := d.show(ctx); err != nil || !d.keep {
		return err
	}
	d.say("the control plane runs until you press Ctrl-C: kubectl --kubeconfig %s -n %s get all",
		cluster.Kubeconfig, d.namespace)
	<-ctx.Done()
	return nil
}

// onUsersCluster shows in a namespace of its own.
func (d *demo) onUsersCluster(ctx context.Context) error {
	err := d.show(ctx)
	switch {
	case !d.there:
		return err
	case d.keep || !d.made:
		d.say("left in place: kubectl -n %s get all", d.namespace)
		return err
	}
	d.say("deleting namespace %s (--keep leaves it)", d.namespace)
	// Clean up also when the user has interrupted the rest.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return errors.Join(err, d.deleteNamespace(ctx))
}

// show is the story: three pipelines at once, a fourth service, a run for
// nothing.
func (d *demo) show(ctx context.Context) error {
	namespace := &unstructured.Unstructured{}
	namespace.SetAPIVersion("v1")
	namespace.SetKind("Namespace")
	namespace.SetName(d.namespace)
	applier, err := apply.New(d.cluster, apply.Options{})
	if err != nil {
		return err
	}
	result, err := applier.Apply(ctx, []*unstructured.Unstructured{namespace})
	if err != nil {
		return err
	}
	d.there, d.made = true, result.Count(apply.Created) > 0
	d.say("three pipelines deploy home, kids and mens at once")
	if err := d.deploy(ctx, "home", "kids", "mens"); err != nil {
		return err
	}
	d.say("a new service is one new directory, shoppingapp-ladies; no shared file is edited")
	if err := d.deploy(ctx, "ladies"); err != nil {
		return err
	}
	d.say("an image that cannot be pulled: the deploy says why, and puts back what it changed")
	if err := d.fail(ctx, "mens"); err != nil {
		return err
	}
	d.say("the same deploy of ladies again")
	if err := d.deploy(ctx, "ladies"); err != nil {
		return err
	}
	d.say("next: look at examples/shoppingapp, then deploy a tree of your own; the README says how")
	return nil
}

// fail deploys an image that no registry has, and prints what comes of it.
func (d *demo) fail(ctx context.Context, name string) error {
	start := time.Now()
	if err := d.watch(); err != nil {
		return err
	}
	result, err := d.pipeline(ctx, shoppingapp.App+"-"+name, "registry.invalid/"+name+":22")
	d.progress.Close()
	fmt.Fprintln(d.out)
	if err := d.changes(result, time.Since(start)); err != nil {
		return err
	}
	var failed *apply.RolloutError
	if !errors.As(err, &failed) {
		return errors.Join(err, errors.New("want a rollout that fails"))
	}
	printError(d.out, err)
	return nil
}

// deploy runs a pipeline for each service, all at once, and prints the objects
// and the routes that are then on the cluster.
func (d *demo) deploy(ctx context.Context, names ...string) error {
	results := make([]*slipway.Result, len(names))
	errs := make([]error, len(names))
	took := make([]time.Duration, len(names))
	if err := d.watch(); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			start := time.Now()
			results[i], errs[i] = d.pipeline(ctx, shoppingapp.App+"-"+name, d.image)
			took[i] = time.Since(start)
		})
	}
	wg.Wait()
	d.progress.Close()
	var routes []ingress.Route
	for i, result := range results {
		fmt.Fprintf(d.out, "\n%s:\n", names[i])
		d.warnings(result.Warnings)
		errs = append(errs, d.changes(result, took[i]))
		if len(result.Routes) > len(routes) { // the last to publish has seen all
			routes = result.Routes
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	fmt.Fprintln(d.out)
	return ingress.Draw(d.out, ingress.NewMap(routes, nil), ingress.Text)
}

// pipeline is what a CI job does for its service.
func (d *demo) pipeline(ctx context.Context, service, image string) (*slipway.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	deployer := slipway.Deployer{
		Root:     shoppingapp.Tree(),
		App:      shoppingapp.App,
		Services: []string{service},
		Values:   map[string]any{"image_id": image},
		Cluster:  d.cluster,
		Apply:    apply.Options{Namespace: d.namespace, OnEvent: d.progress.Event},
	}
	return deployer.Deploy(ctx)
}

func (d *demo) deleteNamespace(ctx context.Context) error {
	client, err := dynamic.NewForConfig(d.cluster)
	if err != nil {
		return err
	}
	namespaces := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	err = namespaces.Delete(ctx, d.namespace, metav1.DeleteOptions{})
	if err != nil {
		return fmt.Errorf("namespace %s: %w", d.namespace, err)
	}
	return nil
}
