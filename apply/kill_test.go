package apply_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// killVariable makes the test binary a pipeline that dies at a request: "before:3" or
// "after:3". With "never" it lives and prints how many requests it sent; with
// "slow:100ms" it lives, too, says when it has reached the server, and lets as much time
// pass before each request.
const killVariable = "SLIPWAY_TEST_KILL"

const reachedText = "reached\n"

// killJob says what such a process does: "deploy", "remove", or what a step says.
const killJob = "SLIPWAY_TEST_JOB"

func TestMain(m *testing.M) {
	if when := os.Getenv(killVariable); when != "" {
		os.Exit(deployAndDie(when))
	}
	os.Exit(m.Run())
}

// The first version: nine objects, of which the second has six, and a route.
const killFirst = `
apiVersion: v1
kind: ConfigMap
metadata: {name: same}
data: {a: one}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: changes}
data: {a: one, drops: x}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: goes}
---
apiVersion: v1
kind: Secret
metadata: {name: secret}
stringData: {password: one}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: account}
---
apiVersion: v1
kind: Service
metadata: {name: service}
spec: {selector: {task: home}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: gone}
spec: {selector: {task: home}, ports: [{port: 80}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: budget}
spec: {minAvailable: 1, selector: {matchLabels: {task: home}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: home}
spec:
  selector: {matchLabels: {task: home}}
  template:
    metadata: {labels: {task: home}}
    spec: {containers: [{name: app, image: "shop/home:21"}]}`

// The second version: ten objects with the Ingress. Three of the first are pruned,
// one of them the last of its kind; one is of a kind that the record does not name.
const killSecond = `
apiVersion: v1
kind: ConfigMap
metadata: {name: same}
data: {a: one}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: changes}
data: {a: two}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: new}
---
apiVersion: v1
kind: Secret
metadata: {name: secret}
stringData: {password: two}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: account}
---
apiVersion: v1
kind: Service
metadata: {name: service}
spec: {selector: {task: home}, ports: [{port: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: policy}
spec: {podSelector: {matchLabels: {task: home}}}
---
apiVersion: v1
kind: Service
metadata: {name: second}
spec: {selector: {task: home}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: home}
spec:
  selector: {matchLabels: {task: home}}
  template:
    metadata: {labels: {task: home}}
    spec: {containers: [{name: app, image: "shop/home:22"}]}`

func killObjects(t testing.TB, text, path string) []*unstructured.Unstructured {
	return append(objects(t, "shop.home", text), shopIngress(t, "home", path, "service")...)
}

// A killer is a transport that ends the process at a request.
type killer struct {
	next   http.RoundTripper
	count  *atomic.Int64
	at     int64
	before bool
	pause  time.Duration
}

// newKiller returns a killer that does what the value of killVariable says.
func newKiller(when string) killer {
	moment, number, _ := strings.Cut(when, ":")
	k := killer{count: new(atomic.Int64), before: moment == "before"}
	k.at, _ = strconv.ParseInt(number, 10, 64) // 0 for never
	k.pause, _ = time.ParseDuration(number)    // 0 unless slow
	return k
}

func (k killer) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(k.pause)
	n := k.count.Add(1)
	if k.before && n == k.at {
		die()
	}
	resp, err := k.next.RoundTrip(req)
	if n == k.at {
		die()
	}
	if n == 1 && k.pause > 0 && err == nil {
		fmt.Print(reachedText)
	}
	return resp, err
}

// die ends the process as an unplugged machine would.
func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// deployAndDie is what the test binary does as a child process.
func deployAndDie(when string) int {
	cfg, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		panic(err)
	}
	k := newKiller(when)
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
		k := k
		k.next = next
		return k
	})
	// One request at a time, so that the k-th is the same each time.
	opts := apply.Options{Namespace: os.Getenv("NAMESPACE"), Concurrency: 1, Drain: -1}
	if err := doJob(cfg, opts, os.Getenv(killJob)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(k.count.Load())
	return 0
}

func doJob(cfg *rest.Config, opts apply.Options, job string) error {
	var t testing.T // for the helpers, which fail only if the texts are wrong
	switch job {
	case "remove":
		_, err := newApplier(&t, cfg, opts).Remove(context.Background(), "shop.home")
		return err
	case "strip":
		_, err := newApplier(&t, cfg, opts).Apply(context.Background(),
			stripped(&t, false, map[string]bool{"home": true}))
		return err
	case "deploy":
		_, err := newApplier(&t, cfg, opts).Apply(context.Background(), killObjects(&t, killSecond, "/new"))
		return err
	}
	return parseStep(job).do(&t, cfg, opts)
}

