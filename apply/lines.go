package apply

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// sourceOf returns the object's source, at the place of the field that err is about
// if that can be told.
func (it *item) sourceOf(err error) string {
	file, _ := layouts.SplitSource(it.change.Source)
	for _, path := range fieldsIn(err) {
		if field, ok := it.fieldOf(path); ok && file != "" {
			return field.In(file)
		}
	}
	return it.change.Source
}

// fieldsIn returns the paths of the fields that err is about.
func fieldsIn(err error) []string {
	var invalid *InvalidError
	var immutable *ImmutableError
	var conflict *ConflictError
	var fields []string
	switch {
	case errors.As(err, &invalid):
		fields = pathsIn(invalid.Problems)
	case errors.As(err, &immutable):
		fields = pathsIn(immutable.Fields)
	case errors.As(err, &conflict):
		for _, f := range conflict.Fields {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

// pathPattern finds the path in a problem: of validation it is at the beginning, of
// schema errors behind a dot.
var pathPattern = regexp.MustCompile(`^[a-z]\w*(?:[.\[][^\s:]*)?:|(?:^|\s)\.[A-Za-z][^\s:]*`)

func pathsIn(problems []string) []string {
	var paths []string
	for _, problem := range problems {
		if path := pathPattern.FindString(problem); path != "" {
			paths = append(paths, strings.Trim(path, " \t\n:"))
		}
	}
	return paths
}

// fieldOf returns what is told of the field, or of the nearest one that holds it.
func (it *item) fieldOf(field string) (found layouts.Field, ok bool) {
	path, value := "", any(it.obj.Object)
	for _, step := range stepPattern.FindAllString("."+strings.TrimPrefix(field, "."), -1) {
		step, value = resolve(step, value)
		path += step
		if known, told := it.lines[strings.TrimPrefix(path, ".")]; told {
			found, ok = known, true
		}
	}
	return found, ok
}

// stepPattern splits a path into names and items: .spec, [0], [name="app"].
var stepPattern = regexp.MustCompile(`\.[^.\[]+|\[(?:"(?:\\.|[^"\\])*"|[^\]"])*\]`)

// resolve returns the step with the index of the item in place of its key, and what
// it leads to in value; nil if it leads nowhere.
func resolve(step string, value any) (string, any) {
	name, isField := strings.CutPrefix(step, ".")
	if isField {
		fields, _ := value.(map[string]any)
		return step, fields[name]
	}
	items, _ := value.([]any)
	inner := strings.Trim(step, "[]")
	index, err := strconv.Atoi(inner)
	if err != nil {
		index = indexOf(inner, items)
	}
	if index < 0 || index >= len(items) {
		return step, nil
	}
	return fmt.Sprintf("[%d]", index), items[index]
}

// indexOf returns the index of the item with the key, such as name="app", or -1.
func indexOf(key string, items []any) int {
	for i, item := range items {
		fields, _ := item.(map[string]any)
		fits := fields != nil
		for part := range strings.SplitSeq(key, ",") {
			name, text, _ := strings.Cut(part, "=")
			if value, there := fields[name]; there && jsonText(value) != text {
				fits = false
			}
		}
		if fits {
			return i
		}
	}
	return -1
}
