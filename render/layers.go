package render

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/layouts"
)

// A layer is a map of values and where it comes from.
type layer struct {
	file   string // "" for the caller
	text   string
	root   *goyaml.Node // of the file
	values map[string]any
}

// layers are the values of a directory, later ones over earlier ones.
type layers struct {
	list    []layer
	fixed   map[string]any // what the layout says
	callers map[string]Origin
}

func layersFor(app *layouts.App, service string, opts Options) (*layers, error) {
	dir := app.Common
	if service != layouts.Common {
		found, err := app.Select(service)
		if err != nil {
			return nil, err
		}
		dir = found[0]
	}
	return layersOf(app, dir, opts)
}

func layersOf(app *layouts.App, dir layouts.Directory, opts Options) (*layers, error) {
	common := dir.Name == layouts.Common || dir.Name == "" // no directory common/
	files := []*layouts.File{app.Common.Vars}
	if !common {
		files = append(files, dir.Vars)
	}
	if opts.Environment != "" {
		overlay, err := app.Environment(opts.Environment)
		if err != nil {
			return nil, err
		}
		files = append(files, overlay.Vars)
	}
	l := &layers{fixed: map[string]any{appName: app.Name}, callers: opts.Origins}
	if !common {
		l.fixed[serviceName] = dir.Name
	}
	if err := l.read(files, opts.Decrypt); err != nil {
		return nil, err
	}
	l.list = append(l.list, layer{values: opts.Values})
	return l, nil
}

// vaultHeader begins a file that Ansible Vault encrypted.
const vaultHeader = "$ANSIBLE_VAULT;"

func (l *layers) read(files []*layouts.File, decrypt func(layouts.File) (layouts.File, error)) error {
	var errs collector
	for _, f := range files {
		if f == nil {
			continue
		}
		plain, err := *f, error(nil)
		switch {
		case decrypt != nil:
			plain, err = decrypt(plain)
		case bytes.HasPrefix(f.Data, []byte(vaultHeader)):
			err = &Error{File: f.Path, Err: errEncrypted}
		}
		if err != nil {
			errs.add(err)
			continue
		}
		values, root, err := parseVars(plain)
		errs.add(err)
		l.list = append(l.list, layer{f.Path, string(plain.Data), root, values})
	}
	return errs.err()
}

// merge returns what the layers say together.
func (l *layers) merge() (map[string]any, error) {
	merged := map[string]any{}
	for _, layer := range l.list {
		if err := layer.check(l.fixed); err != nil {
			return nil, err
		}
		merged = MergeValues(merged, layer.values)
	}
	delete(merged, serviceName)
	maps.Copy(merged, l.fixed)
	return withoutNulls(merged), nil
}

// check returns an error if the layer says otherwise than the layout.
func (l layer) check(fixed map[string]any) error {
	var errs collector
	for _, name := range slices.Sorted(maps.Keys(fixed)) {
		if value, ok := l.values[name]; ok && value != fixed[name] {
			errs.add(&Error{File: l.file, Line: l.lines()[name], Err: fmt.Errorf("%s is %q: it comes "+
				"from the layout, where it is %q; take it out, or rename the directory",
				name, fmt.Sprint(value), fixed[name])})
		}
	}
	return errs.err()
}

// lines returns the lines of the layer's file that its values are in.
func (l layer) lines() map[string]int {
	lines := map[string]int{}
	if l.root != nil {
		noteLines(lines, l.root, "")
	}
	return lines
}

func noteLines(lines map[string]int, n *goyaml.Node, path string) {
	if n.Kind != goyaml.MappingNode { // an alias' values are where it is
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if name, err := keyOf(n.Content[i]); err == nil {
			at := join(path, name)
			lines[at] = n.Content[i].Line
			noteLines(lines, n.Content[i+1], at)
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// flat yields what m holds that is no map, or an empty one, in the order of paths.
func flat(m map[string]any, path string) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			at, value := join(path, name), m[name]
			within, ok := value.(map[string]any)
			if !ok || len(within) == 0 {
				if !yield(at, value) {
					return
				}
				continue
			}
			for at, value := range flat(within, at) {
				if !yield(at, value) {
					return
				}
			}
		}
	}
}
