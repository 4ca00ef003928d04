package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
)

// serveLogs answers the API server's requests for containers' logs until listener
// is closed. It speaks TLS since the API server does so to every kubelet, and
// does not ask who is there: what it tells, the pod's annotations tell as well.
func (k *kubelet) serveLogs(listener net.Listener, certFile, keyFile string) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", k.containerLog)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	err := server.ServeTLS(listener, certFile, keyFile)
	klog.InfoS("No more logs are served", "err", err)
}

func (k *kubelet) containerLog(w http.ResponseWriter, r *http.Request) {
	pod, err := k.pods.Pods(r.PathValue("namespace")).Get(r.PathValue("pod"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	fmt.Fprintln(w, logText(pod))
}

// logText is what pod's containers have written.
func logText(pod *corev1.Pod) string {
	if text, ok := pod.Annotations[logAnnotation]; ok {
		return text
	}
	if failure(pod.Annotations[failAnnotation]) == crashLoop {
		return "starting\nfatal: simulated crash"
	}
	return "starting\nready"
}
