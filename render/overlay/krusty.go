package overlay

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// renderedFile is where the rendered objects are, in the app's directory: a name that
// package layouts ignores in a tree.
const renderedFile = ".rendered.yaml"

// running is held by who runs kustomize, which keeps the schema of the last run in a
// variable of its package.
var running = make(chan struct{}, 1)

// A shape returns the fields of a kustomization that kustomize is to see.
type shape func(t *target) map[string]any

// unnamed leaves out what changes objects, so that what is left tells which objects
// there are, by the names that they have at first.
func unnamed(t *target) map[string]any {
	fields := rewritten(t)
	for _, name := range []string{
		"patches", "replicas", "replacements", "transformers", "validators",
		"namePrefix", "nameSuffix", "namespace",
	} {
		delete(fields, name)
	}
	options := map[string]any{}
	if have, ok := fields["generatorOptions"].(map[string]any); ok {
		maps.Copy(options, have)
	}
	options["disableNameSuffixHash"] = true
	fields["generatorOptions"] = options
	return fields
}

// unpatched is unnamed with the names that other kustomizations give to what they bring.
func (a *application) unpatched(t *target) map[string]any {
	fields := unnamed(t)
	for _, name := range []string{"namePrefix", "nameSuffix", "namespace"} {
		if value := t.fields[name]; value != nil && t.file != a.top {
			fields[name] = value
		}
	}
	return fields
}

// rewritten puts what stands in deprecated fields into those that took their place:
// kustomize would complain on the standard error stream.
func rewritten(t *target) map[string]any {
	fields := maps.Clone(t.fields)
	move := func(from, to string) {
		items, _ := fields[from].([]any)
		have, _ := fields[to].([]any)
		if delete(fields, from); len(items) > 0 {
			fields[to] = append(have[:len(have):len(have)], items...)
		}
	}
	move("bases", "resources")
	move("imageTags", "images")
	if pairs, ok := fields["commonLabels"].(map[string]any); ok {
		have, _ := fields["labels"].([]any)
		fields["labels"] = append(have[:len(have):len(have)],
			map[string]any{"pairs": pairs, "includeSelectors": true})
		delete(fields, "commonLabels")
	}
	delete(fields, "patchesStrategicMerge")
	delete(fields, "patchesJson6902")
	var patches []any
	for _, p := range t.patches {
		patches = append(patches, p.entry)
	}
	if delete(fields, "patches"); len(patches) > 0 {
		fields["patches"] = patches
	}
	if fields["metadata"] == nil { // kustomize refuses one without a field
		fields["metadata"] = map[string]any{"name": "overlay"}
	}
	return fields
}

// kustomize runs kustomize on the kustomizations in a shape.
func (a *application) kustomize(ctx context.Context, as shape) (resmap.ResMap, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fsys, err := a.fileSystem(as)
	if err != nil {
		return nil, a.tree.problem(a.top, "", err)
	}
	select {
	case running <- struct{}{}:
		defer func() { <-running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	made, err := run(fsys, "/"+path.Dir(a.top))
	if err != nil {
		return nil, a.tree.problem(a.top, "", a.explain(err))
	}
	return made, nil
}

func run(fsys filesys.FileSystem, dir string) (made resmap.ResMap, err error) {
	defer func() { // what is in a tree is other people's
		if p := recover(); p != nil {
			err = fmt.Errorf("kustomize gives up: %v", p)
		}
	}()
	return krusty.MakeKustomizer(&krusty.Options{
		Reorder: krusty.ReorderOptionNone,
		// All that there is is the overlays, and those are in memory.
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(fsys, dir)
}

// fileSystem returns what kustomize sees: the overlays, and the rendered objects.
func (a *application) fileSystem(as shape) (filesys.FileSystem, error) {
	fsys := filesys.MakeFsInMemory()
	write := func(name string, data []byte) error { return fsys.WriteFile("/"+name, data) }
	for name, data := range a.tree.files {
		if a.tree.targets[name] != nil {
			continue
		}
		if marked, ok := a.tree.marked[name]; ok && !a.tree.plain[name] {
			data = marked
		}
		if err := write(name, data); err != nil {
			return nil, err
		}
	}
	for _, t := range a.tree.targets {
		fields := as(t)
		if t.file == a.top {
			a.addRendered(fields)
		}
		data, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		if err := write(t.file, data); err != nil {
			return nil, err
		}
	}
	return fsys, write(path.Join(a.app.Name, renderedFile), a.input.data)
}

// addRendered puts the rendered objects before the other resources.
func (a *application) addRendered(fields map[string]any) {
	if len(a.objs) == 0 {
		return
	}
	others, _ := fields["resources"].([]any)
	fields["resources"] = append([]any{"../../" + renderedFile}, others...)
}
