package render

import (
	"bytes"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// A problem is what is wrong with a field of an object.
type problem struct {
	path []string
	err  error
}

// check returns why obj could not be applied, whatever the cluster.
func check(obj *unstructured.Unstructured, service string) []problem {
	var found []problem
	for _, field := range []string{"apiVersion", "kind"} {
		if s, ok := obj.Object[field].(string); !ok || s == "" {
			found = append(found, problem{[]string{field}, missingString(field, obj.Object[field])})
		}
	}
	metadata, ok := obj.Object["metadata"].(map[string]any)
	if !ok && obj.Object["metadata"] != nil {
		return append(found, problem{[]string{"metadata"}, errors.New("metadata is not a map")})
	}
	if err := checkName(obj, metadata, service); err != nil {
		found = append(found, problem{[]string{"metadata", "name"}, err})
	}
	if _, ok := metadata["namespace"].(string); !ok && metadata["namespace"] != nil {
		found = append(found, problem{[]string{"metadata", "namespace"},
			missingString("metadata.namespace", metadata["namespace"])})
	}
	for _, field := range []string{"labels", "annotations"} {
		if _, ok := metadata[field].(map[string]any); !ok && metadata[field] != nil {
			err := fmt.Errorf("metadata.%s is not a map", field)
			found = append(found, problem{[]string{"metadata", field}, err})
		}
	}
	return found
}

func checkName(obj *unstructured.Unstructured, metadata map[string]any, service string) error {
	nameless := obj.GetKind() == "Ingress" && service != layouts.Common // it joins the app's
	switch name, ok := metadata["name"].(string); {
	case ok && name != "":
		return nil
	case metadata["generateName"] != nil:
		return errors.New("metadata.generateName does not go with server-side apply: set metadata.name")
	case metadata["name"] == nil && nameless:
		return nil
	}
	return missingString("metadata.name", metadata["name"])
}

// missingString returns why value cannot be the string that a field wants.
func missingString(path string, value any) error {
	switch value {
	case nil, "":
		return fmt.Errorf("%s is missing", path)
	}
	return notString(path, value)
}

// notString does not tell the value: it may be a secret.
func notString(path string, value any) error {
	kind := "a number"
	switch value.(type) {
	case nil:
		kind = "null"
	case bool:
		kind = "a boolean"
	case map[string]any:
		return fmt.Errorf("%s is a map, not a string", path)
	case []any:
		return fmt.Errorf("%s is a list, not a string", path)
	}
	return fmt.Errorf("%s is %s, not a string: put it between quotes", path, kind)
}

// routine are the kinds that files are named after; another service's file of that name
// replaces the one in common/each/.
var routine = map[string]string{"deployment": "Deployment", "service": "Service", "ingress": "Ingress"}

// checkFile returns an error if a file makes no object though nothing in it is a
// template, or is named after another kind than those that it makes.
func checkFile(f layouts.File, objs []*unstructured.Unstructured) error {
	template := bytes.Contains(f.Data, []byte("{{")) || bytes.Contains(f.Data, []byte("{%"))
	if len(objs) == 0 && !template && !bytes.Contains(f.Data, []byte("items")) {
		err := errors.New("the file makes no object: write one, or remove the file")
		return &Error{File: f.Path, Err: err}
	}
	want, named := routine[f.Stem()]
	var other *unstructured.Unstructured
	for _, obj := range objs {
		if obj.GetKind() == want {
			return nil
		}
		for _, kind := range routine {
			if obj.GetKind() == kind {
				other = obj
			}
		}
	}
	if !named || other == nil {
		return nil
	}
	at := errorAt(other)
	at.Err = fmt.Errorf("%s %s in a file named after a %s, which it does not have: rename the file",
		other.GetKind(), other.GetName(), want)
	return at
}

// errorAt returns an error where an object was rendered from.
func errorAt(obj *unstructured.Unstructured) *Error {
	source := obj.GetAnnotations()[layouts.SourceAnnotation]
	file, line := layouts.SplitSource(source)
	return &Error{File: file, Line: line}
}
