package ingress_test

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// A tree holds the documents of an app's templates as rendered, by file.
type tree map[string]string

// objects returns the tree's objects in order of files, marked as package render
// does it.
func (tr tree) objects(t testing.TB) []*unstructured.Unstructured {
	t.Helper()
	var objs []*unstructured.Unstructured
	for _, file := range slices.Sorted(maps.Keys(tr)) {
		obj := object(t, tr[file])
		dir := path.Dir(file)
		mark(obj, layouts.Set(path.Dir(dir), path.Base(dir)), file+":1")
		objs = append(objs, obj)
	}
	return objs
}

// object reads YAML as an API client reads JSON: whole numbers become int64.
func object(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	obj := &unstructured.Unstructured{}
	data, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = obj.UnmarshalJSON(data)
	}
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return obj
}

func mark(obj *unstructured.Unstructured, set, source string) {
	labels, annotations := obj.GetLabels(), obj.GetAnnotations()
	if labels == nil {
		labels = map[string]string{}
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	labels[layouts.SetLabel], annotations[layouts.SourceAnnotation] = set, source
	obj.SetLabels(labels)
	obj.SetAnnotations(annotations)
}

// fields reads the YAML of an Ingress' spec.
func fields(t testing.TB, text string) any {
	t.Helper()
	return object(t, "kind: Ingress\nspec:\n"+indent(text)).Object["spec"]
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.Trim(text, "\n"), "\n", "\n  ")
}

// merge merges the tree of app shop.
func merge(t testing.TB, tr tree, opts ingress.Options) *ingress.Result {
	t.Helper()
	result, err := ingress.Merge("shop", tr.objects(t), opts)
	if err != nil {
		t.Fatalf("Merge(shop) error = %v, want none", err)
	}
	return result
}

// merged returns the app's Ingress.
func merged(t testing.TB, tr tree, opts ingress.Options) *unstructured.Unstructured {
	t.Helper()
	return ingressOf(t, merge(t, tr, opts))
}

func ingressOf(t testing.TB, result *ingress.Result) *unstructured.Unstructured {
	t.Helper()
	if len(result.Objects) == 0 {
		t.Fatal("Merge(shop) returned no objects, want an Ingress")
	}
	last := result.Objects[len(result.Objects)-1]
	if last.GetKind() != "Ingress" || last.GetAPIVersion() != "networking.k8s.io/v1" {
		t.Fatalf("Merge(shop) has %s %s last, want the v1 Ingress", last.GetAPIVersion(), last.GetKind())
	}
	return last
}

func recompose(t testing.TB, live, mine *unstructured.Unstructured) *ingress.Recomposition {
	t.Helper()
	next, err := ingress.Recompose(live, mine)
	if err != nil {
		t.Fatalf("Recompose() error = %v, want none", err)
	}
	return next
}

// lines returns "route → backend by owner" of each route, "/backend" if it is stripped.
func lines(routes []ingress.Route) []string {
	var out []string
	for _, r := range routes {
		backend := r.Backend.String()
		if r.Strip {
			backend = "/" + backend
		}
		out = append(out, fmt.Sprintf("%s → %s by %s", r, backend, r.Owner))
	}
	return out
}

// live returns the lines of the routes of an Ingress on the cluster.
func live(t testing.TB, obj *unstructured.Unstructured) []string {
	t.Helper()
	routes, err := ingress.Routes(obj)
	if err != nil {
		t.Fatalf("Routes() error = %v, want none", err)
	}
	return lines(routes)
}

func wantLines(t testing.TB, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wantError checks that err says each of the parts, in their order.
func wantError(t testing.TB, what string, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s error = nil, want %q", what, parts)
	}
	rest := err.Error()
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%s error = %q, want in it %q", what, err, parts)
		}
		rest = after
	}
}

// as returns the error of type E in err.
func as[E error](t testing.TB, what string, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("%s error = %v, want a %T", what, err, e)
	}
	return e
}
