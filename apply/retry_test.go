package apply_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// threeObjects are in two stages, so that there is a middle of the run.
const threeObjects = plainMap + `data: {a: b}
---
apiVersion: v1
kind: Secret
metadata: {name: home}
data: {a: Yg==}
---
apiVersion: v1
kind: Service
metadata: {name: home}
spec: {ports: [{port: 80}]}`

// isWhole finds the objects called home as they were sent: written by us alone, and
// nothing left to do for another run.
func isWhole(t *testing.T, admin *rest.Config, ns string, resources ...string) {
	t.Helper()
	for _, resource := range append(resources, "configmaps") {
		live := getLive(t, admin, resource, ns, "home")
		if diff := cmp.Diff([]string{"slipway Apply"}, managers(live)); diff != "" {
			t.Errorf("%s home: managers (-want +got):\n%s", resource, diff)
		}
	}
}

// What passes by itself is put up with: the run goes on, and what is on the cluster
// afterwards is what a quiet run would have left.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		faults []fault
	}{
		{"too many requests", []fault{answer(429, "Too many requests", "Retry-After", "1")}},
		{"too many requests, nothing told", []fault{answer(429, "Too many requests")}},
		{"unavailable", []fault{answer(503, "no healthy upstream"), answer(503, "no healthy upstream")}},
		{"bad gateway", []fault{answer(502, "<html>bad gateway</html>")}},
		{"gateway timeout", []fault{answer(504, "stream timeout")}},
		{"server timeout", []fault{answerStatus(504, "Timeout", "Timeout: request did not complete within 34s")}},
		{"leader change", []fault{answerStatus(500, "InternalError", "etcdserver: leader changed")}},
		{"connection lost before", []fault{drop, drop}},
		{"connection lost after", []fault{dropLate}},
		{"connection lost in the answer", []fault{truncate}},
		{"timeout after", []fault{late(answer(504, "stream timeout"))}},
		{"refused after a loss", []fault{drop, answer(403, "no rules yet"), answer(403, "no rules yet")}},
		{"credentials renewed", []fault{answerStatus(401, "Unauthorized", "Unauthorized")}},
	}
	for _, tt := range tests {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
			t.Run(tt.name+" "+protocol, func(t *testing.T) {
				t.Parallel()
				p, cfg, admin, ns := proxied(t, protocol == "HTTP/1.1")
				a := newApplier(t, cfg, apply.Options{Namespace: ns})
				p.first("PATCH", "/configmaps/home", tt.faults...)
				result := mustApply(t, a, objects(t, "shop.home", threeObjects))
				want := map[string]apply.Action{
					"ConfigMap home": apply.Created, "Secret home": apply.Created, "Service home": apply.Created,
				}
				if diff := cmp.Diff(want, actions(result)); diff != "" {
					t.Errorf("Apply: actions (-want +got):\n%s", diff)
				}
				isWhole(t, admin, ns, "secrets", "services")
				again := mustApply(t, newApplier(t, admin, apply.Options{Namespace: ns}),
					objects(t, "shop.home", threeObjects))
				if again.Changed() {
					t.Errorf("Apply again: %s, want nothing changed", again)
				}
				if n := p.count("PATCH", "/services/home"); n != 1 {
					t.Errorf("%d requests for the Service, want 1", n)
				}
			})
		}
	}
}

// late does the fault when the request has been carried out.
func late(do fault) fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		forward.ServeHTTP(discard{header: http.Header{}}, r)
		do(w, r, nil)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header          { return d.header }
func (discard) Write(text []byte) (int, error) { return len(text), nil }
func (discard) WriteHeader(int)                {}

// Reads, deletes and records have the same rules as writes.
func TestFaultsOfOtherRequests(t *testing.T) {
	t.Parallel()
	p, cfg, admin, ns := proxied(t, false)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, PrunePercent: 100})
	mustApply(t, a, configMaps(t, "shop.home", "home", "old"))
	for _, request := range []struct{ method, suffix string }{
		{"GET", "/configmaps"}, {"GET", "/secrets"}, {"DELETE", "/configmaps/old"},
		{"PATCH", "/secrets/slipway.shop.home"},
	} {
		for name, do := range map[string]fault{"503": answer(503, "away"), "drop": drop, "dropLate": dropLate} {
			mustApply(t, a, configMaps(t, "shop.home", "home", "old"))
			p.first(request.method, request.suffix, do)
			result := mustApply(t, a, configMaps(t, "shop.home", "home"))
			if n := p.count(request.method, request.suffix); n != 2 || result.Count(apply.Pruned) != 1 {
				t.Errorf("%s of %v: %s after %d tries, want 1 pruned after 2", name, request, result, n)
			}
			if diff := cmp.Diff([]string{"home"}, liveMaps(t, admin, ns)); diff != "" {
				t.Errorf("%s of %v: ConfigMaps (-want +got):\n%s", name, request, diff)
			}
		}
	}
}

