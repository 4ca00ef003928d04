package playbook

import (
	"path"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// valuesFiles returns the vars.yml files of an app: that of common, and those of services.
func (i *importer) valuesFiles(a *app) []File {
	app := strongest(a.vars.list)
	files := i.varsFileOf(a, layouts.Common, app)
	for name, to := range a.services {
		if name == layouts.Common {
			continue
		}
		var own []variable
		for _, v := range strongest(to.vars.list) {
			above, both := find(app, v.name)
			switch {
			case both && above.level > v.level:
				continue // a default that the app overrides
			case both && isMap(above.value) && isMap(v.value):
				i.leave(v.at, v.name, advice{
					"it is a map in " + above.at.String() + ", too: both are merged, not one replaced",
					"set to null what is not meant",
				})
			}
			own = append(own, v)
		}
		files = append(files, i.varsFileOf(a, name, own)...)
	}
	return files
}

func find(vars []variable, name string) (variable, bool) {
	at := slices.IndexFunc(vars, func(v variable) bool { return v.name == name })
	if at < 0 {
		return variable{}, false
	}
	return vars[at], true
}

func isMap(value any) bool {
	_, ok := value.(map[string]any)
	return ok
}

// strongest returns of each name the variable that counts, in the order of their first
// appearance.
func strongest(vars []variable) []variable {
	best := map[string]int{}
	var out []variable
	for _, v := range vars {
		at, there := best[v.name]
		switch {
		case !there:
			best[v.name] = len(out)
			out = append(out, v)
		case v.level >= out[at].level:
			out[at] = v
		}
	}
	return out
}

// fixed are the variables that a layout's directories say.
var fixed = []string{"app_name", "service_name"}

// varsFileOf returns the vars.yml of a directory; none if there is nothing to say.
func (i *importer) varsFileOf(a *app, dir string, vars []variable) []File {
	var out draft
	from, before := "", ""
	for _, v := range vars {
		if slices.Contains(fixed, v.name) {
			i.checkFixed(a, dir, v)
			continue
		}
		text, ok := v.yaml()
		if !ok {
			i.leave(v.at, v.name, advice{
				"it has a tag or an anchor that only its own file can have",
				"write it into " + path.Join(a.name, dir, "vars.yml"),
			})
			continue
		}
		if file := v.at.file; file != before {
			out.add("# "+file+"\n", v.at)
			from = strings.TrimPrefix(from+", "+file, ", ")
			before = file
		}
		switch {
		case v.field.key == nil:
			out.add(text, v.at)
		case text == v.field.lines():
			out.addLines(text, v.field.value.file, v.at.line)
		default:
			out.addOf(text, v.field.value.file, v.at.line)
		}
	}
	if len(out.text) == 0 {
		return nil
	}
	return []File{{path.Join(a.name, dir, "vars.yml"), out.text, from, out.lines}}
}

// yaml returns the variable as YAML.
func (v variable) yaml() (string, bool) {
	if v.field.key != nil {
		return v.field.yaml()
	}
	return marshal(map[string]any{v.name: v.value})
}

// checkFixed reports a name of the layout that the playbook has otherwise.
func (i *importer) checkFixed(a *app, dir string, v variable) {
	want := a.name
	if v.name == "service_name" {
		want = dir
	}
	if v.value != want {
		i.leave(v.at, v.name, advice{
			"the layout says it: it is " + want,
			"use another variable for the other name",
		})
	}
}
