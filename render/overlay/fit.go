package overlay

import (
	"bytes"
	"cmp"
	"context"
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

// fit leaves out the patches that are for nothing, or says which they are.
func (a *application) fit(ctx context.Context) error {
	asks := false
	for _, t := range a.tree.targets {
		asks = asks || len(t.patches) > 0 || t.fields["replicas"] != nil ||
			t.fields["replacements"] != nil
	}
	if !asks {
		return nil
	}
	f := &fitter{partial: a.opts.Partial, tally: newTally()}
	for _, as := range []shape{unnamed, a.unpatched} {
		all, err := a.run(ctx, as)
		if err != nil {
			return err
		}
		f.know(all)
		if len(a.tree.targets) == 1 {
			break // the other shape is the same
		}
	}
	for _, file := range a.tree.paths() {
		f.fit(a.tree.targets[file])
	}
	return f.err()
}

// A fitter compares patches with the objects there are.
type fitter struct {
	all     []resmap.ResMap // by their names at first, and by later ones
	ids     []map[resid.ResId]bool
	partial bool
	tally
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
		if f.full() {
			return
		}
		fitting, bad := f.patch(p)
		if bad != nil {
			f.problems = append(f.problems, p.in(t, bad))
		}
		kept = append(kept, fitting...)
	}
	t.patches = kept
	f.replacements(t)
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
			field := fmt.Sprintf("replicas[%d]", i)
			at := valueNode(t.root, field, "name")
			f.addAt(spotOf(t.file, at), field, f.nothing("Deployment", name))
		}
	}
	t.fields["replicas"] = replicas
}

// valueNode returns the value of a field of the item at a path, or the item.
func valueNode(root *goyaml.Node, path string, names ...string) *goyaml.Node {
	item := find(root, path)
	if n := value(item, names...); n != nil {
		return n
	}
	return item
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
func (f *fitter) patch(p patch) ([]patch, *Error) {
	docs, bad := p.documents()
	switch {
	case bad != nil:
		return nil, bad
	case p.entry["target"] != nil:
		return f.targeted(p, docs)
	}
	var fitting []patch
	for _, doc := range docs {
		id, err := identify(doc.value)
		switch {
		case err != nil:
			return nil, p.at(doc.root()).problem("", err)
		case f.has(id):
			if bad := f.note(p, doc.root(), []resid.ResId{id}); bad != nil {
				return nil, bad
			}
			part, bad := p.part(doc)
			if bad != nil {
				return nil, bad
			}
			fitting = append(fitting, part)
		case !f.partial:
			return nil, f.unfit(p, doc.root(), id)
		}
	}
	if len(fitting) == len(docs) {
		return []patch{p}, nil
	}
	return fitting, nil
}

// documents returns those of the patch, of which there is one at least, or what is wrong with
// its text.
func (p patch) documents() ([]document, *Error) {
	docs, err := parseDocuments(p.text)
	if err != nil {
		return nil, inTextError(p.at, "", err)
	}
	if len(docs) == 0 {
		return nil, p.at(&goyaml.Node{Line: 1, Column: 1}).problem("", errors.New("the patch is empty"))
	}
	if bad := p.checkOperations(docs[0].root()); bad != nil {
		return nil, bad
	}
	if start := bytes.TrimSpace(p.text); start[0] == '[' && !json.Valid(start) {
		err := errors.New("operations between [ and ] have to be JSON: put names and texts between quotes, " +
			"or write a list with -")
		return nil, p.at(docs[0].root()).problem("", err)
	}
	return docs, nil
}

// part returns the patch with one of its documents alone.
func (p patch) part(doc document) (patch, *Error) {
	text, err := goyaml.Marshal(&doc.node)
	if err != nil {
		return patch{}, p.at(doc.root()).problem("", err)
	}
	p.entry = map[string]any{"patch": string(text), "options": p.entry["options"]}
	p.text = text
	return p, nil
}

// targeted is patch for one that has a target.
func (f *fitter) targeted(p patch, docs []document) ([]patch, *Error) {
	for _, doc := range docs {
		if bad := p.checkTargeted(doc.root()); bad != nil {
			return nil, bad
		}
	}
	ids, err := f.selects(p.entry["target"])
	switch {
	case err != nil:
		return nil, p.target.problem("", err)
	case len(ids) == 0:
		return nil, nil
	}
	if bad := f.note(p, docs[0].root(), ids); bad != nil {
		return nil, bad
	}
	return []patch{p}, nil
}

// unfit returns the error for a document of a patch that is for none of the objects.
func (f *fitter) unfit(p patch, doc *goyaml.Node, id resid.ResId) *Error {
	for _, r := range f.all[0].Resources() {
		is := r.OrgId()
		if is.Kind != id.Kind || is.Name != id.Name {
			continue
		}
		if n := value(doc, "apiVersion"); !is.Gvk.Equals(id.Gvk) && n != nil {
			err := fmt.Errorf("%s %s of the app is of %s", id.Kind, id.Name, is.ApiVersion())
			return p.at(n).problem("", err)
		}
		if n := value(doc, "metadata", "namespace"); n != nil {
			err := fmt.Errorf("%s %s of the app is in namespace %s: kustomize wants the one that it has at "+
				"first", id.Kind, id.Name, is.Namespace)
			if is.Namespace == "" {
				err = fmt.Errorf("%s %s of the app has no namespace: take it out here", id.Kind, id.Name)
			}
			return p.at(n).problem("", err)
		}
	}
	at := cmp.Or(value(doc, "metadata", "name"), doc) // the name may be merged
	return p.at(at).problem("", f.nothing(id.Kind, id.Name))
}

// selects returns the objects that a target selects.
func (f *fitter) selects(target any) ([]resid.ResId, error) {
	var selector types.Selector
	data, err := json.Marshal(target)
	if err == nil {
		err = json.Unmarshal(data, &selector)
	}
	if err != nil {
		return nil, err
	}
	for _, all := range f.all {
		found, err := all.Select(selector)
		if err != nil {
			return nil, errors.New(oneLine(err.Error()))
		}
		var ids []resid.ResId
		for _, r := range found {
			ids = append(ids, r.OrgId())
		}
		if len(ids) > 0 {
			return ids, nil
		}
	}
	switch {
	case f.partial:
		return nil, nil
	case selector.Name != "":
		return nil, f.nothing(selector.Kind, selector.Name)
	}
	return nil, fmt.Errorf("the target %s is none of the app's objects", data)
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
