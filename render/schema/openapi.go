package schema

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/slipway-go/slipway/internal/nearest"
)

//go:generate go run ./generate -o kubernetes.json.gz

//go:embed kubernetes.json.gz
var shipped []byte

// kubernetes returns the schemas that are part of the package.
var kubernetes = sync.OnceValues(func() (*catalog, error) {
	r, err := gzip.NewReader(bytes.NewReader(shipped))
	if err != nil {
		return nil, err
	}
	var doc document
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return nil, err
	}
	c := &catalog{
		name:  doc.Info.Title + " " + doc.Info.Version,
		kinds: map[schema.GroupVersionKind]*definition{},
		base:  doc.Components.Schemas,
	}
	c.add(&doc)
	return c, nil
})

// A document is an OpenAPI v3 document, as far as it matters.
type document struct {
	Info       struct{ Title, Version string }
	Components struct{ Schemas map[string]*node }
}

// A node is a schema, or a part of one. Those of OpenAPI documents and those in
// CustomResourceDefinitions have the same form.
type node struct {
	Ref        string           `json:"$ref"`
	AllOf      []*node          `json:"allOf"`
	Type       string           `json:"type"`
	Format     string           `json:"format"`
	Properties map[string]*node `json:"properties"`
	Items      *node            `json:"items"`
	Additional *additional      `json:"additionalProperties"`
	Required   []string         `json:"required"`
	Default    any              `json:"default"`
	Nullable   bool             `json:"nullable"`
	Enum       []any            `json:"enum"`

	Minimum   *float64 `json:"minimum"`
	Maximum   *float64 `json:"maximum"`
	MinLength *int     `json:"minLength"`
	MaxLength *int     `json:"maxLength"`
	MinItems  *int     `json:"minItems"`
	MaxItems  *int     `json:"maxItems"`
	Pattern   string   `json:"pattern"`

	Kinds       []schema.GroupVersionKind `json:"x-kubernetes-group-version-kind"`
	ListType    string                    `json:"x-kubernetes-list-type"`
	ListKeys    []string                  `json:"x-kubernetes-list-map-keys"`
	IntOrString bool                      `json:"x-kubernetes-int-or-string"`
	Preserve    bool                      `json:"x-kubernetes-preserve-unknown-fields"`

	name string // of a schema of its own in the document
}

// additional is what a map holds: false, true, or a schema.
type additional struct {
	node    *node
	allowed bool
}

// UnmarshalJSON reads either form.
func (a *additional) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &a.allowed); err == nil {
		return nil
	}
	a.allowed = true
	return json.Unmarshal(text, &a.node)
}

// A definition is the schema of a kind, and those that it refers to.
type definition struct {
	root    *node
	schemas map[string]*node
	custom  bool // of a CustomResourceDefinition: apiVersion, kind and metadata go without saying
}

// A catalog has the schemas of kinds.
type catalog struct {
	name  string
	kinds map[schema.GroupVersionKind]*definition
	base  map[string]*node // that all kinds may use
}

// with returns the catalog with the kinds of documents over its own.
func (c *catalog) with(documents [][]byte) (*catalog, error) {
	merged := &catalog{c.name + " or the server", maps.Clone(c.kinds), c.base}
	var errs []error
	for i, text := range documents {
		var doc document
		err := json.Unmarshal(text, &doc)
		if err == nil && len(doc.Components.Schemas) == 0 {
			err = errors.New("no schemas: want what a server has at /openapi/v3/apis/<group>/<version>")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("OpenAPI document %d: %w", i+1, err))
			continue
		}
		merged.add(&doc)
	}
	return merged, errors.Join(errs...)
}

// add takes over a document's kinds. Types that many kinds share, such as DeleteOptions,
// say to be of several, and are no objects.
func (c *catalog) add(doc *document) {
	schemas := doc.Components.Schemas
	for name, s := range schemas {
		s.name = name
		if strings.HasSuffix(name, ".api.resource.Quantity") {
			s.Format = "quantity"
		}
		if len(s.Kinds) == 1 {
			c.kinds[s.Kinds[0]] = &definition{root: s, schemas: schemas}
		}
	}
}

// find returns the schema of a kind; nil if it is nothing of Kubernetes'. It is an error
// if the group is, but has no such version or kind.
func (c *catalog) find(gvk schema.GroupVersionKind) (*definition, error) {
	if found := c.kinds[gvk]; found != nil {
		return found, nil
	}
	ours := false
	var versions, kinds []string
	for known := range c.kinds {
		if known.Kind == gvk.Kind {
			versions = append(versions, known.GroupVersion().String())
		}
		ours = ours || known.Group == gvk.Group
		if known.GroupVersion() == gvk.GroupVersion() {
			kinds = append(kinds, known.Kind)
		}
	}
	if !ours && gvk.Group != "extensions" {
		return nil, nil
	}
	slices.Sort(versions)
	hint := nearest.Hint(gvk.Kind, kinds)
	if len(versions) > 0 {
		hint = ": use " + strings.Join(versions, " or ")
	}
	return nil, fmt.Errorf("%s has no %s in %s%s", c.name, gvk.Kind, gvk.GroupVersion(), hint)
}

// custom returns the definition of a kind that is not Kubernetes' own, whose schema is
// root; nil if it is unknown.
func (c *catalog) custom(root *node) *definition {
	if root == nil {
		root = &node{Type: "object", Preserve: true}
	}
	return &definition{root: root, schemas: c.base, custom: true}
}

// resolve follows references; the result is never nil.
func (d *definition) resolve(n *node) *node {
	for range 16 { // longer chains are cycles
		if n != nil && n.Ref == "" && len(n.AllOf) == 1 && n.Type == "" {
			n = n.AllOf[0]
		}
		if n == nil || n.Ref == "" {
			break
		}
		n = d.schemas[n.Ref[strings.LastIndexByte(n.Ref, '/')+1:]]
	}
	if n == nil {
		return &node{Preserve: true}
	}
	return n
}