// Nothing that will not pass is tried again.
func TestFaultsThatDoNotPass(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   fault
		want any
	}{
		{"bad request", answerStatus(400, "BadRequest", "what?"), new(*apply.InvalidError)},
		{"forbidden", answerStatus(403, "Forbidden", `configmaps "home" is forbidden: User "u" cannot patch it`),
			new(*apply.ForbiddenError)},
		{"too large", answer(413, "too large"), new(*apply.TooLargeError)},
		{"invalid", answerStatus(422, "Invalid", "no"), new(*apply.InvalidError)},
		{"schema", answerStatus(500, "", "failed to create typed patch object (n/home; /v1, Kind=ConfigMap): .x"),
			new(*apply.InvalidError)},
		{"not found", answer(404, "404 page not found"), new(*apply.UnknownKindError)},
		{"webhook denies", answerStatus(500, "InternalError", `admission webhook "x" denied the request: no`),
			new(*apply.DeniedError)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, cfg, admin, ns := proxied(t, false)
			p.always("PATCH", tt.do)
			a := newApplier(t, cfg, apply.Options{Namespace: ns})
			_, err := a.Apply(testContext(t), objects(t, "shop.home", plainMap))
			if !errors.As(err, tt.want) {
				t.Errorf("Apply: %v, want a %T", err, tt.want)
			}
			if n := p.count("PATCH", ""); n != 1 {
				t.Errorf("%d writing requests, want 1", n)
			}
			if maps := liveMaps(t, admin, ns); len(maps) > 0 {
				t.Errorf("ConfigMaps: %v, want none", maps)
			}
		})
	}
}

// The API server goes away in the middle of the run, and comes back.
func TestServerAwayForAWhile(t *testing.T) {
	t.Parallel()
	p, cfg, admin, ns := proxied(t, false)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	var back sync.WaitGroup
	p.first("PATCH", "/services/home", func(http.ResponseWriter, *http.Request, http.Handler) {
		back.Go(func() {
			p.close()
			time.Sleep(2 * time.Second)
			p.open()
		})
		panic(http.ErrAbortHandler)
	})
	result := mustApply(t, a, objects(t, "shop.home", threeObjects))
	back.Wait()
	if n := result.Count(apply.Created); n != 3 {
		t.Errorf("Apply: %s, want 3 created", result)
	}
	isWhole(t, admin, ns, "secrets", "services")
}

// What a run does when the API server stays away: it says what is done and what is
// not, and the next run goes on from there.
func TestServerStaysAway(t *testing.T) {
	t.Parallel()
	p, cfg, admin, ns := proxied(t, false)
	opts := apply.Options{Namespace: ns, Patience: time.Second}
	p.first("PATCH", "/services/home", func(http.ResponseWriter, *http.Request, http.Handler) {
		go p.close()
		panic(http.ErrAbortHandler)
	})
	result, err := newApplier(t, cfg, opts).Apply(testContext(t), objects(t, "shop.home", threeObjects))
	var away *apply.UnreachableError
	place := "shop/shop.home/file.yml:3: Service " + ns + "/home: cluster "
	if !errors.As(err, &away) || !strings.Contains(err.Error(), place) {
		t.Errorf("Apply: %v, want an *UnreachableError of the Service", err)
	}
	if result.Count(apply.Failed) != 1 {
		t.Errorf("Apply: %s, want 1 failed", result)
	}
	mustApply(t, newApplier(t, admin, opts), objects(t, "shop.home", threeObjects))
	isWhole(t, admin, ns, "secrets", "services")
}

// A kind may be missing for a moment after its definition is established.
func TestKindComesLate(t *testing.T) {
	t.Parallel()
	p, cfg, admin, ns := proxied(t, false)
	group := ns + ".example.com"
	dropDefinition(t, admin, "boats."+group)
	missing := answer(404, "404 page not found")
	p.first("PATCH", "/boats/b", missing, missing)
	result := mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}),
		objects(t, "shop.home", boats(group)+"\n---\napiVersion: "+group+"/v1\nkind: Boat\nmetadata: {name: b}"))
	if n := p.count("PATCH", "/boats/b"); n != 3 || result.Count(apply.Created) != 2 {
		t.Errorf("Apply: %s after %d tries, want 2 created after 3", result, n)
	}
	live := getLive(t, admin, "boats.v1."+group, ns, "b")
	if diff := cmp.Diff([]string{"slipway Apply"}, managers(live)); diff != "" {
		t.Errorf("managers (-want +got):\n%s", diff)
	}
	for _, path := range []string{"/api", "/apis"} {
		if n := p.count("GET", " "+path); n != 0 {
			t.Errorf("%d requests for %s, want none: the run knows the kind", n, path)
		}
	}
}

