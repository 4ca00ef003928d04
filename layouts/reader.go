package layouts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const (
	maxFileSize = 1 << 20
	maxTemplate = 8 << 20 // of a template, which may be a file of CustomResourceDefinitions
	maxTree     = 64 << 20
	maxFiles    = 100_000
)

// problems collects what is wrong with a tree.
type problems []*Error

func (p *problems) add(path string, err error) { *p = append(*p, &Error{path, err}) }

func (p problems) err() error {
	slices.SortStableFunc(p, func(a, b *Error) int { return strings.Compare(a.Path, b.Path) })
	errs := make([]error, len(p))
	for i, e := range p {
		errs[i] = e
	}
	return errors.Join(errs...)
}

// A reader reads a tree and collects its problems.
type reader struct {
	fsys     fs.FS
	files    int
	bytes    int
	problems problems
}

// An entry is a file or directory as it is after symbolic links.
type entry struct {
	path string // as the tree has it
	real string // where it is read
	dir  bool
}

func (e entry) name() string { return path.Base(e.path) }

// entries returns what dir holds, hidden names left out. It stops at the bound on
// files, with one problem.
func (r *reader) entries(dir entry) []entry {
	list, err := fs.ReadDir(r.fsys, dir.real)
	if err != nil {
		r.problems.add(dir.path, err)
		return nil
	}
	var out []entry
	for _, item := range list {
		if hidden(item.Name()) {
			continue
		}
		if r.files++; r.files > maxFiles {
			if r.files == maxFiles+1 {
				r.problems.add(dir.path, fmt.Errorf("the tree has over %d files", maxFiles))
			}
			return nil
		}
		e := entry{path: path.Join(dir.path, item.Name()), real: path.Join(dir.real, item.Name())}
		if e, err = r.follow(e, item.Type()); err != nil {
			r.problems.add(e.path, err)
			continue
		}
		out = append(out, e)
	}
	return out
}

// follow resolves e if it is a symbolic link and finds out what it is.
func (r *reader) follow(e entry, mode fs.FileMode) (entry, error) {
	if mode&fs.ModeSymlink != 0 {
		real, err := resolve(r.fsys, e.real)
		if err != nil {
			return e, err
		}
		info, err := fs.Stat(r.fsys, real)
		if err != nil {
			return e, err
		}
		e.real, mode = real, info.Mode().Type()
	}
	if mode != 0 && mode != fs.ModeDir {
		return e, fmt.Errorf("neither a file nor a directory (%s): take it out of the tree", mode)
	}
	e.dir = mode == fs.ModeDir
	return e, nil
}

// file reads a file of up to limit bytes. It stops at the bound on all of them, with one
// problem.
func (r *reader) file(e entry, limit int) (File, bool) {
	if r.bytes > maxTree {
		return File{}, false
	}
	f, err := readFile(r.fsys, e.real, limit)
	f.Path = e.path
	if r.bytes += len(f.Data); r.bytes > maxTree {
		err = fmt.Errorf("the files of the tree have over %d MiB", maxTree>>20)
	}
	if err != nil {
		r.problems.add(f.Place(0).File, err)
	}
	return f, err == nil
}

func readFile(fsys fs.FS, name string, limit int) (f File, err error) {
	file, err := fsys.Open(name)
	if err != nil {
		return f, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return f, err
	}
	f.Origin, _ = info.Sys().(*Origin)
	f.Data, err = io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err == nil && len(f.Data) > limit {
		err = fmt.Errorf("the file has over %d bytes (%d MiB): none here is that long", limit, limit>>20)
	}
	return f, err
}

func (r *reader) app(name string) *App {
	app := &App{Name: name}
	root, err := r.follow(entry{path: name, real: name}, r.mode(name))
	if err != nil {
		r.problems.add(name, err)
		return app
	}
	for _, e := range r.entries(root) {
		switch {
		case !e.dir && isTemplate(e.name()):
			r.problems.add(e.path, fmt.Errorf("the template is beside the services: "+
				"move it into a service's directory or into %s/", Common))
		case !e.dir:
		case e.name() == Common:
			app.Common = r.directory(e, &app.Each)
		case e.name() == overlaysDir:
			app.Overlays = r.overlays(e)
		default:
			r.service(app, e)
		}
	}
	if len(app.Services) == 0 && len(r.problems) == 0 {
		r.problems.add(name, ErrNoServices)
	}
	return app
}

