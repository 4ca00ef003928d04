package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/nearest"
)

const (
	metaName  = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
	refPrefix = "#/components/schemas/"
)

// check validates a whole object.
func (d *definition) check(root place) {
	n := d.root
	if d.custom {
		copied := *n
		copied.Properties = map[string]*node{
			"apiVersion": {Type: "string"}, "kind": {Type: "string"}, "metadata": {Ref: refPrefix + metaName},
		}
		for name, property := range n.Properties {
			if copied.Properties[name] == nil {
				copied.Properties[name] = property
			}
		}
		n = &copied
	}
	d.walk(n, root)
}

// walk validates what p holds. What is not there is what its holder requires, or not.
func (d *definition) walk(n *node, p place) {
	n = d.resolve(n)
	p.node = n
	if p.value == nil {
		return
	}
	switch {
	case n.IntOrString || n.Format == "int-or-string":
		p.intOrString(n)
	case n.Format == "quantity":
		p.quantity()
	case n.Type == "object" || n.Properties != nil:
		d.walkMap(n, p)
	case n.Type == "array":
		d.walkList(n, p)
	case n.Type != "":
		p.scalar(n)
	}
	if rule := rules[n.name]; rule != nil {
		rule(p)
	}
}

func (d *definition) walkMap(n *node, p place) {
	fields, ok := p.value.(map[string]any)
	if !ok {
		p.wrongType("a map")
		return
	}
	for _, name := range n.Required {
		if fields[name] == nil {
			p.lacks(name)
		}
	}
	for _, name := range p.fields() {
		switch property := n.Properties[name]; {
		case property != nil:
			d.walk(property, p.at(name))
		case n.Additional != nil && n.Additional.allowed:
			d.walk(n.Additional.node, p.at(name))
		case n.Properties != nil && !n.Preserve:
			p.at(name).fail("no such field%s", d.hint(name, n, p))
		}
	}
}

// hint says what an unknown field may have been meant to be.
func (d *definition) hint(name string, n *node, p place) string {
	known := slices.Sorted(maps.Keys(n.Properties))
	for above := p.up; above != nil; above = above.up {
		if above.node != nil && above.node.Properties[name] != nil {
			return ": it belongs to " + above.where()
		}
	}
	if below := d.below(name, n, 3); below != "" {
		return ": it belongs to " + strings.TrimPrefix(p.path+"."+below, ".")
	}
	if near := nearest.Hint(name, known); near != "" {
		return near
	}
	return ": there are " + names(known)
}

func (p place) where() string {
	if p.path == "" {
		return "the object itself, beside metadata"
	}
	return p.path
}

// below returns the path of the map within n that has the field; "" if none has.
func (d *definition) below(name string, n *node, depth int) string {
	if depth == 0 || n.name == metaName {
		return ""
	}
	inner := map[string]*node{}
	for _, field := range slices.Sorted(maps.Keys(n.Properties)) {
		if field == "status" {
			continue
		}
		inner[field] = d.resolve(n.Properties[field])
		if inner[field].Properties[name] != nil {
			return field
		}
	}
	for _, field := range slices.Sorted(maps.Keys(inner)) {
		if path := d.below(name, inner[field], depth-1); path != "" {
			return field + "." + path
		}
	}
	return ""
}

func (d *definition) walkList(n *node, p place) {
	if _, ok := p.value.([]any); !ok {
		p.wrongType("a list")
		return
	}
	p.length(len(p.items()), n.MinItems, n.MaxItems, "items")
	seen := map[string]place{}
	for _, item := range p.items() {
		if item.value == nil {
			item.fail("the item is empty")
			continue
		}
		d.walk(n.Items, item)
		key, told := d.key(n, item)
		if first, twice := seen[key]; twice && key != "" {
			item.fail("%s is there twice: %s%s has it, too", told, first.path, first.inLine())
		} else {
			seen[key] = item
		}
	}
}

// key returns what tells an item from the others of the list, and that for a message; ""
// if nothing does.
func (d *definition) key(n *node, item place) (key, told string) {
	if n.ListType == "set" {
		return fmt.Sprintf("%T %v", item.value, item.value), "the item"
	}
	fields := d.resolve(n.Items).Properties
	var keys []string
	for _, name := range n.ListKeys {
		value := item.at(name).value
		if value == nil && fields[name] != nil {
			value = fields[name].Default
		}
		if value != nil {
			keys = append(keys, fmt.Sprintf("%s=%v", name, value))
		}
	}
	key = strings.Join(keys, ",")
	return key, key
}
