package render

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
	goyaml2 "sigs.k8s.io/yaml/goyaml.v2"

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
		text, err := marshal(plain.Object)
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

// marshal is yaml.Marshal, without its way through JSON where there are only maps, lists
// and scalars as the API server has them: that takes three times as long, and as much memory.
func marshal(object map[string]any) ([]byte, error) {
	plain, ok := plainValue(object)
	if !ok {
		return yaml.Marshal(object)
	}
	return goyaml2.Marshal(plain)
}

// plainValue returns a copy of value as JSON would have it; ok says that nothing else is in it.
func plainValue(value any) (plain any, ok bool) {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			if out[validText(name)], ok = plainValue(item); !ok {
				return nil, false
			}
		}
		return out, v != nil
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			if out[i], ok = plainValue(item); !ok {
				return nil, false
			}
		}
		return out, v != nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 { // an integer
			return int64(v), true
		}
		return v, !math.IsNaN(v) && math.Abs(v) < 1<<53
	case string:
		return validText(v), true
	case nil, bool, int64:
		return v, true
	}
	return nil, false
}

// validText returns text with a replacement character for each byte that is not UTF-8.
func validText(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
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
