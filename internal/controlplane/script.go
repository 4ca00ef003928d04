package main

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Annotations by which a pod says how its simulated containers fare. Without any,
// they run and are ready at once; those of a pod that is not to be restarted
// succeed a moment later.
const (
	// failAnnotation is a failure: image-pull, crash-loop or never-ready.
	failAnnotation = "slipway.test/fail"
	// readyAfterAnnotation is how long containers run before they are ready, as
	// time.ParseDuration reads it.
	readyAfterAnnotation = "slipway.test/ready-after"
	// logAnnotation is what a container's log says.
	logAnnotation = "slipway.test/log"
)

// A failure is what goes wrong with a container.
type failure string

const (
	none       failure = ""
	imagePull  failure = "image-pull"
	crashLoop  failure = "crash-loop"
	neverReady failure = "never-ready"
)

// A script is what a pod's annotations say.
type script struct {
	fail       failure
	readyAfter time.Duration
}

// readScript returns pod's script. An error is shown where one looks when a pod
// does not start: in the state of its containers.
func readScript(pod *corev1.Pod) (script, error) {
	s := script{fail: failure(pod.Annotations[failAnnotation])}
	switch s.fail {
	case none, imagePull, crashLoop, neverReady:
	default:
		return s, fmt.Errorf("annotation %s: unknown failure %q", failAnnotation, s.fail)
	}
	if text := pod.Annotations[readyAfterAnnotation]; text != "" {
		var err error
		if s.readyAfter, err = time.ParseDuration(text); err != nil {
			return s, fmt.Errorf("annotation %s: %w", readyAfterAnnotation, err)
		}
	}
	return s, nil
}

// pullError returns why image cannot be pulled, or "" if it can, in the words of
// kubelet and containerd. An image of a registry below the top-level domain
// "invalid", which RFC 2606 reserves for this, never can.
func (s script) pullError(image string) string {
	const prefix = "failed to pull and unpack image %[1]q: failed to resolve reference %[1]q: "
	host := registry(image)
	switch {
	case strings.HasSuffix(host, ".invalid"):
		return fmt.Sprintf("rpc error: code = Unknown desc = "+prefix+
			"failed to do request: dial tcp: lookup %[2]s: no such host", image, host)
	case s.fail == imagePull:
		return fmt.Sprintf("rpc error: code = NotFound desc = "+prefix+"%[1]s: not found", image)
	}
	return ""
}

// registry returns the host, without the port, that an image reference begins
// with, or "" if it has none.
func registry(image string) string {
	host, _, found := strings.Cut(image, "/")
	if !found {
		return ""
	}
	host, _, _ = strings.Cut(host, ":")
	return host
}
