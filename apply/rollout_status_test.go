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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// A boatyard has boats, whose status is the test's to set.
type boatyard struct {
	t     testing.TB
	admin *rest.Config
	ns    string
	group string
}

// newBoatyard defines boats, and launches one.
func newBoatyard(t testing.TB) boatyard {
	t.Helper()
	admin, ns := clustertest.Namespace(t)
	y := boatyard{t, admin, ns, ns + ".example.com"}
	dropDefinition(t, admin, "boats."+y.group)
	a := newApplier(t, admin, apply.Options{Namespace: ns})
	mustApply(t, a, objects(t, "shop.common", boats(y.group)))
	clustertest.Eventually(t, "the kind in the discovery", func(ctx context.Context) error {
		_, err := newApplier(t, admin, apply.Options{Namespace: ns}).Apply(ctx, objects(t, "shop.home", y.boat(0)))
		return err
	})
	return y
}

func (y boatyard) boat(length int) string {
	return fmt.Sprintf("apiVersion: %s/v1\nkind: Boat\nmetadata: {name: home}\nspec: {length: %d}",
		y.group, length)
}

// report sets the boat's status, as its controller does.
func (y boatyard) report(generation int, ready string) {
	y.t.Helper()
	status := fmt.Sprintf(`{"status":{"observedGeneration":%d,"conditions":[{"type":"Ready","status":%q,
		"message":"the tide is out"}]}}`, generation, ready)
	_, err := client(y.t, y.admin, "boats.v1."+y.group, y.ns).Patch(y.t.Context(), "home", types.MergePatchType,
		[]byte(status), metav1.PatchOptions{FieldManager: "yard"}, "status")
	if err != nil {
		y.t.Error(err)
	}
}

// once returns a function that calls f in a goroutine, once, and one that waits for
// f. An event must not be held up by what it causes.
func once(f func()) (do, wait func()) {
	var one sync.Once
	var running sync.WaitGroup
	return func() { one.Do(func() { running.Go(f) }) }, running.Wait
}

// A resource with conditions is complete when they are fulfilled, for the generation
// that was applied: what was true of the one before does not count.
func TestConditionIsWaitedFor(t *testing.T) {
	t.Parallel()
	y := newBoatyard(t)
	y.report(1, "True") // of the boat as it was
	var told events
	var mu sync.Mutex
	ready := false
	report, wait := once(func() {
		y.report(1, "True")
		y.report(2, "False")
		mu.Lock()
		ready = true
		mu.Unlock()
		y.report(2, "True")
	})
	a := newApplier(t, y.admin, apply.Options{Namespace: y.ns, OnEvent: func(e apply.Event) {
		told.add(e)
		if e.Kind == apply.EventWaiting {
			report()
		}
	}})
	mustApply(t, a, objects(t, "shop.home", y.boat(7)))
	mu.Lock()
	if !ready {
		t.Error("Apply returned before the condition was fulfilled")
	}
	mu.Unlock()
	wait()
	all := told.of("Boat")
	if len(all) < 2 || all[len(all)-1].Kind != apply.EventReady {
		t.Errorf("events: %+v, want some waiting, then ready", all)
	}
	if again := mustApply(t, a, objects(t, "shop.home", y.boat(7))); again.Changed() {
		t.Errorf("Apply again: %s, want nothing changed", again)
	}
}

