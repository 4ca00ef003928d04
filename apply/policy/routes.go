package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// classAnnotation is where an Ingress had its class before spec.ingressClassName.
const classAnnotation = "kubernetes.io/ingress.class"

// aliases matches the annotations, without what is before the slash, that give an Ingress
// more hosts: those of ingress-nginx, haproxy-ingress and Kong.
var aliases = regexp.MustCompile(`^(server-alias(-regex)?|host-aliases)$`)

// routes checks the hosts of an Ingress or HTTPRoute, and an Ingress' class.
func (c *check) routes() {
	if c.GetKind() != "Ingress" && c.GetKind() != "HTTPRoute" {
		return
	}
	part := c.GetKind() == "Ingress" && c.GetName() == ""
	for _, r := range append(c.hosts(), c.moreHosts()...) {
		if len(c.Hosts) > 0 && !c.mayHave(r.host) && (!part || r.host != "") {
			c.refuse("host", r.field, "%s is not allowed: there may be %s", r, strings.Join(c.Hosts, ", "))
		}
	}
	if c.GetKind() == "Ingress" && len(c.IngressClasses) > 0 {
		c.classes(part)
	}
}

// classes checks the class of an Ingress, and what the annotation says, which some
// controllers prefer.
func (c *check) classes(part bool) {
	class, named, _ := unstructured.NestedString(c.Object, "spec", "ingressClassName")
	old, annotated := c.GetAnnotations()[classAnnotation]
	if named || !annotated && !part {
		c.class("spec.ingressClassName", class)
	}
	if annotated {
		c.class("metadata.annotations."+classAnnotation, old)
	}
}

func (c *check) class(field, class string) {
	if !slices.Contains(c.IngressClasses, class) {
		c.refuse("ingress-class", field, "the class %q is not allowed: there may be %s", class,
			strings.Join(c.IngressClasses, ", "))
	}
}

// moreHosts returns the hosts of TLS, and those that annotations add.
func (c *check) moreHosts() []routed {
	var hosts []routed
	all, _, _ := unstructured.NestedSlice(c.Object, "spec", "tls")
	for i, tls := range all {
		fields, _ := tls.(map[string]any)
		names, _, _ := unstructured.NestedStringSlice(fields, "hosts")
		for j, host := range names {
			hosts = append(hosts, routed{fmt.Sprintf("spec.tls[%d].hosts[%d]", i, j), host})
		}
	}
	annotations := c.GetAnnotations()
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		if _, after, _ := strings.Cut(name, "/"); aliases.MatchString(after) {
			for host := range strings.FieldsSeq(strings.ReplaceAll(annotations[name], ",", " ")) {
				hosts = append(hosts, routed{"metadata.annotations." + name, host})
			}
		}
	}
	return hosts
}

// A routed is a host that routes have; "" is each host.
type routed struct{ field, host string }

func (r routed) String() string {
	if r.host == "" {
		return "each host"
	}
	return "the host " + r.host
}

func (c *check) hosts() []routed {
	if c.GetKind() == "HTTPRoute" {
		return c.hostnames()
	}
	var hosts []routed
	rules, _, _ := unstructured.NestedSlice(c.Object, "spec", "rules")
	for i, rule := range rules {
		fields, _ := rule.(map[string]any)
		host, _ := fields["host"].(string)
		hosts = append(hosts, routed{fmt.Sprintf("spec.rules[%d].host", i), host})
	}
	for _, name := range []string{"defaultBackend", "backend"} {
		if _, ok, _ := unstructured.NestedFieldNoCopy(c.Object, "spec", name); ok {
			hosts = append(hosts, routed{"spec." + name, ""})
		}
	}
	return hosts
}

func (c *check) hostnames() []routed {
	var hosts []routed
	names, _, _ := unstructured.NestedStringSlice(c.Object, "spec", "hostnames")
	for i, host := range names {
		hosts = append(hosts, routed{fmt.Sprintf("spec.hostnames[%d]", i), host})
	}
	if len(hosts) == 0 {
		return []routed{{"spec", ""}}
	}
	return hosts
}

func (c *check) mayHave(host string) bool {
	return slices.ContainsFunc(c.Hosts, func(allowed string) bool {
		suffix, below := strings.CutPrefix(allowed, "*")
		return host == allowed || below && len(host) > len(suffix) && strings.HasSuffix(host, suffix)
	})
}
