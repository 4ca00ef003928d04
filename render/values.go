package render

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
	goyaml "sigs.k8s.io/yaml/goyaml.v2"

	"github.com/slipway-go/slipway/layouts"
)

// The values that come from the layout.
const (
	appName     = "app_name"
	serviceName = "service_name"
)

// A layer is a map of values and where it comes from: a file, or none for the
// caller.
type layer struct {
	file   string
	data   []byte // of the file, in plain text
	values map[string]any
}

// layers are the values of a directory, later ones over earlier ones.
type layers struct {
	list  []layer
	fixed map[string]any // what the layout says
}

// Values returns the values that the templates of a service see, or those of
// common if service is [layouts.Common].
//
// Later layers win: common/vars.yml, the service's vars.yml, the environment's,
// opts.Values. Maps merge deeply, lists and scalars replace, null deletes. app_name and service_name
// come from the layout; a layer may repeat them but not change them. common has no
// service_name.
func Values(app *layouts.App, service string, opts Options) (map[string]any, error) {
	dir := app.Common
	if service != layouts.Common {
		found, err := app.Select(service)
		if err != nil {
			return nil, err
		}
		dir = found[0]
	}
	layers, err := layersOf(app, dir, opts)
	if err != nil {
		return nil, err
	}
	return layers.merge()
}

func layersOf(app *layouts.App, dir layouts.Directory, opts Options) (*layers, error) {
	common := dir.Name == layouts.Common || dir.Name == "" // no directory common/
	files := []*layouts.File{app.Common.Vars}
	if !common {
		files = append(files, dir.Vars)
	}
	if opts.Environment != "" {
		overlay, err := app.Environment(opts.Environment)
		if err != nil {
			return nil, err
		}
		files = append(files, overlay.Vars)
	}
	l := &layers{fixed: map[string]any{appName: app.Name}}
	if !common {
		l.fixed[serviceName] = dir.Name
	}
	if err := l.read(files, opts.Decrypt); err != nil {
		return nil, err
	}
	l.list = append(l.list, layer{values: opts.Values})
	return l, nil
}

func (l *layers) read(files []*layouts.File, decrypt func(layouts.File) (layouts.File, error)) error {
	var errs collector
	for _, f := range files {
		if f == nil {
			continue
		}
		plain, err := decrypted(*f, decrypt)
		if err != nil {
			errs.add(err)
			continue
		}
		values, err := ParseVars(plain)
		errs.add(err)
		l.list = append(l.list, layer{f.Path, plain.Data, values})
	}
	return errs.err()
}

// merge returns what the layers say together.
func (l *layers) merge() (map[string]any, error) {
	merged := map[string]any{}
	for _, layer := range l.list {
		if err := layer.check(l.fixed); err != nil {
			return nil, err
		}
		merged = MergeValues(merged, layer.values)
	}
	delete(merged, serviceName)
	maps.Copy(merged, l.fixed)
	return withoutNulls(merged), nil
}

// check returns an error if the layer says otherwise than the layout.
func (l layer) check(fixed map[string]any) error {
	var errs collector
	for _, name := range slices.Sorted(maps.Keys(fixed)) {
		if value, ok := l.values[name]; ok && value != fixed[name] {
			errs.add(&Error{File: l.file, Err: fmt.Errorf("%s is %q: it comes from the layout, "+
				"where it is %q; take it out, or rename the directory",
				name, fmt.Sprint(value), fixed[name])})
		}
	}
	return errs.err()
}

// ParseVars returns the values of a file such as vars.yml: one YAML document, a map.
// An empty file has none. Duplicate keys are errors; all come joined, each an
// [*Error] with the file's path and line.
func ParseVars(f layouts.File) (map[string]any, error) {
	value, err := parseYAML(f.Data)
	if err != nil {
		var errs collector
		for line, err := range yamlErrors(err) {
			errs.add(&Error{File: f.Path, Line: line, Err: err})
		}
		return nil, errs.err()
	}
	values, ok := value.(map[string]any)
	if !ok && value != nil {
		return nil, &Error{File: f.Path, Line: 1, Err: errors.New("want a map of names to values")}
	}
	docs := (&output{text: f.Data}).documents()
	if len(docs) > 1 {
		line := 1 + bytes.Count(f.Data[:docs[1].first()], []byte("\n"))
		return nil, &Error{File: f.Path, Line: line, Err: errors.New("a second document: keep one")}
	}
	return values, nil
}

// parseYAML reads one document as the API server reads JSON: integers are int64,
// other numbers float64. Duplicate keys are errors, and so is what has far more
// text once its aliases are replaced.
func parseYAML(data []byte) (any, error) {
	if err := checkAliases(data); err != nil {
		return nil, err
	}
	text, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return nil, err
	}
	var value any
	return value, utiljson.Unmarshal(text, &value)
}

// checkAliases returns an error if aliases stand for too much text. The parser
// bounds how many values they stand for, not how long those are.
func checkAliases(data []byte) error {
	if !bytes.Contains(data, []byte("&")) || !bytes.Contains(data, []byte("*")) {
		return nil
	}
	var value any
	_ = goyaml.Unmarshal(data, &value) // its errors are the caller's, who is stricter
	s := scale{left: maxWork}
	if err := s.add(value); err != nil {
		return bound("YAML: the aliases stand for", maxWork, err)
	}
	return nil
}

var yamlPattern = regexp.MustCompile(`^(?:line (\d+): )?(.*)$`)

// yamlErrors yields what a YAML error reports, with the lines; 0 if it has none.
func yamlErrors(err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		text := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
		text, ok := strings.CutPrefix(text, "yaml: ")
		if !ok {
			yield(0, err)
			return
		}
		for text := range strings.SplitSeq(strings.TrimPrefix(text, "unmarshal errors:\n  "), "\n  ") {
			m := yamlPattern.FindStringSubmatch(text)
			if m == nil { // of several lines
				m = []string{"", "", text}
			}
			line, _ := strconv.Atoi(m[1]) // "" is 0
			if !yield(line, fmt.Errorf("YAML: %s", m[2])) {
				return
			}
		}
	}
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
