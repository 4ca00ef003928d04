package ingress

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// rollouts reports Deployments that routes lead to, and that lose requests while their
// pods are replaced.
func (l *linter) rollouts(routes []Route) {
	var services []string
	for _, r := range routes {
		services = append(services, r.Backend.Service)
	}
	slices.Sort(services)
	for _, name := range slices.Compact(services) {
		service := serviceOf(l.objs, name)
		if service == nil {
			continue
		}
		pods := selected(l.objs, service.Spec.Selector)
		for _, obj := range l.objs {
			if slices.Contains(pods, obj.GetKind()+"/"+obj.GetName()) {
				l.rollout(obj)
			}
		}
	}
}

func (l *linter) rollout(obj *unstructured.Unstructured) {
	var d appsv1.Deployment
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &d)
	if obj.GetKind() != "Deployment" || err != nil { // the server says what is wrong with it
		return
	}
	warn := func(code, message string) { l.warn(code, "Deployment "+d.Name+" "+message, sourceOf(obj)) }
	if gap := rolloutGap(d.Spec); gap != "" {
		warn("rollout-gap", gap)
	}
	pod := d.Spec.Template.Spec
	probed := func(c corev1.Container) bool { return c.ReadinessProbe != nil }
	if !slices.ContainsFunc(pod.Containers, probed) {
		warn("no-readiness", "has no readinessProbe: its pods get requests before they listen, and a "+
			"rollout goes on whether they answer or not; add one")
	}
	ending(pod, warn)
}

// ending checks what a pod does from the moment it is to go.
func ending(pod corev1.PodSpec, warn func(code, message string)) {
	grace, sleep, hook := int64(corev1.DefaultTerminationGracePeriodSeconds), int64(0), false
	if pod.TerminationGracePeriodSeconds != nil {
		grace = *pod.TerminationGracePeriodSeconds
	}
	for _, c := range pod.Containers {
		if c.Lifecycle == nil || c.Lifecycle.PreStop == nil {
			continue
		}
		hook = true
		if s := c.Lifecycle.PreStop.Sleep; s != nil {
			sleep = max(sleep, s.Seconds)
		}
	}
	switch {
	case !hook:
		warn("no-prestop", "has no preStop: a pod that is to go stops at once, while the controller still "+
			"sends it requests; add lifecycle: {preStop: {sleep: {seconds: 10}}}, unless the program itself "+
			"goes on for a while")
	case sleep >= grace:
		warn("short-grace", fmt.Sprintf("has a preStop of %d s and is killed after %d s: requests that are "+
			"under way are cut off; make terminationGracePeriodSeconds longer than the sleep and the "+
			"longest request", sleep, grace))
	}
}

// rolloutGap tells how a rollout may leave no pod that answers; empty if it does not.
func rolloutGap(spec appsv1.DeploymentSpec) string {
	replicas := 1
	if spec.Replicas != nil {
		replicas = int(*spec.Replicas)
	}
	if replicas == 0 {
		return ""
	}
	if spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		return "has the strategy Recreate: nothing answers from its old pods' end until new ones are " +
			"ready; take RollingUpdate"
	}
	rolling := spec.Strategy.RollingUpdate
	if rolling == nil || rolling.MaxUnavailable == nil {
		return "" // a quarter, rounded down
	}
	unavailable, err := intstr.GetScaledValueFromIntOrPercent(rolling.MaxUnavailable, replicas, false)
	if err != nil || unavailable < replicas {
		return ""
	}
	return fmt.Sprintf("may have no pod while it is rolled: maxUnavailable is %s, of %d; make it 0, and "+
		"maxSurge 1", rolling.MaxUnavailable, replicas)
}
