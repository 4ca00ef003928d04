package ingress

import "slices"

// served returns those of the controllers whose ways are known that may serve the app's
// Ingress: the one that its class names, none if that is another one, else all.
func (m *merger) served() []controller {
	own := m.controller()
	if m.opts.Output == OutputHTTPRoute {
		own = onGateway
	}
	if own == "" {
		return controllers
	}
	return slices.DeleteFunc(slices.Clone(controllers), func(c controller) bool { return c.key != own })
}

// rewritten returns the hosts of which ingress-nginx takes all paths for regular
// expressions: one of them is stripped, or common says so itself.
func (m *merger) rewritten(routes []Route) map[string]bool {
	annotations := m.base.GetAnnotations()
	all := annotations["nginx.ingress.kubernetes.io/use-regex"] == "true" ||
		annotations["nginx.ingress.kubernetes.io/rewrite-target"] != ""
	hosts := map[string]bool{}
	for _, r := range routes {
		hosts[r.Host] = hosts[r.Host] || all || r.Strip
	}
	return hosts
}
