package policy

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// classAnnotation is where an Ingress had its class before spec.ingressClassName.
const classAnnotation = "kubernetes.io/ingress.class"

// routes checks the hosts of an Ingress or HTTPRoute, and an Ingress' class.
func (c *check) routes() {
	for _, r := range c.hosts() {
		if len(c.Hosts) > 0 && !c.mayHave(r.host) {
			c.refuse("host", r.field, "%s is not allowed: there may be %s", r, strings.Join(c.Hosts, ", "))
		}
	}
	if c.GetKind() != "Ingress" || len(c.IngressClasses) == 0 {
		return
	}
	field := "spec.ingressClassName"
	class, _, _ := unstructured.NestedString(c.Object, "spec", "ingressClassName")
	if class == "" {
		field, class = "metadata.annotations."+classAnnotation, c.GetAnnotations()[classAnnotation]
	}
	if !slices.Contains(c.IngressClasses, class) {
		c.refuse("ingress-class", field, "the class %q is not allowed: there may be %s", class,
			strings.Join(c.IngressClasses, ", "))
	}
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
