package ingress

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// What one HTTPRoute may hold: limits of the Gateway API.
const (
	maxRules = 16
	maxHosts = 16
)

// A sheet is as much of an owner's routes as one HTTPRoute holds: those of hosts that have the
// same ones, host by host.
type sheet struct {
	routes []Route
	each   int // how many are of one host
}

// sheets returns the sheets that hold routes, which are one owner's and sorted.
func sheets(routes []Route) []sheet {
	var groups [][][]Route // of hosts with the same routes
	index := map[string]int{}
	for _, ofHost := range byHost(routes) {
		sign := signature(ofHost)
		i, ok := index[sign]
		if !ok {
			i = len(groups)
			index[sign] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], ofHost)
	}
	var out []sheet
	for _, group := range groups {
		for hosts := range slices.Chunk(group, maxHosts) {
			for begin := 0; begin < len(hosts[0]); begin += maxRules {
				part := sheet{each: min(maxRules, len(hosts[0])-begin)}
				for _, ofHost := range hosts {
					part.routes = append(part.routes, ofHost[begin:begin+part.each]...)
				}
				out = append(out, part)
			}
		}
	}
	return out
}

// byHost cuts routes, which are sorted, where the host changes.
func byHost(routes []Route) [][]Route {
	var out [][]Route
	for i, route := range routes {
		if i == 0 || routes[i-1].Host != route.Host {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], route)
	}
	return out
}

// signature is the same for hosts whose routes are. A route for any host cannot share an
// HTTPRoute with one that names it.
func signature(routes []Route) string {
	var b strings.Builder
	fmt.Fprintln(&b, routes[0].Host == "")
	for _, r := range routes {
		fmt.Fprintf(&b, "%s %q %s %t\n", r.PathType, r.Path, r.Backend, r.Strip)
	}
	return b.String()
}

func (s sheet) has(taken Taken) bool {
	return slices.ContainsFunc(s.routes, func(r Route) bool { return r.key() == taken.key() })
}

// write puts the sheet into the spec of an HTTPRoute.
func (s sheet) write(spec map[string]any) {
	var hosts []any
	for i := 0; i < len(s.routes); i += s.each {
		if host := s.routes[i].Host; host != "" {
			hosts = append(hosts, host)
		}
	}
	delete(spec, "hostnames")
	if hosts != nil {
		spec["hostnames"] = hosts
	}
	rules := make([]any, s.each)
	for i, route := range s.routes[:s.each] {
		rules[i] = route.httpRule()
	}
	spec["rules"] = rules
}

// httpRule returns the route as a rule, one for each path: a prefix can be taken off only by
// a rule that matches nothing else.
func (r Route) httpRule() map[string]any {
	path := map[string]any{"type": "PathPrefix", "value": r.Path}
	rewrite := map[string]any{"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}
	if r.PathType == string(networkingv1.PathTypeExact) {
		path["type"] = "Exact"
		rewrite = map[string]any{"type": "ReplaceFullPath", "replaceFullPath": "/"}
	}
	rule := map[string]any{
		"matches":     []any{map[string]any{"path": path}},
		"backendRefs": []any{r.Backend.ref()},
	}
	if r.Strip {
		rule["filters"] = []any{map[string]any{
			"type": "URLRewrite", "urlRewrite": map[string]any{"path": rewrite},
		}}
	}
	return rule
}

// ref returns the backend as the Gateway API writes it, defaults included.
func (b Backend) ref() map[string]any {
	if b.Service == "" {
		return map[string]any{
			"group": b.Resource.APIGroup, "kind": b.Resource.Kind, "name": b.Resource.Name,
			"weight": int64(1),
		}
	}
	service := b.v1().Service
	return map[string]any{
		"group": "", "kind": "Service", "name": service.Name, "port": int64(service.Port.Number),
		"weight": int64(1),
	}
}
