// Package policy says what a tree may deploy, for a pipeline that deploys the trees of others.
//
// A [Policy] is given by whoever embeds the deploy, never by the tree. [Policy.Check] looks
// at rendered objects, before anything is sent to a cluster:
//
//	kind           a kind that is not on the list, such as ClusterRoleBinding or Namespace
//	namespace      an object in another namespace than the deploy's
//	host           a host of an Ingress or HTTPRoute that is not on the list
//	ingress-class  an Ingress of another class than those on the list
//	annotation     one that puts text into a controller's own configuration
//	external-ips   a Service that takes over addresses
//	token          a Secret that gets the token of a service account
//	image          an image from elsewhere, also of a volume
//	digest         an image that is not named by its digest
//	pod-security   what the Pod Security Standards forbid, such as hostPath and privileged
//
// Of what services share, it looks at no more than that: not at the service account that
// pods run as, at where an ExternalName Service leads, or at what the annotations of a
// controller do to the requests for its own host.
//
// The zero value has the defaults that each field states. What is refused is an [*Error]
// that names the rule, the object, and the place in the template.
package policy

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"
)

// A Policy says what may be deployed. Its methods may be called by several goroutines.
type Policy struct {
	// Namespaces are those that objects may name, besides the one that is deployed to.
	Namespaces []string `json:"namespaces,omitempty"`

	// Kinds are those that objects may have, with their groups, as in "Deployment.apps" and
	// "Service". None means DefaultKinds, "*" all.
	Kinds []string `json:"kinds,omitempty"`

	// Hosts are those that routes and TLS may have: "app.example.com", or "*.example.com"
	// for each host below. None means all, also none at all, which is every host.
	Hosts []string `json:"hosts,omitempty"`

	// IngressClasses are those that an Ingress may have. None means all, also the
	// cluster's default.
	IngressClasses []string `json:"ingressClasses,omitempty"`

	// Images are the repositories that images may be of, or be below, as in
	// "registry.example.com/shop". None means that images may come from everywhere.
	Images []string `json:"images,omitempty"`

	// Digests says that images must be named by their digests.
	Digests bool `json:"digests,omitempty"`

	// PodSecurity is the level of the Pod Security Standards that pods must be at:
	// "baseline", the default, "restricted", or "privileged", which allows everything.
	// https://kubernetes.io/docs/concepts/security/pod-security-standards/
	PodSecurity string `json:"podSecurity,omitempty"`
}

// DefaultKinds returns the kinds that a Policy allows that names none: what a service
// consists of, within its namespace and without rights of its own.
func DefaultKinds() []string {
	return []string{
		"ConfigMap", "CronJob.batch", "Deployment.apps", "HTTPRoute.gateway.networking.k8s.io",
		"HorizontalPodAutoscaler.autoscaling", "Ingress.extensions", "Ingress.networking.k8s.io", "Job.batch",
		"PersistentVolumeClaim", "PodDisruptionBudget.policy", "Secret", "Service", "ServiceAccount",
		"StatefulSet.apps",
	}
}

// Parse reads a Policy as YAML or JSON, with the names of the fields as in podSecurity. An
// unknown field, or one that it has twice, is an error, and so is an unknown level.
func Parse(data []byte) (*Policy, error) {
	p := &Policy{}
	if err := yaml.UnmarshalStrict(data, p); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if _, err := p.level(); err != nil {
		return nil, err
	}
	for _, host := range p.Hosts {
		name, _ := strings.CutPrefix(host, "*.")
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			return nil, fmt.Errorf("policy: hosts: %q: want a host, as app.example.com or *.example.com",
				host)
		}
	}
	return p, nil
}

func (p *Policy) level() (api.Level, error) {
	level, err := api.ParseLevel(cmp.Or(p.PodSecurity, string(api.LevelBaseline)))
	if err != nil {
		return level, fmt.Errorf("policy: podSecurity %q: want baseline, restricted or privileged",
			p.PodSecurity)
	}
	return level, nil
}

// Check returns what of objs is against the policy, which are deployed to a namespace: an
// [*Error] for each, joined, in the order of objs. An Ingress without a name is one of a
// service's, which gets the class, and may get the hosts, of the app's: CheckRoutes looks
// at what becomes of it.
//
// Objects that package render made with its option Lines are told by the lines of their
// fields, others by their first.
func (p *Policy) Check(namespace string, objs []*unstructured.Unstructured) error {
	level, err := p.level()
	if err != nil {
		return err
	}
	var errs []error
	for _, obj := range objs {
		c := &check{Policy: p, Unstructured: obj, level: level, namespace: namespace}
		c.object()
		errs = append(errs, c.errs...)
	}
	return errors.Join(errs...)
}

// CheckRoutes returns which hosts and classes of the Ingresses and HTTPRoutes in objs are
// against the policy, as Check does. It is for what package ingress has merged.
func (p *Policy) CheckRoutes(objs []*unstructured.Unstructured) error {
	var errs []error
	for _, obj := range objs {
		c := &check{Policy: p, Unstructured: obj}
		c.routes()
		errs = append(errs, c.errs...)
	}
	return errors.Join(errs...)
}

// A check looks at one object.
type check struct {
	*Policy
	*unstructured.Unstructured
	level     api.Level
	namespace string
	errs      []error
}

func (c *check) object() {
	c.kind()
	c.itsNamespace()
	c.annotations()
	c.routes()
	switch c.GetKind() {
	case "Secret":
		if c.Object["type"] == "kubernetes.io/service-account-token" {
			c.refuse("token", "type", "the cluster puts the token of a service account into it: take it out")
		}
	case "Service":
		if ips, _, _ := unstructured.NestedSlice(c.Object, "spec", "externalIPs"); len(ips) > 0 {
			c.refuse("external-ips", "spec.externalIPs", "a Service takes over the traffic to addresses "+
				"that may be others': take it out")
		}
	}
	c.pods()
}

func (c *check) kind() {
	allowed := c.Kinds
	if len(allowed) == 0 {
		allowed = DefaultKinds()
	}
	kind := c.GroupVersionKind().GroupKind().String()
	if !slices.Contains(allowed, "*") && !slices.Contains(allowed, kind) {
		c.refuse("kind", "kind", "%s is not allowed: there may be %s", kind, strings.Join(allowed, ", "))
	}
}

func (c *check) itsNamespace() {
	namespace := c.GetNamespace()
	if namespace != "" && namespace != c.namespace && !slices.Contains(c.Namespaces, namespace) {
		c.refuse("namespace", "metadata.namespace", "%s is not the namespace that is deployed to, %s: "+
			"take it out", namespace, c.namespace)
	}
}

// snippet matches the names, without what is before the slash, of the annotations of
// ingress-nginx, NGINX Inc.'s controller and HAProxy's that hold text of their configuration.
var snippet = regexp.MustCompile(`(-snippets?|^(backend|frontend)-config|^config-(backend|frontend|global))$`)

// annotations refuses those that are configuration in a controller's own language: any
// service's could change how the requests to others are answered.
func (c *check) annotations() {
	for _, name := range slices.Sorted(maps.Keys(c.GetAnnotations())) {
		_, after, _ := strings.Cut(name, "/")
		if snippet.MatchString(after) {
			c.refuse("annotation", "metadata.annotations."+name, "it puts text into the controller's own "+
				"configuration: take it out")
		}
	}
}

func (c *check) refuse(rule, field, format string, args ...any) {
	c.errs = append(c.errs, newError(c.Unstructured, rule, field, fmt.Errorf(format, args...)))
}
