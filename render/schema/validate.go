package schema

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// Options says by which schemas to validate.
type Options struct {
	// OpenAPI are OpenAPI v3 documents as a server publishes them, one for each group
	// and version: what kubectl get --raw /openapi/v3/apis/apps/v1 prints. Their kinds
	// go over those of Kubernetes 1.37, and what they lack is as there.
	OpenAPI [][]byte

	// Strict makes an error of an object whose kind has no schema, a warning otherwise.
	Strict bool
}

// An Error is a problem of one field.
type Error struct {
	// File, Line and Column are the place in the template, as far as the object says it;
	// they count from 1, and 0 is unknown.
	File         string
	Line, Column int
	// Object is the kind, namespace and name: "Deployment shop/home".
	Object string
	// Field is the path of the field, as spec.ports[0].port; empty if it is the object.
	Field string
	Err   error
}

func (e *Error) Error() string {
	parts := []string{e.Object, e.Err.Error()}
	if e.Field != "" {
		parts = slices.Insert(parts, 1, e.Field)
	}
	if e.File != "" {
		parts = slices.Insert(parts, 0, e.place())
	}
	return strings.Join(parts, ": ")
}

func (e *Error) place() string {
	switch {
	case e.Line == 0:
		return e.File
	case e.Column == 0:
		return fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) compare(other *Error) int {
	return cmp.Or(cmp.Compare(e.File, other.File), cmp.Compare(e.Line, other.Line),
		cmp.Compare(e.Column, other.Column),
		cmp.Compare(e.Object, other.Object), cmp.Compare(e.Field, other.Field),
		cmp.Compare(e.Error(), other.Error()))
}

// Validate returns what is wrong with objs. Selectors and ports are looked up among
// them, so validate together what is deployed together. objs are not changed.
//
// All problems come joined, each an [*Error], sorted by place, each of them once. The
// warnings, sorted alike, are what may be meant as it stands: a kind without a schema, a
// Service that selects nothing of objs, an image without a tag. A document of opts that
// cannot be read is an error, and nothing is validated.
func Validate(objs []*unstructured.Unstructured, opts Options) (warnings []string, err error) {
	shipped, err := kubernetes()
	if err != nil {
		return nil, err
	}
	v := &validator{catalog: shipped, strict: opts.Strict, unknown: map[string]int{}}
	if len(opts.OpenAPI) > 0 {
		if v.catalog, err = shipped.with(opts.OpenAPI); err != nil {
			return nil, err
		}
	}
	v.catalog = v.defined(objs)
	for _, obj := range objs {
		v.object(obj)
	}
	v.services()
	for _, w := range sorted(v.warnings) {
		warnings = append(warnings, w.Error())
	}
	var errs []error
	for _, e := range sorted(v.errs) {
		errs = append(errs, e)
	}
	return warnings, errors.Join(errs...)
}

func sorted(problems []*Error) []*Error {
	slices.SortStableFunc(problems, (*Error).compare)
	return slices.CompactFunc(problems, func(a, b *Error) bool { return a.compare(b) == 0 })
}

// A validator collects what is wrong with objects.
type validator struct {
	catalog   *catalog
	strict    bool
	errs      []*Error
	warnings  []*Error
	unknown   map[string]int // kinds without a schema, warned of
	templates []place        // of pods
	selecting []place        // Services' specs
}

// object validates one object.
func (v *validator) object(obj *unstructured.Unstructured) {
	root := v.root(obj)
	gvk := obj.GroupVersionKind()
	found, err := v.catalog.find(gvk)
	if err != nil {
		root.fail("%w", err)
		return
	}
	if found == nil {
		v.unknownKind(root)
		found = v.catalog.custom(nil)
	}
	found.check(root)
}

// unknownKind reports a kind that has no schema, once.
func (v *validator) unknownKind(root place) {
	kind := root.at("kind").text() + " of " + root.at("apiVersion").text()
	message := kind + " is no kind of " + v.catalog.name + ", and no CustomResourceDefinition of it is " +
		"among the objects: not validated"
	if v.strict {
		root.fail("%s", message)
		return
	}
	if v.unknown[kind]++; v.unknown[kind] == 1 {
		root.warn("%s", message)
	}
}

// root returns the place of a whole object.
func (v *validator) root(obj *unstructured.Unstructured) place {
	o := &object{validator: v, Unstructured: obj, secret: obj.GetKind() == "Secret"}
	o.title = obj.GetKind() + " " + strings.TrimPrefix(obj.GetNamespace()+"/"+obj.GetName(), "/")
	o.title = strings.TrimSpace(o.title)
	annotations := obj.GetAnnotations()
	file, line := layouts.SplitSource(annotations[layouts.SourceAnnotation])
	o.file = file
	o.lines = layouts.FieldsOf(annotations)
	o.secrets = o.lines.Secrets(obj.Object)
	return place{object: o, spot: spot{line: line}, value: obj.Object}
}

// names is the list of what is known, for a message.
func names(known []string) string {
	const most = 12
	if len(known) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(known[:most], ", "), len(known)-most)
	}
	return strings.Join(known, ", ")
}
