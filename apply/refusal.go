package apply

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
)

// refusalKinds are the kinds whose status does not tell that a pod cannot be made;
// their controllers tell it in events.
var refusalKinds = []string{"StatefulSet", "DaemonSet"}

// refusals selects the events about pods that could not be made.
var refusals = fields.Set{"reason": "FailedCreate", "type": corev1.EventTypeWarning}.String()

// A podRefusal is the server's, to make a pod.
type podRefusal struct {
	message string
	made    int64 // how many pods there were then
}

// seeRefusals takes in the events about t. Those that were there before may be of a
// run before this one; a controller that goes on trying tells it again.
func (t *target) seeRefusals(u update) bool {
	mine := false
	for _, event := range u.seen {
		uid, _, _ := unstructured.NestedString(event.obj.Object, "involvedObject", "uid")
		if u.all || event.deleted || uid != string(t.obj.GetUID()) {
			continue
		}
		message, _, _ := unstructured.NestedString(event.obj.Object, "message")
		t.refusal = podRefusal{message, made(t.obj)}
		mine = true
	}
	return mine
}

// made returns how many pods a StatefulSet or DaemonSet has.
func made(obj *unstructured.Unstructured) int64 {
	field := "replicas"
	if obj.GetKind() == "DaemonSet" {
		field = "currentNumberScheduled"
	}
	n, _, _ := unstructured.NestedInt64(obj.Object, "status", field)
	return n
}

// obstacle returns why the controller cannot make pods, or "".
func (t *target) obstacle() string {
	if t.refusal.message != "" && t.refusal.made == made(t.obj) {
		return t.refusal.message
	}
	conditions, _, _ := unstructured.NestedSlice(t.obj.Object, "status", "conditions")
	for _, condition := range conditions {
		c, _ := condition.(map[string]any)
		if c["type"] == string(appsv1.DeploymentReplicaFailure) &&
			c["status"] == string(corev1.ConditionTrue) {
			return fmt.Sprint(c["message"])
		}
	}
	return ""
}
