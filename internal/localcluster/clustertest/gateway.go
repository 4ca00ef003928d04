package clustertest

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"io"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// HTTPRoutes is where the API server keeps HTTPRoutes, once there is [GatewayAPI].
var HTTPRoutes = schema.GroupVersionResource{
	Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes",
}

//go:embed testdata/httproutes.yaml.gz
var httpRoutes []byte

var defineHTTPRoutes sync.Mutex

// GatewayAPI makes the API server serve HTTPRoutes, with the schema of the standard channel of
// the Gateway API. No controller does anything with them.
func GatewayAPI(t testing.TB, cfg *rest.Config) {
	t.Helper()
	defineHTTPRoutes.Lock()
	defer defineHTTPRoutes.Unlock()
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	crd, err := readHTTPRoutes()
	if err != nil {
		t.Fatal(err)
	}
	definitions := client.Resource(schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	})
	_, err = definitions.Create(t.Context(), crd, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	disco := newClient(t, cfg).Discovery()
	Eventually(t, "the definition of HTTPRoute", func(ctx context.Context) error {
		// It is served, and then announced.
		_, err := client.Resource(HTTPRoutes).List(ctx, metav1.ListOptions{Limit: 1})
		if err != nil {
			return err
		}
		groups, err := restmapper.GetAPIGroupResources(disco)
		if err != nil {
			return err
		}
		_, err = restmapper.NewDiscoveryRESTMapper(groups).KindFor(HTTPRoutes)
		return err
	})
}

func readHTTPRoutes() (*unstructured.Unstructured, error) {
	r, err := gzip.NewReader(bytes.NewReader(httpRoutes))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	obj := &unstructured.Unstructured{}
	return obj, errors.Join(err, yaml.Unmarshal(text, &obj.Object))
}
