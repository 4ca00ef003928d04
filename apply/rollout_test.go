package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// workload returns a Deployment, StatefulSet or DaemonSet named home, with more in
// its spec, and its pods with the annotations and more in their container.
func workload(kind, spec, annotations, container string) string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: %s
metadata: {name: home}
spec:
  %s
  selector: {matchLabels: {task: home}}
  template:
    metadata: {labels: {task: home}, annotations: {%s}}
    spec: {containers: [{name: app, image: shop/home:21, %s}]}`, kind, spec, annotations, container)
}

// failRollout applies the objects and returns the error of the last one's rollout,
// which has ended before the context.
func failRollout(
	t *testing.T, cfg *rest.Config, opts apply.Options, text string, wants ...string,
) *apply.RolloutError {
	t.Helper()
	ctx := testContext(t)
	objs := objects(t, "shop.home", text)
	result, err := newApplier(t, cfg, opts).Apply(ctx, objs)
	var failed *apply.RolloutError
	if !errors.As(err, &failed) {
		t.Fatalf("Apply: %s, %v; want a *RolloutError", result, err)
	}
	if ctx.Err() != nil || failed.Err != nil {
		t.Errorf("Apply ended with the deadline, want earlier: %v", err)
	}
	place := fmt.Sprintf("shop/shop.home/file.yml:%d: %s %s/home: rollout failed: ",
		len(objs), objs[len(objs)-1].GetKind(), opts.Namespace)
	for _, want := range append(wants, place) {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Apply: error %q\nlacks %q", err, want)
		}
	}
	return failed
}

// The log is what tells why a container crashes; it is the container's word, and
// must not steer the terminal that shows it.
func TestCrashLoopTellsTheLog(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	var log strings.Builder
	for line := range 30 {
		fmt.Fprintf(&log, `line %d\x1b[31m\ttail\x07\r\n`, line)
	}
	log.WriteString(`fatal: \u202eno database\x00`)
	script := `slipway.test/fail: crash-loop, slipway.test/log: "` + log.String() + `"`
	text := workload("Deployment", "replicas: 3", script, "")
	opts := apply.Options{Namespace: ns, KeepFailed: true}
	failRollout(t, cfg, opts, text)
	awaitCrashes(t, cfg, ns, 3)
	failed := failRollout(t, cfg, opts, text,
		", container app: CrashLoopBackOff (exit code 1): back-off", " (and 2 more pods)",
		"\n  | fatal: no database")
	if len(failed.Pods) != 1 {
		t.Fatalf("pods: %+v, want one for all", failed.Pods)
	}
	pod := failed.Pods[0]
	if pod.More != 2 || pod.ExitCode != 1 {
		t.Errorf("pod: %+v, want exit code 1 and 2 more", pod)
	}
	var want []string
	for line := 11; line < 30; line++ {
		want = append(want, fmt.Sprintf("line %d[31m tail", line))
	}
	if diff := cmp.Diff(append(want, "fatal: no database"), pod.Log); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// awaitCrashes waits until n pods have crashed so often that it is no accident.
func awaitCrashes(t *testing.T, cfg *rest.Config, ns string, n int) {
	t.Helper()
	clustertest.Eventually(t, "the crashes", func(ctx context.Context) error {
		pods, err := client(t, cfg, "pods", ns).List(ctx, metav1.ListOptions{LabelSelector: "task=home"})
		if err != nil {
			return err
		}
		crashed := 0
		for _, pod := range pods.Items {
			containers, _, _ := unstructured.NestedSlice(pod.Object, "status", "containerStatuses")
			if len(containers) > 0 && containers[0].(map[string]any)["restartCount"].(int64) >= 3 {
				crashed++
			}
		}
		if crashed != n {
			return fmt.Errorf("%d pods have crashed", crashed)
		}
		return nil
	})
}

func TestRolloutCauses(t *testing.T) {
	t.Parallel()
	const never = "slipway.test/fail: never-ready"
	tests := []struct {
		name, text string
		reason     string // of the first pod
		wants      []string
	}{{
		name:   "image",
		text:   workload("Deployment", "replicas: 2", "slipway.test/fail: image-pull", ""),
		reason: "ImagePullBackOff",
		wants:  []string{`container app: ImagePullBackOff: Back-off pulling image "shop/home:21"`},
	}, {
		name:   "image of a StatefulSet",
		text:   workload("StatefulSet", "serviceName: home", "slipway.test/fail: image-pull", ""),
		reason: "ImagePullBackOff",
		wants:  []string{"pod home-0, container app"},
	}, {
		name:   "crash of a DaemonSet",
		text:   workload("DaemonSet", "", "slipway.test/fail: crash-loop", ""),
		reason: "CrashLoopBackOff",
		wants:  []string{"(exit code 1)", "| fatal: simulated crash"},
	}, {
		name:   "missing ConfigMap",
		text:   workload("Deployment", "", "", "envFrom: [{configMapRef: {name: not-there}}]"),
		reason: "CreateContainerConfigError",
		wants:  []string{`configmap "not-there" not found`},
	}, {
		name: "missing key of a Secret",
		text: plainSecret + workload("Deployment", "", "",
			"env: [{name: A, valueFrom: {secretKeyRef: {name: home, key: b}}}]"),
		reason: "CreateContainerConfigError",
		wants:  []string{"couldn't find key b in Secret"},
	}, {
		name:   "no node has room",
		text:   workload("Deployment", "replicas: 2", "", "resources: {requests: {cpu: 10000}}"),
		reason: "Unschedulable",
		wants:  []string{"0/2 nodes are available: 2 Insufficient cpu", "(and 1 more pods)"},
	}, {
		name:   "progress deadline",
		text:   workload("Deployment", "progressDeadlineSeconds: 8", never, ""),
		reason: "Unhealthy",
		wants: []string{"Progress deadline exceeded",
			"Readiness probe failed: HTTP probe failed with statuscode: 503"},
	}, {
		name: "missing ConfigMap of a volume",
		text: strings.Replace(workload("Deployment", "progressDeadlineSeconds: 8", "", ""),
			"spec: {containers", "spec: {volumes: [{name: v, configMap: {name: not-there}}], containers", 1),
		reason: "FailedMount",
		wants:  []string{`MountVolume.SetUp failed for volume "v"`, `configmap "not-there" not found`},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			opts := apply.Options{Namespace: ns, Patience: 2 * time.Second}
			failed := failRollout(t, cfg, opts, tt.text, tt.wants...)
			if len(failed.Pods) == 0 || failed.Pods[0].Reason != tt.reason {
				t.Errorf("pods: %+v, want one with reason %s", failed.Pods, tt.reason)
			}
		})
	}
}

const plainSecret = "apiVersion: v1\nkind: Secret\nmetadata: {name: home}\nstringData: {a: hunter2}\n---"

// A quota that has no room for the pods is told by the controller, which makes none.
func TestRolloutOverQuota(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Deployment", "StatefulSet"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			limitPods(t, cfg, ns)
			failRollout(t, cfg, apply.Options{Namespace: ns, Patience: 2 * time.Second},
				workload(kind, "replicas: 2", "", ""),
				"exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1")
		})
	}
}

func limitPods(t *testing.T, cfg *rest.Config, ns string) {
	t.Helper()
	createBy(t, cfg, "hand", "resourcequotas", ns,
		"apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: few}\nspec: {hard: {pods: 1}}")
	clustertest.Eventually(t, "the quota's status", func(context.Context) error {
		live := getLive(t, cfg, "resourcequotas", ns, "few")
		if _, ok := live.Object["status"].(map[string]any)["hard"]; !ok {
			return errors.New("not counted yet")
		}
		return nil
	})
}

// An obstacle that goes away in time is none.
func TestObstacleThatPasses(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	limitPods(t, cfg, ns)
	var once sync.Once
	var raised sync.WaitGroup
	opts := apply.Options{Namespace: ns, OnEvent: func(e apply.Event) {
		if e.Kind != apply.EventWaiting || e.Done == 0 {
			return
		}
		once.Do(func() {
			raised.Go(func() {
				_, err := client(t, cfg, "resourcequotas", ns).Patch(t.Context(), "few", types.MergePatchType,
					[]byte(`{"spec":{"hard":{"pods":5}}}`), metav1.PatchOptions{})
				if err != nil {
					t.Error(err)
				}
			})
		})
	}}
	text := workload("Deployment", "replicas: 2", "", "")
	mustApply(t, newApplier(t, cfg, opts), objects(t, "shop.home", text))
	raised.Wait()
}

// events collects what an Applier tells.
type events struct {
	mu  sync.Mutex
	all []apply.Event
}

func (l *events) add(e apply.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, e)
}

// of returns the events about the rollouts of a kind.
func (l *events) of(kind string) (out []apply.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.all {
		about := []apply.EventKind{apply.EventWaiting, apply.EventReady, apply.EventFailed}
		if e.Ref.Kind == kind && slices.Contains(about, e.Kind) {
			out = append(out, e)
		}
	}
	return out
}

// Waiting tells how far it is, and ends with one event that the rollout is complete.
func TestWaitingTellsProgress(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind, spec string
		total      int
	}{{"Deployment", "replicas: 3", 3}, {"StatefulSet", "replicas: 3", 3}, {"DaemonSet", "", 2}}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			var told events
			a := newApplier(t, cfg, apply.Options{Namespace: ns, OnEvent: told.add})
			text := workload(tt.kind, tt.spec, "slipway.test/ready-after: 1s", "")
			mustApply(t, a, objects(t, "shop.home", text))
			all := told.of(tt.kind)
			last := all[len(all)-1]
			if last.Kind != apply.EventReady || last.Source != "shop/shop.home/file.yml:1" || last.Name != "home" {
				t.Errorf("last event: %+v, want ready", last)
			}
			done := 0
			for _, e := range all[:len(all)-1] {
				if e.Kind != apply.EventWaiting || e.Message == "" || e.Done < done || e.Done > tt.total ||
					e.Total != tt.total && e.Total != 0 {
					t.Errorf("event after %d were done: %+v, want waiting with %d in total", done, e, tt.total)
				}
				done = e.Done
			}
			if len(all) < 2 || all[len(all)-2].Total != tt.total {
				t.Errorf("events: %+v, want some that tell the total", all)
			}
		})
	}
}
