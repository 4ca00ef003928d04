package main

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-base/version"
)

// nodeCount is how many simulated nodes there are: more than one, so that a
// DaemonSet has more than one pod and pods can be spread.
const nodeCount = 2

// runNodes registers the simulated nodes and runs their pods and volumes until ctx
// ends.
func runNodes(ctx context.Context, client kubernetes.Interface, dir string) error {
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := register(ctx, client, listener.Addr().(*net.TCPAddr).Port); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	core := factory.Core().V1()
	k := newKubelet(ctx, client, core.Pods().Lister())
	v := &volumes{client, core.PersistentVolumeClaims().Lister(), core.PersistentVolumes().Lister()}
	go k.serveLogs(listener, certificate(dir), key(dir))

	var loops sync.WaitGroup
	for informer, sync := range map[cache.SharedInformer]syncFunc{
		core.Pods().Informer():                   k.sync,
		core.PersistentVolumeClaims().Informer(): v.syncClaim,
		core.PersistentVolumes().Informer():      v.syncVolume,
	} {
		l, err := newLoop(informer, sync)
		if err != nil {
			return err
		}
		loops.Go(func() { l.run(ctx) })
	}
	factory.StartWithContext(ctx)
	loops.Wait()
	return context.Cause(ctx)
}

// register creates what the loops answer for, unless it is there. The API server
// fetches logs from port.
func register(ctx context.Context, client kubernetes.Interface, port int) error {
	classes := client.StorageV1().StorageClasses()
	_, err := classes.Create(ctx, newStorageClass(), metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	for n := range nodeCount {
		if err := registerNode(ctx, client.CoreV1().Nodes(), newNode(n, port)); err != nil {
			return err
		}
	}
	return nil
}

func registerNode(ctx context.Context, nodes typedcorev1.NodeInterface, node *corev1.Node) error {
	live, err := nodes.Create(ctx, node, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		live, err = nodes.Get(ctx, node.Name, metav1.GetOptions{})
	}
	if err != nil {
		return err
	}
	live.Status = node.Status
	_, err = nodes.UpdateStatus(ctx, live, metav1.UpdateOptions{})
	return err
}

// nodeIP is the address that node n and its pods report. It is from TEST-NET-1
// (RFC 5737): an EndpointSlice may not hold a loopback address.
func nodeIP(n int) string { return fmt.Sprintf("192.0.2.%d", n+1) }

// nodeName is the name of node n.
func nodeName(n int) string { return fmt.Sprintf("node-%d", n+1) }

// hostIP returns the address of the node called name, or "" if it is not ours.
func hostIP(name string) string {
	for n := range nodeCount {
		if nodeName(n) == name {
			return nodeIP(n)
		}
	}
	return ""
}

// newNode returns node n.
func newNode(n, port int) *corev1.Node {
	resources := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("64"),
		corev1.ResourceMemory:           resource.MustParse("256Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
		corev1.ResourcePods:             resource.MustParse("1000"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: nodeName(n), Labels: map[string]string{
			corev1.LabelHostname:   nodeName(n),
			corev1.LabelOSStable:   "linux",
			corev1.LabelArchStable: runtime.GOARCH,
		}},
		Status: corev1.NodeStatus{
			Capacity:    resources,
			Allocatable: resources,
			Conditions: []corev1.NodeCondition{{
				Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "Simulated",
				LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now(),
			}},
			// The API server takes a host name before it takes an address.
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeHostName, Address: "127.0.0.1"},
				{Type: corev1.NodeInternalIP, Address: nodeIP(n)},
			},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{
				KubeletEndpoint: corev1.DaemonEndpoint{Port: int32(port)},
			},
			NodeInfo: corev1.NodeSystemInfo{
				KubeletVersion:  version.Get().GitVersion,
				OperatingSystem: "linux",
				Architecture:    runtime.GOARCH,
			},
		},
	}
}
