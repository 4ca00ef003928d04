package playbook

import (
	"fmt"
	"path"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// loop calls do with the scope of each item that the task goes over; once if it does not.
func (i *importer) loop(t task, s scope, do func(scope) error) error {
	f := t.get("loop", "with_items", "with_list", "with_flattened", "with_fileglob", "with_dict")
	if f.key == nil {
		for _, other := range t.fields() {
			if strings.HasPrefix(other.name, "with_") {
				i.leave(other.place(), other.name, advice{
					"this way to loop is not understood",
					"make it a loop over a list",
				})
				return nil
			}
		}
		return do(s)
	}
	name := t.get("loop_control").value.get("loop_var").value.text()
	if name == "" {
		name = "item"
	}
	if found, err := s.lookup(f.value.text()); err == nil && found.isFile() {
		// Over the documents of a file: the definition is each of them.
		return do(s.with(variable{level: magicVars, name: name, value: f.value.text()}))
	}
	items, err := i.loopItems(f, s)
	if err != nil && i.carries(condition{f.overText(nil), f.place()}) {
		items = []any{unknown{}} // Jinja loops
	} else if err != nil {
		i.leave(f.place(), f.name, advice{
			"what it goes over is not known here: " + err.Error(),
			"write the list into the variables, and import again",
		})
	}
	over := variable{level: loopVars, name: name, at: f.place(), total: len(items)}
	over.over, over.depth = f.overText(items), s.loops()
	if err := i.count(len(items), f.place()); err != nil {
		return err
	}
	written := f.itemsAsWritten(len(items))
	for k, item := range items {
		over.index, over.value, over.item = k, item, written[k]
		if err := do(s.with(over).with(indexOf(t, over)...)); err != nil {
			return err
		}
	}
	return nil
}

// indexOf returns the variable for how often the loop went round before, if there is one.
func indexOf(t task, item variable) []variable {
	f := t.get("loop_control").value.get("index_var")
	if f.key == nil {
		return nil
	}
	v := variable{level: loopVars, name: f.value.text(), value: item.index, at: f.place()}
	if item.unknown() {
		v.value = item.value
	}
	return []variable{v}
}

// loops returns how many loops are around.
func (s scope) loops() int {
	count := 0
	for _, v := range s.vars {
		if v.level == loopVars {
			count++
		}
	}
	return count
}

// An unknown is an item of a loop over what is known only when a template is rendered.
type unknown struct{}

func (v variable) unknown() bool { return v.value == any(unknown{}) }

// overText returns the expression that a loop goes over, as Jinja's own loop can; "" if
// there is none.
func (f field) overText(items []any) string {
	inner, ok := lone(f.value.text())
	nested := slices.ContainsFunc(items, func(item any) bool { _, isList := item.([]any); return isList })
	switch inner = strings.TrimSpace(inner); {
	case !ok || strings.Contains(inner, "{{"):
		return ""
	case f.name == "with_dict":
		return inner + " | dict2items"
	case strings.Contains(f.name+inner, "fileglob") || f.name != "loop" && nested:
		return ""
	}
	return inner
}

// itemsAsWritten returns the maps and lists among as many items as they are written; nothing
// for the others, and if the list is another one.
func (f field) itemsAsWritten(count int) []node {
	items := f.value.items()
	if f.name != "loop" && f.name != "with_items" && f.name != "with_list" || len(items) != count ||
		f.value.Kind != goyaml.SequenceNode {
		return make([]node, count)
	}
	for k, item := range items {
		if item.Kind == goyaml.ScalarNode {
			items[k] = node{}
		}
	}
	return items
}

func (i *importer) loopItems(f field, s scope) ([]any, error) {
	if f.name == "with_fileglob" {
		var items []any
		for _, pattern := range f.value.items() {
			found, err := i.glob(known(pattern.text()), s)
			if err != nil {
				return nil, err
			}
			items = append(items, found...)
		}
		return items, nil
	}
	if text := f.value.text(); text != "" {
		if inner, ok := lone(text); ok {
			if e, err := parseExpr(inner); err == nil && isGlob(e) {
				v, err := s.eval(e.args[1], 0)
				if err != nil {
					return nil, err
				}
				return i.glob(v, s)
			}
		}
		v, err := s.fill(text, 0)
		if items, ok := v.data.([]any); ok && err == nil {
			return items, nil
		}
		if _, isMap := v.data.(map[string]any); isMap && f.name == "with_dict" {
			return entries(v.data), nil
		}
		if err == nil {
			err = fmt.Errorf("%s is no list", text)
		}
		return nil, err
	}
	if f.name == "with_dict" {
		return entries(f.value.decoded()), nil
	}
	var items []any
	for _, item := range f.value.items() {
		found, err := s.loopItem(item, f.name != "loop")
		if err != nil {
			return nil, err
		}
		items = append(items, found...)
	}
	return items, nil
}

// loopItem returns what an item of a list stands for; the items of another list if it is
// one, and flat says so.
func (s scope) loopItem(item node, flat bool) ([]any, error) {
	text := item.text()
	if !strings.Contains(text, "{{") {
		return []any{item.decoded()}, nil
	}
	v, err := s.fill(text, 0)
	if err != nil {
		return nil, err
	}
	list, isList := v.data.([]any)
	if isList && flat {
		return list, nil
	}
	if whole, ok := v.text(); ok {
		return []any{whole}, nil
	}
	if v.data == nil {
		return nil, fmt.Errorf("%s is what the caller passes", text)
	}
	return []any{v.data}, nil
}

func isGlob(e *expr) bool {
	return e.op == "call" && slices.Contains([]string{"lookup", "query", "q"}, e.text) &&
		len(e.args) == 2 && e.args[0].op == "text" && lastName(e.args[0].text) == "fileglob"
}

// glob returns the files that fit a pattern, each with a leading slash: as from the root.
func (i *importer) glob(v value, s scope) ([]any, error) {
	text, ok := v.text()
	if !ok {
		return nil, errExpression
	}
	v, err := s.fill(text, 0)
	if text, ok = v.text(); err != nil || !ok {
		return nil, errExpression
	}
	all, err := i.allFiles()
	if err != nil {
		return nil, err
	}
	for _, dir := range i.searchDirs(s, "files", "templates") {
		pattern := path.Join(dir, text)
		if strings.HasPrefix(text, "/") {
			pattern = text[1:]
		}
		var items []any
		for _, file := range all {
			if ok, err := path.Match(pattern, file); err == nil && ok {
				items = append(items, "/"+file)
			}
		}
		if len(items) > 0 {
			return items, nil
		}
	}
	return nil, fmt.Errorf("no file fits %s", text)
}

// searchDirs returns the directories that Ansible looks for a file in, first to last.
func (i *importer) searchDirs(s scope, kinds ...string) []string {
	var dirs []string
	add := func(dir string) {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	bases := []string{path.Dir(i.book)}
	if s.roleDir != "" {
		bases = []string{s.roleDir, path.Join(s.roleDir, "tasks"), path.Dir(i.book)}
	}
	for _, base := range bases {
		for _, kind := range kinds {
			add(path.Join(base, kind))
		}
		add(base)
	}
	return dirs
}
