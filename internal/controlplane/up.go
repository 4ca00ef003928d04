package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// up runs a control plane until ctx or the parent process ends. An error means
// that it did not start, or broke; then it has the end of the log.
func up(ctx context.Context, o options, stdout io.Writer) (err error) {
	ctx, cancel := withParent(ctx, o.parent)
	defer cancel()
	take := claim
	if o.resume {
		take = reclaim
	}
	empty, err := take(o.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, empty()) }()
	log, err := logTo(filepath.Join(o.dir, "controlplane.log"))
	if err != nil {
		return err
	}
	crew, ctx := newCrew(ctx)
	err = serve(ctx, crew, o, log.Name(), stdout)
	if asked(ctx) {
		return nil
	}
	return fmt.Errorf("%w\n%s", errors.Join(err, context.Cause(ctx)), tail(log))
}

// serve starts one component after the other, says "ready" when all of them are,
// and returns when ctx ends.
func serve(ctx context.Context, crew crew, o options, log string, stdout io.Writer) error {
	etcd, err := startEtcd(ctx, o.dir, log)
	if err != nil {
		return err
	}
	// Not Close: that waits for the clients, which nobody stops.
	defer etcd.Server.HardStop()
	cred, err := credentialsOf(o.dir)
	if err != nil {
		return err
	}
	server, err := newAPIServer(ctx, o.dir, cred)
	if err != nil {
		return err
	}
	crew.run(ctx, "kube-apiserver", server.run)
	config, err := newKubeconfig(o.dir, server.addr, cred.token)
	if err != nil {
		return err
	}
	if err := startClients(ctx, crew, o.dir, cred, config); err != nil {
		return err
	}
	if err := writeKubeconfig(config, o.kubeconfig); err != nil {
		return err
	}
	defer os.Remove(o.kubeconfig)
	fmt.Fprintln(stdout, "ready", o.kubeconfig)
	<-ctx.Done()
	return nil
}

// startClients starts what makes a cluster of an API server, as soon as that is
// ready, and returns when pods can be run.
func startClients(
	ctx context.Context, crew crew, dir string, cred credentials, config *api.Config,
) error {
	admin := admin(dir)
	if err := writeKubeconfig(config, admin); err != nil {
		return err
	}
	client, err := newClient(admin)
	if err != nil {
		return err
	}
	if err := await(ctx, client, apiServerReady); err != nil {
		return err
	}
	crew.run(ctx, "kube-controller-manager", func(ctx context.Context) error {
		return runControllers(ctx, dir, admin, cred)
	})
	crew.run(ctx, "kube-scheduler", func(ctx context.Context) error {
		return runScheduler(ctx, admin)
	})
	crew.run(ctx, "nodes", func(ctx context.Context) error {
		return runNodes(ctx, client, dir)
	})
	return await(ctx, client, nodesReady, rolesAggregated, defaultAccountExists)
}

// newClient returns a client for the cluster of a kubeconfig file, with no limit
// of its own on requests: the API server's flow control decides.
func newClient(kubeconfig string) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	return kubernetes.NewForConfig(config)
}
