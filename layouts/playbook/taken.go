package playbook

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render/jinja"
)

// filesDir is where a service has what its templates take in.
const filesDir = "files"

// An asking is a file that a template of a service takes in.
type asking struct {
	taking
	to       *service
	template *template
}

// taken returns the files that the templates of an app take in, but for those that are
// among its files. What several services take in by one name is in common/files/, if it is
// the same; the rest is in files/ of the service.
func (i *importer) taken(a *app, have []File) []File {
	var all []asking
	for _, name := range slices.Sorted(maps.Keys(a.services)) {
		to := a.services[name]
		for _, t := range to.templates {
			for _, taking := range t.content.takes {
				all = append(all, asking{taking, to, t})
			}
		}
	}
	shared := sharedNames(all)
	p := placing{i: i, a: a, have: map[string]File{}, at: map[string]string{}}
	for _, f := range have {
		p.have[f.Path] = f
	}
	for _, ask := range all {
		p.place(ask, shared[path.Clean(ask.name)])
	}
	for _, ask := range all {
		p.check(ask)
	}
	return p.made
}

// sharedNames returns the names by which several services take in one file, which takes in
// none that is not shared.
func sharedNames(all []asking) map[string]bool {
	file, services := map[string]string{}, map[string]map[string]bool{}
	shared := map[string]bool{}
	for _, ask := range all {
		name := path.Clean(ask.name)
		if services[name] == nil {
			services[name], file[name], shared[name] = map[string]bool{}, ask.file, true
		}
		services[name][ask.to.name] = true
		shared[name] = shared[name] && file[name] == ask.file
	}
	for name := range shared {
		shared[name] = shared[name] && len(services[name]) > 1
	}
	names := map[string]string{} // of files, by the service and the file
	for _, ask := range all {
		names[ask.to.name+"/"+ask.file] = path.Clean(ask.name)
	}
	for again := true; again; {
		again = false
		for _, ask := range all {
			outer := names[ask.to.name+"/"+ask.into]
			if shared[outer] && !shared[path.Clean(ask.name)] {
				shared[outer], again = false, true
			}
		}
	}
	return shared
}

// A placing puts files where templates find them.
type placing struct {
	i    *importer
	a    *app
	have map[string]File // by the path
	made []File
	at   map[string]string // by service and file, where the file is
}

// asker returns the path of what names the file.
func (p *placing) asker(ask asking) string {
	switch {
	case ask.into != "":
		return p.at[ask.to.name+"/"+ask.into]
	case ask.variable == "":
		return ask.template.path
	}
	dir := ask.to.name
	_, common := find(strongest(p.a.vars.list), ask.variable)
	_, own := find(ask.to.vars.list, ask.variable)
	if common && !own {
		dir = layouts.Common
	}
	return path.Join(p.a.name, dir, "vars.yml")
}

// found returns the file that is found by the name.
func (p *placing) found(ask asking) (File, bool) {
	kind := "templates"
	if ask.by == "file" {
		kind = filesDir
	}
	for _, at := range jinja.Places(p.asker(ask), kind, ask.name) {
		if f, ok := p.have[at]; ok {
			return f, true
		}
	}
	return File{}, false
}

// place adds the file, if it is not found yet.
func (p *placing) place(ask asking, shared bool) {
	key := ask.to.name + "/" + ask.file
	if f, ok := p.found(ask); ok && f.From == ask.file {
		p.at[key] = f.Path
		return
	}
	dir := path.Dir(p.asker(ask))
	if ask.into != "" || strings.HasSuffix(dir, "/"+filesDir) || strings.Contains(dir, "/"+filesDir+"/") {
		dir = path.Join(p.a.name, ask.to.name)
	}
	if shared {
		dir = path.Join(p.a.name, layouts.Common)
	}
	dir = path.Join(dir, filesDir)
	at := path.Join(dir, ask.name)
	if !strings.HasPrefix(at, dir+"/") {
		at = path.Join(dir, path.Clean("/"+ask.name))
	}
	data, err := p.i.readFile(ask.file)
	_, taken := p.have[at]
	if err != nil || taken {
		return // check tells
	}
	p.at[key] = at
	p.have[at] = File{Path: at, Data: data, From: ask.file}
	p.made = append(p.made, p.have[at])
}

// check notes a file that is not found where it is asked for.
func (p *placing) check(ask asking) {
	f, ok := p.found(ask)
	if ok && f.From == ask.file {
		return
	}
	why := "the layout has no place where it is found by that name"
	if ok {
		why = "it finds " + f.Path + " by that name, which is " + f.From + ", and not " + ask.file
	}
	p.i.leave(ask.at, ask.by+" "+ask.name, advice{why, "give it another name"})
}
