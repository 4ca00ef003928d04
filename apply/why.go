package apply

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	maxLogLines = 20
	maxLogBytes = 16 << 10
	maxEvents   = 5
	// explainTimeout bounds asking why one rollout failed.
	explainTimeout = 5 * time.Second
)

// explainPods adds what is known beside the pods' status: the last words of a
// container that ended, and the warnings about pods that do not start and do not
// say why. It is asked for once a rollout has failed, and does without what it may
// not read.
func (w *waiting) explainPods(ctx context.Context, t *target, pods []PodFailure) []PodFailure {
	if errors.Is(ctx.Err(), context.Canceled) {
		return pods // somebody wants it to end
	}
	// The time of ctx may be what is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), explainTimeout)
	defer cancel()
	if len(pods) == 0 {
		pods = w.warnedPods(ctx, t)
	}
	for i, pod := range pods {
		if pod.Reason == "CrashLoopBackOff" {
			pods[i].Log = w.log(ctx, t.change.Namespace, pod)
		}
	}
	return pods
}

// log returns the last lines of the container's run before this one.
func (w *waiting) log(ctx context.Context, namespace string, pod PodFailure) []string {
	text, err := tryFor(ctx, w.Applier, func(ctx context.Context) ([]byte, error) {
		return w.core.Get().Namespace(namespace).Resource("pods").Name(pod.Pod).SubResource("log").
			Param("container", pod.Container).Param("previous", "true").
			Param("tailLines", strconv.Itoa(maxLogLines)).Param("limitBytes", strconv.Itoa(maxLogBytes)).
			DoRaw(ctx)
	})
	if err != nil {
		return nil
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, printable(strings.TrimRight(line, "\r\n")))
	}
	return lines[max(0, len(lines)-maxLogLines):]
}

// printable returns text without the control characters with which a pod could
// steer the terminal or the CI system that shows it.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' {
			return ' '
		}
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, text)
}

var eventResource = resource{schema.GroupVersionResource{Version: "v1", Resource: "events"}, true}

// warnedPods returns t's pods of the current revision about which there are
// warnings, each with the newest.
func (w *waiting) warnedPods(ctx context.Context, t *target) []PodFailure {
	revision := currentRevision(t.obj)
	current := func(name string) bool {
		pod := t.pods[name]
		return pod != nil && (pod.revision == "" || pod.revision == revision)
	}
	list, err := tryFor(ctx, w.Applier, func(ctx context.Context) (*unstructured.UnstructuredList, error) {
		return w.in(place{eventResource, t.change.Namespace}).List(ctx, metav1.ListOptions{
			FieldSelector: fields.Set{"involvedObject.kind": "Pod", "type": corev1.EventTypeWarning}.String(),
		})
	})
	if err != nil {
		return nil
	}
	slices.SortFunc(list.Items, func(a, b unstructured.Unstructured) int {
		return cmp.Compare(eventTime(b), eventTime(a))
	})
	var out []PodFailure
	for _, event := range list.Items {
		name, _, _ := unstructured.NestedString(event.Object, "involvedObject", "name")
		known := slices.ContainsFunc(out, func(f PodFailure) bool { return f.Pod == name })
		if !known && current(name) && len(out) < maxEvents {
			reason, _, _ := unstructured.NestedString(event.Object, "reason")
			message, _, _ := unstructured.NestedString(event.Object, "message")
			out = append(out, PodFailure{Pod: name, Reason: reason, Message: printable(message)})
		}
	}
	return merge(out)
}

// eventTime is when the event was seen last, as the API writes it.
func eventTime(event unstructured.Unstructured) string {
	last, _, _ := unstructured.NestedString(event.Object, "lastTimestamp")
	first, _, _ := unstructured.NestedString(event.Object, "eventTime")
	return cmp.Or(last, first)
}

func joinText(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}
