package apply

import "k8s.io/apimachinery/pkg/runtime/schema"

// A stage is a group of objects that do not need each other. Each stage is
// complete before the next begins.
type stage int

const (
	stageNamespaces stage = iota
	stageDefinitions
	stageConfig
	stageWorkloads
	stageMiddlewares
	stageDerivedRoutes // of Ingresses that are derived from an app's own
	stageRoutes
	stages // how many there are
)

// stageOf returns the stage of a kind: what is not listed is a workload.
func stageOf(gk schema.GroupKind) stage {
	switch gk.Group {
	case "rbac.authorization.k8s.io", "policy", "storage.k8s.io", "scheduling.k8s.io":
		return stageConfig
	case "traefik.io":
		return stageMiddlewares
	case "gateway.networking.k8s.io":
		return stageRoutes
	}
	switch gk.Kind {
	case "Namespace":
		return stageNamespaces
	case "CustomResourceDefinition":
		return stageDefinitions
	case "ServiceAccount", "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim",
		"LimitRange", "ResourceQuota", "NetworkPolicy", "IngressClass":
		return stageConfig
	case "Ingress":
		return stageRoutes
	}
	return stageWorkloads
}
