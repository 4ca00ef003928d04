package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strconv"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/yamlwork"
	"github.com/slipway-go/slipway/layouts"
)

// The values that come from the layout.
const (
	appName     = "app_name"
	serviceName = "service_name"
)

// Values returns the values that the templates of a service see, or those of
// common if service is [layouts.Common].
//
// Later layers win: common/vars.yml, the service's vars.yml, the environment's,
// opts.Values. Maps merge deeply, lists and scalars replace, null deletes. app_name and service_name
// come from the layout; a layer may repeat them but not change them. common has no
// service_name.
func Values(app *layouts.App, service string, opts Options) (map[string]any, error) {
	layers, err := layersFor(app, service, opts)
	if err != nil {
		return nil, Quote(app, err)
	}
	values, err := layers.merge()
	return values, Quote(app, err)
}

// A Leaf is a value that is not a map, as templates see it.
type Leaf struct {
	Origin
	Value any
}

// String returns the value and its place, as `resources.cpu: "1"  # shop/common/vars.yml:3`;
// *** stands for one that was encrypted.
func (l Leaf) String() string {
	if l.Secret {
		return fmt.Sprintf("%s: ***  # %s", l.Path, l.Origin)
	}
	text, err := json.Marshal(l.Value)
	if err != nil { // what only the caller can pass
		text = []byte(strconv.Quote(fmt.Sprint(l.Value)))
	}
	return fmt.Sprintf("%s: %s  # %s", l.Path, text, l.Origin)
}

// Leaves returns the values that [Values] does, each with where it was set, sorted
// by path. A list is one value, and so is an empty map.
func Leaves(app *layouts.App, service string, opts Options) ([]Leaf, error) {
	layers, err := layersFor(app, service, opts)
	if err != nil {
		return nil, Quote(app, err)
	}
	values, err := layers.merge()
	if err != nil {
		return nil, Quote(app, err)
	}
	origins := layers.origins()
	var leaves []Leaf
	for path, value := range flat(values, "") {
		from, _ := origins.of(path)
		from.Secret = layers.hide(from)
		leaves = append(leaves, Leaf{from, value})
	}
	return leaves, nil
}

// ParseVars returns the values of a file such as vars.yml: one YAML document, a map,
// in UTF-8. An empty file has none. Keys are what is written, so y and on are names,
// not "true"; duplicate ones are errors. All come joined, each an [*Error] with the
// file's path, line and column.
func ParseVars(f layouts.File) (map[string]any, error) {
	values, _, err := parseVars(f)
	for _, e := range flatten(err) {
		if at := (*Error)(nil); errors.As(e, &at) {
			at.quote(f, true)
		}
	}
	return values, err
}

// Origins returns where the values of such a file are set, by their paths; none if
// there is an error in it. raw is what the file had before it was decrypted, and tells
// which values are secret.
func Origins(f layouts.File, raw []byte) map[string]Origin {
	_, root, err := parseVars(f)
	found := map[string]Origin{}
	if err != nil {
		return found
	}
	from := layer{file: f.Path, root: root, secret: encrypted(raw, f.Data)}
	hidden := from.hiddenPlaces()
	for path, line := range from.lines() {
		found[path] = Origin{path, f.Path, line, hidden[f.Place(line)]}
	}
	return found
}

func parseVars(f layouts.File) (map[string]any, *goyaml.Node, error) {
	data, err := plainText(f)
	if err != nil {
		return nil, nil, err
	}
	text := string(data)
	if yamlwork.Of(text) > yamlwork.Max {
		return nil, nil, &Error{File: f.Path, Err: yamlwork.ErrMax}
	}
	root, bad := parseNodes(data)
	if bad != nil {
		return nil, nil, errorIn(f.Path, text, bad.offset, bad.err)
	}
	value, spots := valueOf(root, data)
	var errs collector
	for _, s := range spots {
		err := s.err
		if twice := (*twiceError)(nil); errors.As(err, &twice) {
			first := errorIn(f.Path, text, twice.first, nil)
			first.place(f)
			err = twice.at(fmt.Sprintf(", in line %d", first.Line))
		}
		errs.add(errorIn(f.Path, text, s.offset, err))
	}
	values, ok := value.(map[string]any)
	if !ok && value != nil {
		return nil, nil, &Error{File: f.Path, Line: 1, Err: errors.New("want a map of names to values")}
	}
	if docs := (&output{text: data}).documents(); len(docs) > 1 {
		errs.add(errorIn(f.Path, text, docs[1].first(), errors.New("a second document: keep one")))
	}
	return values, root, errs.err()
}

// MergeValues returns base with over laid upon it: maps merge deeply, everything
// else replaces. A null in over stays a null, so that it still deletes when the
// result is laid upon something else. Neither argument is changed, and the result
// shares no map or list with them: all of its maps are map[string]any and all of
// its lists []any, whatever they were.
func MergeValues(base, over map[string]any) map[string]any {
	merged := map[string]any{}
	maps.Copy(merged, copyValue(base).(map[string]any))
	for name, value := range over {
		value = copyValue(value)
		from, ok := merged[name].(map[string]any)
		onto, isMap := value.(map[string]any)
		if ok && isMap {
			value = MergeValues(from, onto)
		}
		merged[name] = value
	}
	return merged
}

// withoutNulls takes the nulls out of m and the maps within it.
func withoutNulls(m map[string]any) map[string]any {
	for name, value := range m {
		switch value := value.(type) {
		case nil:
			delete(m, name)
		case map[string]any:
			withoutNulls(value)
		}
	}
	return m
}

// copyValue returns a deep copy of a value made of maps, lists and scalars, with
// maps of any type as map[string]any and lists as []any.
func copyValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if value == nil {
			return value
		}
		out := make(map[string]any, len(value))
		for name, v := range value {
			out[name] = copyValue(v)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = copyValue(v)
		}
		return out
	}
	return copyTyped(reflect.ValueOf(value), value)
}

// copyTyped returns a copy of a []string, map[string]string or the like. Bytes,
// and maps with other keys than strings, stay what they are.
func copyTyped(v reflect.Value, value any) any {
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = copyValue(v.Index(i).Interface())
		}
		return out
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		out := make(map[string]any, v.Len())
		for name, item := range v.Seq2() {
			out[name.String()] = copyValue(item.Interface())
		}
		return out
	}
	return value
}
