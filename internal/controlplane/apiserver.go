package main

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"syscall"
	"time"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// An apiServer is a configured API server that does not run yet.
type apiServer struct {
	options apiserver.CompletedOptions
	addr    string // host:port of its listener
}

// listenTimeout is how long a port is waited for that we had before: meanwhile, it
// may be the near end of somebody's connection.
const listenTimeout = 30 * time.Second

// listen returns a listener at addr, whose port 0 stands for one that is free.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	for begin := time.Now(); ; {
		listener, err := config.Listen(ctx, "tcp", addr)
		if !errors.Is(err, syscall.EADDRINUSE) || time.Since(begin) > listenTimeout {
			return listener, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(awaitPoll):
		}
	}
}

// newAPIServer configures an API server for the etcd of dir, and listens: its
// port is ours before anyone is told of it.
func newAPIServer(ctx context.Context, dir string, cred credentials) (*apiServer, error) {
	addr, err := addressOf(dir)
	if err != nil {
		return nil, err
	}
	listener, err := listen(ctx, addr)
	if err != nil {
		return nil, err
	}
	o := apiserver.NewServerRunOptions()
	o.SecureServing.Listener = listener
	o.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	err = set(o.Flags(),
		"--advertise-address=127.0.0.1",
		"--allow-privileged",
		"--authorization-mode=RBAC",
		"--cert-dir="+dir,
		// Nobody clears the taint that this plugin puts on a new node.
		"--disable-admission-plugins=TaintNodesByCondition",
		// The "kubernetes" Service may not have a loopback address as its endpoint.
		"--endpoint-reconciler-type=none",
		"--etcd-servers="+etcdURL(dir).String(),
		"--profiling=false",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+cred.serviceAccountKey,
		"--service-account-signing-key-file="+cred.serviceAccountKey,
		"--service-cluster-ip-range=10.96.0.0/16",
		"--token-auth-file="+cred.tokens,
	)
	if err != nil {
		return nil, err
	}
	if err := o.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, err
	}
	completed, err := o.Complete(ctx)
	if err != nil {
		return nil, err
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return nil, utilerrors.NewAggregate(errs)
	}
	return &apiServer{options: completed, addr: listener.Addr().String()}, nil
}

// run serves until ctx ends, and then up to a minute longer.
func (s *apiServer) run(ctx context.Context) error {
	return app.Run(ctx, s.options)
}

// certificate returns the file that the API server's certificate is in, with the
// authority that signed it; key returns that of its private key. Both exist as
// soon as the server is configured.
func certificate(dir string) string { return filepath.Join(dir, "apiserver.crt") }
func key(dir string) string         { return filepath.Join(dir, "apiserver.key") }