// What says that it cannot get ready is believed; the state before is put back.
func TestStalledResource(t *testing.T) {
	t.Parallel()
	y := newBoatyard(t)
	report, wait := once(func() {
		_, err := client(t, y.admin, "boats.v1."+y.group, y.ns).Patch(t.Context(), "home", types.MergePatchType,
			[]byte(`{"status":{"observedGeneration":2,"conditions":[
				{"type":"Stalled","status":"True","reason":"Aground","message":"ran aground"}]}}`),
			metav1.PatchOptions{}, "status")
		if err != nil {
			t.Error(err)
		}
	})
	y.report(1, "False")
	a := newApplier(t, y.admin, apply.Options{Namespace: y.ns, OnEvent: func(e apply.Event) {
		if e.Kind == apply.EventWaiting {
			report()
		}
	}})
	result, err := a.Apply(testContext(t), objects(t, "shop.home", y.boat(9)))
	wait()
	var failed *apply.RolloutError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "ran aground") {
		t.Fatalf("Apply: %v, want a *RolloutError with the condition's message", err)
	}
	live := getLive(t, y.admin, "boats.v1."+y.group, y.ns, "home")
	if n := nestedInt(live, "spec", "length"); n != 0 || result.Count(apply.Undone) != 1 {
		t.Errorf("Apply: %s and length %d, want 1 undone and length 0", result, n)
	}
}

// The pods of the revision before are ready all the time, and are not taken for the
// new ones.
func TestOldRevisionIsNoSuccess(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			a := newApplier(t, cfg, apply.Options{Namespace: ns})
			mustApply(t, a, objects(t, "shop.home", workload(kind, "", "", "")))
			slow := workload(kind, "", "slipway.test/ready-after: 2s", "")
			mustApply(t, a, objects(t, "shop.home", slow))
			pods, err := client(t, cfg, "pods", ns).List(t.Context(), metav1.ListOptions{LabelSelector: "task=home"})
			if err != nil {
				t.Fatal(err)
			}
			current := 0
			for _, pod := range pods.Items {
				if pod.GetDeletionTimestamp() == nil && pod.GetAnnotations()["slipway.test/ready-after"] != "" {
					current++
				}
			}
			want := 1
			if kind == "DaemonSet" {
				want = 2
			}
			if current != want {
				t.Errorf("Apply returned with %d pods of the new revision, want %d", current, want)
			}
			broken := workload(kind, "", "slipway.test/fail: image-pull", "")
			failRollout(t, cfg, apply.Options{Namespace: ns, KeepFailed: true}, broken, "ImagePullBackOff")
		})
	}
}

// A claim is waited for until it is bound.
func TestClaimIsBound(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, objects(t, "shop.home", claim("1Gi", "ReadWriteOnce")))
	live := getLive(t, cfg, "persistentvolumeclaims", ns, "home")
	if phase := live.Object["status"].(map[string]any)["phase"]; phase != "Bound" {
		t.Errorf("Apply returned while the claim was %v, want Bound", phase)
	}
}

func scriptedJob(annotations string) string {
	return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: home}\nspec:\n  backoffLimit: 0\n" +
		"  template:\n    metadata: {annotations: {" + annotations + "}}\n" +
		"    spec: {restartPolicy: Never, containers: [{name: app, image: shop/home:21}]}"
}

// A Job is current, in kstatus' words, when it has started; one that has failed by
// then is told.
func TestJobs(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	opts := apply.Options{Namespace: ns, KeepFailed: true}
	a := newApplier(t, cfg, opts)
	mustApply(t, a, objects(t, "shop.home", scriptedJob("")))
	clustertest.Eventually(t, "the Job", func(context.Context) error {
		if n := nestedInt(getLive(t, cfg, "jobs.v1.batch", ns, "home"), "status", "succeeded"); n != 1 {
			return fmt.Errorf("%d succeeded", n)
		}
		return nil
	})
	if again := mustApply(t, a, objects(t, "shop.home", scriptedJob(""))); again.Changed() {
		t.Errorf("Apply again: %s, want nothing changed", again)
	}
	failing := strings.ReplaceAll(scriptedJob("slipway.test/fail: crash-loop"), "name: home", "name: bad")
	mustApply(t, a, objects(t, "shop.bad", failing))
	clustertest.Eventually(t, "the Job's end", func(ctx context.Context) error {
		_, err := a.Apply(ctx, objects(t, "shop.bad", failing))
		if err == nil {
			return errors.New("not failed yet")
		}
		var failed *apply.RolloutError
		if !errors.As(err, &failed) {
			t.Errorf("Apply: %v, want a *RolloutError", err)
		}
		return nil
	})
}