// mode returns the type of an entry of the root.
func (r *reader) mode(name string) fs.FileMode {
	if links, ok := r.fsys.(fs.ReadLinkFS); ok {
		if info, err := links.Lstat(name); err == nil {
			return info.Mode().Type()
		}
	}
	return fs.ModeDir // Apps has seen it
}

func (r *reader) service(app *App, e entry) {
	if err := checkService(app.Name, e.name()); err != nil {
		r.problems.add(e.path, err)
		return
	}
	before := len(r.problems)
	s := r.directory(e, nil)
	if s.Vars == nil && len(s.Templates) == 0 && len(r.problems) == before {
		r.problems.add(e.path, errors.New("no template and no vars.yml: a service has one; "+
			"give another directory a name that begins with a dot"))
		return
	}
	app.Services = append(app.Services, s)
}

// directory reads a service or, if each is not nil, common.
func (r *reader) directory(dir entry, each *[]File) Directory {
	d := Directory{Name: dir.name()}
	for _, e := range r.entries(dir) {
		switch {
		case e.dir && each != nil && e.name() == eachDir:
			*each = r.each(e)
		case e.dir && e.name() == filesDir:
			r.below(e, nil, func(f File) { d.Files = append(d.Files, f) })
		case e.dir:
			r.problems.add(e.path, errors.New("templates in a subdirectory are not deployed: "+
				"move them up"))
		default:
			r.sort(e, &d)
		}
	}
	return d
}

// sort reads a file into the field of d that it belongs to.
func (r *reader) sort(e entry, d *Directory) {
	if !isTemplate(e.name()) {
		return
	}
	limit := maxTemplate
	if isVars(e.name()) || e.name() == schemaFile || isPartial(e.name()) {
		limit = maxFileSize
	}
	f, ok := r.file(e, limit)
	switch {
	case !ok:
	case isVars(e.name()):
		r.setVars(&d.Vars, f)
	case e.name() == schemaFile:
		d.Schema = &f
	case isPartial(e.name()):
		d.Partials = append(d.Partials, f)
	default:
		d.Templates = append(d.Templates, f)
	}
}

func (r *reader) setVars(vars **File, f File) {
	if *vars != nil {
		r.problems.add(f.Path, fmt.Errorf("the values are in %s too: keep one", path.Base((*vars).Path)))
	}
	*vars = &f
}

func (r *reader) each(dir entry) []File {
	d := r.directory(dir, nil)
	for _, f := range d.Files {
		r.problems.add(f.Path, fmt.Errorf("files of all services belong into %s/%s/", Common, filesDir))
	}
	if d.Vars != nil {
		r.problems.add(d.Vars.Path, fmt.Errorf("values of all services belong into %s/vars.yml", Common))
	}
	if d.Schema != nil {
		r.problems.add(d.Schema.Path, fmt.Errorf("the schema of all values belongs into %s/", Common))
	}
	for _, f := range d.Partials {
		r.problems.add(f.Path, fmt.Errorf("partials of all services belong into %s/", Common))
	}
	return d.Templates
}

func (r *reader) overlays(dir entry) []Overlay {
	var out []Overlay
	for _, e := range r.entries(dir) {
		if !e.dir {
			continue
		}
		if err := checkName(e.name()); err != nil {
			r.problems.add(e.path, err)
			continue
		}
		o := Overlay{Name: e.name()}
		r.below(e, nil, func(f File) {
			if path.Dir(f.Path) == e.path && isVars(path.Base(f.Path)) {
				r.setVars(&o.Vars, f)
				return
			}
			o.Files = append(o.Files, f)
		})
		out = append(out, o)
	}
	return out
}

// below reads all files below dir. Above are the directories that dir is in, as they
// are after symbolic links.
func (r *reader) below(dir entry, above []string, add func(File)) {
	if slices.Contains(above, dir.real) {
		r.problems.add(dir.path, errCircle)
		return
	}
	for _, e := range r.entries(dir) {
		if e.dir {
			r.below(e, append(above, dir.real), add)
			continue
		}
		if f, ok := r.file(e, maxFileSize); ok {
			add(f)
		}
	}
}
