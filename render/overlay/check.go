package overlay

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/nearest"
)

// check compares the kustomization with the fields that kustomize knows, which would tell
// only the first that is wrong, and not where.
func (s *scanner) check() {
	c := checker{s}
	if s.node == nil {
		return
	}
	c.node(s.node, reflect.TypeFor[types.Kustomization](), "")
	named := []string{"images", "imageTags", "replicas", "configMapGenerator", "secretGenerator"}
	for _, list := range named {
		for i, item := range items(value(s.node, list)) {
			c.item(item, fmt.Sprintf("%s[%d]", list, i))
		}
	}
	component := types.ComponentKind
	kind, version := value(s.node, "kind"), value(s.node, "apiVersion")
	if kind != nil && kind.Value != types.KustomizationKind && kind.Value != component {
		c.bad(kind, "kind", fmt.Errorf("want %s, or %s", types.KustomizationKind, component))
		return
	}
	want := types.KustomizationVersion
	if kind != nil && kind.Value == component {
		want = types.ComponentVersion
	}
	if version != nil && version.Value != want {
		c.bad(version, "apiVersion", fmt.Errorf("want %s", want))
	}
}

// A checker finds fields that kustomize does not know, or that are of another type.
type checker struct{ *scanner }

func (c checker) bad(n *goyaml.Node, field string, err error) {
	c.addAt(spotOf(c.file, n), field, err)
}

// item checks what kustomize takes, and does nothing with, or something else.
func (c checker) item(n *goyaml.Node, path string) {
	known := []string{"create", "merge", "replace"}
	if n = real(n); n.Kind != goyaml.MappingNode || merges(n) {
		return
	}
	if name := value(n, "name"); name == nil || name.Value == "" {
		c.bad(n, path, errors.New("name is missing"))
	}
	if of := value(n, "behavior"); of != nil && !slices.Contains(known, of.Value) {
		c.bad(of, path+".behavior", fmt.Errorf("want one of %s", strings.Join(known, ", ")))
	}
}

func (c checker) node(n *goyaml.Node, t reflect.Type, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	at := n
	if n = real(n); isNull(n) {
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		c.fields(n, fieldTypes(t), path)
	case reflect.Map:
		if c.is(n, goyaml.MappingNode, path, "a map") {
			for i := 0; i+1 < len(n.Content); i += 2 {
				c.node(n.Content[i+1], t.Elem(), join(path, n.Content[i].Value))
			}
		}
	case reflect.Slice:
		if c.is(n, goyaml.SequenceNode, path, "a list") {
			for i, item := range n.Content {
				c.node(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i))
			}
		}
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		if err := checkScalar(n, t.Kind()); err != nil {
			c.bad(at, path, err)
		}
	}
}

// is reports whether n is of a kind, or complains.
func (c checker) is(n *goyaml.Node, kind goyaml.Kind, path, want string) bool {
	if n.Kind != kind {
		c.bad(n, path, fmt.Errorf("want %s", want))
	}
	return n.Kind == kind
}

func (c checker) fields(n *goyaml.Node, known map[string]reflect.Type, path string) {
	if !c.is(n, goyaml.MappingNode, path, "a map of fields") {
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := join(path, key.Value)
		t, ok := known[key.Value]
		switch {
		case seen[key.Value]:
			c.bad(key, at, errors.New("the field is there twice: keep one"))
		case refused[at] != nil || key.Tag == "!!merge": // told elsewhere, or checked by kustomize
		case ok:
			c.node(n.Content[i+1], t, at)
		default:
			c.bad(key, at, fmt.Errorf("no such field%s", hint(key.Value, known)))
		}
		seen[key.Value] = true
	}
}

// hint tells the fields that a name may mean, or all if they are few.
func hint(name string, known map[string]reflect.Type) string {
	have := slices.Sorted(maps.Keys(known))
	for _, field := range have {
		if strings.EqualFold(field, name) {
			return ": did you mean " + field + "?"
		}
	}
	if near := nearest.Hint(name, have); near != "" || len(have) > 12 {
		return near
	}
	return " (there are: " + strings.Join(have, ", ") + ")"
}

// fieldTypes returns the fields of a struct as JSON has them, those within it included.
func fieldTypes(t reflect.Type) map[string]reflect.Type {
	found := map[string]reflect.Type{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			maps.Copy(found, fieldTypes(f.Type))
		case f.IsExported() && name != "" && name != "-":
			found[name] = f.Type
		}
	}
	return found
}

// booleans are what YAML 1.1, which kustomize reads, takes for booleans.
var booleans = []string{"y", "n", "yes", "no", "on", "off", "true", "false"}

// checkScalar compares a value with the kind that is wanted. It does not tell the value, which
// may be a Secret's.
func checkScalar(n *goyaml.Node, want reflect.Kind) error {
	kind, tag := "a text", n.Tag
	plain := n.Kind == goyaml.ScalarNode && n.Style == 0
	switch {
	case n.Kind == goyaml.MappingNode:
		kind = "a map"
	case n.Kind == goyaml.SequenceNode:
		kind = "a list"
	case tag == "!!bool" || plain && slices.Contains(booleans, strings.ToLower(n.Value)):
		kind = "a boolean"
	case tag == "!!int" || tag == "!!float":
		kind = "a number"
	}
	wants := map[reflect.Kind]string{
		reflect.String: "a text", reflect.Bool: "a boolean",
		reflect.Int: "a number", reflect.Int64: "a number",
	}
	switch {
	case kind == wants[want] && (kind != "a number" || tag == "!!int"):
		return nil
	case want == reflect.String && n.Kind == goyaml.ScalarNode:
		return fmt.Errorf("want a text, not %s: put it between quotes", kind)
	case kind == "a number":
		return errors.New("want a whole number")
	}
	return fmt.Errorf("want %s, not %s", strings.Replace(wants[want], "a number", "a whole number", 1), kind)
}
