package apply

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/slipway-go/slipway/layouts"
)

var (
	podResource        = builtin[schema.GroupVersionKind{Version: "v1", Kind: "Pod"}]
	replicaSetResource = builtin[schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "ReplicaSet"}]
)

// crashLoops is how often a container has to have been restarted before its
// crash loop counts as one that will not end: a first crash or two is common
// while a dependency comes up.
const crashLoops = 3

// hopelessReasons are the waiting reasons that do not end without a new pod
// template. ErrImagePull is not among them: the first failure may be the
// registry's; the second is ImagePullBackOff.
var hopelessReasons = []string{
	"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
	"CreateContainerConfigError", "CreateContainerError", "RunContainerError",
}

// A PodFailure is a pod that does not become ready.
type PodFailure struct {
	Pod, Container string
	// Reason is the kubelet's or the scheduler's word, as ImagePullBackOff.
	Reason string
	// Message is what it says beside.
	Message string
	// ExitCode is that of the last run, for a container that ran.
	ExitCode int32
	// Log holds the last lines that the container wrote before it ended, at most 20.
	Log []string
	// More is how many more pods fail in the same way.
	More int

	hopeless, passing bool
}

func (f PodFailure) String() string {
	s := "pod " + f.Pod
	if f.Container != "" {
		s += ", container " + f.Container
	}
	s += ": " + f.Reason
	if f.ExitCode != 0 {
		s += fmt.Sprintf(" (exit code %d)", f.ExitCode)
	}
	if f.Message != "" {
		s += ": " + f.Message
	}
	if f.More > 0 {
		s += fmt.Sprintf(" (and %d more pods)", f.More)
	}
	return strings.Join(append([]string{s}, f.Log...), "\n  | ")
}

// A podState is what is known of a pod of a target.
type podState struct {
	revision string
	failure  *PodFailure
}

// seePods takes in the pods that are t's, and reports whether there are any.
func (t *target) seePods(u update) bool {
	if u.all {
		clear(t.pods)
	}
	selector, err := selectorOf(t.obj)
	if err != nil {
		return false
	}
	mine := false
	for _, pod := range u.seen {
		switch {
		case !selector.Matches(labels.Set(pod.obj.GetLabels())):
			continue
		case pod.deleted || pod.obj.GetDeletionTimestamp() != nil:
			delete(t.pods, pod.obj.GetName())
		default:
			t.pods[pod.obj.GetName()] = &podState{revision: pod.revision, failure: podFailure(pod.obj)}
		}
		mine = true
	}
	return mine
}

// hopeless returns the pods of the current revision that cannot get ready.
func (t *target) hopeless() []PodFailure {
	return slices.DeleteFunc(t.failures(), func(f PodFailure) bool { return !f.hopeless })
}

// failures returns the pods of the current revision that are not well, sorted.
func (t *target) failures() []PodFailure {
	revision := currentRevision(t.obj)
	var out []PodFailure
	for _, name := range slices.Sorted(maps.Keys(t.pods)) {
		pod := t.pods[name]
		if pod.failure != nil && revision != "" && pod.revision == revision {
			out = append(out, *pod.failure)
		}
	}
	return out
}

// obstructed reports whether something stands in the way that may pass: no node has
// room for a pod, or the controller cannot make one, for want of quota as a rule.
func (t *target) obstructed() bool {
	return t.obstacle() != "" ||
		slices.ContainsFunc(t.failures(), func(f PodFailure) bool { return f.passing })
}

// merge returns one of the pods that fail in the same way, with the number of the
// others. A pull that failed once is like one that is backed off from.
func merge(pods []PodFailure) []PodFailure {
	type key struct {
		container, reason string
		code              int32
	}
	first := map[key]int{}
	var out []PodFailure
	for _, pod := range pods {
		reason := strings.Replace(pod.Reason, "ErrImagePull", "ImagePullBackOff", 1)
		k := key{pod.Container, reason, pod.ExitCode}
		if i, ok := first[k]; ok {
			if pod.hopeless && !out[i].hopeless {
				pod.More = out[i].More
				out[i] = pod
			}
			out[i].More++
			continue
		}
		first[k] = len(out)
		out = append(out, pod)
	}
	return out
}

