package schema

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/slipway-go/slipway/internal/nearest"
)

// hintOf says which name may have been meant, or which there are.
func hintOf(name string, known []string) string {
	if hint := nearest.Hint(name, known); hint != "" || len(known) == 0 {
		return hint
	}
	return ": there are " + names(known)
}

// restarts are the policies that a kind's pods may have.
var restarts = map[string][]string{
	"Deployment": {"Always"}, "ReplicaSet": {"Always"}, "DaemonSet": {"Always"}, "StatefulSet": {"Always"},
	"Job": {"OnFailure", "Never"}, "CronJob": {"OnFailure", "Never"},
}

// checkTemplate notes a template of pods, and checks what depends on whose it is.
func checkTemplate(p place) {
	p.templates = append(p.templates, p)
	policy, allowed := p.down("spec", "restartPolicy"), restarts[p.GetKind()]
	have := policy.text()
	if have == "" {
		have = "Always"
	}
	if len(allowed) > 0 && p.at("spec").value != nil && !slices.Contains(allowed, have) {
		policy.fail("%s does not go with a %s: want %s", have, p.GetKind(), strings.Join(allowed, " or "))
	}
}

// podContainers returns the containers of a pod, init containers first.
func podContainers(spec place) []place {
	return slices.Concat(spec.at("initContainers").items(), spec.at("containers").items())
}

func checkPod(p place) {
	checkCounts(p)
	if list, ok := p.at("containers").value.([]any); ok && len(list) == 0 {
		p.at("containers").fail("there is no container")
	}
	volumes := volumeNames(p)
	first := map[string]place{}
	for _, c := range p.at("initContainers").items() {
		first[c.at("name").text()] = c.at("name")
	}
	for _, c := range p.at("containers").items() {
		name := c.at("name")
		if before := first[name.text()]; name.text() != "" && before.value != nil {
			name.fail("an init container has the name %s, too%s", name.text(), before.inLine())
		}
	}
	for _, c := range podContainers(p) {
		for _, mount := range c.at("volumeMounts").items() {
			if name := mount.at("name"); name.text() != "" && !slices.Contains(volumes, name.text()) {
				name.fail("the pod has no volume %s%s", name.text(), hintOf(name.text(), volumes))
			}
		}
	}
}

// checkNames reports the names of ports that are there twice.
func checkNames(ports []place) {
	first := map[string]place{}
	for _, port := range ports {
		name := port.at("name")
		if before, twice := first[name.text()]; twice && name.text() != "" {
			name.fail("another port has the name %s%s", name.text(), before.inLine())
			continue
		}
		first[name.text()] = name
	}
}

// volumeNames returns the volumes of a pod, a StatefulSet's claims included.
func volumeNames(spec place) []string {
	var known []string
	for _, volume := range spec.at("volumes").items() {
		known = append(known, volume.at("name").text())
	}
	if spec.GetKind() == "StatefulSet" {
		for _, claim := range spec.root(spec.Unstructured).down("spec", "volumeClaimTemplates").items() {
			known = append(known, claim.down("metadata", "name").text())
		}
	}
	return known
}

func checkContainer(p place) {
	name := p.at("name")
	if name.text() != "" {
		name.failName(name.text(), validation.IsDNS1123Label(name.text()))
	}
	if image, ok := p.at("image").value.(string); ok {
		checkImage(p.at("image"), image)
	}
	checkNames(p.at("ports").items())
	known := portNames(p)
	for _, path := range [][]string{
		{"livenessProbe"}, {"readinessProbe"}, {"startupProbe"},
		{"lifecycle", "postStart"}, {"lifecycle", "preStop"},
	} {
		for _, how := range []string{"httpGet", "tcpSocket", "grpc"} {
			port := p.down(path...).down(how, "port")
			checkPort(port)
			if text := port.text(); validation.IsValidPortName(text) == nil && !slices.Contains(known, text) {
				port.fail("the container has no port of the name %s%s", text, hintOf(text, known))
			}
		}
	}
}

func portNames(container place) []string {
	var known []string
	for _, port := range container.at("ports").items() {
		if name := port.at("name").text(); name != "" {
			known = append(known, name)
		}
	}
	return known
}

func checkContainerPort(p place) {
	checkPort(p.at("containerPort"))
	if n, _ := p.at("hostPort").number(); n != 0 {
		checkPort(p.at("hostPort"))
	}
	if name := p.at("name"); name.text() != "" {
		name.failName(name.text(), validation.IsValidPortName(name.text()))
	}
}

// checkPort checks a port's number, or its name where the schema allows one.
func checkPort(p place) {
	if n, ok := p.number(); ok && (n < 1 || n > 65535) {
		p.fail("%d is not a port: want 1 to 65535", n)
	}
	text, ok := p.value.(string)
	if !ok {
		return
	}
	if strings.Trim(text, "0123456789") == "" {
		p.fail("%q is between quotes, so it is a name, which needs a letter: take the quotes off", text)
		return
	}
	p.failName(text, validation.IsValidPortName(text))
}

// checkResources checks that no more is requested than is allowed.
func checkResources(p place) {
	for _, name := range p.at("requests").fields() {
		request, limit := p.at("requests").at(name), p.at("limits").at(name)
		asked, err := request.amount()
		if err != nil {
			continue
		}
		if asked.Sign() < 0 {
			request.fail("%s is less than 0", request.quoted())
		}
		most, err := limit.amount()
		if err == nil && limit.value != nil && asked.Cmp(most) > 0 {
			request.fail("%s is more than the limit, %s%s",
				request.quoted(), limit.quoted(), limit.inLine())
		}
	}
	for _, kind := range []string{"requests", "limits"} {
		memory := p.at(kind).at("memory")
		if text := memory.text(); strings.HasSuffix(text, "m") {
			memory.warn("%s is in thousandths of a byte: did you mean %s?", memory.quoted(),
				strings.TrimSuffix(text, "m")+"Mi")
		}
	}
}
