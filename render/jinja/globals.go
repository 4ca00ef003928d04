package jinja

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// globalTable returns the functions that a template can call by name.
func globalTable() map[string]builtin {
	return map[string]builtin{
		"range": rangeFunc, "dict": dictFunc, "namespace": namespaceFunc, "cycler": cyclerFunc,
		"joiner": joinerFunc, "lookup": lookupFunc, "query": queryFunc, "q": queryFunc,
	}
}

func rangeFunc(r *run, _ any, a *args) any {
	first, rest := a.int("start", 0), a.rest()
	start, stop, step := 0, first, 1
	bounds := []*int{&stop, &step}
	if len(rest) > 0 {
		start = first
	}
	for i, v := range rest {
		n, ok := v.(int64)
		if !ok || i >= len(bounds) {
			return r.failf("range: want up to three integers")
		}
		*bounds[i] = int(n)
	}
	if step == 0 {
		return r.failf("range: the step must not be zero")
	}
	out := &list{}
	for i := start; (step > 0 && i < stop || step < 0 && i > stop) && r.step(); i += step {
		out.items = append(out.items, int64(i))
	}
	r.charge(16 * len(out.items))
	return out
}

func dictFunc(r *run, _ any, a *args) any {
	out := newDict()
	if from := a.any("from", nil); from != nil {
		out = r.dictFrom(from)
	}
	for i, name := range a.names {
		out.set(name, a.named[i])
	}
	a.names = nil
	return out
}

func namespaceFunc(r *run, v any, a *args) any {
	d, ok := dictFunc(r, v, a).(*dict)
	if !ok {
		return nil
	}
	return &namespace{d}
}

func cyclerFunc(r *run, _ any, a *args) any {
	items, i := a.rest(), 0
	if len(items) == 0 {
		return r.failf("cycler: want at least one item")
	}
	attrs := dictOf("next", &callable{name: "cycler.next", call: func(*run, *args) any {
		i++
		return items[(i-1)%len(items)]
	}}, "reset", &callable{name: "cycler.reset", call: func(*run, *args) any {
		i = 0
		return nil
	}})
	return &object{"Cycler", attrs}
}

func joinerFunc(_ *run, _ any, a *args) any {
	sep, used := a.str("sep", ", "), false
	return &callable{name: "Joiner", call: func(*run, *args) any {
		if !used {
			used = true
			return ""
		}
		return sep
	}}
}

// lookupFunc is lookup: several texts are joined with commas.
func lookupFunc(r *run, _ any, a *args) any {
	items := r.lookups(a, false)
	if items == nil {
		return nil
	}
	if items.all {
		return &list{items.values}
	}
	if len(items.values) == 1 {
		return items.values[0]
	}
	parts := make([]string, len(items.values))
	for i, item := range items.values {
		s, ok := item.(string)
		if !ok {
			return &list{items.values}
		}
		parts[i] = s
	}
	return strings.Join(parts, ",")
}

// queryFunc is query and q: always a list.
func queryFunc(r *run, _ any, a *args) any {
	if items := r.lookups(a, true); items != nil {
		return &list{items.values}
	}
	return nil
}

type lookedUp struct {
	values []any
	all    bool // as a list
}

var lookupNames = []string{"file", "template", "vars", "env", "dict", "items", "list", "sequence"}

// lookups does a lookup for each term.
func (r *run) lookups(a *args, all bool) *lookedUp {
	name := a.needStr("name")
	kind := shortName(name)
	if want, ok := a.takeNamed("wantlist"); ok {
		all = r.truth(want)
	}
	onError, _ := a.takeNamed("errors")
	terms := a.rest()
	out := &lookedUp{all: all}
	for _, term := range terms {
		if items, ok := sequence(term); ok && kind != "dict" && kind != "list" {
			for _, item := range items {
				out.values = append(out.values, r.lookupTerm(kind, item, a)...)
			}
			continue
		}
		out.values = append(out.values, r.lookupTerm(kind, term, a)...)
	}
	a.names = nil
	if r.err != nil && isString(onError, "ignore", "warn") && !r.stopped() {
		r.err, r.located = nil, false
		return nil
	}
	return out
}

// stopped tells whether the run ended by ctx or at a bound.
func (r *run) stopped() bool {
	return r.ctx.Err() != nil || r.steps > maxSteps || r.made > maxMade
}

func (r *run) lookupTerm(kind string, term any, a *args) []any {
	if r.err != nil {
		return nil
	}
	switch kind {
	case "file":
		text, _ := r.read("files", r.str(term))
		return []any{r.made1(strings.TrimRight(text, " \t\n\r\f\v"))}
	case "template":
		return []any{r.lookupTemplate(r.str(term), a)}
	case "vars":
		return []any{r.lookupVariable(r.str(term), a)}
	case "env":
		return []any{r.env(r.str(term), a)}
	case "dict":
		d := r.asDict("lookup dict", term)
		var items []any
		for i, key := range d.keys {
			items = append(items, dictOf("key", key, "value", d.vals[i]))
		}
		return items
	case "items", "list":
		return []any{term}
	}
	r.failf("no lookup is called %q: there are %s", kind, strings.Join(lookupNames[:6], ", "))
	return nil
}

func (r *run) lookupTemplate(name string, a *args) any {
	convert := a.bool("convert_data", true)
	p := r.load(name, "templates")
	if p == nil {
		return nil
	}
	back, converts := r.scope, r.converts
	r.scope, r.converts = nil, convert
	var text string
	r.apart(false, func() { text = r.capture(func() { r.template(p, nil) }) })
	r.scope, r.converts = back, converts
	if value := converted(text); convert && value != any(text) {
		return value
	}
	return padded(text, p.src)
}

func (r *run) lookupVariable(name string, a *args) any {
	def, hasDefault := a.takeNamed("default")
	value, ok := r.variable(name)
	switch {
	case ok:
		r.defined(value)
		return value
	case hasDefault:
		return def
	}
	r.failUndefined(&undefined{name: name, near: r.vars.names()})
	return nil
}

func (r *run) env(name string, a *args) any {
	def, hasDefault := a.takeNamed("default")
	value, ok := r.opts.Env[name]
	switch {
	case ok:
		return value
	case hasDefault:
		return def
	}
	return r.failf("lookup('env', '%s'): a template reads only what the caller allows%s: "+
		"pass it (slipway: --lookup-env %[1]s)", name, hint(name, r.opts.Env))
}

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
			return r.load(text, "templates")
		}
	}
	if !mayMiss {
		r.failf("there is none of the templates")
	}
	return nil
}

// load reads and parses a template.
func (r *run) load(name, sub string) *program {
	text, file := r.read(sub, name)
	if r.err != nil {
		return nil
	}
	p, ok := r.programs[file]
	if !ok {
		p = r.parse(text, file)
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
	for _, dir := range above(r.tpl.file) {
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
