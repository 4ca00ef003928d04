package render

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/layouts"
)

// A layer is a map of values and where it comes from.
type layer struct {
	file   string          // "" for the caller
	made   *layouts.Origin // of the file
	text   []byte          // of the file, in plain text
	root   *goyaml.Node    // of the file
	values map[string]any
	secret []int                  // the lines of text that were encrypted, sorted
	hidden map[layouts.Place]bool // where values are set that were
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
	return newRenderer(app, opts, nil).layersOf(dir)
}

// layersOf returns the values of a directory.
func (r *renderer) layersOf(dir layouts.Directory) (*layers, error) {
	common := dir.Name == layouts.Common || dir.Name == "" // no directory common/
	l := &layers{fixed: map[string]any{appName: r.app.Name}, callers: r.opts.Origins}
	var errs collector
	add := func(f *layouts.File, shared bool) {
		if f != nil {
			errs.add(r.layer(l, *f, shared))
		}
	}
	add(r.app.Common.Vars, true)
	if !common {
		l.fixed[serviceName] = dir.Name
		add(dir.Vars, false)
	}
	if r.opts.Environment != "" {
		overlay, err := r.app.Environment(r.opts.Environment)
		if err != nil {
			return nil, err
		}
		add(overlay.Vars, true)
	}
	l.list = append(l.list, layer{values: r.opts.Values, hidden: hiddenBy(r.opts.Origins)})
	return l, errs.err()
}

// ofCaller reports whether the caller passes some of the value at path.
func (l *layers) ofCaller(path string) bool {
	top := path[:len(path)-len(strings.TrimLeftFunc(path, func(c rune) bool { return c != '.' && c != '[' }))]
	return slices.ContainsFunc(l.list, func(layer layer) bool {
		_, ok := layer.values[top]
		return ok && layer.file == ""
	})
}

// layer adds the values of a file to l. Those that directories share are read once.
func (r *renderer) layer(l *layers, f layouts.File, shared bool) error {
	known, ok := r.vars[f.Path]
	if !ok {
		plain, err := r.plain(f)
		if err != nil {
			return err
		}
		values, root, err := parseVars(plain)
		if err != nil {
			return err
		}
		known = layer{f.Path, f.Origin, plain.Data, root, values, encrypted(f.Data, plain.Data), nil}
		known.hidden = known.hiddenPlaces()
	}
	if shared {
		r.vars[f.Path] = known
	}
	l.list = append(l.list, known)
	return nil
}

// vaultHeader begins a file that Ansible Vault encrypted.
const vaultHeader = "$ANSIBLE_VAULT;"

// plain returns a file of values in plain text.
func (r *renderer) plain(f layouts.File) (layouts.File, error) {
	switch {
	case r.opts.Decrypt != nil:
		return r.opts.Decrypt(f)
	case bytes.HasPrefix(f.Data, []byte(vaultHeader)):
		return f, &Error{File: f.Path, Err: errEncrypted}
	}
	return f, nil
}

// encrypted returns the lines of the plain text that are not in the file.
func encrypted(file, plain []byte) []int {
	if bytes.Equal(file, plain) {
		return nil
	}
	before := bytes.Split(file, []byte("\n"))
	var lines []int
	for i, line := range bytes.Split(plain, []byte("\n")) {
		if i >= len(before) || !bytes.Equal(line, before[i]) {
			lines = append(lines, i+1)
		}
	}
	return lines
}

// hiddenPlaces returns where values are set of which any was encrypted; the file itself
// stands for those whose line is not known, since an alias sets them.
func (l layer) hiddenPlaces() map[layouts.Place]bool {
	if l.secret == nil {
		return nil
	}
	secret := slices.Sorted(slices.Values(append(aliasLines(l.root), l.secret...)))
	f := layouts.File{Path: l.file, Origin: l.made}
	hidden := map[layouts.Place]bool{f.Place(0): true}
	lines := slices.Compact(slices.Sorted(maps.Values(l.lines())))
	for i, line := range lines {
		next := math.MaxInt
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		if n, _ := slices.BinarySearch(secret, line); n < len(secret) && secret[n] < next {
			hidden[f.Place(line)] = true
		}
	}
	return hidden
}

// aliasLines returns the lines of the aliases below n: each may stand for what was encrypted.
func aliasLines(n *goyaml.Node) []int {
	if n == nil {
		return nil
	}
	var lines []int
	if n.Kind == goyaml.AliasNode {
		lines = append(lines, n.Line)
	}
	for _, within := range n.Content {
		lines = append(lines, aliasLines(within)...)
	}
	return lines
}

// hiddenBy returns where the caller's values are set that were encrypted; no file at all
// stands for those whose line is not known.
func hiddenBy(callers map[string]Origin) map[layouts.Place]bool {
	var hidden map[layouts.Place]bool
	for _, from := range callers {
		if from.Secret && hidden == nil {
			hidden = map[layouts.Place]bool{{}: true}
		}
		if from.Secret && from.Line > 0 { // a flag sets others, too
			hidden[layouts.Place{File: from.File, Line: from.Line}] = true
		}
	}
	return hidden
}

// hide reports whether what is set in a place was encrypted.
func (l *layers) hide(at Origin) bool {
	return at.Secret || slices.ContainsFunc(l.list, func(layer layer) bool {
		return layer.hidden[layouts.Place{File: at.File, Line: at.Line}]
	})
}

// secrets returns the texts that were encrypted.
func (l *layers) secrets() []string {
	var found []string
	for _, layer := range l.list {
		if layer.hidden == nil {
			continue
		}
		lines := layer.lines()
		for path, value := range flat(layer.values, "") {
			from := layer.origin(path, lines[path])
			if layer.file == "" {
				from, _ = origins(l.callers).of(path)
			}
			if l.hide(from) {
				found = append(found, texts(value)...)
			}
		}
	}
	return found
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
