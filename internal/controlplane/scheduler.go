package main

import (
	"context"

	"k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

// runScheduler runs the scheduler until ctx ends.
func runScheduler(ctx context.Context, kubeconfig string) error {
	o := scheduler.NewOptions()
	err := set(*o.Flags,
		"--kube-api-burst=1000",
		"--kube-api-qps=1000",
		"--kubeconfig="+kubeconfig,
		"--leader-elect=false",
		"--profiling=false",
		"--secure-port=0",
	)
	if err != nil {
		return err
	}
	config, sched, err := app.Setup(ctx, o)
	if err != nil {
		return err
	}
	return app.Run(ctx, config, sched)
}
