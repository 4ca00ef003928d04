package playbook

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// An app is one of the layout that is made.
type app struct {
	name     string
	services map[string]*service // common, too
	vars     variables           // for all services

	namespaces []noted // that tasks name, in their order
	timeout    int     // seconds; 0 means that no task says it
	kubeconfig string
	context    string
	perService bool // the caller says which service

	appVariables, serviceVariables []string // with which the caller names app and service
}

// A noted is a word of the playbook, and where it stands.
type noted struct {
	text string
	at   place
}

// A service is one of an app, or common.
type service struct {
	app   *app
	name  string
	vars  variables
	files []File // that the templates become

	templates []*template
}

// variables are those of an app or service, each place once.
type variables struct {
	list []variable
	seen map[variableKey]bool
}

type variableKey struct {
	name  string
	at    place
	level level
}

func (vs *variables) add(v variable) {
	key := variableKey{v.name, v.at, v.level}
	if vs.seen[key] {
		return
	}
	if vs.seen == nil {
		vs.seen = map[variableKey]bool{}
	}
	vs.seen[key] = true
	vs.list = append(vs.list, v)
}

var (
	appName = regexp.MustCompile(`(?i)^(\w+_)?(app|application|project|product|stack)(_?name)?$`)
	svcName = regexp.MustCompile(`(?i)^(\w+_)?(service|svc|component|module)(_?name)?$`)
	envName = regexp.MustCompile(`(?i)^(\w+_)?(env|environment|stage|cluster|region|tenant)(_?name)?$`)
)

// target returns the service that a task's objects belong to; see the package's doc. false
// says that it cannot be told, which is noted.
func (i *importer) target(f field, m match, s scope) (*service, bool) {
	appText, serviceText := "", ""
	dir, perService := -1, false // of the app; the caller says the service
	for _, c := range m.caught {
		switch {
		case appName.MatchString(c.name):
			appText, dir = c.value, c.dir
		case c.dir >= 0 && envName.MatchString(c.name):
			i.leave(f.place(), f.name+" "+m.file, advice{
				"it depends on the environment " + c.name,
				"make what differs a patch or a vars.yml in overlays/" + label(c.value),
			})
			return nil, false
		case c.saysService():
			serviceText = c.value
			perService = perService || !c.known
		}
	}
	if serviceText == "" && dir >= 0 {
		serviceText = m.below(dir)
	}
	appText = i.appOf(appText, s)
	if serviceText == "" {
		serviceText = i.serviceOf(appText, m, s)
	}
	appText, serviceText = label(appText), label(serviceText)
	if !areNames(appText, serviceText) {
		i.leave(f.place(), f.name+" "+m.file, advice{
			fmt.Sprintf("%q and %q cannot be the names of an app and a service", appText, serviceText),
			"rename them, and import again; --app says another app",
		})
		return nil, false
	}
	to := i.app(appText).service(serviceText)
	to.app.perService = to.app.perService || perService
	to.app.named(m)
	to.see(f.place(), s, m)
	return to, true
}

// named notes the variables with which the caller names app and service.
func (a *app) named(m match) {
	for _, c := range m.caught {
		names := &a.serviceVariables
		switch {
		case c.known:
			continue
		case appName.MatchString(c.name):
			names = &a.appVariables
		case !c.saysService():
			continue
		}
		if !slices.Contains(*names, c.name) {
			*names = append(*names, c.name)
		}
	}
}

// saysService reports whether the variable's value is the service.
func (c caught) saysService() bool { return c.dir >= 0 || svcName.MatchString(c.name) }

// kinds are directories that say what files are, and not whose.
var kinds = []string{"templates", "files", "k8s", "kubernetes", "manifests"}

// below returns the directory below that of the app; "" if there is none.
func (m match) below(dir int) string {
	for _, name := range m.dirs[dir+1:] {
		if !slices.Contains(kinds, name) {
			return name
		}
	}
	return ""
}

// areNames reports whether package layouts takes them as the names of an app and a
// service: both are in the value of a label.
func areNames(app, service string) bool {
	const maxLabel, maxService = 63, 56
	reserved := []string{"", "each", "overlays"}
	return !slices.Contains(append(reserved, layouts.Common), app) && !slices.Contains(reserved, service) &&
		len(service) <= maxService && len(layouts.Set(app, service)) <= maxLabel
}

// appOf returns the app's name where the path does not say it.
func (i *importer) appOf(text string, s scope) string {
	if text != "" {
		return text
	}
	if i.opts.App != "" {
		return i.opts.App
	}
	v, err := s.evalName("app_name", 0)
	if name, ok := v.text(); err == nil && ok {
		return name
	}
	base := path.Base(i.book)
	return strings.TrimSuffix(base, path.Ext(base))
}