// deploymentRevision is the annotation of a Deployment and of its newest
// ReplicaSet.
const deploymentRevision = "deployment.kubernetes.io/revision"

// currentRevision returns what the pods of the newest template are marked with,
// or "" while the controller has not seen that template: the mark is then still
// that of the one before.
func currentRevision(obj *unstructured.Unstructured) string {
	observed, _, _ := unstructured.NestedInt64(obj.Object, "status", "observedGeneration")
	if observed < obj.GetGeneration() {
		return ""
	}
	switch obj.GetKind() {
	case "Deployment":
		return obj.GetAnnotations()[deploymentRevision]
	case "StatefulSet":
		revision, _, _ := unstructured.NestedString(obj.Object, "status", "updateRevision")
		return revision
	}
	return obj.GetAnnotations()["deprecated.daemonset.template.generation"]
}

// revisions finds out which revision of its workload a pod is of.
type revisions struct{ replicaSets dynamic.ResourceInterface }

// of returns "" if it cannot be found out: such a pod blames nobody.
func (r *revisions) of(ctx context.Context, pod *unstructured.Unstructured) string {
	owner := metav1.GetControllerOfNoCopy(pod)
	if owner == nil {
		return ""
	}
	if owner.Kind != "ReplicaSet" {
		marks := pod.GetLabels()
		if owner.Kind == "DaemonSet" {
			return marks["pod-template-generation"]
		}
		return marks["controller-revision-hash"]
	}
	if podFailure(pod) == nil {
		return "" // no matter whose
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	set, err := r.replicaSets.Get(ctx, owner.Name, metav1.GetOptions{})
	if err != nil {
		return ""
	}
	return set.GetAnnotations()[deploymentRevision]
}

// podFailure returns why the pod is not well, or nil.
func podFailure(obj *unstructured.Unstructured) *PodFailure {
	var pod corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &pod); err != nil {
		return nil
	}
	for _, s := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if f := containerFailure(s); f != nil {
			f.Pod = pod.Name
			return f
		}
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return &PodFailure{Pod: pod.Name, Reason: c.Reason, Message: c.Message, passing: true}
		}
	}
	return nil
}

func containerFailure(s corev1.ContainerStatus) *PodFailure {
	waiting := s.State.Waiting
	if waiting == nil || waiting.Reason == "ContainerCreating" || waiting.Reason == "PodInitializing" {
		return nil
	}
	f := &PodFailure{Container: s.Name, Reason: waiting.Reason, Message: printable(waiting.Message)}
	if last := s.LastTerminationState.Terminated; last != nil {
		f.ExitCode = last.ExitCode
		f.Message = cmp.Or(printable(last.Message), f.Message)
	}
	f.hopeless = slices.Contains(hopelessReasons, f.Reason) ||
		f.Reason == "CrashLoopBackOff" && s.RestartCount >= crashLoops
	return f
}

// selectorOf returns the selector of a workload's pods.
func selectorOf(obj *unstructured.Unstructured) (labels.Selector, error) {
	content, _, _ := unstructured.NestedMap(obj.Object, "spec", "selector")
	var selector metav1.LabelSelector
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &selector)
	if err != nil {
		return nil, err
	}
	return metav1.LabelSelectorAsSelector(&selector)
}

// commonSelector selects by the labels that all targets' pods share, so that one
// watch sees the pods of all and few others.
func commonSelector(targets []*target) string {
	var shared labels.Set
	for i, t := range targets {
		match, _, _ := unstructured.NestedStringMap(t.obj.Object, "spec", "selector", "matchLabels")
		if i == 0 {
			shared = match
		}
		maps.DeleteFunc(shared, func(name, value string) bool { return match[name] != value })
	}
	return labels.SelectorFromSet(shared).String()
}

// targetSelector selects the targets themselves, by their sets if all have one.
func targetSelector(targets []*target) string {
	var sets []string
	for _, t := range targets {
		set := t.obj.GetLabels()[layouts.SetLabel]
		if set == "" {
			return ""
		}
		sets = append(sets, set)
	}
	return setSelector(sets)
}
