package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// build builds the commands that are compared.
func (b *bench) build(ctx context.Context) error {
	for _, target := range []struct{ name, dir, pkg string }{
		{"slipway", ".", "./examples/slipway"},
		{"kubectl", "internal/controlplane", "k8s.io/kubernetes/cmd/kubectl"},
	} {
		fmt.Fprintf(os.Stderr, "building %s\n", target.name)
		args := []string{"build", "-ldflags=-s -w", "-o", b.path(target.name), target.pkg}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = target.dir
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("building %s: %w", target.name, err)
		}
	}
	return nil
}

func (b *bench) path(elem ...string) string {
	return filepath.Join(append([]string{b.dir}, elem...)...)
}

// tree writes an app of the reference shape with the services, whose pods are none:
// what is measured is the deploy, not what the cluster makes of it.
func (b *bench) tree(root string, services int) error {
	files := map[string]string{
		"common/vars.yml":            "port: 5000\n",
		"common/each/deployment.yml": deployment,
		"common/each/service.yml":    service,
		"common/ingress.yml":         ingressCommon,
	}
	for i := range services {
		files[fmt.Sprintf("s%03d/vars.yml", i)] = "path: " + fmt.Sprintf("/s%03d", i) + "\n"
	}
	if services == 1 { // the single service has its route, too
		files["s000/ingress.yml"] = ingressService
	}
	for name, text := range files {
		path := filepath.Join(root, app, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

const app = "bench"

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ service_name }}
  labels: {app: {{ app_name }}}
spec:
  replicas: 0
  selector:
    matchLabels: {app: {{ app_name }}, task: {{ service_name }}}
  template:
    metadata:
      labels: {app: {{ app_name }}, task: {{ service_name }}}
    spec:
      containers:
      - name: {{ service_name }}
        image: "{{ image_id }}"
        ports:
        - {name: http, containerPort: {{ port }}}
        readinessProbe:
          httpGet: {path: /, port: http}
`

const service = `apiVersion: v1
kind: Service
metadata:
  name: {{ service_name }}
spec:
  selector: {app: {{ app_name }}, task: {{ service_name }}}
  ports:
  - {name: http, port: 80, targetPort: http}
`

const ingressCommon = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ app_name }}
spec:
  rules:
  - host: bench.example.com
`

const ingressService = `apiVersion: networking.k8s.io/v1
kind: Ingress
spec:
  rules:
  - http:
      paths:
      - path: {{ .path }}
        pathType: Prefix
        backend: {service: {name: {{ service_name }}, port: {name: http}}}
`
