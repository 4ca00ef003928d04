package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/layouts"
)

// A Format is how Write writes objects.
type Format string

// The formats of Write.
const (
	// YAML is a stream of documents, each under a comment with its source.
	YAML Format = "yaml"
	// JSON is one List.
	JSON Format = "json"
)

// Write writes objs to w, in their order, without the source annotation. The
// same objects give the same bytes. objs are not changed.
func Write(w io.Writer, objs []*unstructured.Unstructured, format Format) error {
	switch format {
	case YAML:
		return writeYAML(w, objs)
	case JSON:
		return writeJSON(w, objs)
	}
	return fmt.Errorf("format %q is neither %s nor %s", format, YAML, JSON)
}

func writeYAML(w io.Writer, objs []*unstructured.Unstructured) error {
	for _, obj := range objs {
		plain, source := withoutSource(obj)
		text, err := yaml.Marshal(plain.Object)
		if err != nil {
			return err
		}
		comment := ""
		if source != "" {
			comment = "# Source: " + strings.Join(strings.Fields(source), " ") + "\n" // one line
		}
		if _, err := fmt.Fprintf(w, "---\n%s%s", comment, text); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(w io.Writer, objs []*unstructured.Unstructured) error {
	items := make([]any, len(objs))
	for i, obj := range objs {
		plain, _ := withoutSource(obj)
		items[i] = plain.Object
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
}

// withoutSource returns a copy of obj without the source annotation, and that.
func withoutSource(obj *unstructured.Unstructured) (*unstructured.Unstructured, string) {
	annotations := obj.GetAnnotations()
	source, ok := annotations[layouts.SourceAnnotation]
	if !ok {
		return obj, ""
	}
	delete(annotations, layouts.SourceAnnotation)
	delete(annotations, layouts.LinesAnnotation)
	if len(annotations) == 0 {
		annotations = nil
	}
	obj = obj.DeepCopy()
	obj.SetAnnotations(annotations)
	return obj, source
}
