package playbook

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
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
	caller     []string // values that the caller passes
	perService bool     // the caller says which service
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
	files []File
	vars  variables
}

// variables are those of an app or service, each place once.
type variables struct {
	list []variable
	seen map[variableKey]bool
}

type variableKey struct {
	name, from string
	level      level
}

func (vs *variables) add(v variable) {
	key := variableKey{v.name, v.from, v.level}
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
		case c.dir >= 0:
			serviceText = c.value
			perService = perService || !c.known
		}
	}
	if serviceText == "" && dir >= 0 && dir+1 < len(m.dirs) {
		serviceText = m.dirs[dir+1]
	}
	appText = i.appOf(appText, s)
	if serviceText == "" {
		serviceText = i.serviceOf(appText, m, s)
	}
	appText, serviceText = label(appText), label(serviceText)
	for _, name := range []string{appText, serviceText} {
		if !isName(name) || appText == layouts.Common {
			i.leave(f.place(), f.name+" "+m.file, advice{
				fmt.Sprintf("%q cannot be the name of an app or service", name),
				"rename it, and import again; --app says another app",
			})
			return nil, false
		}
	}
	to := i.app(appText).service(serviceText)
	to.app.perService = to.app.perService || perService
	to.see(s, m)
	return to, true
}

// maxName is how long app and service may be, together with a dot a label's value.
const maxName = 31

// isName reports whether name can be an app's or a service's.
func isName(name string) bool {
	return name != "" && len(name) <= maxName && !slices.Contains([]string{"each", "overlays"}, name)
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
			first, _, _ := strings.Cut(c.name, ".")
			return first == v.name
		})
		if v.level != loopVars || inPath {
			continue
		}
		if name := nameOf(v.value); name != "" {
			return name
		}
	}
	if s.role != "" {
		return lastName(s.role)
	}
	v, err := s.evalName("service_name", 0)
	if name, ok := v.text(); err == nil && ok {
		return name
	}
	return appText
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
func (to *service) see(s scope, m match) {
	for _, v := range s.vars {
		switch {
		case v.level == magicVars || v.level == loopVars && m.picked(v.name):
		case v.level.ofApp() || to.name == layouts.Common:
			to.app.vars.add(v)
		default:
			to.vars.add(v)
		}
	}
	for _, c := range m.caught {
		v := variable{level: paramVars, name: c.name, value: c.value, from: m.file}
		switch {
		case c.known || strings.Contains(c.name, "."):
		case appName.MatchString(c.name):
			to.app.vars.add(v)
		case to.name != layouts.Common:
			to.vars.add(v)
		}
	}
}

// picked reports whether a loop's variable says no more than which file it is.
func (m match) picked(name string) bool {
	return slices.ContainsFunc(m.caught, func(c caught) bool {
		first, _, _ := strings.Cut(c.name, ".")
		return first == name && c.dir < 0
	})
}

// add puts a template into the service, by the name that its dialect wants.
func (to *service) add(i *importer, name string, data []byte, from string) {
	text := string(data)
	names, plain := plainNames(text)
	if plain && to.templated(names) {
		plain = false // a value is a template itself, which only the Jinja dialect renders
	}
	for _, at := range includePattern.FindAllStringIndex(text, -1) {
		line := 1 + strings.Count(text[:at[0]], "\n")
		i.leave(place{from, line}, strings.Join(strings.Fields(text[at[0]:at[1]]), " "), advice{
			"what it takes in is not carried over",
			"put the file beside the template, by the name that is here",
		})
	}
	if plain {
		to.app.caller = append(to.app.caller, names...)
	}
	to.put(templateName(name, !plain), data, from)
}

// put adds a file, by another name if that is taken by another file.
func (to *service) put(name string, data []byte, from string) {
	for n := 1; ; n++ {
		file := File{Path: path.Join(to.app.name, to.name, numbered(name, n)), Data: data, From: from}
		at := slices.IndexFunc(to.files, func(f File) bool { return f.Path == file.Path })
		if at < 0 {
			to.files = append(to.files, file)
			return
		}
		if to.files[at].From == from && bytes.Equal(to.files[at].Data, data) {
			return
		}
	}
}

func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	base, ext, _ := strings.Cut(name, ".")
	return fmt.Sprintf("%s-%d.%s", base, n, ext)
}

// templated reports whether the value of any of the variables has an expression in it.
func (to *service) templated(names []string) bool {
	for _, v := range slices.Concat(to.app.vars.list, to.vars.list) {
		if slices.Contains(names, v.name) && hasExpression(v.value) {
			return true
		}
	}
	return false
}

func hasExpression(value any) bool {
	switch v := value.(type) {
	case string:
		return usesJinja(v)
	case []any:
		return slices.ContainsFunc(v, hasExpression)
	case map[string]any:
		for _, item := range v {
			if hasExpression(item) {
				return true
			}
		}
	}
	return false
}
