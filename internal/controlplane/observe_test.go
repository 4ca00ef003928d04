package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A containerView is what of a container's status the tests compare.
type containerView struct {
	State    string // running, or why not
	Ready    bool
	Restarts int32
	LastExit int32
}

type podView struct {
	Phase      corev1.PodPhase
	Ready      corev1.ConditionStatus
	Containers []containerView
}

func view(s corev1.PodStatus) podView {
	v := podView{Phase: s.Phase}
	for _, c := range s.Conditions {
		if c.Type == corev1.PodReady {
			v.Ready = c.Status
		}
	}
	for _, cs := range append(s.InitContainerStatuses, s.ContainerStatuses...) {
		c := containerView{State: "running", Ready: cs.Ready, Restarts: cs.RestartCount}
		if cs.State.Waiting != nil {
			c.State = cs.State.Waiting.Reason
		}
		if cs.State.Terminated != nil {
			c.State = cs.State.Terminated.Reason
		}
		if last := cs.LastTerminationState.Terminated; last != nil {
			c.LastExit = last.ExitCode
		}
		v.Containers = append(v.Containers, c)
	}
	return v
}

func newPod(policy corev1.RestartPolicy, images ...string) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", Annotations: map[string]string{}},
		Spec:       corev1.PodSpec{RestartPolicy: policy},
	}
	for _, image := range images {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: image, Image: image})
	}
	return pod
}

func annotated(pod *corev1.Pod, key, value string) *corev1.Pod {
	pod.Annotations[key] = value
	return pod
}

func withInit(pod *corev1.Pod, image string, policy *corev1.ContainerRestartPolicy) *corev1.Pod {
	pod.Spec.InitContainers = []corev1.Container{{Name: "init", Image: image, RestartPolicy: policy}}
	return pod
}

