package overlay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// A tracer finds out where fields of objects were set.
type tracer struct {
	top        string
	patches    []traced
	directives []directive
	secrets    []secret
}

// A secret is a text that is not to be told, and what it was made of.
type secret struct {
	text string
	from layouts.FieldValue
}

// newTracer returns the tracer of the overlay; nil if nobody asks.
func (a *application) newTracer() *tracer {
	lines := func(obj *unstructured.Unstructured) bool {
		return obj.GetAnnotations()[layouts.LinesAnnotation] != ""
	}
	if !slices.ContainsFunc(a.objs, lines) {
		return nil
	}
	t := &tracer{top: a.top}
	for _, target := range a.tree.order {
		t.patches = append(t.patches, tracedPatches(target)...)
		t.directives = append(t.directives, a.tree.directives(target)...)
	}
	for _, obj := range a.objs {
		t.noteSecrets(obj)
	}
	return t
}

func (t *tracer) noteSecrets(obj *unstructured.Unstructured) {
	file, line := layouts.SplitSource(obj.GetAnnotations()[layouts.SourceAnnotation])
	for path, f := range layouts.FieldsOf(obj.GetAnnotations()) {
		at := slices.IndexFunc(f.Values, func(v layouts.FieldValue) bool { return v.Secret })
		if at < 0 {
			continue
		}
		text, _ := field(obj.Object, path)
		t.noteSecret(text, f.Values[at])
	}
	if obj.GetKind() != "Secret" {
		return
	}
	for _, name := range []string{"data", "stringData"} {
		data, _ := obj.Object[name].(map[string]any)
		for key, text := range data {
			from := layouts.FieldValue{
				Path: fmt.Sprintf("%s.%s of Secret %s", name, key, obj.GetName()),
				File: file, Line: line, Secret: true,
			}
			t.noteSecret(text, from)
		}
	}
}

func (t *tracer) noteSecret(value any, from layouts.FieldValue) {
	if text, ok := value.(string); ok && len(text) > 2 {
		t.secrets = append(t.secrets, secret{text, from})
	}
}

// A walk compares an object with what it was.
type walk struct {
	*tracer
	who    who
	source string         // of the object
	was    layouts.Fields // where its fields stand
	is     layouts.Fields // what is found out
}

// before is what an object was.
type before struct {
	source  string         // as layouts.SourceAnnotation holds it
	content map[string]any // nil if it is made of something else
	fields  layouts.Fields // where they stand
	names   []string       // that patches may call it; some may be empty
}

// trace returns where the fields of an object stand.
func (t *tracer) trace(obj *unstructured.Unstructured, was before) layouts.Fields {
	w := walk{
		tracer: t, who: newWho(obj, was.names), source: was.source, was: was.fields, is: layouts.Fields{},
	}
	var all []claim
	for _, p := range t.patches {
		if p.fits(w.who) {
			all = append(all, p.claims...)
		}
	}
	w.fields("", "", was.content, obj.Object, all)
	return w.is
}

func (w *walk) fields(path, wasPath string, was, is map[string]any, all []claim) {
	for _, name := range slices.Sorted(maps.Keys(is)) {
		at, wasAt := join(path, name), join(wasPath, name)
		if at == "metadata.annotations."+layouts.SourceAnnotation {
			continue
		}
		before, had := was[name]
		w.value(at, wasAt, before, had, is[name], below(all, name))
	}
	for name := range was {
		if _, still := is[name]; still {
			continue
		}
		for _, c := range below(all, name) {
			if c.here() && c.gone {
				w.is[join(path, name)] = c.spot().field()
			}
		}
	}
}

func (w *walk) items(path, wasPath string, was, is []any, all []claim) {
	places := align(was, is)
	for i, item := range is {
		at, wasAt := fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%s[%d]", wasPath, places[i])
		var before any
		if places[i] >= 0 {
			before = was[places[i]]
		}
		w.value(at, wasAt, before, places[i] >= 0, item, belowItem(all, i, item))
	}
}

// value notes where a value stands, and those within it.
func (w *walk) value(path, wasPath string, was any, had bool, is any, all []claim) {
	switch is := is.(type) {
	case map[string]any:
		before, isMap := was.(map[string]any)
		w.note(path, wasPath, was, is, isMap, all)
		w.fields(path, wasPath, before, is, all)
	case []any:
		before, isList := was.([]any)
		w.note(path, wasPath, was, is, isList, all)
		w.items(path, wasPath, before, is, all)
	default:
		w.note(path, wasPath, was, is, had && equal(was, is), all)
	}
}

