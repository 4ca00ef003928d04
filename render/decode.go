package render

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// An owner is whose objects are decoded.
type owner struct {
	app, service string
	lines        bool // of the fields are wanted
}

// decode returns the objects of o, in order, those of a List one by one, each
// with its set and its source. All problems are reported.
func (o *output) decode(who owner) ([]*unstructured.Unstructured, error) {
	var objs []*unstructured.Unstructured
	var errs collector
	for _, doc := range o.documents() {
		found, err := doc.decode(who)
		errs.add(err)
		objs = append(objs, found...)
	}
	return objs, errs.err()
}

func (d document) decode(who owner) ([]*unstructured.Unstructured, error) {
	value, err := parseYAML(d.text[d.start:d.end])
	if err != nil {
		var errs collector
		for line, err := range yamlErrors(err) {
			at := d.first()
			if line > 0 {
				at = d.line(line)
			}
			errs.add(d.error(at, err))
		}
		return nil, errs.err()
	}
	content, ok := value.(map[string]any)
	if value == nil {
		return nil, nil
	}
	if !ok {
		return nil, d.error(d.first(), errors.New("want an object: a map with apiVersion and kind"))
	}
	var objs []*unstructured.Unstructured
	var errs collector
	var lines []string
	if who.lines {
		lines = d.lines()
	}
	for i, content := range items(content) {
		obj, err := d.object(content, who)
		if err != nil {
			errs.add(err)
			continue
		}
		if i < len(lines) {
			setString(obj, "annotations", layouts.LinesAnnotation, lines[i])
		}
		objs = append(objs, obj)
	}
	return objs, errs.err()
}

// items returns the objects of a List, or content itself.
func items(content map[string]any) []any {
	list, ok := content["items"].([]any)
	if kind, _ := content["kind"].(string); ok && strings.HasSuffix(kind, "List") {
		return list
	}
	return []any{content}
}

func (d document) object(content any, who owner) (*unstructured.Unstructured, error) {
	fields, ok := content.(map[string]any)
	if !ok {
		return nil, d.error(d.first(), errors.New("an item of the list is not an object"))
	}
	obj := &unstructured.Unstructured{Object: fields}
	var errs collector
	for _, err := range check(obj, who.service) {
		errs.add(d.error(d.first(), err))
	}
	if len(errs) > 0 {
		return nil, errs.err()
	}
	where := d.at(d.first())
	setString(obj, "labels", layouts.SetLabel, layouts.Set(who.app, who.service))
	setString(obj, "annotations", layouts.SourceAnnotation, fmt.Sprintf("%s:%d", where.file, where.line))
	return obj, nil
}

// setString sets an entry of a map in metadata.
func setString(obj *unstructured.Unstructured, field, name, value string) {
	entries, _, _ := unstructured.NestedStringMap(obj.Object, "metadata", field) // checked
	if entries == nil {
		entries = map[string]string{}
	}
	entries[name] = value
	if field == "labels" {
		obj.SetLabels(entries)
		return
	}
	obj.SetAnnotations(entries)
}

// check returns why obj could not be applied, whatever the cluster.
func check(obj *unstructured.Unstructured, service string) []error {
	var errs []error
	for _, field := range []string{"apiVersion", "kind"} {
		if s, ok := obj.Object[field].(string); !ok || s == "" {
			errs = append(errs, fmt.Errorf("%s is missing", field))
		}
	}
	metadata, ok := obj.Object["metadata"].(map[string]any)
	if !ok && obj.Object["metadata"] != nil {
		return append(errs, errors.New("metadata is not a map"))
	}
	nameless := obj.GetKind() == "Ingress" && service != layouts.Common // it joins the app's
	switch name, ok := metadata["name"].(string); {
	case ok && name != "":
	case metadata["generateName"] != nil:
		errs = append(errs, errors.New("metadata.generateName does not go with server-side apply: "+
			"set metadata.name"))
	case metadata["name"] != nil || !nameless:
		errs = append(errs, errors.New("metadata.name is missing or not a string"))
	}
	if _, ok := metadata["namespace"].(string); !ok && metadata["namespace"] != nil {
		errs = append(errs, errors.New("metadata.namespace is not a string: put it between quotes"))
	}
	for _, field := range []string{"labels", "annotations"} {
		errs = append(errs, checkStrings(metadata[field], "metadata."+field)...)
	}
	return errs
}

// checkStrings returns an error for each entry that is not a string: YAML reads
// 1.10 and yes as something else.
func checkStrings(value any, path string) []error {
	entries, ok := value.(map[string]any)
	if !ok && value != nil {
		return []error{fmt.Errorf("%s is not a map", path)}
	}
	var errs []error
	for _, name := range sortedKeys(entries) {
		if _, ok := entries[name].(string); !ok {
			errs = append(errs, fmt.Errorf("%s.%s is not a string: put it between quotes", path, name))
		}
	}
	return errs
}
