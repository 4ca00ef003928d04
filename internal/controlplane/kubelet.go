package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
)

// A kubelet stands for those of all nodes: it reports the status of every pod that
// has a node, and lets deleted pods go.
type kubelet struct {
	client   kubernetes.Interface
	pods     corelisters.PodLister
	recorder record.EventRecorder

	mu     sync.Mutex
	starts map[cache.ObjectName]start
	lastIP int
}

// A start is when a pod was first seen on its node. The pod's status has it to the
// second only, which is too coarse to time what follows.
type start struct {
	pod types.UID
	at  time.Time
}

func newKubelet(
	ctx context.Context, client kubernetes.Interface, pods corelisters.PodLister,
) *kubelet {
	events := record.NewBroadcaster(record.WithContext(ctx))
	events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	return &kubelet{
		client:   client,
		pods:     pods,
		recorder: events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "kubelet"}),
		starts:   map[cache.ObjectName]start{},
	}
}

// sync brings a pod's status up to date, and returns after what time to look again.
func (k *kubelet) sync(ctx context.Context, name cache.ObjectName) (time.Duration, error) {
	pod, err := k.pods.Pods(name.Namespace).Get(name.Name)
	switch {
	case apierrors.IsNotFound(err):
		k.forget(name)
		return 0, nil
	case err != nil:
		return 0, err
	case pod.Spec.NodeName == "":
		return 0, nil
	case pod.DeletionTimestamp != nil:
		return 0, k.remove(ctx, pod)
	case pod.Status.Phase == corev1.PodSucceeded, pod.Status.Phase == corev1.PodFailed:
		return 0, nil
	}
	return k.report(ctx, name, pod)
}

// report writes pod's status, if it has changed, with the events of the change.
func (k *kubelet) report(
	ctx context.Context, name cache.ObjectName, pod *corev1.Pod,
) (time.Duration, error) {
	obstacle, err := k.obstacle(ctx, pod)
	if err != nil {
		return 0, err
	}
	status, again := observe(pod, obstacle, k.startOf(name, pod.UID), time.Now())
	if status.PodIP == "" {
		k.assignIPs(pod, &status)
	}
	if equality.Semantic.DeepEqual(pod.Status, status) {
		return again, nil
	}
	updated := pod.DeepCopy()
	updated.Status = status
	_, err = k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, updated, metav1.UpdateOptions{})
	if err != nil {
		return 0, err
	}
	k.recordChange(pod, &status, obstacle)
	return again, nil
}

// remove ends the graceful deletion of pod: nothing of it runs. Finalizers, if
// any, still hold it.
func (k *kubelet) remove(ctx context.Context, pod *corev1.Pod) error {
	if grace := pod.DeletionGracePeriodSeconds; grace != nil && *grace == 0 {
		return nil
	}
	now := metav1.NewDeleteOptions(0)
	now.Preconditions = metav1.NewUIDPreconditions(string(pod.UID))
	err := k.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, *now)
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// startOf returns when the pod was started, which is now if it was not known. A
// new pod may have an old one's name.
func (k *kubelet) startOf(name cache.ObjectName, pod types.UID) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.starts[name].pod != pod {
		k.starts[name] = start{pod, time.Now()}
	}
	return k.starts[name].at
}

func (k *kubelet) forget(name cache.ObjectName) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.starts, name)
}

// assignIPs gives a pod its node's address and one of its own. An address is used
// again after some 65,000 pods.
func (k *kubelet) assignIPs(pod *corev1.Pod, status *corev1.PodStatus) {
	k.mu.Lock()
	k.lastIP++
	n := k.lastIP
	k.mu.Unlock()
	status.HostIP = hostIP(pod.Spec.NodeName)
	status.HostIPs = []corev1.HostIP{{IP: status.HostIP}}
	status.PodIP = fmt.Sprintf("10.244.%d.%d", n>>8&0xff, n&0xff)
	if pod.Spec.HostNetwork {
		status.PodIP = status.HostIP
	}
	status.PodIPs = []corev1.PodIP{{IP: status.PodIP}}
}
