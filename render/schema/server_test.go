package schema_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"

	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// What Validate refuses, the API server refuses, too; what Validate lets pass it takes.
// But for what it takes although it cannot work.
func TestServerAgrees(t *testing.T) {
	t.Parallel()
	cfg, namespace := clustertest.Namespace(t)
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := restmapper.GetAPIGroupResources(discovery.NewDiscoveryClientForConfigOrDie(cfg))
	if err != nil {
		t.Fatal(err)
	}
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	for _, tt := range problemCases() {
		var refused []string
		for _, obj := range objects(t, tt.text) {
			if err := dryRun(t, client, mapper, obj, namespace); err != nil {
				refused = append(refused, err.Error())
			}
		}
		if want := len(tt.want) > 0 && !tt.taken; want != (len(refused) > 0) {
			t.Errorf("server refused %s: %t, want %t: %s", tt.name, !want, want, strings.Join(refused, "\n"))
		}
	}
}

func dryRun(
	t *testing.T, client dynamic.Interface, mapper meta.RESTMapper, obj *unstructured.Unstructured, namespace string,
) error {
	gvk := obj.GroupVersionKind()
	mapping, err := mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return err
	}
	obj.SetAnnotations(nil)
	name := obj.GetName()
	if obj.GetKind() == "Ingress" {
		name = "shop"
	}
	_, err = client.Resource(mapping.Resource).Namespace(namespace).Apply(t.Context(), name, obj,
		metav1.ApplyOptions{FieldManager: "test", DryRun: []string{metav1.DryRunAll}})
	return err
}
