package overlay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/resmap"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// run runs kustomize. If that fails, it finds out which part of the overlay it is, by leaving
// parts out: kustomize does not say.
func (a *application) run(ctx context.Context, as shape) (resmap.ResMap, error) {
	made, err := a.kustomize(ctx, as)
	var problem *Error
	if !errors.As(err, &problem) {
		return made, err
	}
	const most, objects = 40, 20_000 // runs, and objects of all of them
	b := blamer{application: a, as: as, problem: problem, runs: min(most, max(8, objects/(len(a.objs)+1)))}
	for _, t := range slices.Backward(a.tree.order) {
		if found := b.patch(ctx, t); found != nil {
			return nil, found
		}
	}
	for _, t := range slices.Backward(a.tree.order) {
		if found := b.field(ctx, t); found != nil {
			return nil, found
		}
	}
	return nil, cmp.Or[error](ctx.Err(), problem)
}

// A blamer looks for what an error comes from.
type blamer struct {
	*application
	as      shape
	problem *Error
	runs    int // that are left
}

// fails reports whether the error is still there; true where no runs are left to tell.
func (b *blamer) fails(ctx context.Context) bool {
	if b.runs--; b.runs < 0 {
		return true
	}
	_, err := b.kustomize(ctx, b.as)
	if ctx.Err() != nil {
		b.runs = -1
		return true
	}
	return err != nil && err.Error() == b.problem.Error()
}

// patch returns the error with the patch of t that it is in; nil if it is in none.
func (b *blamer) patch(ctx context.Context, t *target) *Error {
	all := t.patches
	defer func() { t.patches = all }()
	with := func(n int) bool {
		t.patches = all[:n]
		return b.fails(ctx)
	}
	if len(all) == 0 || with(0) {
		return nil
	}
	first, last := 0, len(all)-1 // of those that it may be
	for first < last {
		if n := (first + last) / 2; with(n + 1) {
			last = n
		} else {
			first = n + 1
		}
	}
	if b.runs < 0 { // it may be any of them
		return nil
	}
	return all[first].in(t, all[first].problem(b.problem.Err))
}

// problem returns an error of a patch, at the operation that it is about.
func (p patch) problem(err error) *Error {
	docs, bad := parseDocuments(p.text)
	if bad != nil || len(docs) == 0 {
		return p.target.problem("", err)
	}
	at, longest := docs[0].root(), ""
	for _, op := range items(at) {
		path := value(op, "path")
		if path != nil && len(path.Value) > len(longest) && strings.Contains(err.Error(), path.Value) {
			at, longest = path, path.Value
		}
	}
	return p.at(at).problem("", err)
}

// field returns the error with the field of t that it is in, or the item of it; nil if it is in
// none.
func (b *blamer) field(ctx context.Context, t *target) *Error {
	all := t.fields
	defer func() { t.fields = all }()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if slices.Contains([]string{"apiVersion", "kind", "metadata", "patches"}, name) {
			continue
		}
		t.fields = maps.Clone(all)
		if delete(t.fields, name); b.fails(ctx) {
			continue
		}
		field := name
		list, _ := all[name].([]any)
		for i := range list {
			t.fields[name] = slices.Delete(slices.Clone(list), i, i+1)
			if len(list) > 1 && b.fails(ctx) {
				continue
			}
			field = fmt.Sprintf("%s[%d]", name, i)
			break
		}
		if name == "replacements" {
			return spotOf(t.file, quotedIn(find(t.root, field), b.problem.Err)).problem(field, b.problem.Err)
		}
		return b.tree.problem(t.file, field, b.problem.Err)
	}
	return nil
}

// quotedIn returns what a replacement says that an error is about, or the replacement.
func quotedIn(n *goyaml.Node, err error) *goyaml.Node {
	found := n
	scalars(n, func(at *goyaml.Node) {
		if strings.Contains(err.Error(), strconv.Quote(at.Value)) {
			found = at
		}
	})
	if source := value(n, "source", "name"); found == n && source != nil &&
		strings.Contains(err.Error(), " "+source.Value+" ") {
		return source
	}
	return found
}
