package main

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/kubelet/status"
)

const (
	// pullTime, crashTime and runTime are how long it takes until a failed pull is
	// backed off from, until a failing container has crashed once more, and until
	// one that is to end has done so. A real kubelet's back-off is ten times as long.
	pullTime  = time.Second
	crashTime = time.Second
	runTime   = time.Second
	// obstacleTime is how long until it is tried again to start a pod.
	obstacleTime = time.Second
	// maxRestarts is when a crashing container is left alone: the next back-off
	// would be longer than anybody watches.
	maxRestarts = 5
)

// An observer looks at one pod at one moment.
type observer struct {
	pod      *corev1.Pod
	script   script
	obstacle *obstacle
	started  time.Time
	age      time.Duration
	next     time.Duration // age at which something changes; zero if nothing does
}

// observe returns the status that a kubelet that started pod at started, or tried
// to but for the obstacle, reports at now, and how long that holds; zero means for
// good. The IP addresses are left as they are; so are conditions that a kubelet
// does not set.
func observe(
	pod *corev1.Pod, inTheWay *obstacle, started, now time.Time,
) (corev1.PodStatus, time.Duration) {
	o := observer{pod: pod, obstacle: inTheWay, started: started, age: now.Sub(started)}
	var err error
	if o.script, err = readScript(pod); err != nil {
		o.obstacle = &obstacle{reason: configError, message: err.Error()}
	}
	if o.obstacle != nil {
		o.next = o.age + obstacleTime
	}

	s := *pod.Status.DeepCopy()
	s.ObservedGeneration = pod.Generation
	s.StartTime = new(toSecond(started))
	initialized := o.initContainers(&s)
	o.containers(&s, initialized)
	s.Phase = phase(pod.Spec.RestartPolicy, initialized, s.ContainerStatuses)
	o.conditions(&s)
	if o.next == 0 {
		return s, 0
	}
	return s, o.next - o.age
}

// initContainers fills in the init containers' statuses and reports whether all
// are done, or, of those that keep running beside the others, started.
func (o *observer) initContainers(s *corev1.PodStatus) bool {
	s.InitContainerStatuses = nil
	done := true
	for _, c := range o.pod.Spec.InitContainers {
		cs := o.newStatus(c)
		switch {
		case !done:
			cs.State = waiting("PodInitializing", "")
		case o.blocked(&cs):
			done = false
		case podutil.IsRestartableInitContainer(&c):
			o.run(&cs)
		default:
			cs.Ready = true
			cs.State = terminated(0, "Completed", o.started)
		}
		s.InitContainerStatuses = append(s.InitContainerStatuses, cs)
	}
	return done
}

// containers fills in the containers' statuses.
func (o *observer) containers(s *corev1.PodStatus, initialized bool) {
	s.ContainerStatuses = nil
	for _, c := range o.pod.Spec.Containers {
		cs := o.newStatus(c)
		switch {
		case !initialized:
			cs.State = waiting("PodInitializing", "")
		case o.blocked(&cs):
		case o.script.fail == crashLoop:
			o.crash(&cs)
		case o.pod.Spec.RestartPolicy != corev1.RestartPolicyAlways && !o.before(runTime):
			cs.State = terminated(0, "Completed", o.started)
		default:
			o.run(&cs)
		}
		s.ContainerStatuses = append(s.ContainerStatuses, cs)
	}
}

func (o *observer) newStatus(c corev1.Container) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: c.Name, Image: c.Image, Started: new(false)}
}

// before reports whether age is yet to come, and if so has the pod looked at then.
func (o *observer) before(age time.Duration) bool {
	if o.age >= age {
		return false
	}
	if o.next == 0 || age < o.next {
		o.next = age
	}
	return true
}

// blocked reports whether the container of cs cannot be created, and says why there.
func (o *observer) blocked(cs *corev1.ContainerStatus) bool {
	pullError := o.script.pullError(cs.Image)
	switch {
	case o.obstacle != nil:
		cs.State = waiting(o.obstacle.reason, o.obstacle.message)
	case pullError == "":
		return false
	case o.before(pullTime):
		cs.State = waiting("ErrImagePull", pullError)
	default:
		cs.State = waiting("ImagePullBackOff",
			fmt.Sprintf("Back-off pulling image %q: ErrImagePull: %s", cs.Image, pullError))
	}
	return true
}

// crash makes cs that of a container that ends with an error whenever it is
// started. It is never seen running: it would be ready for that moment, and a
// rollout might be taken for complete.
func (o *observer) crash(cs *corev1.ContainerStatus) {
	for cs.RestartCount < maxRestarts && !o.before(time.Duration(cs.RestartCount+1)*crashTime) {
		cs.RestartCount++
	}
	last := terminated(1, "Error", o.started.Add(time.Duration(cs.RestartCount)*crashTime))
	if cs.RestartCount == 0 || o.pod.Spec.RestartPolicy == corev1.RestartPolicyNever {
		cs.State = last
		return
	}
	cs.LastTerminationState = last
	cs.State = waiting("CrashLoopBackOff", fmt.Sprintf(
		"back-off 5m0s restarting failed container=%s pod=%s", cs.Name, podName(o.pod)))
}

// run makes cs that of a running container.
func (o *observer) run(cs *corev1.ContainerStatus) {
	cs.Started = new(true)
	cs.Ready = o.script.fail != neverReady && !o.before(o.script.readyAfter)
	cs.State.Running = &corev1.ContainerStateRunning{StartedAt: toSecond(o.started)}
}

// conditions sets the conditions by a real kubelet's rules.
func (o *observer) conditions(s *corev1.PodStatus) {
	old := &o.pod.Status
	all := slices.Concat(s.InitContainerStatuses, s.ContainerStatuses)
	for _, c := range []corev1.PodCondition{
		{Type: corev1.PodReadyToStartContainers, Status: corev1.ConditionTrue},
		status.GeneratePodInitializedCondition(o.pod, old, all, s.Phase),
		status.GenerateContainersReadyCondition(o.pod, old, all, s.Phase),
		status.GeneratePodReadyCondition(o.pod, old, s.Conditions, all, s.Phase),
	} {
		podutil.UpdatePodCondition(s, &c)
	}
}

// phase sums up the containers' states.
func phase(
	policy corev1.RestartPolicy, initialized bool, statuses []corev1.ContainerStatus,
) corev1.PodPhase {
	failed, ended := 0, 0
	for _, cs := range statuses {
		switch {
		case !initialized, cs.State.Waiting != nil && cs.LastTerminationState.Terminated == nil:
			return corev1.PodPending
		case cs.State.Terminated == nil:
		case cs.State.Terminated.ExitCode != 0:
			failed++
			fallthrough
		default:
			ended++
		}
	}
	switch {
	case ended < len(statuses), policy == corev1.RestartPolicyAlways:
		return corev1.PodRunning
	case failed == 0:
		return corev1.PodSucceeded
	case policy == corev1.RestartPolicyNever:
		return corev1.PodFailed
	}
	return corev1.PodRunning
}

func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{
		Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message},
	}
}

func terminated(code int32, reason string, at time.Time) corev1.ContainerState {
	t := toSecond(at)
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: code, Reason: reason, StartedAt: t, FinishedAt: t,
	}}
}

// toSecond returns t as the API server keeps it.
func toSecond(t time.Time) metav1.Time { return metav1.NewTime(t).Rfc3339Copy() }

// podName is how a kubelet's messages name a pod.
func podName(pod *corev1.Pod) string {
	return fmt.Sprintf("%s_%s(%s)", pod.Name, pod.Namespace, pod.UID)
}