// boats returns a definition of boats that have a status.
func boats(group string) string {
	return fmt.Sprintf(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.%[1]s}
spec:
  group: %[1]s
  names: {kind: Boat, plural: boats, singular: boat, listKind: BoatList}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}`, group)
}

// dropDefinition deletes the definition when the test ends.
func dropDefinition(t testing.TB, admin *rest.Config, name string) {
	t.Cleanup(func() {
		definitions := client(t, admin, "customresourcedefinitions.v1.apiextensions.k8s.io", "")
		if err := definitions.Delete(context.WithoutCancel(t.Context()), name, deleteOptions); err != nil {
			t.Error(err)
		}
	})
}

// Discovery, which only kinds that are not built in need, is bound to the context
// and tried again like all else.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	p, cfg, admin, ns := proxied(t, false)
	group := ns + ".example.com"
	dropDefinition(t, admin, "boats."+group)
	mustApply(t, newApplier(t, admin, apply.Options{Namespace: ns}), objects(t, "shop.common", boats(group)))
	boat := objects(t, "shop.home", "apiVersion: "+group+"/v1\nkind: Boat\nmetadata: {name: b}")

	p.first("GET", "/apis", answer(503, "away"))
	clustertest.Eventually(t, "the kind in the discovery", func(ctx context.Context) error {
		_, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(ctx, boat)
		return err
	})
	p.always("", hang)
	endsWithContext(t, cfg, ns, boat)
}

// An API server that accepts and never answers does not outlast the context.
func TestServerHangs(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "PATCH"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			p, cfg, _, ns := proxied(t, false)
			p.always(method, hang)
			endsWithContext(t, cfg, ns, objects(t, "shop.home", plainMap))
		})
	}
}

func endsWithContext(t *testing.T, cfg *rest.Config, ns string, objs []*unstructured.Unstructured) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	begin := time.Now()
	_, err := newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(ctx, objs)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "deadline exceeded") {
		t.Errorf("Apply: %v, want context.DeadlineExceeded", err)
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("Apply took %v after the context had ended", took)
	}
}

// A context without a deadline is no reason to wait for ever for a server that
// accepts connections and does not speak.
func TestServerIsSilent(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	for kind, cfg := range map[string]*rest.Config{
		"built in": {}, "other": {}, "with a dialer": {Dial: (&net.Dialer{}).DialContext},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			cfg.Host = "https://" + listener.Addr().String()
			text := plainMap
			if kind == "other" {
				text = "apiVersion: example.com/v1\nkind: Boat\nmetadata: {name: b}"
			}
			_, err := newApplier(t, cfg, apply.Options{}).Apply(context.Background(), objects(t, "shop.home", text))
			var unreachable *apply.UnreachableError
			if !errors.As(err, &unreachable) || !strings.Contains(err.Error(), "TLS handshake timeout") {
				t.Errorf("Apply: %v, want an *UnreachableError about the TLS handshake", err)
			}
		})
	}
}

// Also a rollback, which asks the server before it applies, sits a loss out.
func TestRollbackAfterALoss(t *testing.T) {
	t.Parallel()
	p, cfg, admin, ns := proxied(t, false)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	for _, value := range []string{"b", "c"} {
		mustApply(t, a, objects(t, "shop.home", plainMap+"data: {a: "+value+"}"))
	}
	p.first("PATCH", "/configmaps/home", drop)
	if _, err := a.Rollback(testContext(t), "shop.home", 0); err != nil {
		t.Fatalf("Rollback: %v", err)
	}
	live := getLive(t, admin, "configmaps", ns, "home")
	if value, _, _ := unstructured.NestedString(live.Object, "data", "a"); value != "b" {
		t.Errorf("data.a is %q after Rollback, want b", value)
	}
}

// What a run has created is its own to undo, also if it did not hear of it.
func TestUndoOfACreationWithoutAnswer(t *testing.T) {
	t.Parallel()
	p, cfg, admin, ns := proxied(t, false)
	p.first("PATCH", "/configmaps/home", dropLate)
	bad := strings.Replace(threeObjects, "port: 80", "port: 80000", 1)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	result, err := a.Apply(testContext(t), objects(t, "shop.home", bad))
	var invalid *apply.InvalidError
	if !errors.As(err, &invalid) || result.Count(apply.Undone) != 2 {
		t.Errorf("Apply: %s, %v; want 2 undone and an *InvalidError", result, err)
	}
	if maps := liveMaps(t, admin, ns); len(maps) > 0 {
		t.Errorf("ConfigMaps: %v, want none", maps)
	}
}
