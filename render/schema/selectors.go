package schema

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
)

// checkWorkload checks that a Deployment or the like selects its own pods.
func checkWorkload(p place) {
	checkCounts(p)
	selector, set := p.at("selector"), p.down("template", "metadata", "labels")
	if len(selector.fields()) == 0 {
		if selector.value != nil {
			selector.fail("selects nothing: give it the labels of the template under matchLabels")
		}
		return
	}
	have := set.strings()
	mismatch := false
	for _, name := range selector.at("matchLabels").fields() {
		want := selector.at("matchLabels").at(name)
		if got, ok := have[name]; !ok {
			mismatch = true
			want.fail("the template has no label %s: %s%s", name, listed(have, set), set.inLine())
		} else if text, isText := want.value.(string); isText && text != got {
			mismatch = true
			want.fail("%q does not match the template's label, %q%s: make them alike",
				text, got, set.at(name).inLine())
		}
	}
	if parsed := selector.selector(); parsed != nil && !mismatch && !parsed.Matches(labels.Set(have)) {
		selector.at("matchExpressions").fail("does not match the template's labels: %s%s",
			listed(have, set), set.inLine())
	}
}

func listed(have map[string]string, p place) string {
	if len(have) == 0 {
		return p.path + " is empty"
	}
	return "it has " + names(slices.Sorted(maps.Keys(have)))
}

// selector returns the label selector at p; nil if it is none.
func (p place) selector() labels.Selector {
	fields, ok := p.value.(map[string]any)
	if !ok {
		return nil
	}
	var parsed metav1.LabelSelector
	if runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &parsed) != nil {
		return nil // a wrong type, which is reported
	}
	selector, err := metav1.LabelSelectorAsSelector(&parsed)
	if err != nil {
		return nil // see checkSelector
	}
	return selector
}

// operators of expressions, and whether they take values.
var operators = map[string]bool{"In": true, "NotIn": true, "Exists": false, "DoesNotExist": false}

func checkSelector(p place) {
	for _, name := range p.at("matchLabels").fields() {
		entry := p.at("matchLabels").at(name)
		entry.failName(name, validation.IsQualifiedName(name))
		entry.failName(entry.text(), validation.IsValidLabelValue(entry.text()))
	}
	for _, e := range p.at("matchExpressions").items() {
		takes, known := operators[e.at("operator").text()]
		values := len(e.at("values").items())
		switch operator := e.at("operator"); {
		case !known && operator.text() != "":
			operator.fail("%s is not known: want In, NotIn, Exists or DoesNotExist", operator.quoted())
		case known && takes && values == 0:
			operator.fail("%s needs values", operator.text())
		case known && !takes && values > 0:
			operator.fail("%s takes no values", operator.text())
		}
	}
}

// services checks what Services select, once all pods are known.
func (v *validator) services() {
	for _, spec := range v.selecting {
		pods := v.selected(spec)
		if selector := spec.at("selector"); len(pods) == 0 && v.inNamespace(spec) {
			selector.warn("selects no pods of the objects here: %s", labels.Set(selector.strings()))
		}
		if len(pods) == 0 {
			continue
		}
		for _, port := range spec.at("ports").items() {
			checkTarget(port.at("targetPort"), pods)
		}
	}
}

// selected returns the pod templates that a Service selects.
func (v *validator) selected(spec place) []place {
	want := labels.SelectorFromSet(spec.at("selector").strings())
	var pods []place
	for _, t := range v.templates {
		have := t.down("metadata", "labels").strings()
		if t.GetNamespace() == spec.GetNamespace() && want.Matches(labels.Set(have)) {
			pods = append(pods, t)
		}
	}
	return pods
}

// inNamespace reports whether there are any pods that the Service could select.
func (v *validator) inNamespace(spec place) bool {
	return slices.ContainsFunc(v.templates, func(t place) bool {
		return t.GetNamespace() == spec.GetNamespace()
	})
}

// checkTarget checks that a name leads to a port of the pods that are selected.
func checkTarget(target place, pods []place) {
	name := target.text()
	if name == "" || strings.Trim(name, "0123456789") == "" {
		return
	}
	var known []string
	for _, pod := range pods {
		for _, container := range podContainers(pod.at("spec")) {
			known = append(known, portNames(container)...)
		}
	}
	if !slices.Contains(known, name) {
		target.fail("the pods of %s have no port of the name %s%s", pods[0].title, name, hintOf(name, known))
	}
}
