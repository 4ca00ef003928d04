package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// rollout returns a Deployment named home whose pods carry the annotations.
func rollout(image string, annotations string) string {
	text := strings.Split(home, "\n---\n")[0]
	text = strings.ReplaceAll(text, "shop/home:21", image)
	if annotations == "" {
		return text
	}
	return strings.Replace(text, "      labels: {task: home}",
		"      labels: {task: home}\n      annotations: {"+annotations+"}", 1)
}

func TestApplyWaitsForTheRollout(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	var mu sync.Mutex
	kinds := map[apply.EventKind]int{}
	a := newApplier(t, cfg, apply.Options{Namespace: ns, OnEvent: func(e apply.Event) {
		mu.Lock()
		defer mu.Unlock()
		kinds[e.Kind]++
	}})
	ctx := testContext(t)
	text := rollout("shop/home:21", `slipway.test/ready-after: 1s`)
	if _, err := a.Apply(ctx, objects(t, "shop.home", text)); err != nil {
		t.Fatalf("Apply: %v", err)
	}
	status, err := client(t, cfg, deployments, ns).Get(ctx, "home", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	if n := nestedInt(status, "status", "availableReplicas"); n != 2 {
		t.Errorf("Apply returned with %d replicas available, want 2", n)
	}
	if kinds[apply.EventApplied] != 1 || kinds[apply.EventWaiting] == 0 || kinds[apply.EventReady] != 1 {
		t.Errorf("events: %v, want 1 applied, some waiting, 1 ready", kinds)
	}
}

func TestRolloutThatCannotSucceedEndsEarly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		text  string
		pod   apply.PodFailure
		wants []string
	}{{
		name:  "image",
		text:  rollout("registry.invalid/home:21", ""),
		pod:   apply.PodFailure{Container: "app", Reason: "ImagePullBackOff"},
		wants: []string{"container app: ImagePullBackOff", "registry.invalid/home:21"},
	}, {
		name:  "crash loop",
		text:  rollout("shop/home:21", "slipway.test/fail: crash-loop"),
		pod:   apply.PodFailure{Container: "app", Reason: "CrashLoopBackOff", ExitCode: 1},
		wants: []string{"container app: CrashLoopBackOff (exit code 1)"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			a := newApplier(t, cfg, apply.Options{Namespace: ns})
			ctx := testContext(t)
			_, err := a.Apply(ctx, objects(t, "shop.home", tt.text))
			var failed *apply.RolloutError
			if !errors.As(err, &failed) {
				t.Fatalf("Apply: %v, want a *RolloutError", err)
			}
			if ctx.Err() != nil || failed.Err != nil {
				t.Errorf("Apply ended with the deadline, want earlier: %v", err)
			}
			if len(failed.Pods) == 0 {
				t.Fatalf("Apply: %v, want a pod", err)
			}
			got := failed.Pods[0]
			if got.Container != tt.pod.Container || got.Reason != tt.pod.Reason || got.ExitCode != tt.pod.ExitCode {
				t.Errorf("pod: %+v, want %+v", got, tt.pod)
			}
			for _, want := range append(tt.wants, "shop/shop.home/file.yml:1: Deployment "+ns+"/home: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Apply: error %q lacks %q", err, want)
				}
			}
		})
	}
}

