package apply_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// build applies objs as one build of their service.
func build(t *testing.T, cfg *rest.Config, ns string, sequence int64, objs []*unstructured.Unstructured,
) (*apply.Result, error) {
	t.Helper()
	opts := apply.Options{Namespace: ns, Sequence: sequence, NoWait: true, PrunePercent: 100}
	return newApplier(t, cfg, opts).Apply(testContext(t), objs)
}

func mustBuild(t *testing.T, cfg *rest.Config, ns string, sequence int64, objs []*unstructured.Unstructured,
) *apply.Result {
	t.Helper()
	result, err := build(t, cfg, ns, sequence, objs)
	if err != nil {
		t.Fatalf("Apply of build %d: %v", sequence, err)
	}
	return result
}

// wantSuperseded checks that an older build is refused, and that it writes nothing.
func wantSuperseded(t *testing.T, cfg *rest.Config, ns string, sequence int64,
	objs []*unstructured.Unstructured, want ingress.SupersededError,
) {
	t.Helper()
	result, err := build(t, cfg, ns, sequence, objs)
	superseded, ok := errors.AsType[*ingress.SupersededError](err)
	if !ok {
		t.Fatalf("Apply of build %d: %v, want that it is superseded", sequence, err)
	}
	if diff := cmp.Diff(&want, superseded); diff != "" {
		t.Errorf("Apply of build %d error (-want +got):\n%s", sequence, diff)
	}
	for _, change := range result.Changes {
		if change.Action != apply.NotTried && change.Action != apply.Unchanged {
			t.Errorf("Apply of build %d: %s %s, want nothing written", sequence, change.Ref, change.Action)
		}
	}
}

func TestSequenceOfObjects(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	red, blue := version(t, "shop/home:1", "red"), version(t, "shop/home:1", "blue")
	mustBuild(t, cfg, ns, 7, red)
	mustBuild(t, cfg, ns, 8, red) // nothing changes, but for the sequence
	again := mustBuild(t, cfg, ns, 8, red)
	if again.Requests > 5 {
		t.Errorf("Apply of the same build: %d requests, want no write", again.Requests)
	}
	want := ingress.SupersededError{Owner: "shop.home", Live: 8, Mine: 7}
	wantSuperseded(t, cfg, ns, 7, blue, want)
	wantSuperseded(t, cfg, ns, 0, blue, ingress.SupersededError{Owner: "shop.home", Live: 8})

	mustBuild(t, cfg, ns, 9, blue)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, NoWait: true, Drain: -1})
	if _, err := a.Rollback(testContext(t), "shop.home", 0); err != nil {
		t.Fatalf("Rollback: %v", err)
	}
	want.Live, want.Mine = 9, 8
	wantSuperseded(t, cfg, ns, 8, blue, want)

	if _, err := a.Remove(testContext(t), "shop.home"); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	mustBuild(t, cfg, ns, 1, red) // a new job counts anew
}

// The routes that a later build gave up stay away.
func TestSequenceOfRoutesThatLeft(t *testing.T) {
	t.Parallel()
	t.Run("Ingress", func(t *testing.T) {
		t.Parallel()
		cfg, ns := clustertest.Namespace(t)
		routed := shopIngress(t, "home", "/home", "home")
		with := append(configMaps(t, "shop.home", "home"), routed...)
		mustBuild(t, cfg, ns, 1, shopIngress(t, "kids", "/kids", "kids"))
		mustBuild(t, cfg, ns, 1, with)
		mustBuild(t, cfg, ns, 3, configMaps(t, "shop.home", "home"))
		wantSuperseded(t, cfg, ns, 2, with, ingress.SupersededError{Owner: "shop.home", Live: 3, Mine: 2})
		if diff := cmp.Diff([]string{"/kids → kids:http by kids"}, liveRoutes(t, cfg, ns)); diff != "" {
			t.Errorf("routes (-want +got):\n%s", diff)
		}
	})
	t.Run("HTTPRoute", func(t *testing.T) {
		t.Parallel()
		cfg, ns := gatewayed(t)
		mustBuild(t, cfg, ns, 1, routed(t, "shop.home", "/a"))
		mustBuild(t, cfg, ns, 3, configMaps(t, "shop.home", "home"))
		wantSuperseded(t, cfg, ns, 2, routed(t, "shop.home", "/a"),
			ingress.SupersededError{Owner: "shop.home", Live: 3, Mine: 2})
		wantRoutes(t, cfg, ns)
	})
}

// A build that was overtaken while it was under way says so, and is not recorded as the newest.
func TestSequenceOvertaken(t *testing.T) {
	t.Parallel()
	admin, ns := clustertest.Namespace(t)
	p, cfg := newProxy(t, admin)
	var once sync.Once
	p.first(http.MethodPatch, "/secrets/slipway.shop.home", func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		once.Do(func() { mustBuild(t, admin, ns, 2, version(t, "shop/home:2", "blue")) })
		forward.ServeHTTP(w, r)
	})
	_, err := build(t, cfg, ns, 1, version(t, "shop/home:1", "red"))
	if _, ok := errors.AsType[*ingress.SupersededError](err); !ok {
		t.Errorf("Apply of build 1: %v, want that it is superseded", err)
	}
	history, err := newApplier(t, admin, apply.Options{Namespace: ns}).History(testContext(t), "shop.home")
	if err != nil || len(history) != 1 || history[0].Images[0] != "shop/home:2" {
		t.Errorf("History: %v, %v; want build 2 alone", history, err)
	}
}