func TestObserve(t *testing.T) {
	t.Parallel()
	const always, onFailure, never = corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever
	running := containerView{State: "running", Ready: true}
	tests := []struct {
		name     string
		pod      *corev1.Pod
		obstacle *obstacle
		age      time.Duration
		want     podView
		wantNext time.Duration
	}{{
		name: "ready at once",
		pod:  newPod(always, "web:1", "side:1"),
		want: podView{corev1.PodRunning, corev1.ConditionTrue, []containerView{running, running}},
	}, {
		name:     "not yet ready",
		pod:      annotated(newPod(always, "web:1"), readyAfterAnnotation, "3s"),
		age:      time.Second,
		want:     podView{corev1.PodRunning, corev1.ConditionFalse, []containerView{{State: "running"}}},
		wantNext: 2 * time.Second,
	}, {
		name: "ready later",
		pod:  annotated(newPod(always, "web:1"), readyAfterAnnotation, "3s"),
		age:  3 * time.Second,
		want: podView{corev1.PodRunning, corev1.ConditionTrue, []containerView{running}},
	}, {
		name: "never ready",
		pod:  annotated(newPod(always, "web:1"), failAnnotation, "never-ready"),
		age:  time.Hour,
		want: podView{corev1.PodRunning, corev1.ConditionFalse, []containerView{{State: "running"}}},
	}, {
		name:     "bad image at first, beside a good one",
		pod:      newPod(always, "registry.invalid/web:1", "side:1"),
		want:     podView{corev1.PodPending, corev1.ConditionFalse, []containerView{{State: "ErrImagePull"}, running}},
		wantNext: pullTime,
	}, {
		name: "bad image later",
		pod:  newPod(always, "registry.invalid/web:1"),
		age:  pullTime,
		want: podView{corev1.PodPending, corev1.ConditionFalse, []containerView{{State: "ImagePullBackOff"}}},
	}, {
		name: "image declared bad",
		pod:  annotated(newPod(always, "web:1"), failAnnotation, "image-pull"),
		age:  time.Minute,
		want: podView{corev1.PodPending, corev1.ConditionFalse, []containerView{{State: "ImagePullBackOff"}}},
	}, {
		name:     "first crash",
		pod:      annotated(newPod(always, "web:1"), failAnnotation, "crash-loop"),
		want:     podView{corev1.PodRunning, corev1.ConditionFalse, []containerView{{State: "Error"}}},
		wantNext: crashTime,
	}, {
		name: "crash after crash",
		pod:  annotated(newPod(always, "web:1"), failAnnotation, "crash-loop"),
		age:  3*crashTime + crashTime/2,
		want: podView{corev1.PodRunning, corev1.ConditionFalse,
			[]containerView{{State: "CrashLoopBackOff", Restarts: 3, LastExit: 1}}},
		wantNext: crashTime / 2,
	}, {
		name: "last crash",
		pod:  annotated(newPod(always, "web:1"), failAnnotation, "crash-loop"),
		age:  time.Hour,
		want: podView{corev1.PodRunning, corev1.ConditionFalse,
			[]containerView{{State: "CrashLoopBackOff", Restarts: maxRestarts, LastExit: 1}}},
	}, {
		name:     "job at work",
		pod:      newPod(onFailure, "job:1"),
		want:     podView{corev1.PodRunning, corev1.ConditionTrue, []containerView{running}},
		wantNext: runTime,
	}, {
		name: "job done",
		pod:  newPod(never, "job:1"),
		age:  runTime,
		want: podView{corev1.PodSucceeded, corev1.ConditionFalse, []containerView{{State: "Completed"}}},
	}, {
		name:     "job failed",
		pod:      annotated(newPod(never, "job:1"), failAnnotation, "crash-loop"),
		want:     podView{corev1.PodFailed, corev1.ConditionFalse, []containerView{{State: "Error"}}},
		wantNext: crashTime,
	}, {
		name: "init container done",
		pod:  withInit(newPod(always, "web:1"), "init:1", nil),
		want: podView{corev1.PodRunning, corev1.ConditionTrue,
			[]containerView{{State: "Completed", Ready: true}, running}},
	}, {
		name: "sidecar",
		pod:  withInit(newPod(always, "web:1"), "side:1", new(corev1.ContainerRestartPolicyAlways)),
		want: podView{corev1.PodRunning, corev1.ConditionTrue, []containerView{running, running}},
	}, {
		name: "init container's image bad",
		pod:  withInit(newPod(always, "web:1"), "registry.invalid/init:1", nil),
		age:  time.Minute,
		want: podView{corev1.PodPending, corev1.ConditionFalse,
			[]containerView{{State: "ImagePullBackOff"}, {State: "PodInitializing"}}},
	}, {
		name:     "something is missing",
		pod:      newPod(always, "web:1"),
		obstacle: &obstacle{reason: configError, message: `secret "db" not found`},
		want:     podView{corev1.PodPending, corev1.ConditionFalse, []containerView{{State: configError}}},
		wantNext: obstacleTime,
	}, {
		name:     "annotation misspelt",
		pod:      annotated(newPod(always, "web:1"), failAnnotation, "imagepull"),
		want:     podView{corev1.PodPending, corev1.ConditionFalse, []containerView{{State: configError}}},
		wantNext: obstacleTime,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			start := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
			status, next := observe(tt.pod, tt.obstacle, start, start.Add(tt.age))
			if diff := cmp.Diff(tt.want, view(status)); diff != "" {
				t.Errorf("observe after %v: status mismatch (-want +got):\n%s", tt.age, diff)
			}
			if next != tt.wantNext {
				t.Errorf("observe after %v: next in %v, want %v", tt.age, next, tt.wantNext)
			}
		})
	}
}

func TestObserveIsStable(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 5, 12, 0, 0, 1e6, time.UTC)
	pod := annotated(newPod(corev1.RestartPolicyAlways, "web:1"), failAnnotation, "crash-loop")
	pod.Status, _ = observe(pod, nil, start, start.Add(2*crashTime))
	again, _ := observe(pod, nil, start, start.Add(2*crashTime+crashTime/2))
	if diff := cmp.Diff(pod.Status, again); diff != "" {
		t.Errorf("status changed though nothing has happened (-before +after):\n%s", diff)
	}
}

func TestPullErrorNamesTheImage(t *testing.T) {
	t.Parallel()
	const unknownHost = `rpc error: code = Unknown desc = failed to pull and unpack image "registry.invalid:5000/web:1": ` +
		`failed to resolve reference "registry.invalid:5000/web:1": ` +
		`failed to do request: dial tcp: lookup registry.invalid: no such host`
	const notFound = `rpc error: code = NotFound desc = failed to pull and unpack image "shop/web:1": ` +
		`failed to resolve reference "shop/web:1": shop/web:1: not found`
	tests := []struct {
		fail        failure
		image, want string
	}{
		{none, "registry.invalid:5000/web:1", unknownHost},
		{imagePull, "shop/web:1", notFound},
		{none, "shop/web:1", ""},
		{none, "invalid.example/web:1", ""},
		{none, "web.invalid", ""},
		{crashLoop, "localhost:5000/web@sha256:00", ""},
	}
	for _, tt := range tests {
		if got := (script{fail: tt.fail}).pullError(tt.image); got != tt.want {
			t.Errorf("pullError(%s) of a pod with failure %q = %q, want %q", tt.image, tt.fail, got, tt.want)
		}
	}
}