// Who may not look at what it deploys cannot wait for it, and is told so at once.
func TestWaitWithoutReading(t *testing.T) {
	t.Parallel()
	admin, ns := clustertest.Namespace(t)
	deployments := rule("deployments", "patch", "create")
	deployments.APIGroups = []string{"apps"}
	cfg := clustertest.User(t, admin, ns, []rbacv1.PolicyRule{deployments})
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	ctx := testContext(t)
	_, err := a.Apply(ctx, objects(t, "shop.home", workload("Deployment", "", "", "")))
	var forbidden *apply.ForbiddenError
	if !errors.As(err, &forbidden) || ctx.Err() != nil {
		t.Fatalf("Apply: %v, want a *ForbiddenError before the deadline", err)
	}
	want := apply.ForbiddenError{
		Verb: "get", Resource: "deployments.apps", Namespace: ns, Reason: forbidden.Reason,
	}
	if *forbidden != want {
		t.Errorf("error: %+v, want %+v", *forbidden, want)
	}
}

// What a container says when it ends is not to steer a terminal either.
func TestTerminationMessageIsPrintable(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	text := workload("Deployment", "progressDeadlineSeconds: 5", "", "resources: {requests: {cpu: 10000}}")
	do, wait := once(func() {
		// No node has the pod, so nobody else reports about its container.
		pods := client(t, cfg, "pods", ns)
		clustertest.Eventually(t, "the pod", func(ctx context.Context) error {
			list, err := pods.List(ctx, metav1.ListOptions{LabelSelector: "task=home"})
			if err != nil || len(list.Items) == 0 {
				return fmt.Errorf("%d pods, %w", len(list.Items), err)
			}
			_, err = pods.Patch(ctx, list.Items[0].GetName(), types.MergePatchType, []byte(
				`{"status":{"containerStatuses":[{
				"name":"app","image":"i","imageID":"","restartCount":5,"ready":false,
				"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}},
				"lastState":{"terminated":{"exitCode":3,"message":"no\u001b[31m\ndatabase"}}}]}}`),
				metav1.PatchOptions{}, "status")
			return err
		})
	})
	failed := failRollout(t, cfg, apply.Options{Namespace: ns, OnEvent: func(e apply.Event) {
		if e.Kind == apply.EventWaiting {
			do()
		}
	}}, text, "CrashLoopBackOff (exit code 3): no[31m database")
	wait()
	if len(failed.Pods) != 1 {
		t.Errorf("pods: %+v, want one", failed.Pods)
	}
}

// BenchmarkReport measures how long it takes until a change of a status is reported.
func BenchmarkReport(b *testing.B) {
	y := newBoatyard(b)
	ready := make(chan time.Time, 1)
	a := newApplier(b, y.admin, apply.Options{Namespace: y.ns, OnEvent: func(e apply.Event) {
		if e.Kind == apply.EventReady {
			ready <- time.Now()
		}
	}})
	generation := 1
	var total time.Duration
	for b.Loop() {
		b.StopTimer()
		y.report(generation, "True")
		generation++
		var applied sync.WaitGroup
		applied.Go(func() { mustApply(b, a, objects(b, "shop.home", y.boat(generation))) })
		awaitGeneration(b, y, generation)
		time.Sleep(200 * time.Millisecond) // until it is watched
		b.StartTimer()
		begin := time.Now()
		y.report(generation, "True")
		total += (<-ready).Sub(begin)
		b.StopTimer()
		applied.Wait()
		b.StartTimer()
	}
	b.ReportMetric(float64(total.Microseconds())/1000/float64(b.N), "ms/op")
}

func awaitGeneration(b *testing.B, y boatyard, generation int) {
	b.Helper()
	clustertest.Eventually(b, "the boat", func(ctx context.Context) error {
		live, err := client(b, y.admin, "boats.v1."+y.group, y.ns).Get(ctx, "home", metav1.GetOptions{})
		if err == nil && live.GetGeneration() < int64(generation) {
			err = errors.New("not applied yet")
		}
		return err
	})
}
