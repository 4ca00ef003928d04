package playbook

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

var (
	kindPattern     = regexp.MustCompile(`(?m)^kind: *["']?(\w+)`)
	metadataPattern = regexp.MustCompile(`(?m)^metadata:`)
)

// ingresses moves the one template of an app that makes a whole Ingress, with a name of its
// own, into common/, where the app's Ingress is. More than one are noted.
func (i *importer) ingresses(a *app) {
	var found []*template
	owner := map[*template]*service{}
	for _, name := range slices.Sorted(maps.Keys(a.services)) {
		to := a.services[name]
		for _, t := range to.templates {
			if t.makesIngress() {
				found, owner[t] = append(found, t), to
			}
		}
	}
	if len(found) == 1 && !found[0].looped() {
		a.share(found[0], owner[found[0]])
		return
	}
	for _, t := range found {
		at := t.place(1 + strings.Count(string(t.text[:kindPattern.FindIndex(t.text)[0]]), "\n"))
		i.leave(at, "Ingress", advice{
			"an app has one Ingress, in common/, and what makes whole ones in " + a.name + " makes more",
			"put the rules of all into common/ingress.yml, or leave nothing but rules in those of services",
		})
	}
}

// makesIngress reports whether a template makes nothing but an Ingress that has metadata.
func (t *template) makesIngress() bool {
	kinds := kindPattern.FindAllStringSubmatch(string(t.text), -1)
	return len(kinds) > 0 && metadataPattern.Match(t.text) &&
		!slices.ContainsFunc(kinds, func(kind []string) bool { return kind[1] != "Ingress" })
}

// looped reports whether the template sees what a loop goes over, and so makes several.
func (t *template) looped() bool {
	return slices.ContainsFunc(t.times, func(m making) bool {
		return slices.ContainsFunc(m.sees, func(u use) bool {
			return u.variable.total > 1 || u.variable.unknown()
		})
	})
}

// share moves a template from a service into common, with the variables that it sees, unless
// the service would be empty.
func (a *app) share(t *template, from *service) {
	if from.name == layouts.Common || len(from.templates) < 2 {
		return
	}
	from.templates = slices.DeleteFunc(from.templates, func(other *template) bool { return other == t })
	common := a.service(layouts.Common)
	common.templates = append(common.templates, t)
	for _, m := range t.times {
		for _, u := range m.sees {
			if v := u.variable; !v.unknown() && !slices.Contains(fixed, v.name) {
				a.vars.add(v)
			}
		}
	}
}
