package jinja

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
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
	places := slices.Concat(
		Places(cmp.Or(r.base, r.source.File.Path), sub, name), Places(r.tpl.file, sub, name))
	for _, file := range places {
		if info, err := fs.Stat(r.opts.FS, file); err == nil && info.Mode().IsRegular() {
			return file, nil
		}
	}
	if len(places) == 0 {
		return "", errors.New("the file " + name + " is outside of the layout")
	}
	return "", &fs.PathError{Op: "look up", Path: name, Err: fs.ErrNotExist}
}

// Places returns where a template looks for a file that it names, first to last: in its own
// directory and those above it, and in each in sub, which is "files" for lookup('file') and
// else "templates", in the directory itself, and, if it is not the root, in files/ and in
// common/files/, where ../ in the name means nothing. None is outside of the root; a name
// that leads out of it otherwise has none.
func Places(template, sub, name string) []string {
	var places []string
	if path.IsAbs(name) {
		return nil
	}
	below := path.Clean("/" + name) // ../common/x.j2 is common/x.j2 in files/
	for _, dir := range above(template) {
		own := []string{path.Join(dir, sub, name), path.Join(dir, name)}
		if dir != "." {
			own = append(own, path.Join(dir, "files", below), path.Join(dir, "common/files", below))
		}
		for _, file := range own {
			if fs.ValidPath(file) && !slices.Contains(places, file) {
				places = append(places, file)
			}
		}
	}
	return places
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
