package layouts

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/nearest"
)

// An App is one application: a directory of the root.
type App struct {
	Name string
	// Common is the directory common/; empty if there is none.
	Common Directory
	// Each holds the templates of common/each/, which are for every service
	// that has no template of the same stem.
	Each []File
	// Services are in byte order of their names.
	Services []Directory
	// Overlays are the environments, in byte order of their names.
	Overlays []Overlay
}

// A Directory is a service's, or common/.
type Directory struct {
	Name string
	// Vars is vars.yml; nil if there is none.
	Vars *File
	// Schema is vars.schema.json, which describes the values; nil if there is none.
	Schema *File
	// Templates and Partials are in byte order of their paths.
	Templates []File
	Partials  []File
	// Files are what is below files/, in byte order of their paths: templates of Jinja
	// take them in, by include and lookup, and none makes an object.
	Files []File
}

// An Overlay is an environment, such as overlays/prod/.
type Overlay struct {
	Name string
	// Vars is vars.yml; nil if there is none.
	Vars *File
	// Files are all others below, in byte order of their paths.
	Files []File
}

// A File is a file as it was read.
type File struct {
	// Path is slash-separated and relative to the root, as in
	// "shoppingapp/common/ingress.yml".
	Path string
	Data []byte
	// Origin is what it was made of; nil if it is what people wrote.
	Origin *Origin
}

// Stem returns the file's name without the endings of templates: "deployment"
// for deployment.yml and for deployment.yaml.j2.
func (f File) Stem() string {
	name := path.Base(f.Path)
	for _, endings := range [][]string{{".j2", ".tmpl"}, {".yml", ".yaml", ".json"}} {
		for _, ending := range endings {
			name = strings.TrimSuffix(name, ending)
		}
	}
	return name
}

// ErrNoServices is what Load's error matches for an app without a service.
var ErrNoServices = errors.New("app has no service directory: make one beside common/, " +
	"with a template or a vars.yml")

// An Error is a problem with one path of a tree.
type Error struct {
	// Path is slash-separated and relative to the root.
	Path string
	Err  error
}

func (e *Error) Error() string { return e.Path + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// A notFoundError matches fs.ErrNotExist and says what there is instead.
type notFoundError string

func (e notFoundError) Error() string { return string(e) }

func (e notFoundError) Is(target error) bool { return target == fs.ErrNotExist }

func missing(kind, name string, have []string) error {
	return notFoundError(fmt.Sprintf("no such %s%s (there are: %s)",
		kind, nearest.Hint(name, have), strings.Join(have, ", ")))
}

// Load reads the app directory name from fsys.
//
// Files and services come back in byte order of their names, so two loads of the
// same tree are equal. Load keeps no file open.
//
// A missing app yields an error matching [fs.ErrNotExist] that names near ones; an
// app without services yields one matching [ErrNoServices]. All problems with the
// tree come joined, sorted by path, each an [*Error].
func Load(fsys fs.FS, name string) (*App, error) {
	if err := checkName(name); err != nil {
		return nil, &Error{cmp.Or(name, "."), err}
	}
	apps, err := Apps(fsys)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(apps, name) {
		return nil, &Error{name, missing("app", name, apps)}
	}
	r := &reader{fsys: fsys}
	app := r.app(name)
	return app, r.problems.err()
}

// Apps returns the names of the directories of fsys that may be apps, in byte
// order.
func Apps(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, &Error{".", err}
	}
	var names []string
	for _, entry := range entries {
		link := entry.Type()&fs.ModeSymlink != 0
		if (entry.IsDir() || link) && checkName(entry.Name()) == nil {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Select returns the services of the given names, in byte order; all of them if
// none are given. Unknown ones yield errors matching [fs.ErrNotExist].
func (a *App) Select(names ...string) ([]Directory, error) {
	if len(names) == 0 {
		return a.Services, nil
	}
	var have []string
	var found []Directory
	for _, s := range a.Services {
		have = append(have, s.Name)
		if slices.Contains(names, s.Name) {
			found = append(found, s)
		}
	}
	var errs []error
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if !slices.Contains(have, name) {
			errs = append(errs, &Error{a.Name + "/" + name, missing("service", name, have)})
		}
	}
	return found, errors.Join(errs...)
}

// Templates returns the templates of service, in byte order of their names: its
// own, and those of common/each/ whose stems it does not have.
func (a *App) Templates(service Directory) []File {
	own := map[string]bool{}
	for _, f := range service.Templates {
		own[f.Stem()] = true
	}
	files := slices.Clone(service.Templates)
	for _, f := range a.Each {
		if !own[f.Stem()] {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b File) int {
		return strings.Compare(path.Base(a.Path), path.Base(b.Path))
	})
	return files
}
