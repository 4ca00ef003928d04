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
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

// kubeletWorkers is how many pods are reported on at once.
const kubeletWorkers = 8

// A kubelet stands for those of all nodes: it reports the status of every pod that
// has a node, and lets deleted pods go.
type kubelet struct {
	client   kubernetes.Interface
	factory  informers.SharedInformerFactory
	pods     corelisters.PodLister
	queue    workqueue.TypedRateLimitingInterface[cache.ObjectName]
	recorder record.EventRecorder

	mu      sync.Mutex
	started map[types.UID]time.Time // when each pod was first seen on its node
	lastIP  int
}

func newKubelet(ctx context.Context, client kubernetes.Interface) *kubelet {
	factory := informers.NewSharedInformerFactory(client, 0)
	events := record.NewBroadcaster(record.WithContext(ctx))
	events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	return &kubelet{
		client:  client,
		factory: factory,
		pods:    factory.Core().V1().Pods().Lister(),
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.DefaultTypedControllerRateLimiter[cache.ObjectName]()),
		recorder: events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "kubelet"}),
		started:  map[types.UID]time.Time{},
	}
}

// run watches pods until ctx ends.
func (k *kubelet) run(ctx context.Context) error {
	informer := k.factory.Core().V1().Pods().Informer()
	if _, err := informer.AddEventHandler(k.handler()); err != nil {
		return err
	}
	k.factory.StartWithContext(ctx)
	context.AfterFunc(ctx, k.queue.ShutDown)
	var workers sync.WaitGroup
	for range kubeletWorkers {
		workers.Go(func() {
			for k.work(ctx) {
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// handler queues pods that change, and forgets those that are gone.
func (k *kubelet) handler() cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    k.enqueue,
		UpdateFunc: func(_, pod any) { k.enqueue(pod) },
		DeleteFunc: func(obj any) {
			if last, ok := obj.(cache.DeletedFinalStateUnknown); ok {
				obj = last.Obj
			}
			if pod, ok := obj.(*corev1.Pod); ok {
				k.forget(pod.UID)
			}
		},
	}
}

func (k *kubelet) enqueue(obj any) {
	if pod := obj.(*corev1.Pod); pod.Spec.NodeName != "" {
		k.queue.Add(cache.MetaObjectToName(pod))
	}
}

// work takes one pod from the queue; false means that the queue is shut down.
func (k *kubelet) work(ctx context.Context) bool {
	name, shutdown := k.queue.Get()
	if shutdown {
		return false
	}
	defer k.queue.Done(name)
	again, err := k.sync(ctx, name)
	if err != nil {
		klog.V(1).InfoS("Pod not reported on", "pod", name, "err", err)
		k.queue.AddRateLimited(name)
		return true
	}
	k.queue.Forget(name)
	if again > 0 {
		k.queue.AddAfter(name, again)
	}
	return true
}

// sync brings a pod's status up to date, and returns after what time to look again.
func (k *kubelet) sync(ctx context.Context, name cache.ObjectName) (time.Duration, error) {
	pod, err := k.pods.Pods(name.Namespace).Get(name.Name)
	switch {
	case apierrors.IsNotFound(err):
		return 0, nil
	case err != nil:
		return 0, err
	case pod.DeletionTimestamp != nil:
		return 0, k.remove(ctx, pod)
	case pod.Status.Phase == corev1.PodSucceeded, pod.Status.Phase == corev1.PodFailed:
		return 0, nil
	}
	return k.report(ctx, pod)
}

// report writes pod's status, if it has changed, with the events of the change.
func (k *kubelet) report(ctx context.Context, pod *corev1.Pod) (time.Duration, error) {
	status, again := observe(pod, k.startOf(pod.UID), time.Now())
	if status.PodIP == "" {
		k.assignIPs(pod, &status)
	}
	if equality.Semantic.DeepEqual(pod.Status, status) {
		return again, nil
	}
	updated := pod.DeepCopy()
	updated.Status = status
	_, err := k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, updated, metav1.UpdateOptions{})
	if err != nil {
		return 0, err
	}
	k.recordChange(pod, &status)
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

// startOf returns when the pod was first seen. The status has it to the second
// only, which is too coarse to time a pod by.
func (k *kubelet) startOf(uid types.UID) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, seen := k.started[uid]; !seen {
		k.started[uid] = time.Now()
	}
	return k.started[uid]
}

func (k *kubelet) forget(uid types.UID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.started, uid)
}

// assignIPs gives a pod its node's addresses and one of its own. An address is
// used again after some 65,000 pods.
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
