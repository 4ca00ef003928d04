package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
	"github.com/slipway-go/slipway/layouts"
)

// removing returns an Applier that does not drain.
func removing(t testing.TB, cfg *rest.Config, ns string) *apply.Applier {
	t.Helper()
	return newApplier(t, cfg, apply.Options{Namespace: ns, Drain: -1})
}

func mustRemove(t testing.TB, a *apply.Applier, name string) *apply.Result {
	t.Helper()
	result, err := a.Remove(testContext(t), name)
	if err != nil {
		t.Fatalf("Remove(%s): %s, %v", name, result, err)
	}
	return result
}

// What is the set's goes: routes, objects, record. What is somebody else's stays.
func TestRemove(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	a := removing(t, cfg, ns)
	const volume = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: v}\n" +
		"spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}"
	objs := append(objects(t, "shop.home", home), objects(t, "shop.home", volume)...)
	nowait := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true})
	mustApply(t, nowait, append(objs, shopIngress(t, "home", "/home", "home")...))
	mustApply(t, a, append(configMaps(t, "shop.kids", "kids"), shopIngress(t, "kids", "/kids", "kids")...))
	byHand := configMaps(t, "shop.home", "by-hand")[0] // has the label, but was not applied by us
	createBy(t, cfg, "hand", "configmaps", ns, "apiVersion: v1\nkind: ConfigMap\nmetadata: "+
		"{name: by-hand, labels: {slipway/set: "+byHand.GetLabels()["slipway/set"]+"}}")
	result := mustRemove(t, a, "shop.home")
	want := map[string]apply.Action{
		"Ingress shop": apply.Configured, "Deployment home": apply.Pruned, "Service home": apply.Pruned,
		"ConfigMap home": apply.Pruned, "Secret home": apply.Pruned, "PersistentVolumeClaim v": apply.Kept,
	}
	if diff := cmp.Diff(want, actions(result)); diff != "" {
		t.Errorf("Remove (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/kids → kids:http by kids"}, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if history, err := a.History(testContext(t), "shop.home"); err != nil || len(history) > 0 {
		t.Errorf("History of what was removed: %v, %v; want none", history, err)
	}
	getLive(t, cfg, "configmaps", ns, "by-hand")
	getLive(t, cfg, "configmaps", ns, "kids")
	again := mustRemove(t, a, "shop.home")
	if again.Changed() || !strings.Contains(fmt.Sprint(again.Notes), "nothing of shop.home") {
		t.Errorf("Remove again: %s, notes %v; want nothing, and a note", again, again.Notes)
	}
	mustRemove(t, a, "shop.kids")
	if _, err := client(t, cfg, ingresses, ns).Get(t.Context(), "shop", getOptions); err == nil {
		t.Error("the Ingress is still there after the last service left")
	}
}

// The last service takes along what is kept about common, unless that has objects.
func TestRemoveLastService(t *testing.T) {
	t.Parallel()
	for name, common := range map[string][]*unstructured.Unstructured{
		"no objects": nil, "objects": configMaps(t, "shop.common", "of-all"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			records := func() []string {
				list, err := client(t, cfg, "secrets", ns).List(t.Context(), metav1.ListOptions{LabelSelector: layouts.SetLabel})
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				for i := range list.Items {
					names = append(names, list.Items[i].GetName())
				}
				return names
			}
			a := removing(t, cfg, ns)
			for _, service := range []string{"home", "kids"} {
				mustApply(t, a, common, configMaps(t, "shop."+service, service),
					shopIngress(t, service, "/"+service, service))
			}
			mustRemove(t, a, "shop.home")
			if diff := cmp.Diff([]string{"slipway.shop.common", "slipway.shop.kids"}, records()); diff != "" {
				t.Errorf("records while a service is left (-want +got):\n%s", diff)
			}
			mustRemove(t, a, "shop.kids")
			want := []string{"slipway.shop.common"}
			if common == nil {
				want = nil
			}
			if diff := cmp.Diff(want, records()); diff != "" {
				t.Errorf("records when the last has left (-want +got):\n%s", diff)
			}
			mustApply(t, a, common, shopIngress(t, "home", "/home", "home"))
		})
	}
}

