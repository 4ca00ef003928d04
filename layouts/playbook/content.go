package playbook

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render/jinja"
)

// A content is what a template, and the files that it takes in, use.
type content struct {
	search search
	names  []nameUse
	takes  []taking
}

// A nameUse is a variable that a template uses, with its fields.
type nameUse struct {
	path     string
	optional bool
	at       place
}

// A taking is a file that a template, or another one that it takes in, takes in.
type taking struct {
	by       string // include, import, or the look-up
	into     string // the file that names it; "" is the template, or the variable
	variable string
	name     string // as it is named
	file     string
	at       place
}

// search are the directories that Ansible looks for files in.
type search struct{ templates, files []string }

func (i *importer) search(s scope) search {
	return search{i.searchDirs(s, "templates"), i.searchDirs(s, "files")}
}

// maxTaken bounds the files that a template takes in.
const maxTaken = 1000

// content returns what a template uses.
func (i *importer) content(t *template, s search) *content {
	c := &content{search: s}
	i.look(c, reading{text: string(t.text), dir: path.Dir(t.from), place: t.place})
	return c
}

// A reading is a text that is looked into.
type reading struct {
	text, file string // file is that which is taken in; "" is the template
	dir        string
	place      func(line int) place
	set        []string // names that do not come from outside
	isolated   bool     // it sees no variables
}

// look notes what a text uses, and then what that takes in.
func (i *importer) look(c *content, r reading) {
	uses := i.inspect(r.text, r.place)
	for _, n := range uses.Names {
		first := firstOf(n.Path)
		if !r.isolated && !slices.Contains(r.set, first) {
			c.names = append(c.names, nameUse{n.Path, n.Optional, r.place(n.Line)})
		}
	}
	for _, f := range uses.Files {
		i.take(c, r, f)
	}
	for _, what := range uses.Missing {
		i.leave(r.place(1), what, advice{
			"it is Ansible's, or a collection's, and not here: rendering fails where it is reached",
			"pass what it gives as a value",
		})
	}
}

// inspect returns what a text uses; nothing, which is noted, if it cannot be parsed.
func (i *importer) inspect(text string, at func(line int) place) *jinja.Uses {
	uses, err := i.uses(text)
	if err != nil {
		i.leave(at(errorLine(err)), "template", advice{errorText(err), "mend it"})
	}
	return uses
}

// An inspected is what a text uses, or why that is not known.
type inspected struct {
	uses *jinja.Uses
	err  error
}

// uses returns what a text uses, once parsed; nothing with an error.
func (i *importer) uses(text string) (*jinja.Uses, error) {
	if !usesJinja(text) {
		return &jinja.Uses{}, nil
	}
	found, ok := i.inspected[text]
	if !ok {
		found.uses, found.err = jinja.Inspect(layouts.File{Data: []byte(text)})
		if found.err != nil {
			found.uses = &jinja.Uses{}
		}
		i.inspected[text] = found
	}
	return found.uses, found.err
}

// take notes a file that a text takes in, and reads that.
func (i *importer) take(c *content, r reading, f jinja.FileUse) {
	at := r.place(f.Line)
	dirs := slices.Concat([]string{r.dir}, slices.DeleteFunc(slices.Clone(c.search.templates),
		func(dir string) bool { return dir == r.dir }))
	switch f.By {
	case "include", "import", "extends":
	case "template":
		dirs = c.search.templates
	case "file":
		dirs = c.search.files
	default:
		i.leave(at, "lookup "+f.By, advice{
			"templates depend on nothing but values and the layout's files",
			"pass what it gives as a value",
		})
		return
	}
	if len(f.Names) == 0 {
		i.leave(at, f.By, advice{
			"the name of what it takes in is known only when it is rendered",
			"put the files that it may name into files/ of the service, by those names",
		})
		return
	}
	name, file := i.firstOf(f.Names, dirs)
	if file == "" {
		if !f.Optional {
			i.leave(at, f.By+" "+strings.Join(f.Names, ", "), missingIn(f.Names, dirs))
		}
		return
	}
	t := taking{by: f.By, into: r.file, name: name, file: file, at: at}
	known := slices.ContainsFunc(c.takes, func(have taking) bool {
		return have.into == t.into && have.name == t.name && have.by == t.by && have.file == t.file
	})
	if known || len(c.takes) == maxTaken {
		return
	}
	c.takes = append(c.takes, t)
	data, err := i.readFile(file)
	if err != nil {
		i.leave(at, f.By+" "+name, advice{err.Error(), "make it smaller"})
	}
	if err != nil || f.By == "file" {
		return
	}
	i.look(c, reading{
		text: string(data), file: file, dir: r.dir,
		place: func(line int) place { return place{file, line} },
		set:   slices.Concat(r.set, f.Set), isolated: r.isolated || f.Isolated,
	})
}

// firstOf returns the first of the names that there is in the directories.
func (i *importer) firstOf(names, dirs []string) (name, file string) {
	for _, name := range names {
		for _, dir := range dirs {
			file := path.Join(dir, name)
			if path.IsAbs(name) || !fs.ValidPath(file) {
				continue
			}
			if info, err := fs.Stat(i.fsys, file); err == nil && info.Mode().IsRegular() {
				return name, file
			}
		}
	}
	return "", ""
}

func missingIn(names, dirs []string) advice {
	if slices.ContainsFunc(names, path.IsAbs) {
		return advice{"it is outside of the project", "put a copy into files/ of the service, and name that"}
	}
	return advice{
		"no such file in " + strings.Join(dirs, ", "),
		"put it into files/ of the service, by that name",
	}
}
