package overlay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/nearest"
)

// A patch is one of a kustomization, whichever field it stands in.
type patch struct {
	field string         // where it stands
	entry map[string]any // as an item of patches
	text  []byte
	at    func(*goyaml.Node) spot // where a node of the text is
}

// patches returns those of a kustomization, in the order that kustomize edit fix gives
// them.
func (s *scanner) patches(fields map[string]any) []patch {
	var found []patch
	add := func(field string, entry map[string]any) {
		p := patch{field: field, entry: entry, text: []byte(text(entry["patch"]))}
		p.at = s.inText(find(s.node, field))
		if entry["path"] != nil {
			at := s.needs(field+".path", text(entry["path"]))
			if at == "" {
				return
			}
			p.field, p.text = field+": "+at, s.files[at]
			p.at = func(n *goyaml.Node) spot { return spotOf(at, n) }
		}
		found = append(found, p)
	}
	for field, entry := range s.maps(fields, "patches") {
		add(field, entry)
	}
	for field, value := range s.texts(fields, "patchesStrategicMerge") {
		name := "path"
		if inline(value) {
			name = "patch"
		}
		add(field, map[string]any{name: value})
	}
	for field, entry := range s.maps(fields, "patchesJson6902") {
		add(field, entry)
	}
	return found
}

// inText returns where the nodes are of what is written in the kustomization: in n, or under
// patch in it.
func (s *scanner) inText(n *goyaml.Node) func(*goyaml.Node) spot {
	if within := value(n, "patch"); within != nil {
		n = within
	}
	block := n.Style&goyaml.LiteralStyle != 0
	indent := 0
	if block {
		indent = indentOf(s.files[s.file], n)
	}
	return func(of *goyaml.Node) spot {
		switch {
		case block:
			return spot{s.file, n.Line + of.Line, indent + of.Column}
		case n.Kind == goyaml.ScalarNode && of.Line == 1:
			quote := 0
			if n.Style != 0 {
				quote = 1
			}
			return spot{s.file, n.Line, n.Column + quote + of.Column - 1}
		}
		return spotOf(s.file, n)
	}
}

// indentOf returns how far the lines of a block are indented, which begins in the line of n.
func indentOf(data []byte, n *goyaml.Node) int {
	lines := bytes.Split(data, []byte("\n"))
	for i, line := range strings.Split(n.Value, "\n") {
		if at := n.Line + i; at < len(lines) && strings.TrimSpace(line) != "" {
			return max(0, len(bytes.TrimRight(lines[at], "\r"))-len(line))
		}
	}
	return 0
}

