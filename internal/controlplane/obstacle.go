package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// An obstacle is why none of a pod's containers can be created. Reason and message
// are those of the containers' waiting states.
type obstacle struct {
	reason, message string
	event           string // of a failed mount, which the state does not tell
}

// Reasons of an obstacle.
const (
	configError = "CreateContainerConfigError"
	creating    = "ContainerCreating" // what a kubelet says while volumes are missing
)

// obstacle returns what keeps pod from being started, or nil: a ConfigMap or Secret
// that it needs and that is not there. A pod that runs keeps the data that it has.
func (k *kubelet) obstacle(ctx context.Context, pod *corev1.Pod) (*obstacle, error) {
	if pod.Status.Phase != corev1.PodPending {
		return nil, nil
	}
	for _, v := range pod.Spec.Volumes {
		missing, err := k.missing(ctx, pod.Namespace, volumeSources(v))
		if missing != "" || err != nil {
			event := fmt.Sprintf("MountVolume.SetUp failed for volume %q : %s", v.Name, missing)
			return &obstacle{reason: creating, event: event}, err
		}
	}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		missing, err := k.missing(ctx, pod.Namespace, environmentSources(c))
		if missing != "" || err != nil {
			return &obstacle{reason: configError, message: missing}, err
		}
	}
	return nil, nil
}

// A source is a ConfigMap or Secret that a pod gets data from.
type source struct {
	kind, name string
	key        string // empty if all keys
	optional   *bool
}

func volumeSources(v corev1.Volume) []source {
	switch {
	case v.ConfigMap != nil:
		return []source{{"ConfigMap", v.ConfigMap.Name, "", v.ConfigMap.Optional}}
	case v.Secret != nil:
		return []source{{"Secret", v.Secret.SecretName, "", v.Secret.Optional}}
	}
	return nil
}

func environmentSources(c corev1.Container) []source {
	var sources []source
	for _, from := range c.EnvFrom {
		if ref := from.ConfigMapRef; ref != nil {
			sources = append(sources, source{"ConfigMap", ref.Name, "", ref.Optional})
		}
		if ref := from.SecretRef; ref != nil {
			sources = append(sources, source{"Secret", ref.Name, "", ref.Optional})
		}
	}
	for _, env := range c.Env {
		if env.ValueFrom == nil {
			continue
		}
		if ref := env.ValueFrom.ConfigMapKeyRef; ref != nil {
			sources = append(sources, source{"ConfigMap", ref.Name, ref.Key, ref.Optional})
		}
		if ref := env.ValueFrom.SecretKeyRef; ref != nil {
			sources = append(sources, source{"Secret", ref.Name, ref.Key, ref.Optional})
		}
	}
	return sources
}

// missing returns what a kubelet says about the first of the sources that is not
// there, or "".
func (k *kubelet) missing(ctx context.Context, namespace string, sources []source) (string, error) {
	for _, s := range sources {
		if s.optional != nil && *s.optional {
			continue
		}
		found, err := k.hasKey(ctx, namespace, s)
		switch {
		case apierrors.IsNotFound(err):
			return fmt.Sprintf("%s %q not found", strings.ToLower(s.kind), s.name), nil
		case err != nil:
			return "", err
		case !found && s.key != "":
			return fmt.Sprintf("couldn't find key %s in %s %s/%s", s.key, s.kind, namespace, s.name), nil
		}
	}
	return "", nil
}

func (k *kubelet) hasKey(ctx context.Context, namespace string, s source) (bool, error) {
	if s.kind == "Secret" {
		secret, err := k.client.CoreV1().Secrets(namespace).Get(ctx, s.name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		_, found := secret.Data[s.key]
		return found, nil
	}
	config, err := k.client.CoreV1().ConfigMaps(namespace).Get(ctx, s.name, metav1.GetOptions{})
	if err != nil {
		return false, err
	}
	_, text := config.Data[s.key]
	_, binary := config.BinaryData[s.key]
	return text || binary, nil
}
