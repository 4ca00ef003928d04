package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
)

// concurrency is the library's own.
const concurrency = 16

// A patch is a server-side apply, encoded before the clock starts.
type patch struct {
	url  string
	body []byte
}

// floor sends one PATCH for each object, and for each record, and reads the answers:
// no deploy by server-side apply can do with less.
func floor(ctx context.Context, cfg *rest.Config, patches []patch) error {
	client, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan patch)
	var wg sync.WaitGroup
	for range concurrency {
		wg.Go(func() {
			for p := range next {
				if err := p.send(ctx, client); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, p := range patches {
		next <- p
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

func (p patch) send(ctx context.Context, client *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, p.url, bytes.NewReader(p.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/apply-patch+yaml")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s: %s", p.url, answer)
	}
	return err
}

// encode returns the patches for objs in a namespace, and for a record of each of
// their sets, of the size that the library's has.
func encode(host, namespace string, objs []*unstructured.Unstructured, records []*unstructured.Unstructured,
) ([]patch, error) {
	var out []patch
	for _, obj := range append(append([]*unstructured.Unstructured{}, objs...), records...) {
		obj = obj.DeepCopy()
		obj.SetNamespace(namespace)
		for _, field := range []string{"managedFields", "resourceVersion", "uid", "creationTimestamp"} {
			unstructured.RemoveNestedField(obj.Object, "metadata", field)
		}
		body, err := json.Marshal(obj)
		if err != nil {
			return nil, err
		}
		prefix := "/apis/"
		if obj.GroupVersionKind().Group == "" {
			prefix = "/api/"
		}
		url := host + prefix + obj.GetAPIVersion() + "/namespaces/" + namespace + "/" +
			strings.ToLower(obj.GetKind()) + "s/" + obj.GetName() + "?fieldManager=floor&force=true"
		out = append(out, patch{url, body})
	}
	return out, nil
}
