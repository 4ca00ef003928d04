package render

import (
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
			found = append(found, problem{[]string{"metadata", field}, fmt.Errorf("metadata.%s is not a map", field)})
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
