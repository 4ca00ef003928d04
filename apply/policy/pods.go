package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	podsecurity "k8s.io/pod-security-admission/policy"
)

// templates are where the kinds that make pods have their templates.
var templates = map[string][]string{
	"Pod":                   nil,
	"Deployment":            {"spec", "template"},
	"StatefulSet":           {"spec", "template"},
	"DaemonSet":             {"spec", "template"},
	"ReplicaSet":            {"spec", "template"},
	"ReplicationController": {"spec", "template"},
	"Job":                   {"spec", "template"},
	"PodTemplate":           {"template"},
	"CronJob":               {"spec", "jobTemplate", "spec", "template"},
}

// evaluator has the checks of the Pod Security Standards.
var evaluator = sync.OnceValues(func() (podsecurity.Evaluator, error) {
	return podsecurity.NewEvaluator(podsecurity.DefaultChecks(), nil)
})

// pods checks what the object makes pods of.
func (c *check) pods() {
	at, makes := templates[c.GetKind()]
	content, _, _ := unstructured.NestedFieldNoCopy(c.Object, at...)
	fields, ok := content.(map[string]any)
	if !makes || !ok {
		return
	}
	spec := strings.Join(append(slices.Clone(at), "spec"), ".")
	var template corev1.PodTemplateSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &template); err != nil {
		c.refuse("pod-security", spec, "it cannot be checked: %w", err)
		return
	}
	c.security(spec, &template)
	for i, volume := range template.Spec.Volumes {
		if volume.Image != nil {
			c.image(fmt.Sprintf("%s.volumes[%d].image.reference", spec, i), volume.Image.Reference)
		}
	}
	for i, container := range template.Spec.InitContainers {
		c.image(fmt.Sprintf("%s.initContainers[%d].image", spec, i), container.Image)
	}
	for i, container := range template.Spec.Containers {
		c.image(fmt.Sprintf("%s.containers[%d].image", spec, i), container.Image)
	}
}

// security checks a template against the Pod Security Standards.
func (c *check) security(spec string, template *corev1.PodTemplateSpec) {
	standards, err := evaluator()
	if err != nil {
		c.refuse("pod-security", spec, "it cannot be checked: %w", err)
		return
	}
	level := api.LevelVersion{Level: c.level, Version: api.LatestVersion()}
	for _, result := range standards.EvaluatePod(level, &template.ObjectMeta, &template.Spec) {
		if !result.Allowed {
			c.refuse("pod-security", spec, "%s forbids %s: %s", c.level, result.ForbiddenReason,
				result.ForbiddenDetail)
		}
	}
}

func (c *check) image(field, image string) {
	if len(c.Images) > 0 && !slices.ContainsFunc(c.Images, func(of string) bool { return isOf(image, of) }) {
		c.refuse("image", field, "%q is not allowed: it may be of %s", image, strings.Join(c.Images, ", "))
	}
	if c.Digests && !strings.Contains(image, "@sha256:") {
		c.refuse("digest", field, "%q may be another image tomorrow: name it by its digest, as in "+
			"name:tag@sha256:…", image)
	}
}

// isOf reports whether an image is of a repository, or of one below it.
func isOf(image, repository string) bool {
	rest, ok := strings.CutPrefix(image, strings.TrimSuffix(repository, "/"))
	return ok && (rest == "" || strings.ContainsAny(rest[:1], "/:@"))
}