// What all services of an app have in common is not a service.
func TestRemoveCommon(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	mustApply(t, removing(t, cfg, ns), configMaps(t, "shop.common", "shared"))
	_, err := removing(t, cfg, ns).Remove(testContext(t), "shop.common")
	if err == nil || !strings.Contains(err.Error(), "cannot be removed") {
		t.Errorf("Remove(shop.common): %v, want an error", err)
	}
	getLive(t, cfg, "configmaps", ns, "shared")
}

// The routes go first, and the pods serve while what is under way ends.
func TestRemoveDrains(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	objs := append(configMaps(t, "shop.home", "home"), shopIngress(t, "home", "/home", "home")...)
	mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), objs)
	ctx, cancel := context.WithCancel(testContext(t))
	a := newApplier(t, cfg, apply.Options{Namespace: ns, Drain: time.Hour, OnEvent: func(e apply.Event) {
		if e.Kind != apply.EventWaiting {
			return
		}
		if _, err := client(t, cfg, ingresses, ns).Get(t.Context(), "shop", getOptions); err == nil {
			t.Error("the Ingress is still there while draining")
		}
		getLive(t, cfg, "configmaps", ns, "home")
		cancel()
	}})
	result, err := a.Remove(ctx, "shop.home")
	if !errors.Is(err, context.Canceled) || actions(result)["ConfigMap home"] != apply.NotTried {
		t.Errorf("Remove: %s, %v; want the ConfigMap not tried, and %v", result, err, context.Canceled)
	}
	mustRemove(t, removing(t, cfg, ns), "shop.home")
	if diff := cmp.Diff(map[string]any{}, dump(t, cfg, ns)); diff != "" {
		t.Errorf("cluster (-want +got):\n%s", diff)
	}
}

// A service that leaves takes nobody's routes along that came meanwhile.
func TestRemoveWhileOthersPublish(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	mustPublish(t, cfg, ns, "home")
	done := make(chan error, 1)
	go func() {
		_, err := removing(t, cfg, ns).Remove(testContext(t), "shop.home")
		done <- err
	}()
	var want []string
	for _, service := range []string{"a", "b", "c", "d"} {
		mustPublish(t, cfg, ns, service)
		want = append(want, fmt.Sprintf("/%[1]s → %[1]s:http by %[1]s", service))
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, liveRoutes(t, cfg, ns)); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}

// Who may not look for all of a set may not remove it: half of it would stay.
func TestRemoveWithoutRights(t *testing.T) {
	t.Parallel()
	all := []string{"get", "list", "delete", "patch"}
	for name, rules := range map[string][]rbacv1.PolicyRule{
		"record":  {rule("configmaps", all...)},
		"objects": {rule("secrets", all...)},
		"routes":  {rule("secrets", all...), rule("configmaps", all...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), configMaps(t, "shop.home", "home"))
			narrow := clustertest.User(t, cfg, ns, rules)
			_, err := removing(t, narrow, ns).Remove(testContext(t), "shop.home")
			if !errors.As(err, new(*apply.ForbiddenError)) {
				t.Errorf("Remove: %v, want a *ForbiddenError", err)
			}
			getLive(t, cfg, "configmaps", ns, "home")
		})
	}
}

// Killed after any of its requests, the next run finishes the job.
func TestRemoveKilledAnywhere(t *testing.T) {
	t.Parallel()
	cfg, ns := firstVersion(t)
	out, err := child(t, cfg, ns, "never", "remove")
	if err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	requests, err := strconv.Atoi(out)
	if err != nil || requests < 10 {
		t.Fatalf("undisturbed: %q requests, %v; want at least 10", out, err)
	}
	for k := 1; k <= requests; k++ {
		t.Run(strconv.Itoa(k), func(t *testing.T) {
			t.Parallel()
			cfg, ns := firstVersion(t)
			mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}),
				append(configMaps(t, "shop.kids", "kids"), shopIngress(t, "kids", "/kids", "kids")...))
			if _, err := child(t, cfg, ns, fmt.Sprintf("after:%d", k), "remove"); err == nil {
				t.Logf("the run was over before request %d", k)
			}
			mustRemove(t, removing(t, cfg, ns), "shop.home")
			left := dump(t, cfg, ns)
			if len(left) != 2 || left["ConfigMap kids"] == nil || left["Ingress shop"] == nil {
				t.Errorf("left on the cluster: %v, want kids' alone", left)
			}
			if diff := cmp.Diff([]string{"/kids → kids:http by kids"}, liveRoutes(t, cfg, ns)); diff != "" {
				t.Errorf("routes (-want +got):\n%s", diff)
			}
		})
	}
}
