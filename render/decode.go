package render

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"

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
		if errs.full() {
			break
		}
	}
	return objs, errs.err()
}

func (d document) decode(who owner) ([]*unstructured.Unstructured, error) {
	text := d.text[d.start:d.end]
	d.ruler = newRuler(text)
	root, bad := parseNodes(text)
	if bad != nil {
		return nil, d.spot(bad)
	}
	value, spots := valueOf(root, text)
	var errs collector
	for _, s := range spots {
		errs.add(d.spot(s))
	}
	content, ok := value.(map[string]any)
	if value == nil {
		return nil, errs.err()
	}
	if !ok {
		return nil, d.error(d.first(), errors.New("want an object: a map with apiVersion and kind"))
	}
	var objs []*unstructured.Unstructured
	contents, nodes := items(content), objectNodes(root)
	for i, content := range contents {
		node := root
		if len(nodes) == len(contents) { // not if the items are an alias
			node = nodes[i]
		}
		obj, err := d.object(content, node, who)
		if err != nil {
			if errs.add(err); errs.full() {
				break
			}
			continue
		}
		if who.lines {
			setString(obj, "annotations", layouts.LinesAnnotation, d.lines(node))
		}
		objs = append(objs, obj)
	}
	return objs, errs.err()
}

// spot returns an error of the document's YAML at its place.
func (d document) spot(s *spot) error {
	err := s.err
	if twice := (*twiceError)(nil); errors.As(err, &twice) {
		first := d.error(d.start+twice.first, nil)
		first.place(d.made[first.File])
		err = twice.at(fmt.Sprintf(", in line %d", first.Line))
	}
	return d.error(d.start+s.offset, err)
}

// items returns the objects of a List, or content itself.
func items(content map[string]any) []any {
	list, ok := content["items"].([]any)
	if kind, _ := content["kind"].(string); ok && strings.HasSuffix(kind, "List") {
		return list
	}
	return []any{content}
}

func (d document) object(content any, node *goyaml.Node, who owner) (*unstructured.Unstructured, error) {
	fields, ok := content.(map[string]any)
	if !ok {
		return nil, d.error(d.offset(node), errors.New("an item of the list is not an object"))
	}
	obj := &unstructured.Unstructured{Object: fields}
	var errs collector
	for _, p := range check(obj, who.service) {
		errs.add(d.about(nodeAt(node, p.path), p.err))
	}
	errs.add(d.checkTexts(node, obj.GetAPIVersion(), obj.GetKind()))
	if len(errs) > 0 {
		return nil, errs.err()
	}
	where := d.error(d.first(), nil)
	setString(obj, "labels", layouts.SetLabel, layouts.Set(who.app, who.service))
	setString(obj, "annotations", layouts.SourceAnnotation, fmt.Sprintf("%s:%d", where.File, where.Line))
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

// offset returns where a node of the document begins.
func (d document) offset(n *goyaml.Node) int {
	return d.start + d.ruler.offset(n.Line, n.Column)
}

// nodeAt returns the value at a path below n, or the last key of the path that there
// is.
func nodeAt(n *goyaml.Node, path []string) *goyaml.Node {
	for i, name := range path {
		key, value := entry(n, name)
		if value == nil {
			return n
		}
		n = value
		if i+1 < len(path) {
			if _, next := entry(value, path[i+1]); next == nil {
				return key
			}
		}
	}
	return n
}

// entry returns the nodes of an entry of a map; nil if there is none.
func entry(n *goyaml.Node, name string) (key, value *goyaml.Node) {
	if n.Kind == goyaml.AliasNode {
		n = n.Alias
	}
	for i := 0; i+1 < len(n.Content) && n.Kind == goyaml.MappingNode; i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}