// The pods of the broken revision are still there when the next one is applied.
func TestFixedRolloutIsNotBlamedForItsPredecessor(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	ctx := testContext(t)
	bad := objects(t, "shop.home", rollout("registry.invalid/home:21", ""))
	good := objects(t, "shop.home", rollout("shop/home:22", ""))
	for round := range 3 {
		var failed *apply.RolloutError
		if _, err := a.Apply(ctx, bad); !errors.As(err, &failed) {
			t.Fatalf("round %d: Apply of the bad image: %v, want a *RolloutError", round, err)
		}
		if _, err := a.Apply(ctx, good); err != nil {
			t.Fatalf("round %d: Apply of the good image: %v", round, err)
		}
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	text := rollout("shop/home:21", "slipway.test/fail: never-ready")
	result, err := a.Apply(testContext(t), objects(t, "shop.home", text))
	if err != nil {
		t.Fatalf("Apply without waiting: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err = a.Wait(ctx, result)
	var failed *apply.RolloutError
	if !errors.As(err, &failed) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Wait: %v, want a *RolloutError with context.DeadlineExceeded", err)
	}
	if failed.Progress == "" {
		t.Errorf("Wait: %v does not say how far the rollout is", err)
	}
}

func TestRolloutDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	deps := client(t, cfg, deployments, ns)
	ctx := testContext(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, OnEvent: func(e apply.Event) {
		if e.Kind == apply.EventWaiting {
			_ = deps.Delete(ctx, "home", deleteOptions) // gone already at the second event
		}
	}})
	text := rollout("shop/home:21", "slipway.test/fail: never-ready")
	_, err := a.Apply(ctx, objects(t, "shop.home", text))
	if err == nil || !strings.Contains(err.Error(), "it was deleted meanwhile") {
		t.Errorf("Apply: %v, want that it was deleted", err)
	}
}

// A role that may neither list nor watch sees the rollout all the same.
func TestWaitWithoutWatching(t *testing.T) {
	t.Parallel()
	admin, ns := clustertest.Namespace(t)
	cfg := clustertest.User(t, admin, ns, []rbacv1.PolicyRule{{
		APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"get", "create", "patch"},
	}})
	text := rollout("shop/home:21", `slipway.test/ready-after: 1s`)
	result, err := newApplier(t, cfg, apply.Options{Namespace: ns}).
		Apply(testContext(t), objects(t, "shop.home", text))
	if err != nil || result.Count(apply.Created) != 1 {
		t.Errorf("Apply: %s, %v; want 1 created", result, err)
	}
}

// One that may not even read says so, and does not wait for ever.
func TestWaitWithoutAnyRight(t *testing.T) {
	t.Parallel()
	admin, ns := clustertest.Namespace(t)
	cfg := clustertest.User(t, admin, ns, []rbacv1.PolicyRule{{
		APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"create", "patch", "delete"},
	}})
	_, err := newApplier(t, cfg, apply.Options{Namespace: ns}).
		Apply(testContext(t), objects(t, "shop.home", rollout("shop/home:21", "slipway.test/ready-after: 1s")))
	var forbidden *apply.ForbiddenError
	if !errors.As(err, &forbidden) || forbidden.Verb != "get" {
		t.Errorf("Apply: %v, want a *ForbiddenError about get", err)
	}
}

// A Pod of a template is waited for as any object is.
func TestWaitForAPod(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	pod := objects(t, "shop.home", "apiVersion: v1\nkind: Pod\nmetadata: {name: one, annotations: "+
		"{slipway.test/ready-after: 1s}}\nspec: {containers: [{name: app, image: shop/home}]}")
	mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), pod)
	live, err := client(t, cfg, "pods", ns).Get(t.Context(), "one", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	if phase, _, _ := unstructured.NestedString(live.Object, "status", "phase"); phase != "Running" {
		t.Errorf("Apply returned with the pod %s, want it running", phase)
	}
}

// The controller goes back to pods that it knows, and tells for a while that they failed:
// that was the rollout before.
func TestBackFromARolloutThatFailed(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	const hasty = "progressDeadlineSeconds: 4\n  replicas: 1"
	text := func(image, annotation string) []*unstructured.Unstructured {
		return objects(t, "shop.home", strings.Replace(rollout(image, annotation), "replicas: 2", hasty, 1))
	}
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, text("shop/home:21", ""))
	later := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	mustApply(t, later, text("shop/home:22", "slipway.test/fail: never-ready"))
	deps := client(t, cfg, deployments, ns)
	for {
		live, err := deps.Get(ctx, "home", getOptions)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(fmt.Sprint(live.Object["status"]), "ProgressDeadlineExceeded") {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if _, err := a.Apply(ctx, text("shop/home:21", "")); err != nil {
		t.Errorf("Apply of what ran before: %v", err)
	}
}
