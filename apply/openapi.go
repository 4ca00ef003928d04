package apply

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// OpenAPI returns the OpenAPI v3 documents that the cluster has on the kinds of objs, one
// for each group and version, in their order: what package render/schema validates by. A
// group that the cluster does not have has none. It takes one request, and one for each
// document. An error is an [*ObjectError].
func (a *Applier) OpenAPI(ctx context.Context, objs []*unstructured.Unstructured) ([][]byte, error) {
	r := &run{Applier: a}
	ctx = quiet(ctx)
	text, err := a.document(ctx, "")
	if err != nil {
		return nil, r.objectError(err, schema.GroupVersionKind{})
	}
	var index struct{ Paths map[string]any }
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, err
	}
	kinds := map[string]schema.GroupVersionKind{}
	for _, obj := range objs {
		kinds[openAPIPath(obj.GroupVersionKind())] = obj.GroupVersionKind()
	}
	var documents [][]byte
	for _, path := range slices.Sorted(maps.Keys(kinds)) {
		if index.Paths[path] == nil {
			continue
		}
		text, err := a.document(ctx, "/"+path)
		if err != nil {
			return nil, r.objectError(err, kinds[path])
		}
		documents = append(documents, text)
	}
	return documents, nil
}

func openAPIPath(gvk schema.GroupVersionKind) string {
	if gvk.Group == "" {
		return "api/" + gvk.Version
	}
	return "apis/" + gvk.GroupVersion().String()
}

func (a *Applier) document(ctx context.Context, path string) ([]byte, error) {
	return tryFor(ctx, a, func(ctx context.Context) ([]byte, error) {
		return a.core.Get().AbsPath("/openapi/v3"+path).SetHeader("Accept", "application/json").DoRaw(ctx)
	})
}
