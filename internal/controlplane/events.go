package main

import (
	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// recordChange records the events by which a kubelet tells of the change of pod's
// status to now.
func (k *kubelet) recordChange(pod *corev1.Pod, now *corev1.PodStatus, inTheWay *obstacle) {
	if inTheWay != nil && inTheWay.event != "" {
		k.recorder.Event(pod, corev1.EventTypeWarning, "FailedMount", inTheWay.event)
	}
	k.recordContainers(pod, pod.Status.InitContainerStatuses, now.InitContainerStatuses)
	k.recordContainers(pod, pod.Status.ContainerStatuses, now.ContainerStatuses)
}

func (k *kubelet) recordContainers(pod *corev1.Pod, before, now []corev1.ContainerStatus) {
	for _, cs := range now {
		old := podutil.GetExistingContainerStatus(before, cs.Name)
		switch {
		case cs.State.Waiting != nil:
			if old.State.Waiting == nil || old.State.Waiting.Reason != cs.State.Waiting.Reason {
				k.recordWaiting(pod, cs)
			}
		case old.State == corev1.ContainerState{}:
			k.recordStart(pod, cs)
		}
	}
}

func (k *kubelet) recordWaiting(pod *corev1.Pod, cs corev1.ContainerStatus) {
	switch reason := cs.State.Waiting.Reason; reason {
	case configError:
		k.recorder.Eventf(pod, corev1.EventTypeWarning, "Failed", "Error: %s", cs.State.Waiting.Message)
	case "ErrImagePull":
		k.recorder.Eventf(pod, corev1.EventTypeNormal, "Pulling", "Pulling image %q", cs.Image)
		k.recorder.Eventf(pod, corev1.EventTypeWarning, "Failed",
			"Failed to pull image %q: %s", cs.Image, cs.State.Waiting.Message)
		k.recorder.Eventf(pod, corev1.EventTypeWarning, "Failed", "Error: %s", reason)
	case "ImagePullBackOff":
		k.recorder.Eventf(pod, corev1.EventTypeNormal, "BackOff", "Back-off pulling image %q", cs.Image)
		k.recorder.Eventf(pod, corev1.EventTypeWarning, "Failed", "Error: %s", reason)
	case "CrashLoopBackOff":
		k.recorder.Eventf(pod, corev1.EventTypeWarning, "BackOff",
			"Back-off restarting failed container %s in pod %s", cs.Name, podName(pod))
	}
}

// recordStart records that a container was started, and if so, that its probe fails.
func (k *kubelet) recordStart(pod *corev1.Pod, cs corev1.ContainerStatus) {
	k.recorder.Eventf(pod, corev1.EventTypeNormal, "Pulled", "Successfully pulled image %q", cs.Image)
	k.recorder.Eventf(pod, corev1.EventTypeNormal, "Created", "Container created")
	k.recorder.Eventf(pod, corev1.EventTypeNormal, "Started", "Container started")
	if failure(pod.Annotations[failAnnotation]) == neverReady {
		k.recorder.Event(pod, corev1.EventTypeWarning, "Unhealthy",
			"Readiness probe failed: HTTP probe failed with statuscode: 503")
	}
}
