package overlay

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// A replacement is what the bounds ask of one: where it takes a value, and where it puts it.
type replacement struct {
	Source  struct{ Kind, Name, FieldPath string }
	Targets []struct{ FieldPaths []string }
}

// replacements bounds what a kustomization's may add. What is taken where another one puts
// something may be twice as large each time.
func (f *fitter) replacements(t *target) {
	list, _ := t.fields["replacements"].([]any)
	data, err := json.Marshal(list)
	all := make([]replacement, len(list))
	if err != nil || json.Unmarshal(data, &all) != nil {
		return // kustomize says what is wrong
	}
	var to []string
	for _, r := range all {
		for _, target := range r.Targets {
			to = append(to, target.FieldPaths...)
		}
	}
	size, twice := 1, 0
	for i, r := range all {
		puts := 0
		for _, target := range r.Targets {
			puts += max(1, len(target.FieldPaths))
		}
		taken, scalar := f.taken(r)
		if size += puts * taken; !scalar && feeds(to, r.Source.FieldPath) {
			twice += bits.Len(uint(puts))
		}
		if bits.Len(uint(size))+twice > bits.Len(maxGrown) {
			at := find(t.root, fmt.Sprintf("replacements[%d]", i))
			f.addAt(spotOf(t.file, at), fmt.Sprintf("replacements[%d]", i), errGrown)
			return
		}
	}
}

// taken returns the length of the value that a replacement takes, and whether it is neither
// a map nor a list.
func (f *fitter) taken(r replacement) (size int, scalar bool) {
	for _, object := range f.all[0].Resources() {
		if is := object.OrgId(); is.Kind != r.Source.Kind || is.Name != r.Source.Name {
			continue
		}
		data, err := json.Marshal(object)
		if err != nil {
			return 0, false
		}
		var content any
		if utiljson.Unmarshal(data, &content) != nil {
			return 0, false
		}
		for _, name := range strings.Split(r.Source.FieldPath, ".") {
			within, isMap := content.(map[string]any)
			if !isMap || within[name] == nil {
				return len(data), false
			}
			content = within[name]
		}
		value, err := json.Marshal(content)
		if err != nil {
			return len(data), false
		}
		return len(value), value[0] != '{' && value[0] != '['
	}
	return 0, false
}

// feeds reports whether something is put at, within or around a path. Of a path, the names
// before a list count: what is in one may be named in several ways.
func feeds(to []string, from string) bool {
	from = beforeList(from)
	for _, path := range to {
		path = beforeList(path)
		if strings.HasPrefix(path, from) || strings.HasPrefix(from, path) {
			return true
		}
	}
	return false
}

func beforeList(path string) string {
	var names strings.Builder
	for name := range strings.SplitSeq(path, ".") {
		if strings.ContainsAny(name, "[*\\") || strings.Trim(name, "-0123456789") == "" {
			break
		}
		names.WriteString(name + ".")
	}
	return names.String()
}