// note notes where a field stands: where it did, if it is the same, or where it is set.
func (w *walk) note(path, wasPath string, was, is any, same bool, all []claim) {
	known, told := w.was[wasPath]
	if !same {
		known, told = w.blame(path, wasPath, was, is, all)
	}
	if !told {
		return
	}
	if text, ok := is.(string); ok && !same {
		known.Values = append(known.Values, w.hidden(text)...)
	}
	w.is[path] = known
}

// blame returns where a field was set: by a patch that says what is there, by another field of
// a kustomization, or by a patch that says something else. Else it stands where it did, or what
// holds it, and the overlay is named.
func (w *walk) blame(path, wasPath string, was, is any, all []claim) (layouts.Field, bool) {
	var sets *claim
	for i, c := range slices.Backward(all) {
		if c.here() && says(c, is) {
			return c.spot().field(), true
		}
		if sets == nil && c.here() && !c.gone {
			sets = &all[i]
		}
	}
	for _, d := range slices.Backward(w.directives) {
		if d.sets(w.who, path, was, is) {
			return d.field(), true
		}
	}
	if sets != nil {
		return sets.spot().field(), true
	}
	if w.was == nil || was == nil && w.isNoted(path) {
		return layouts.Field{}, false
	}
	known, told := w.was.Of(wasPath)
	if _, line := layouts.SplitSource(w.source); !told {
		known.Line = line
	}
	known.Values = []layouts.FieldValue{{Path: path, File: w.top}}
	return known, true
}

// isNoted reports whether what holds a field is new, too.
func (w *walk) isNoted(path string) bool {
	f, ok := w.is[path[:max(0, strings.LastIndexAny(path, ".["))]]
	return ok && (f.File != "" || len(f.Values) > 0 && f.Values[0].File == w.top)
}

func says(c claim, is any) bool {
	switch is.(type) {
	case map[string]any, []any:
		return c.node != nil && !c.gone
	}
	var said any
	return c.node != nil && c.node.Decode(&said) == nil && equal(said, is)
}

// hidden returns what the secrets in a text were made of.
func (w *walk) hidden(text string) []layouts.FieldValue {
	var from []layouts.FieldValue
	for _, s := range w.secrets {
		if strings.Contains(text, s.text) && !slices.Contains(from, s.from) {
			from = append(from, s.from)
		}
	}
	return from
}

func (s spot) field() layouts.Field {
	return layouts.Field{File: s.file, Line: s.line, Column: s.column}
}

// align returns which item of a list was each of another; -1 where it is new.
func align(was, is []any) []int {
	const most = 500 // to compare each with each
	places := make([]int, len(is))
	taken := make([]bool, len(was))
	for i := range is {
		places[i] = -1
		if i < len(was) && (len(was) > most || equal(was[i], is[i])) {
			places[i], taken[i] = i, true
		}
	}
	if len(was) > most {
		return places
	}
	for _, same := range []func(a, b any) bool{equal, sameItem} {
		for i, item := range is {
			for j := 0; j < len(was) && places[i] < 0; j++ {
				if !taken[j] && same(was[j], item) {
					places[i], taken[j] = j, true
				}
			}
		}
	}
	for i := range is {
		if places[i] < 0 && len(was) == len(is) && !taken[i] {
			places[i], taken[i] = i, true
		}
	}
	return places
}

// A who is the names that an object goes by.
type who struct {
	kind, group, version, namespace string
	names                           []string
}

func newWho(obj *unstructured.Unstructured, names []string) who {
	gvk := obj.GroupVersionKind()
	names = slices.DeleteFunc(append(names, obj.GetName()), func(name string) bool { return name == "" })
	return who{gvk.Kind, gvk.Group, gvk.Version, obj.GetNamespace(), slices.Compact(names)}
}

// is reports whether a name is the object's, perhaps without a prefix or suffix.
func (w who) is(name string) bool {
	return name == "" || slices.ContainsFunc(w.names, func(have string) bool {
		return strings.Contains(have, name)
	})
}
