package overlay

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/resid"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// Bounds of what is asked of kustomize, which cannot be stopped, and takes the square of the
// objects, of the patches of one, and of the literals.
const (
	maxAdded      = 1000       // objects beside those that are rendered
	maxItems      = 5000       // of each list of a kustomization
	maxPairs      = 5000       // literals, files and lines of generators, all together
	maxWork       = 10_000_000 // patches, images and the like, times objects
	maxPatches    = 200        // of one object
	maxOperations = 5000       // of all patches
	maxGrown      = 64 << 20
)

var (
	errAdded = fmt.Errorf("with this the overlay adds over %d objects, the bound: "+
		"make them with templates of a service", maxAdded)
	errItems = fmt.Errorf("over %d items, the bound", maxItems)
	errPairs = fmt.Errorf("with this the generators have over %d pairs and files, the bound", maxPairs)
	errWork  = fmt.Errorf("with this, entries times objects are over %d, the bound: put entries together",
		maxWork)
	errPatches    = fmt.Errorf("over %d patches are for one object, the bound: put them together", maxPatches)
	errOperations = fmt.Errorf("with this the patches have over %d operations, the bound", maxOperations)
	errGrown      = fmt.Errorf("so many copies may make an object larger than %d MiB, the bound: "+
		"write out what they add", maxGrown>>20)
)

// lists reports whether none of the lists of a kustomization is too long.
func (s *scanner) lists(fields map[string]any) bool {
	fine := true
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if list, _ := fields[name].([]any); len(list) > maxItems {
			s.bad(fmt.Sprintf("%s[%d]", name, maxItems), errItems)
			fine = false
		}
	}
	return fine
}

// pair counts what is in a generator.
func (s *scanner) pair(at spot, field string, n int) {
	before := s.pairs
	if s.pairs += n; before <= maxPairs && s.pairs > maxPairs {
		s.addAt(at, field, errPairs)
	}
}

// bounded checks what a tree makes of so many objects.
func (t *tree) bounded(objects int) error {
	if len(t.sources) > maxAdded {
		t.addAt(t.sources[maxAdded].spot, "", errAdded)
		return t.err()
	}
	entries, all := 0, objects+len(t.sources)
	for _, target := range t.order {
		entries += len(target.patches)
		for _, name := range []string{"images", "replicas", "labels", "replacements", "transformers"} {
			list, _ := target.fields[name].([]any)
			if entries += len(list); entries*all > maxWork {
				t.add(target.file, name, errWork)
				return t.err()
			}
		}
	}
	return t.err()
}

// A tally counts the patches of each object, their operations, and how often they may make
// it twice as large.
type tally struct {
	patched, copies map[resid.ResId]int
	operations      int
	bytes           int // of all patches
}

func newTally() tally {
	return tally{patched: map[resid.ResId]int{}, copies: map[resid.ResId]int{}}
}

// note counts a patch, which is a list of operations or has a document, for objects.
func (f *fitter) note(p patch, doc *goyaml.Node, objects []resid.ResId) *Error {
	f.bytes += len(p.text)
	copies := 0
	for _, n := range items(doc) {
		if op := value(n, "op"); op != nil && op.Value == "copy" {
			copies++
		}
		if f.operations++; f.operations == maxOperations+1 {
			return p.at(n).problem("", errOperations)
		}
	}
	for _, id := range objects {
		id = normal(id)
		f.patched[id]++
		f.copies[id] += copies
		switch {
		case f.patched[id] == maxPatches+1: // told once
			return p.at(doc).problem("", errPatches)
		case copies > 0 && f.grows(id):
			return p.at(doc).problem("", errGrown)
		}
	}
	return nil
}

// grows reports whether copies may make an object too large: each may make it twice as large.
func (f *fitter) grows(id resid.ResId) bool {
	size := 1<<10 + f.bytes
	for _, r := range f.all[0].Resources() {
		if normal(r.OrgId()) != id {
			continue
		}
		if data, err := json.Marshal(r); err == nil {
			size += len(data)
		}
	}
	return bits.Len(uint(size))+f.copies[id] > bits.Len(maxGrown)
}