// inline reports whether a value that may be a path is what the file would hold.
func inline(value string) bool {
	return strings.Contains(value, "\n") || strings.HasPrefix(strings.TrimSpace(value), "{")
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// A fitter compares patches with the objects there are.
type fitter struct {
	all     []resmap.ResMap // by their names at first, and by later ones
	ids     []map[resid.ResId]bool
	partial bool
	problems
}

// know adds the objects of a run.
func (f *fitter) know(all resmap.ResMap) {
	ids := map[resid.ResId]bool{}
	for _, r := range all.Resources() {
		for _, id := range append(r.PrevIds(), r.CurId()) {
			ids[normal(id)] = true
		}
	}
	f.all, f.ids = append(f.all, all), append(f.ids, ids)
}

// normal returns the one of all ids that are equal to id.
func normal(id resid.ResId) resid.ResId {
	gvk := resid.Gvk{Group: id.Group, Version: id.Version, Kind: id.Kind}
	return resid.ResId{Gvk: gvk, Name: id.Name, Namespace: id.EffectiveNamespace()}
}

// fit takes out the patches and replicas of t that are for nothing, or complains.
func (f *fitter) fit(t *target) {
	var kept []patch
	for _, p := range t.patches {
		fitting, err := f.patch(p)
		if err != nil {
			f.add(t.file, p.field, err)
		}
		kept = append(kept, fitting...)
	}
	t.patches = kept
	list, _ := t.fields["replicas"].([]any)
	if t.fields["configurations"] != nil || len(list) == 0 {
		return // it may be for other kinds
	}
	var replicas []any
	for i, item := range list {
		entry, _ := item.(map[string]any)
		name := text(entry["name"])
		switch {
		case f.scales(name):
			replicas = append(replicas, item)
		case !f.partial:
			f.add(t.file, fmt.Sprintf("replicas[%d]", i), f.nothing("Deployment", name))
		}
	}
	t.fields["replicas"] = replicas
}

// scales reports whether there is something of that name that has replicas.
func (f *fitter) scales(name string) bool {
	kinds := []string{"Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"}
	for _, ids := range f.ids {
		for id := range ids {
			if id.Name == name && slices.Contains(kinds, id.Kind) {
				return true
			}
		}
	}
	return false
}

func (f *fitter) has(id resid.ResId) bool {
	return slices.ContainsFunc(f.ids, func(ids map[resid.ResId]bool) bool { return ids[normal(id)] })
}

// patch returns what is left of p: itself, nothing, or those of its documents that are
// for an object.
func (f *fitter) patch(p patch) ([]patch, error) {
	docs, err := parseDocuments(p.text)
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, errors.New("the patch is empty")
	}
	if start := bytes.TrimSpace(p.text); start[0] == '[' && !json.Valid(start) {
		return nil, errors.New("operations between [ and ] have to be JSON: put names and texts between " +
			"quotes, or write a list with -")
	}
	if p.entry["target"] != nil {
		fits, err := f.selects(p.entry["target"])
		if err != nil || !fits {
			return nil, err
		}
		return []patch{p}, nil
	}
	var fitting []patch
	for _, doc := range docs {
		id, err := identify(doc.value)
		if err != nil {
			return nil, err
		}
		if !f.has(id) {
			if !f.partial {
				return nil, f.nothing(id.Kind, id.Name)
			}
			continue
		}
		one, err := goyaml.Marshal(&doc.node)
		if err != nil {
			return nil, err
		}
		fitting = append(fitting, patch{p.field, map[string]any{
			"patch": string(one), "options": p.entry["options"],
		}, one, p.at})
	}
	if len(fitting) == len(docs) {
		return []patch{p}, nil
	}
	return fitting, nil
}

// selects reports whether a target selects an object.
func (f *fitter) selects(target any) (bool, error) {
	var selector types.Selector
	data, err := json.Marshal(target)
	if err == nil {
		err = json.Unmarshal(data, &selector)
	}
	if err != nil {
		return false, fmt.Errorf("target: %w", err)
	}
	for _, all := range f.all {
		found, err := all.Select(selector)
		if err != nil {
			return false, fmt.Errorf("target: %s", oneLine(err.Error()))
		}
		if len(found) > 0 {
			return true, nil
		}
	}
	switch {
	case f.partial:
		return false, nil
	case selector.Name != "":
		return false, f.nothing(selector.Kind, selector.Name)
	}
	return false, fmt.Errorf("the target %s is none of the app's objects", data)
}

// nothing returns the error for what is none of the objects.
func (f *fitter) nothing(kind, name string) error {
	var have []string
	for _, r := range f.all[0].Resources() {
		if id := r.OrgId(); kind == "" || id.Kind == kind {
			have = append(have, id.Name)
		}
	}
	return fmt.Errorf("%s is none of the app's objects%s", strings.TrimSpace(kind+" "+name),
		nearest.Hint(name, have))
}

// identify returns which object a patch without a target is for.
func identify(doc any) (resid.ResId, error) {
	if _, ok := doc.([]any); ok {
		return resid.ResId{}, errors.New("a list of operations needs a target")
	}
	object, _ := doc.(map[string]any)
	metadata, _ := object["metadata"].(map[string]any)
	kind, name := text(object["kind"]), text(metadata["name"])
	if kind == "" || name == "" {
		return resid.ResId{}, errors.New("a patch without a target needs kind and metadata.name")
	}
	group, version, ok := strings.Cut(text(object["apiVersion"]), "/")
	if !ok {
		group, version = "", group
	}
	gvk := resid.NewGvk(group, version, kind)
	return resid.NewResIdWithNamespace(gvk, name, text(metadata["namespace"])), nil
}
