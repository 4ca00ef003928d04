package apply

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// failedBefore reports whether the failure that the target's status tells is that of the
// rollout before the change. The controller of Deployments keeps the condition when it goes
// back to pods that it has a ReplicaSet for, until they make progress; if they make none
// in progressDeadlineSeconds, the failure is this rollout's, too.
// https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/deployment/progress.go
func (t *target) failedBefore() bool {
	before, now := t.change.Before, t.obj
	if before == nil || before.GetGeneration() == t.change.Live.GetGeneration() {
		return false
	}
	was, is := progressing(before), progressing(now)
	if was["status"] != "False" || is["status"] != "False" || was["lastUpdateTime"] != is["lastUpdateTime"] {
		return false
	}
	if t.expires.IsZero() {
		seconds, ok, _ := unstructured.NestedInt64(now.Object, "spec", "progressDeadlineSeconds")
		if !ok {
			seconds = 600 // Kubernetes' default
		}
		t.expires = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return time.Now().Before(t.expires)
}

// progressing returns the condition of a Deployment by which it tells of its rollout; nil
// if it has none.
func progressing(obj *unstructured.Unstructured) map[string]any {
	conditions, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
	for _, one := range conditions {
		if c, ok := one.(map[string]any); ok && c["type"] == "Progressing" {
			return c
		}
	}
	return nil
}
