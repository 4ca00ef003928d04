package ingress

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// A dialect is how a controller is told to take the path of a route off the request.
// Nearly all say it in annotations, which are for an Ingress as a whole: so routes that
// are stripped and routes that are not are in different ones.
type dialect struct {
	// middleware says that it is told by an object of Traefik's.
	middleware bool
	// write, if set, returns the route as the controller wants it.
	write func(Route) Route
	// annotations, if set, returns those that the routes need.
	annotations func([]Route) map[string]string
	// owned are the annotations, or the beginnings of them, that annotations returns.
	owned []string
}

// dialects are those of the controllers that can strip, by name.
var dialects = map[string]*dialect{
	// https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/stripprefix/
	onTraefik: {middleware: true},
	// https://kubernetes.github.io/ingress-nginx/examples/rewrite/
	onIngressNGINX: {
		write: nginxPattern,
		annotations: func([]Route) map[string]string {
			return map[string]string{
				"nginx.ingress.kubernetes.io/use-regex":      "true",
				"nginx.ingress.kubernetes.io/rewrite-target": "/$2",
			}
		},
		owned: []string{
			"nginx.ingress.kubernetes.io/use-regex", "nginx.ingress.kubernetes.io/rewrite-target",
		},
	},
	// https://github.com/nginx/kubernetes-ingress/tree/main/examples/ingress-resources/rewrites
	onNGINX: {write: slashed, annotations: nginxRewrites, owned: []string{"nginx.org/rewrites"}},
	// https://github.com/haproxytech/kubernetes-ingress/blob/master/documentation/annotations.md
	onHAProxy: {annotations: haproxyRewrite, owned: []string{"haproxy.org/path-rewrite"}},
	// https://haproxy-ingress.github.io/docs/configuration/keys/#rewrite-target
	onHAProxyIngress: {
		annotations: always("haproxy-ingress.github.io/rewrite-target", "/"),
		owned:       []string{"haproxy-ingress.github.io/rewrite-target"},
	},
	// https://developer.konghq.com/kubernetes-ingress-controller/reference/annotations/
	onKong: {annotations: always("konghq.com/strip-path", "true"), owned: []string{"konghq.com/strip-path"}},
	// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/tasks/url_rewrite
	onALB: {annotations: albTransforms, owned: []string{albTransform}},
}

func always(name, value string) func([]Route) map[string]string {
	return func([]Route) map[string]string { return map[string]string{name: value} }
}

// cannotStrip are the controllers that are known to have no way to do it in an Ingress.
var cannotStrip = map[string]string{
	onContour: "write an HTTPProxy with pathRewritePolicy instead",
	onGCE:     "let the services answer under their paths",
}

// nginxPattern makes the path a regular expression of which the second group is what is
// left.
func nginxPattern(r Route) Route {
	if r.PathType == string(networkingv1.PathTypeExact) {
		r.Path = regexp.QuoteMeta(r.Path) + "$"
	} else {
		r.Path = regexp.QuoteMeta(strings.TrimRight(r.Path, "/")) + "(/|$)(.*)"
	}
	r.PathType = string(networkingv1.PathTypeImplementationSpecific)
	return r
}

// slashed ends the path with a slash, without which what is left has none in front; the
// controller redirects requests for the path without it.
func slashed(r Route) Route {
	if r.PathType != string(networkingv1.PathTypeExact) {
		r.Path = strings.TrimRight(r.Path, "/") + "/"
	}
	return r
}

func nginxRewrites(routes []Route) map[string]string {
	var parts []string
	for _, service := range servicesOf(routes) {
		parts = append(parts, "serviceName="+service+" rewrite=/")
	}
	return map[string]string{"nginx.org/rewrites": strings.Join(parts, ";")}
}

// haproxyRewrite is one expression for all paths: of several, each would be tried on
// what the one before has left.
func haproxyRewrite(routes []Route) map[string]string {
	return map[string]string{"haproxy.org/path-rewrite": stripPattern(routes) + ` /\1`}
}

const albTransform = "alb.ingress.kubernetes.io/transforms."

func albTransforms(routes []Route) map[string]string {
	type rewrite struct {
		Regex   string `json:"regex"`
		Replace string `json:"replace"`
	}
	type config struct {
		Rewrites []rewrite `json:"rewrites"`
	}
	type transform struct {
		Type   string `json:"type"`
		Config config `json:"urlRewriteConfig"`
	}
	out := map[string]string{}
	for _, service := range servicesOf(routes) {
		own := slices.DeleteFunc(slices.Clone(routes), func(r Route) bool {
			return r.Backend.Service != service
		})
		text, err := json.Marshal([]transform{{"url-rewrite", config{[]rewrite{{stripPattern(own), "/$1"}}}}})
		if err == nil { // strings always can be
			out[albTransform+service] = string(text)
		}
	}
	return out
}

// stripPattern is a regular expression for the routes' paths, of which the first group
// is what is left, without its slash.
func stripPattern(routes []Route) string {
	quoted := make([]string, 0, len(routes))
	for _, prefix := range prefixes(routes) {
		quoted = append(quoted, regexp.QuoteMeta(prefix))
	}
	return "^(?:" + strings.Join(quoted, "|") + ")(?:/(.*))?$"
}

// prefixes returns the paths that are stripped, each once, the longest first: whoever
// takes the first that fits is to take the longest.
func prefixes(routes []Route) []string {
	unique := map[string]bool{}
	for _, route := range routes {
		if route.Strip {
			unique[strings.TrimRight(route.Path, "/")] = true
		}
	}
	out := slices.Sorted(maps.Keys(unique))
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

// servicesOf returns the Services that the routes lead to, sorted.
func servicesOf(routes []Route) []string {
	unique := map[string]bool{}
	for _, route := range routes {
		if route.Backend.Service != "" {
			unique[route.Backend.Service] = true
		}
	}
	return slices.Sorted(maps.Keys(unique))
}
