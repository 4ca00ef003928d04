package jinja

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// find returns the template that include and import name: the first there is, of a
// list.
func (r *run) find(v any, mayMiss bool) *program {
	names, ok := sequence(v)
	if !ok {
		names = []any{v}
	}
	for _, name := range names {
		text := r.str(name)
		if _, err := r.locateFile("templates", text); err == nil || !mayMiss && len(names) == 1 {
			return r.load(text, "templates", nil)
		}
	}
	if !mayMiss {
		r.failf("there is none of the templates")
	}
	return nil
}

// load reads and parses a template. marks are those of its syntax that differ.
func (r *run) load(name, sub string, marks map[string]any) *program {
	text, file := r.read(sub, name)
	if r.err != nil {
		return nil
	}
	if len(marks) > 0 {
		return r.parse(text, file, marks)
	}
	p, ok := r.programs[file]
	if !ok {
		p = r.parse(text, file, nil)
		r.programs[file] = p
	}
	return p
}

// read returns the text of a file, and where it is.
func (r *run) read(sub, name string) (text, file string) {
	file, err := r.locateFile(sub, name)
	if err != nil {
		r.fail(err)
		return "", ""
	}
	data, err := fs.ReadFile(r.opts.FS, file)
	if err != nil {
		r.fail(err)
	}
	r.charge(len(data))
	return string(data), file
}

// locateFile returns where the first file of the name is.
func (r *run) locateFile(sub, name string) (string, error) {
	if r.opts.FS == nil {
		return "", errNoFiles
	}
	if path.IsAbs(name) {
		return "", errors.New("the file " + name + " is outside of the layout")
	}
	outside := true
	for _, dir := range append(above(cmp.Or(r.base, r.source.File.Path)), above(r.tpl.file)...) {
		for _, file := range []string{path.Join(dir, sub, name), path.Join(dir, name)} {
			if !fs.ValidPath(file) {
				continue
			}
			outside = false
			if info, err := fs.Stat(r.opts.FS, file); err == nil && info.Mode().IsRegular() {
				return file, nil
			}
		}
	}
	if outside {
		return "", errors.New("the file " + name + " is outside of the layout")
	}
	return "", &fs.PathError{Op: "look up", Path: name, Err: fs.ErrNotExist}
}

// above returns the directory of a file, and those above it.
func above(file string) []string {
	var dirs []string
	dir := path.Dir(path.Clean(file))
	for ; dir != "." && dir != "/" && !strings.HasPrefix(dir, ".."); dir = path.Dir(dir) {
		dirs = append(dirs, dir)
	}
	return append(dirs, ".")
}
