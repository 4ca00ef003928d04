package apply

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A resource is where the API server keeps a kind.
type resource struct {
	schema.GroupVersionResource
	namespaced bool
}

// builtin lists the kinds that need no discovery: those of Kubernetes itself
// that a deploy is likely to hold, by apiVersion. A "/" ends the cluster-scoped.
var builtin = index(map[string]string{
	"v1": "ConfigMap Endpoints LimitRange PersistentVolumeClaim Pod ReplicationController " +
		"ResourceQuota Secret Service ServiceAccount / Namespace Node PersistentVolume",
	"apps/v1":        "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet /",
	"batch/v1":       "CronJob Job /",
	"autoscaling/v2": "HorizontalPodAutoscaler /",
	"policy/v1":      "PodDisruptionBudget /",

	"networking.k8s.io/v1":         "Ingress NetworkPolicy / IngressClass",
	"coordination.k8s.io/v1":       "Lease /",
	"rbac.authorization.k8s.io/v1": "Role RoleBinding / ClusterRole ClusterRoleBinding",
	"storage.k8s.io/v1":            "/ StorageClass",
	"scheduling.k8s.io/v1":         "/ PriorityClass",
	"apiextensions.k8s.io/v1":      "/ CustomResourceDefinition",
})

func index(kinds map[string]string) map[schema.GroupVersionKind]resource {
	table := map[schema.GroupVersionKind]resource{}
	for apiVersion, names := range kinds {
		gv, _ := schema.ParseGroupVersion(apiVersion)
		namespaced := true
		for name := range strings.FieldsSeq(names) {
			if name == "/" {
				namespaced = false
				continue
			}
			gvk := gv.WithKind(name)
			plural, _ := meta.UnsafeGuessKindToResource(gvk)
			table[gvk] = resource{plural, namespaced}
		}
	}
	return table
}

// defined returns the resources that the definitions among objs will add, so
// that objects of a new kind can be sent in the same run.
func defined(objs []*unstructured.Unstructured) map[schema.GroupVersionKind]resource {
	table := map[schema.GroupVersionKind]resource{}
	for _, obj := range objs {
		if obj.GetKind() != "CustomResourceDefinition" {
			continue
		}
		group, _, _ := unstructured.NestedString(obj.Object, "spec", "group")
		kind, _, _ := unstructured.NestedString(obj.Object, "spec", "names", "kind")
		plural, _, _ := unstructured.NestedString(obj.Object, "spec", "names", "plural")
		scope, _, _ := unstructured.NestedString(obj.Object, "spec", "scope")
		versions, _, _ := unstructured.NestedSlice(obj.Object, "spec", "versions")
		for _, version := range versions {
			v, _ := version.(map[string]any)
			name, _ := v["name"].(string)
			gv := schema.GroupVersion{Group: group, Version: name}
			table[gv.WithKind(kind)] = resource{gv.WithResource(plural), scope == "Namespaced"}
		}
	}
	return table
}

// lookup returns the resource of a kind: from the tables, else from the server.
func (a *Applier) lookup(ctx context.Context, gvk schema.GroupVersionKind,
	defined map[schema.GroupVersionKind]resource,
) (resource, error) {
	if r, ok := defined[gvk]; ok {
		return r, nil
	}
	if r, ok := builtin[gvk]; ok {
		return r, nil
	}
	ask := func(ctx context.Context) (*meta.RESTMapping, error) {
		return a.mapper.RESTMappingWithContext(ctx, gvk.GroupKind(), gvk.Version)
	}
	mapping, err := tryFor(ctx, a, ask)
	if meta.IsNoMatchError(err) { // what is remembered may be older than the kind
		a.mapper.ResetWithContext(ctx)
		mapping, err = tryFor(ctx, a, ask)
	}
	if meta.IsNoMatchError(err) {
		return resource{}, &UnknownKindError{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind}
	}
	if err != nil {
		return resource{}, err
	}
	return resource{mapping.Resource, mapping.Scope.Name() == meta.RESTScopeNameNamespace}, nil
}
