package layouts

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fields tell where the fields of an object stand in its template, or in what changed them
// since, by their paths, as "spec.ports[0].port". [LinesAnnotation] holds them. A field that
// was taken away has one, too, if it is known by what.
type Fields map[string]Field

// A Field is where a field stands, and what it was made of.
type Field struct {
	// File is where it stands, if that is not the file that the object comes from.
	File string `json:"o,omitempty"`
	// Line and Column count from 1; Column in characters. Zero means unknown.
	Line   int `json:"l"`
	Column int `json:"c,omitempty"`
	// Values are those that the template prints in it.
	Values []FieldValue `json:"v,omitempty"`
}

// A FieldValue is a value, and where it was set.
type FieldValue struct {
	Path string `json:"p"`
	File string `json:"f,omitempty"`
	Line int    `json:"l,omitempty"`
	// Secret says that it was encrypted.
	Secret bool `json:"s,omitempty"`
}

// Secrets returns the texts in an object's content that were made of what was encrypted;
// see [Masker].
func (f Fields) Secrets(content map[string]any) []string {
	var found []string
	f.secrets(content, "", &found)
	return found
}

func (f Fields) secrets(value any, path string, found *[]string) {
	switch v := value.(type) {
	case map[string]any:
		for name, item := range v {
			f.secrets(item, strings.TrimPrefix(path+"."+name, "."), found)
		}
	case []any:
		for i, item := range v {
			f.secrets(item, fmt.Sprintf("%s[%d]", path, i), found)
		}
	case string, int64, float64:
		if slices.ContainsFunc(f[path].Values, func(from FieldValue) bool { return from.Secret }) {
			*found = append(*found, fmt.Sprint(v))
		}
	}
}

// Masker returns what puts *** in place of each of the secrets, as it is or as Go or JSON
// quote it, and of each line of one that has eight characters or more. Those of one or two
// characters stay: they are in every text.
func Masker(secrets []string) *strings.Replacer {
	var all []string
	for _, secret := range secrets {
		quoted, _ := json.Marshal(secret) // a text
		all = append(all, secret, unquoted(string(quoted)), unquoted(strconv.Quote(secret)))
		if lines := strings.Split(secret, "\n"); len(lines) > 1 {
			all = append(all, slices.DeleteFunc(lines, func(line string) bool { return len(line) < 8 })...)
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) }) // one may hold another
	var pairs []string
	for _, secret := range all {
		if len(secret) > 2 {
			pairs = append(pairs, secret, "***")
		}
	}
	return strings.NewReplacer(pairs...)
}

func unquoted(text string) string { return text[1 : len(text)-1] }

// FieldsOf returns what the annotations of an object tell of its fields; nil if they tell
// nothing.
func FieldsOf(annotations map[string]string) Fields {
	var fields Fields
	_ = json.Unmarshal([]byte(annotations[LinesAnnotation]), &fields) // else as without
	return fields
}

// Annotation returns the text for [LinesAnnotation].
func (f Fields) Annotation() string {
	text, _ := json.Marshal(f) // numbers and strings
	return string(text)
}

// Of returns what is told of the field at path, or of what holds it; ok says that there is
// something.
func (f Fields) Of(path string) (field Field, ok bool) {
	for at := path; at != "" && !ok; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		field, ok = f[at]
	}
	return field, ok
}

// In returns the place of the field of an object that comes from a file, as
// "shop/home/deployment.yml:7:11".
func (f Field) In(file string) string {
	file = cmp.Or(f.File, file)
	switch {
	case f.Line == 0:
		return file
	case f.Column == 0:
		return fmt.Sprintf("%s:%d", file, f.Line)
	}
	return fmt.Sprintf("%s:%d:%d", file, f.Line, f.Column)
}

// SplitSource splits what [SourceAnnotation] holds; line is 0 if there is none.
func SplitSource(source string) (file string, line int) {
	colon := strings.LastIndexByte(source, ':')
	if colon < 0 {
		return source, 0
	}
	line, err := strconv.Atoi(source[colon+1:])
	if err != nil {
		return source, 0
	}
	return source[:colon], line
}

// SourceOf returns the place of a field of an object with those annotations, in its
// template or what changed it: that of the field, or of what holds it, and else the
// object's own; "" if the annotations do not say it.
func SourceOf(annotations map[string]string, field string) string {
	source := annotations[SourceAnnotation]
	if f, ok := FieldsOf(annotations).Of(field); ok && source != "" {
		file, _ := SplitSource(source)
		return f.In(file)
	}
	return source
}