// command returns deployAndDie as a process of its own.
func command(t testing.TB, kubeconfig, ns, when, job string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(testContext(t), os.Args[0])
	cmd.Env = append(os.Environ(), killVariable+"="+when, killJob+"="+job, "NAMESPACE="+ns,
		"KUBECONFIG="+kubeconfig,
		"GORACE=atexit_sleep_ms=0") // else one that is built with -race ends a second late
	return cmd
}

// child runs deployAndDie and returns what it prints.
func child(t testing.TB, cfg *rest.Config, ns, when, job string) (string, error) {
	t.Helper()
	out, err := command(t, clustertest.Kubeconfig(t, cfg, ns), ns, when, job).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		t.Fatalf("the child, to be killed %s: %v\n%s", when, err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

// firstVersion returns a namespace in which the first version is deployed.
func firstVersion(t testing.TB) (*rest.Config, string) {
	t.Helper()
	cfg, ns := clustertest.Namespace(t)
	mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), killObjects(t, killFirst, "/home"))
	return cfg, ns
}

// Killed before or after any of its requests, the next run finishes the job: the
// cluster is as after a run that nobody disturbed, managed fields included.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	cfg, ns := firstVersion(t)
	out, err := child(t, cfg, ns, "never", "deploy")
	if err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	requests, err := strconv.Atoi(out)
	if err != nil || requests < 20 {
		t.Fatalf("undisturbed: %q requests, %v; want at least 20", out, err)
	}
	want := dump(t, cfg, ns)
	for k := 1; k <= requests; k++ {
		moments := []string{"after"}
		if k == 1 {
			moments = []string{"before", "after"} // before any other is after the one before it
		}
		for _, moment := range moments {
			when := fmt.Sprintf("%s:%d", moment, k)
			t.Run(when, func(t *testing.T) {
				t.Parallel()
				cfg, ns := firstVersion(t)
				if _, err := child(t, cfg, ns, when, "deploy"); err == nil {
					t.Logf("the run was over before request %d", k)
				}
				mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), killObjects(t, killSecond, "/new"))
				if diff := cmp.Diff(want, dump(t, cfg, ns)); diff != "" {
					t.Errorf("cluster (-undisturbed +killed %s, then run again):\n%s", when, diff)
				}
			})
		}
	}
}

// Nor does a killed run leave behind what only it rendered, when the next goes back
// to the version before.
func TestKilledThenTakenBack(t *testing.T) {
	t.Parallel()
	for _, k := range []int{8, 12, 16, 20} {
		t.Run(strconv.Itoa(k), func(t *testing.T) {
			t.Parallel()
			cfg, ns := firstVersion(t)
			want := dump(t, cfg, ns)
			if _, err := child(t, cfg, ns, fmt.Sprintf("after:%d", k), "deploy"); err == nil {
				t.Fatalf("the run was over before request %d", k)
			}
			mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), killObjects(t, killFirst, "/home"))
			if diff := cmp.Diff(want, dump(t, cfg, ns)); diff != "" {
				t.Errorf("cluster (-first version +taken back to it):\n%s", diff)
			}
		})
	}
}

// dump returns what is in the namespace, by kind and name, without what differs
// from one namespace to the next.
func dump(t testing.TB, cfg *rest.Config, ns string) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, resource := range []string{
		"configmaps", "secrets", "services", "serviceaccounts", "poddisruptionbudgets.v1.policy",
		"networkpolicies.v1.networking.k8s.io", deployments, ingresses,
	} {
		list, err := client(t, cfg, resource, ns).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range list.Items {
			obj := &list.Items[i]
			if !strings.HasPrefix(obj.GetName(), "slipway.") && obj.GetLabels() != nil {
				out[obj.GetKind()+" "+obj.GetName()] = timeless(obj)
			}
		}
	}
	history, err := newApplier(t, cfg, apply.Options{Namespace: ns}).History(t.Context(), "shop.home")
	if err != nil {
		t.Fatal(err)
	}
	for _, revision := range history {
		text := fmt.Sprint(revision.Number, revision.Images)
		for _, obj := range revision.Objects {
			obj.SetNamespace("")
			text += fmt.Sprint("\n", obj.Object)
		}
		out[fmt.Sprintf("revision %d", revision.Number)] = text
	}
	return out
}

func timeless(obj *unstructured.Unstructured) map[string]any {
	obj.SetNamespace("")
	for _, path := range [][]string{{"spec", "clusterIP"}, {"spec", "clusterIPs"}} {
		unstructured.RemoveNestedField(obj.Object, path...)
	}
	return settled(obj)
}
