package schema

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/slipway-go/slipway/layouts"
)

// rules are what the API server checks beyond the schema, by the names of schemas, and
// what cannot work although it does not. They meet values of wrong types, too, which are
// reported elsewhere.
var rules = map[string]func(place){
	metaName: checkMeta,

	"io.k8s.api.apps.v1.DeploymentSpec":  checkWorkload,
	"io.k8s.api.apps.v1.ReplicaSetSpec":  checkWorkload,
	"io.k8s.api.apps.v1.DaemonSetSpec":   checkWorkload,
	"io.k8s.api.apps.v1.StatefulSetSpec": checkWorkload,
	"io.k8s.api.batch.v1.JobSpec":        checkCounts,
	"io.k8s.api.batch.v1.CronJobSpec":    checkCounts,

	"io.k8s.api.core.v1.PodTemplateSpec":      checkTemplate,
	"io.k8s.api.core.v1.Pod":                  checkTemplate,
	"io.k8s.api.core.v1.PodSpec":              checkPod,
	"io.k8s.api.core.v1.Container":            checkContainer,
	"io.k8s.api.core.v1.ContainerPort":        checkContainerPort,
	"io.k8s.api.core.v1.Probe":                checkCounts,
	"io.k8s.api.core.v1.ResourceRequirements": checkResources,

	"io.k8s.api.core.v1.ServiceSpec":              checkService,
	"io.k8s.api.core.v1.ServicePort":              checkServicePort,
	"io.k8s.api.networking.v1.ServiceBackendPort": checkBackendPort,

	"io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector": checkSelector,
}

// counts are fields that may be 0, but not less.
var counts = []string{
	"replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds",
	"parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished",
	"startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit",
	"initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold",
	"terminationGracePeriodSeconds",
}

func checkCounts(p place) {
	for _, name := range counts {
		if n, ok := p.at(name).number(); ok && n < 0 {
			p.at(name).fail("%d is less than 0", n)
		}
	}
}

// checkMeta checks names, labels and annotations.
func checkMeta(p place) {
	if p.path == "metadata" {
		checkName(p.at("name"))
	}
	for _, name := range p.at("labels").fields() {
		entry := p.at("labels").at(name)
		entry.failName(name, validation.IsQualifiedName(name))
		entry.failName(entry.text(), validation.IsValidLabelValue(entry.text()))
	}
	for _, name := range p.at("annotations").fields() {
		p.at("annotations").at(name).failName(name, validation.IsQualifiedName(strings.ToLower(name)))
	}
}

// failName reports what is wrong with a name, in the words of Kubernetes, but for the regular
// expression.
func (p place) failName(name string, problems []string) {
	for _, problem := range problems {
		problem, _, _ = strings.Cut(problem, " (e.g. ")
		p.fail("%q: %s", name, problem)
	}
}

// nameless reports whether the object may do without a name: a service's Ingress, which
// joins the app's.
func (o *object) nameless() bool {
	set := o.GetLabels()[layouts.SetLabel]
	return o.GetKind() == "Ingress" && set != "" && !strings.HasSuffix(set, "."+layouts.Common)
}

// checkName checks the name of an object. Those of roles, IP addresses and the like have
// rules of their own, which allow more.
func checkName(p place) {
	if p.value == nil {
		if p.GetGenerateName() == "" && !p.nameless() {
			p.fail("the name is missing")
		}
		return
	}
	kind := p.GetObjectKind().GroupVersionKind().GroupKind()
	switch {
	case p.text() == "":
		p.fail("the name is empty")
	case kind.Kind == "Service" || kind.Kind == "Namespace":
		p.failName(p.text(), validation.IsDNS1123Label(p.text()))
	case named[kind.Group] && kind.Kind != "IPAddress":
		p.failName(p.text(), validation.IsDNS1123Subdomain(p.text()))
	}
}

// named are the groups whose objects have DNS names.
var named = map[string]bool{
	"": true, "apps": true, "batch": true, "autoscaling": true, "policy": true, "networking.k8s.io": true,
}