// serviceOf returns the service's name where the path does not say it.
func (i *importer) serviceOf(appText string, m match, s scope) string {
	for _, v := range slices.Backward(s.vars) { // the innermost loop
		inPath := slices.ContainsFunc(m.caught, func(c caught) bool {
			return firstOf(c.name) == v.name
		})
		if v.level != loopVars || inPath {
			continue
		}
		if name := nameOf(v.value); name != "" {
			return name
		}
	}
	if name := s.ownService(); name != "" {
		return name
	}
	if s.role != "" {
		return lastName(s.role)
	}
	if i.opts.Service != "" {
		return i.opts.Service
	}
	v, err := s.evalName("service_name", 0)
	if name, ok := v.text(); err == nil && ok {
		return name
	}
	return appText
}

// ownService returns the service that the variables of a task, or the parameters of a role
// or of included tasks, say; the innermost ones count.
func (s scope) ownService() string {
	for _, v := range slices.Backward(s.vars) {
		if v.level != taskVars && v.level != paramVars || !svcName.MatchString(v.name) {
			continue
		}
		text, ok := v.value.(string)
		if name, isKnown := s.known(text); ok && isKnown && label(name) == name && name != "" {
			return name
		}
	}
	return ""
}

// nameOf returns the name of what a loop goes over: a text, or a map with a name.
func nameOf(item any) string {
	if fields, ok := item.(map[string]any); ok {
		for _, name := range []string{"name", "service", "service_name", "key"} {
			if text, ok := fields[name].(string); ok {
				return text
			}
		}
	}
	text, _ := item.(string)
	if label(text) != text {
		return ""
	}
	return text
}

func (i *importer) app(name string) *app {
	if i.apps[name] == nil {
		i.apps[name] = &app{name: name, services: map[string]*service{}}
	}
	return i.apps[name]
}

func (a *app) service(name string) *service {
	if a.services[name] == nil {
		a.services[name] = &service{app: a, name: name}
	}
	return a.services[name]
}

// see notes the variables that the service's templates see.
func (to *service) see(at place, s scope, m match) {
	for _, v := range s.vars {
		switch {
		case v.level == magicVars || v.unknown() || v.level == loopVars && m.picked(v.name):
		case v.level.ofApp() || to.name == layouts.Common:
			to.app.vars.add(v)
		default:
			to.vars.add(v)
		}
	}
	for _, c := range m.caught {
		v := variable{level: paramVars, name: c.name, value: c.value, at: at}
		switch {
		case c.known || strings.Contains(c.name, ".") || slices.Contains(fixed, c.name):
		case appName.MatchString(c.name):
			to.app.vars.add(v)
		case to.name != layouts.Common && c.saysService():
			to.vars.add(v)
		}
	}
}

// picked reports whether a loop's variable says no more than which file it is.
func (m match) picked(name string) bool {
	return slices.ContainsFunc(m.caught, func(c caught) bool {
		return firstOf(c.name) == name && c.dir < 0
	})
}

func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	return withNumber(name, n)
}

func withNumber(name string, n int) string {
	base, ext, _ := strings.Cut(name, ".")
	return fmt.Sprintf("%s-%d.%s", base, n, ext)
}

// free returns a path in the service, by another name if that is taken.
func (to *service) free(dir, name string) string {
	for n := 1; ; n++ {
		at := path.Join(to.app.name, to.name, dir, numbered(name, n))
		if !slices.ContainsFunc(to.files, func(f File) bool { return f.Path == at }) {
			return at
		}
	}
}

// otherPattern finds what the dialects may read as something else than a text, as yes, 0755
// or 12:30.
var otherPattern = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|[-+]?[0-9][0-9a-fox_.:e+-]*)$`)

// differs reports whether the value of any of the names, which may have dots, is printed
// otherwise by Go than by Jinja: a template, true, null, a list or a map.
func differs(names []string, values map[string]variable) bool {
	for _, name := range names {
		steps := strings.Split(name, ".")
		v, known := values[steps[0]]
		value := v.value
		for _, step := range steps[1:] {
			fields, _ := value.(map[string]any)
			value, known = fields[step]
		}
		switch v := value.(type) {
		case string:
			known = usesJinja(v) || otherPattern.MatchString(v)
		case int:
			known = false
		case float64:
			text := fmt.Sprint(v)
			known = strconv.FormatFloat(v, 'f', -1, 64) != text || !strings.Contains(text, ".")
		}
		if known {
			return true
		}
	}
	return false
}
