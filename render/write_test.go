package render_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/render"
)

// written returns objects as App makes them, one with an annotation of its own.
func written() []*unstructured.Unstructured {
	object := func(name string, annotations map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"kind": "ConfigMap", "apiVersion": "v1",
			"metadata": map[string]any{"name": name, "annotations": annotations},
			"data":     map[string]any{"z": "<b>", "a": "yes"},
		}}
	}
	return []*unstructured.Unstructured{
		object("b", map[string]any{"slipway/source": "shop/home/x.yml:1"}),
		object("a", map[string]any{"slipway/source": "shop/home/x.yml:9", "own": "1"}),
	}
}

func TestWriteYAML(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := render.Write(&got, written(), render.YAML); err != nil {
		t.Fatalf("Write error = %v, want nil", err)
	}
	want := `---
# Source: shop/home/x.yml:1
apiVersion: v1
data:
  a: "yes"
  z: <b>
kind: ConfigMap
metadata:
  name: b
---
# Source: shop/home/x.yml:9
apiVersion: v1
data:
  a: "yes"
  z: <b>
kind: ConfigMap
metadata:
  annotations:
    own: "1"
  name: a
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("Write(YAML) mismatch (-want +got):\n%s", diff)
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := render.Write(&got, written()[:1], render.JSON); err != nil {
		t.Fatalf("Write error = %v, want nil", err)
	}
	want := `{
  "apiVersion": "v1",
  "items": [
    {
      "apiVersion": "v1",
      "data": {
        "a": "yes",
        "z": "<b>"
      },
      "kind": "ConfigMap",
      "metadata": {
        "name": "b"
      }
    }
  ],
  "kind": "List"
}
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("Write(JSON) mismatch (-want +got):\n%s", diff)
	}
}

func TestWriteNothing(t *testing.T) {
	t.Parallel()
	var asYAML, asJSON bytes.Buffer
	if err := errors.Join(render.Write(&asYAML, nil, render.YAML), render.Write(&asJSON, nil, render.JSON)); err != nil {
		t.Fatalf("Write(nothing) error = %v, want nil", err)
	}
	if asYAML.Len() > 0 {
		t.Errorf("Write(nothing, YAML) = %q, want nothing", asYAML.String())
	}
	var list struct{ Items []any }
	if err := json.Unmarshal(asJSON.Bytes(), &list); err != nil || list.Items == nil {
		t.Errorf("Write(nothing, JSON) = %s, want a List with empty items", asJSON.String())
	}
}

func TestWriteChangesNothing(t *testing.T) {
	t.Parallel()
	objs := written()
	for _, format := range []render.Format{render.YAML, render.JSON} {
		if err := render.Write(&bytes.Buffer{}, objs, format); err != nil {
			t.Fatalf("Write(%s) error = %v, want nil", format, err)
		}
		if diff := cmp.Diff(written(), objs); diff != "" {
			t.Errorf("Write(%s) changed the objects (-want +got):\n%s", format, diff)
		}
	}
}

func TestWriteKeepsSourceInItsComment(t *testing.T) {
	t.Parallel()
	obj := written()[0]
	obj.SetAnnotations(map[string]string{"slipway/source": "shop/home/a\nkind: Secret\u2028x.yml:1"})
	var got bytes.Buffer
	if err := render.Write(&got, []*unstructured.Unstructured{obj}, render.YAML); err != nil {
		t.Fatalf("Write error = %v, want nil", err)
	}
	if want := "---\n# Source: shop/home/a kind: Secret x.yml:1\napiVersion"; !strings.HasPrefix(got.String(), want) {
		t.Errorf("Write(YAML) = %s, want it to begin with %s", got.String(), want)
	}
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	checkError(t, "Write(toml)", render.Write(&bytes.Buffer{}, nil, "toml"),
		`format "toml" is neither yaml nor json`)
	for _, format := range []render.Format{render.YAML, render.JSON} {
		if err := render.Write(full{}, written(), format); !errors.Is(err, errFull) {
			t.Errorf("Write(%s) error = %v, want the writer's", format, err)
		}
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// FuzzWrite writes what sigs.k8s.io/yaml makes of any object of JSON.
func FuzzWrite(f *testing.F) {
	f.Add([]byte(`{"a": [1, -0.0, 1e6, 1.5, 1e20, 1e300, 9007199254740993, {"b": null}, [], {}], "a10": "1e3", "a2": ""}`))
	f.Add([]byte(`{"~": "yes", "": "a\nb\n", "x y": " a", "\u0000": "\u2028\ud800", "0x1": "a: b #c", "ü": true}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, unmarshal := range []func([]byte, any) error{json.Unmarshal, utiljson.Unmarshal} {
			var object map[string]any
			if unmarshal(text, &object) != nil {
				return
			}
			want, err := yaml.Marshal(object)
			if err != nil {
				return
			}
			var got bytes.Buffer
			obj := &unstructured.Unstructured{Object: object}
			if err := render.Write(&got, []*unstructured.Unstructured{obj}, render.YAML); err != nil {
				t.Fatalf("Write error = %v, want nil", err)
			}
			if diff := cmp.Diff("---\n"+string(want), got.String()); diff != "" {
				t.Errorf("Write mismatch (-want +got):\n%s", diff)
			}
		}
	})
}

// A text may have characters that YAML takes only as escapes.
func TestWriteControlCharacters(t *testing.T) {
	t.Parallel()
	text := "a\x7f\u0080\u0085\ufffe\uffff\u2028\x01\tb"
	obj := &unstructured.Unstructured{Object: map[string]any{
		"kind": "ConfigMap", "data": map[string]any{"a": text},
	}}
	var out bytes.Buffer
	if err := render.Write(&out, []*unstructured.Unstructured{obj}, render.YAML); err != nil {
		t.Fatalf("Write error = %v, want nil", err)
	}
	var got map[string]any
	if err := yaml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("what Write wrote is no YAML: %v\n%s", err, out.String())
	}
	if diff := cmp.Diff(obj.Object, got); diff != "" {
		t.Errorf("Write mismatch (-want +got):\n%s", diff)
	}
}
