package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/render"
)

// round measures every case once, each kind of deploy in a namespace of its own. The
// library and the floor take turns in being first, since the store grows meanwhile.
func (b *bench) round(ctx context.Context, round int) error {
	steps := []func(context.Context, int) error{b.library, b.floors, b.kubectl, b.single, b.whole}
	if round%2 == 1 {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, step := range steps {
		if err := step(ctx, round); err != nil {
			return err
		}
	}
	return nil
}

// measure runs f and notes how long it took.
func (b *bench) measure(name string, f func() error) error {
	begin := time.Now()
	if err := f(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	took := time.Since(begin).Seconds()
	b.times[name] = append(b.times[name], took)
	fmt.Fprintf(os.Stderr, "  %-22s %6.2f s\n", name, took)
	return nil
}

// objects renders the app of all services with an image.
func (b *bench) objects(ctx context.Context, image string) ([]*unstructured.Unstructured, error) {
	root := b.path("all")
	if err := b.tree(root, b.services); err != nil {
		return nil, err
	}
	d := slipway.Deployer{Root: os.DirFS(root), App: app, Values: map[string]any{"image_id": image}}
	merged, err := d.Render(ctx)
	if err != nil {
		return nil, err
	}
	var objs []*unstructured.Unstructured
	for _, obj := range merged.Objects {
		if obj.GetKind() != "Ingress" { // 1,000 objects, as they are counted
			objs = append(objs, obj)
		}
	}
	return objs, nil
}

// library measures this library: fresh, nothing changed, one changed, all changed.
func (b *bench) library(ctx context.Context, round int) error {
	namespace, err := b.namespace(ctx, "library", round)
	if err != nil {
		return err
	}
	first, err := b.objects(ctx, "bench/any:1")
	if err != nil {
		return err
	}
	second, err := b.objects(ctx, "bench/any:2")
	if err != nil {
		return err
	}
	one := append([]*unstructured.Unstructured{second[0]}, first[1:]...)
	for _, c := range []struct {
		name string
		objs []*unstructured.Unstructured
	}{
		{"library fresh", first},
		{"library no-op", first},
		{"library one changed", one},
		{"library all changed", second},
	} {
		if err := b.measure(c.name, func() error { return b.apply(ctx, namespace, c.objs) }); err != nil {
			return err
		}
		if err := b.quiet(ctx, namespace); err != nil {
			return err
		}
	}
	return nil
}

// apply is what a new process would do: nothing is cached from before.
func (b *bench) apply(ctx context.Context, namespace string, objs []*unstructured.Unstructured) error {
	a, err := apply.New(b.cluster.Config, apply.Options{Namespace: namespace, NoWait: true})
	if err != nil {
		return err
	}
	_, err = a.Apply(ctx, objs)
	return err
}

// floors measures the least: for all objects when they are new, and when all change.
func (b *bench) floors(ctx context.Context, round int) error {
	namespace, err := b.namespace(ctx, "floor", round)
	if err != nil {
		return err
	}
	records, err := b.records(ctx, "library-0") // those of each round are the same
	if err != nil {
		return err
	}
	for i, name := range []string{"floor fresh", "floor all changed"} {
		objs, err := b.objects(ctx, fmt.Sprintf("bench/any:%d", i+1))
		if err != nil {
			return err
		}
		patches, err := encode(b.cluster.Config.Host, namespace, objs, records)
		if err != nil {
			return err
		}
		if err := b.measure(name, func() error { return floor(ctx, b.cluster.Config, patches) }); err != nil {
			return err
		}
		if err := b.quiet(ctx, namespace); err != nil {
			return err
		}
	}
	return nil
}

// records returns the records that the library wrote.
func (b *bench) records(ctx context.Context, namespace string) ([]*unstructured.Unstructured, error) {
	list, err := b.list(ctx, "secrets", namespace)
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	for i := range list.Items {
		out = append(out, &list.Items[i])
	}
	return out, nil
}

// kubectl measures kubectl apply --server-side with the same objects.
func (b *bench) kubectl(ctx context.Context, round int) error {
	namespace, err := b.namespace(ctx, "kubectl", round)
	if err != nil {
		return err
	}
	objs, err := b.objects(ctx, "bench/any:1")
	if err != nil {
		return err
	}
	file := b.path("all.yaml")
	if err := writeObjects(file, objs); err != nil {
		return err
	}
	for _, name := range []string{"kubectl fresh", "kubectl no-op"} {
		err := b.measure(name, func() error { return b.kubectlApply(ctx, namespace, file) })
		if err != nil {
			return err
		}
	}
	return b.quiet(ctx, namespace)
}

func writeObjects(file string, objs []*unstructured.Unstructured) error {
	var text bytes.Buffer
	if err := render.Write(&text, objs, render.YAML); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o600)
}

func (b *bench) kubectlApply(ctx context.Context, namespace, file string) error {
	_, err := b.process(ctx, "kubectl", "apply", "--server-side", "-n", namespace, "-f", file,
		"--kubeconfig", b.cluster.Kubeconfig, "--cache-dir", b.path("cache"))
	return err
}

// process runs a command and returns its peak memory in MiB.
func (b *bench) process(ctx context.Context, name string, args ...string) (float64, error) {
	cmd := exec.CommandContext(ctx, b.path(name), args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	peak := 0.0
	for {
		select {
		case err := <-ended:
			if err != nil {
				return 0, fmt.Errorf("%w\n%s", err, &out)
			}
			return peak, nil
		case <-time.After(20 * time.Millisecond):
			peak = max(peak, memory(cmd.Process.Pid))
		}
	}
}

var peakPattern = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// memory returns the peak memory of a process in MiB; 0 if the system does not tell.
// What Linux tells at a process's end is no use: it counts the process that it was
// forked from.
func memory(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if m := peakPattern.FindSubmatch(status); err == nil && m != nil {
		kib, _ := strconv.ParseFloat(string(m[1]), 64) // digits, by the pattern
		return kib / 1024
	}
	return 0
}

// single measures one service with its route, new, as whole processes.
func (b *bench) single(ctx context.Context, round int) error {
	root := b.path("one")
	if err := b.tree(root, 1); err != nil {
		return err
	}
	values := map[string]any{"image_id": "bench/any:1"}
	d := slipway.Deployer{Root: os.DirFS(root), App: app, Values: values}
	merged, err := d.Render(ctx)
	if err != nil {
		return err
	}
	file := b.path("one.yaml")
	if err := writeObjects(file, merged.Objects); err != nil {
		return err
	}
	deploys := map[string]func(namespace string) error{
		"kubectl": func(namespace string) error { return b.kubectlApply(ctx, namespace, file) },
		"slipway": func(namespace string) error {
			_, err := b.deploy(ctx, root, namespace)
			return err
		},
	}
	for i := range 5 { // short, so several times
		for _, name := range []string{"kubectl", "slipway"} {
			namespace, err := b.namespace(ctx, fmt.Sprintf("one-%d-%s", i, name), round)
			if err != nil {
				return err
			}
			err = b.measure("single "+name, func() error { return deploys[name](namespace) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// whole measures the memory of a whole deploy of all services.
func (b *bench) whole(ctx context.Context, round int) error {
	namespace, err := b.namespace(ctx, "memory", round)
	if err != nil {
		return err
	}
	peak, err := b.deploy(ctx, b.path("all"), namespace)
	b.memory = append(b.memory, peak)
	return errors.Join(err, b.quiet(ctx, namespace))
}

func (b *bench) deploy(ctx context.Context, root, namespace string) (float64, error) {
	return b.process(ctx, "slipway", "deploy", "--root", root, "--app", app, "--all", "--wait=false",
		"--set", "image_id=bench/any:1", "-n", namespace, "--kubeconfig", b.cluster.Kubeconfig)
}

func (b *bench) namespace(ctx context.Context, name string, round int) (string, error) {
	name = fmt.Sprintf("%s-%d", name, round)
	obj := &unstructured.Unstructured{}
	obj.SetAPIVersion("v1")
	obj.SetKind("Namespace")
	obj.SetName(name)
	client, err := dynamic.NewForConfig(b.cluster.Config)
	if err != nil {
		return "", err
	}
	_, err = client.Resource(corev1.SchemeGroupVersion.WithResource("namespaces")).
		Create(ctx, obj, metav1.CreateOptions{})
	return name, err
}

func (b *bench) list(ctx context.Context, resource, namespace string,
) (*unstructured.UnstructuredList, error) {
	client, err := dynamic.NewForConfig(b.cluster.Config)
	if err != nil {
		return nil, err
	}
	gvr := schema.GroupVersionResource{Version: "v1", Resource: resource}
	if resource == "deployments" {
		gvr.Group = "apps"
	}
	return client.Resource(gvr).Namespace(namespace).List(ctx, metav1.ListOptions{})
}

// quiet returns when the controllers have seen all Deployments of the namespace, so
// that their work is not part of what is measured next.
func (b *bench) quiet(ctx context.Context, namespace string) error {
	for {
		list, err := b.list(ctx, "deployments", namespace)
		if err != nil {
			return err
		}
		busy := 0
		for _, obj := range list.Items {
			seen, _, _ := unstructured.NestedInt64(obj.Object, "status", "observedGeneration")
			if seen < obj.GetGeneration() {
				busy++
			}
		}
		if busy == 0 {
			return nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
