package main

import (
	"context"
	"strings"

	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
)

// controllers are the ones that run: those that a rollout, its removal and its
// limits need. The rest manage nodes, clouds and certificates, of which there are
// none that are real.
var controllers = []string{
	names.ClusterRoleAggregationController,
	names.CronJobController,
	names.DaemonSetController,
	names.DeploymentController,
	names.DisruptionController,
	names.EndpointSliceController,
	names.EndpointsController,
	names.GarbageCollectorController,
	names.JobController,
	names.NamespaceController,
	names.PersistentVolumeBinderController,
	names.PersistentVolumeClaimProtectionController,
	names.PersistentVolumeProtectionController,
	names.ReplicaSetController,
	names.ResourceQuotaController,
	names.RootCACertificatePublisherController,
	names.ServiceAccountController,
	names.ServiceAccountTokenController,
	names.StatefulSetController,
	names.TTLAfterFinishedController,
}

// runControllers runs the controllers until ctx ends. The kubeconfig file is the
// administrator's: what a controller may do is not what is tested here.
func runControllers(ctx context.Context, dir, kubeconfig string, cred credentials) error {
	known, aliases := app.KnownControllers(), app.ControllerAliases()
	off := app.ControllersDisabledByDefault()
	o, err := manager.NewKubeControllerManagerOptions()
	if err != nil {
		return err
	}
	err = set(o.Flags(known, off, aliases),
		"--controllers="+strings.Join(controllers, ","),
		"--kube-api-burst=1000",
		"--kube-api-qps=1000",
		"--kubeconfig="+kubeconfig,
		"--leader-elect=false",
		"--profiling=false",
		"--root-ca-file="+certificate(dir),
		"--secure-port=0",
		"--service-account-private-key-file="+cred.serviceAccountKey,
	)
	if err != nil {
		return err
	}
	config, err := o.Config(ctx, known, off, aliases)
	if err != nil {
		return err
	}
	return app.Run(ctx, config.Complete())
}
