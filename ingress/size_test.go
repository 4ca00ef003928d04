package ingress_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// thousands returns an app of so many services, each with a path.
func thousands(t testing.TB, services int) []*unstructured.Unstructured {
	t.Helper()
	objs := tree{"shop/common/ingress.yml": fmt.Sprintf(stripCommon, "", "")}.objects(t)
	for i := range services {
		name := fmt.Sprintf("shop-service-%04d", i)
		path := map[string]any{
			"path": "/" + name, "pathType": "Prefix",
			"backend": map[string]any{"service": map[string]any{"name": name, "port": map[string]any{"number": int64(80)}}},
		}
		obj := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
			"spec": map[string]any{"rules": []any{map[string]any{"http": map[string]any{"paths": []any{path}}}}},
		}}
		mark(obj, "shop."+name, "shop/"+name+"/ingress.yml:1")
		objs = append(objs, obj)
	}
	return objs
}

func annotationBytes(obj *unstructured.Unstructured) int {
	size := 0
	for name, value := range obj.GetAnnotations() {
		size += len(name) + len(value)
	}
	return size
}

// However many services there are, the account stays within what the API server allows
// for annotations, and tells the same.
func TestManyServices(t *testing.T) {
	t.Parallel()
	for _, services := range []int{10, 1000, 5000} {
		t.Run(fmt.Sprint(services), func(t *testing.T) {
			t.Parallel()
			result, err := ingress.Merge("shop", thousands(t, services), ingress.Options{Commit: "0123456789abcdef0123456789abcdef01234567"})
			if err != nil {
				t.Fatal(err)
			}
			obj := ingressOf(t, result)
			if size := annotationBytes(obj); size > 256<<10 {
				t.Errorf("annotations of %d services take %d bytes, want at most 262144", services, size)
			}
			if got := live(t, obj); len(got) != services || !strings.HasSuffix(got[services-1], fmt.Sprintf("by shop-service-%04d", services-1)) {
				t.Errorf("%d routes, the last %s; want %d, each with its owner", len(got), got[len(got)-1], services)
			}
			// One leaves, one comes: all others stay.
			left := recompose(t, obj, deploy(t, "shop-service-0000", 1)).Object
			if got := live(t, left); len(got) != services-1 {
				t.Errorf("%d routes after one left, want %d", len(got), services-1)
			}
			back := recompose(t, left, deploy(t, "shop-service-0000", 1, "/shop-service-0000")).Object
			if got := live(t, back); len(got) != services {
				t.Errorf("%d routes after one came, want %d", len(got), services)
			}
			if again := recompose(t, back, deploy(t, "shop-service-0000", 1, "/shop-service-0000")).Object; annotationBytes(again) != annotationBytes(back) {
				t.Error("to publish the same again changes the account")
			}
		})
	}
}

// Beyond that, there is an error that says what to do.
func TestTooManyServices(t *testing.T) {
	t.Parallel()
	_, err := ingress.Merge("shop", thousands(t, 30_000), ingress.Options{})
	_ = as[*ingress.TooManyRoutesError](t, "Merge(shop)", err)
	wantError(t, "Merge(shop)", err, "make two apps of the services")
}

// A service's name may be as long as a label: longer than what an annotation has room for.
func TestLongName(t *testing.T) {
	t.Parallel()
	first, second := strings.Repeat("a", 62)+"1", strings.Repeat("a", 62)+"2"
	result := merge(t, tree{
		"shop/" + first + "/ingress.yml":  fmt.Sprintf(stripService, "", "/1", "Prefix", "one"),
		"shop/" + second + "/ingress.yml": fmt.Sprintf(stripService, "", "/2", "Prefix", "two"),
	}, ingress.Options{})
	obj := ingressOf(t, result)
	for name := range obj.GetAnnotations() {
		if _, key, _ := strings.Cut(name, "/"); len(key) > 63 {
			t.Errorf("annotation %s has a name of %d bytes, want at most 63", name, len(key))
		}
	}
	owners, err := ingress.Owners(obj)
	wantLines(t, "Owners()", []string{first, second}, owners)
	if err != nil {
		t.Error(err)
	}
	without := ingress.Without(obj, func(owner string) bool { return owner == first })
	owners, _ = ingress.Owners(without)
	wantLines(t, "Owners(without first)", []string{second}, owners)
}

// BenchmarkRecompose1000 is a publish of one service's route among those of a thousand.
func BenchmarkRecompose1000(b *testing.B) {
	result, err := ingress.Merge("shop", thousands(b, 1000), ingress.Options{})
	if err != nil {
		b.Fatal(err)
	}
	live := ingressOf(b, result)
	mine := deploy(b, "shop-service-0500", 1, "/new")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ingress.Recompose(live, mine); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMerge1000 is the merge of a thousand services' routes.
func BenchmarkMerge1000(b *testing.B) {
	objs := thousands(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ingress.Merge("shop", objs, ingress.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
