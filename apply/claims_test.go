package apply_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

const httpRoutes = "httproutes.v1.gateway.networking.k8s.io"

// gatewayed returns a namespace on a server that knows HTTPRoutes.
func gatewayed(t testing.TB) (*rest.Config, string) {
	t.Helper()
	cfg, ns := clustertest.Namespace(t)
	clustertest.GatewayAPI(t, cfg)
	return cfg, ns
}

// routed returns a set of a ConfigMap and HTTPRoutes for the paths.
func routed(t testing.TB, set string, paths ...string) []*unstructured.Unstructured {
	t.Helper()
	return routedWith(t, set, ingress.Options{}, paths...)
}

// routedWith takes paths as "host/path", "/path" for shop.example.com, and "=/path" for Exact.
func routedWith(t testing.TB, set string, opts ingress.Options, paths ...string) []*unstructured.Unstructured {
	t.Helper()
	app, service, _ := strings.Cut(set, ".")
	opts.Output = ingress.OutputHTTPRoute
	objs := objects(t, app+".common", "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"+
		"spec: {parentRefs: [{name: web, namespace: infra}], hostnames: [shop.example.com]}")
	objs = append(objs, configMaps(t, set, service)...)
	for i, path := range paths {
		host, rest, _ := strings.Cut(path, "/")
		pathType, host := "Prefix", host
		if exact, ok := strings.CutPrefix(host, "="); ok {
			pathType, host = "Exact", exact
		}
		objs = append(objs, objects(t, set, fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {annotations: {slipway/strip-prefix: %q}}
spec:
  rules:
  - host: %q
    http: {paths: [{path: /%s, pathType: %s, backend: {service: {name: %s, port: {number: 80}}}}]}`,
			fmt.Sprint(i%2 == 1), host, rest, pathType, service))...)
	}
	merged, err := ingress.Merge(app, objs, opts)
	if err != nil {
		t.Fatal(err)
	}
	return merged.Objects
}

// claims returns "owner path" of every claim in the namespace, sorted.
func claims(t testing.TB, cfg *rest.Config, ns string) []string {
	t.Helper()
	list, err := client(t, cfg, "configmaps", ns).List(t.Context(),
		metav1.ListOptions{LabelSelector: "slipway/set=" + ingress.ClaimsSet})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, obj := range list.Items {
		data, _, _ := unstructured.NestedStringMap(obj.Object, "data")
		if len(data) == 0 {
			t.Errorf("ledger %s is empty", obj.GetName())
		}
		for _, text := range data {
			var claim map[string]any
			if err := json.Unmarshal([]byte(text), &claim); err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%s %s", claim["owner"], claim["path"]))
		}
	}
	slices.Sort(out)
	return out
}

// served returns "set path" of every rule of every HTTPRoute in the namespace, sorted.
func served(t testing.TB, cfg *rest.Config, ns string) []string {
	t.Helper()
	list, err := client(t, cfg, httpRoutes, ns).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, obj := range list.Items {
		rules, _, _ := unstructured.NestedSlice(obj.Object, "spec", "rules")
		for _, rule := range rules {
			match := rule.(map[string]any)["matches"].([]any)[0].(map[string]any)["path"].(map[string]any)
			out = append(out, fmt.Sprintf("%s %s", obj.GetLabels()["slipway/set"], match["value"]))
		}
	}
	slices.Sort(out)
	return out
}

// wantRoutes checks that these are the routes and, claimed, no others.
func wantRoutes(t testing.TB, cfg *rest.Config, ns string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, served(t, cfg, ns)); diff != "" {
		t.Errorf("HTTPRoutes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, claims(t, cfg, ns)); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

// The real schema takes all that is made, what is there is proved, and a run that changes
// nothing writes nothing.
func TestHTTPRoutes(t *testing.T) {
	t.Parallel()
	var forty, hosts []string
	for i := range 40 {
		forty = append(forty, fmt.Sprintf("/p%02d", i))
	}
	for i := range 20 {
		hosts = append(hosts, fmt.Sprintf("h%d.example.com/a", i))
	}
	tests := []struct {
		name           string
		paths          []string
		routes, claims int // how many HTTPRoutes and ledgers
	}{
		{"prefix and exact, stripped and not", []string{"/a", "/b/c", "=/d", "=/e", "/"}, 1, 1},
		{"forty paths", forty, 3, 1},
		{"twenty hosts, stripped and not", hosts, 2, 20},
		{"wildcard and none", []string{"*.example.com/a", "/b%20c", "/d+e(f)"}, 2, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := gatewayed(t)
			objs := routed(t, "shop.home", tt.paths...)
			a := newApplier(t, cfg, apply.Options{Namespace: ns})
			plan := mustPlan(t, a, objs)
			first := mustApply(t, a, objs)
			if got := first.Count(apply.Created); got != 1+tt.routes || plan.Count(apply.Created) != got {
				t.Errorf("Apply: %s, Plan: %s; want the ConfigMap and %d HTTPRoutes created", first, plan, tt.routes)
			}
			again := mustApply(t, a, objs)
			if got := again.Count(apply.Unchanged); got != 1+tt.routes || again.Requests != 3 {
				t.Errorf("Apply again: %s, %d requests; want all unchanged, by 3 LISTs", again, again.Requests)
			}
			// Kinds of the search of a new set, less those that are listed anyway; the record.
			if want := 3 + 14 + 1 + tt.routes + tt.claims + 1; first.Requests != want {
				t.Errorf("Apply: %d requests, want %d", first.Requests, want)
			}
			mustRemove(t, removing(t, cfg, ns), "shop.home")
			wantRoutes(t, cfg, ns)
			list, err := client(t, cfg, "configmaps", ns).List(t.Context(), metav1.ListOptions{})
			if err != nil || len(list.Items) != 1 {
				t.Errorf("ConfigMaps after Remove: %v, %v; want kube-root-ca.crt alone", list.Items, err)
			}
		})
	}
}

// Of many that want one path at once, one gets it, and the others learn who.
func TestClaimAtOnce(t *testing.T) {
	t.Parallel()
	cfg, _ := gatewayed(t)
	const contenders = 8
	for round := range 6 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			_, ns := gatewayed(t)
			errs := make([]error, contenders)
			var wg sync.WaitGroup
			for i := range contenders {
				objs := routed(t, fmt.Sprintf("shop.s%d", i), fmt.Sprintf("/own%d", i), "/x", "b.example.com/x")
				wg.Go(func() {
					_, errs[i] = newApplier(t, cfg, apply.Options{Namespace: ns}).Apply(testContext(t), objs)
				})
			}
			wg.Wait()
			winner := slices.Index(errs, nil)
			if winner < 0 {
				t.Fatalf("nobody got the path: %v", errs)
			}
			set := fmt.Sprintf("shop.s%d", winner)
			wantRoutes(t, cfg, ns, fmt.Sprintf("%s /own%d", set, winner), set+" /x", set+" /x")
			if diff := cmp.Diff([]string{fmt.Sprintf("s%d", winner)}, liveMapsOf(t, cfg, ns)); diff != "" {
				t.Errorf("ConfigMaps: those who lost wrote something (-want +got):\n%s", diff)
			}
			for i, err := range errs {
				if i == winner {
					continue
				}
				conflict, ok := errors.AsType[*ingress.ConflictError](err)
				if !ok || conflict.Conflicts[0].A.Owner != fmt.Sprintf("s%d", winner) {
					t.Errorf("s%d: %v, want a conflict with s%d", i, err, winner)
				}
			}
		})
	}
}

// liveMapsOf returns the names of the ConfigMaps that are no claims.
func liveMapsOf(t testing.TB, cfg *rest.Config, ns string) []string {
	t.Helper()
	return slices.DeleteFunc(liveMaps(t, cfg, ns), func(name string) bool { return strings.HasPrefix(name, "routes-") })
}

// A path that another service has is refused before anything is written, and free once that
// service gives it up or is removed.
func TestClaimConflict(t *testing.T) {
	t.Parallel()
	cfg, ns := gatewayed(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, routed(t, "shop.home", "/x", "/y"))
	kids := append(routed(t, "shop.kids", "/k", "/x"), configMaps(t, "shop.mens", "mens")...)
	for _, do := range []func(context.Context, []*unstructured.Unstructured) (*apply.Result, error){a.Plan, a.Apply} {
		result, err := do(testContext(t), kids)
		conflict, ok := errors.AsType[*ingress.ConflictError](err)
		if !ok || conflict.Conflicts[0].A.Owner != "home" || conflict.Conflicts[0].B.Owner != "kids" {
			t.Fatalf("error = %v, want a conflict of kids with home", err)
		}
		for _, source := range []string{"home (shop/shop.home/file.yml:1)", "kids (shop/shop.kids/file.yml:1)"} {
			if !strings.Contains(err.Error(), source) {
				t.Errorf("error = %v, want in it %q", err, source)
			}
		}
		if actions(result)["ConfigMap kids"] != apply.NotTried || actions(result)["ConfigMap mens"] != apply.Created {
			t.Errorf("%s: %v; want nothing of kids, and all of mens", result, actions(result))
		}
	}
	wantRoutes(t, cfg, ns, "shop.home /x", "shop.home /y")
	mustApply(t, a, routed(t, "shop.home", "/y", "/z"))
	mustApply(t, a, routed(t, "shop.kids", "/k", "/x"))
	wantRoutes(t, cfg, ns, "shop.home /y", "shop.home /z", "shop.kids /k", "shop.kids /x")
	mustRemove(t, removing(t, cfg, ns), "shop.home")
	mustApply(t, a, routed(t, "news.toys", "/y"))
	wantRoutes(t, cfg, ns, "news.toys /y", "shop.kids /k", "shop.kids /x")
	_, err := a.Apply(testContext(t), routed(t, "shop.kids", "/y"))
	if err == nil || !strings.Contains(err.Error(), "news.toys") {
		t.Errorf("Apply: %v, want a conflict with another app's", err)
	}
	mustApply(t, a, configMaps(t, "shop.kids", "kids")) // no routes any more
	wantRoutes(t, cfg, ns, "news.toys /y")
}

// The Ingress that an app had before stays, so that traffic can go over step by step.
func TestHTTPRoutesBesideAnIngress(t *testing.T) {
	t.Parallel()
	cfg, ns := gatewayed(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	for _, service := range []string{"home", "kids"} {
		mustPublish(t, cfg, ns, service)
	}
	want := liveRoutes(t, cfg, ns)
	for range 2 {
		mustApply(t, a, routed(t, "shop.home", "/home"))
		if diff := cmp.Diff(want, liveRoutes(t, cfg, ns)); diff != "" {
			t.Errorf("routes of the Ingress (-before +after):\n%s", diff)
		}
	}
	wantRoutes(t, cfg, ns, "shop.home /home")
}

// When a service's paths move from one of its HTTPRoutes to another, none is nowhere in
// between: as paths are added in front of sixteen, taken away there, or a host gets one of
// its own.
func TestPathsMoveBetweenHTTPRoutes(t *testing.T) {
	t.Parallel()
	numbered := func(from, to int) []string {
		var out []string
		for i := from; i < to; i++ {
			out = append(out, fmt.Sprintf("/p%03d", i))
		}
		return out
	}
	tests := map[string][2][]string{
		"added":      {numbered(2, 42), numbered(0, 42)},
		"taken away": {numbered(0, 42), numbered(2, 42)},
		"host":       {{"a.b/x", "c.d/x"}, {"a.b/x", "c.d/x", "c.d/y"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin, ns := gatewayed(t)
			mustApply(t, newApplier(t, admin, apply.Options{Namespace: ns}), routed(t, "shop.home", tt[0]...))
			p, cfg := newProxy(t, admin)
			p.fault = func(*http.Request) fault {
				got := strings.Join(served(t, admin, ns), "\n") + "\n"
				for _, path := range tt[0] {
					_, path, _ := strings.Cut(path, "/")
					if slices.Contains(tt[1], "/"+path) && !strings.Contains(got, "/"+path+"\n") {
						t.Errorf("/%s is nowhere", path)
					}
				}
				return nil
			}
			mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), routed(t, "shop.home", tt[1]...))
		})
	}
}

// Ended before or after any of its requests, a run leaves no path without its claim, and the
// next one finishes the job.
func TestClaimsOfARunThatEnds(t *testing.T) {
	t.Parallel()
	jobs := map[string]func(context.Context, *apply.Applier) error{
		"deploy": func(ctx context.Context, a *apply.Applier) error {
			_, err := a.Apply(ctx, routed(t, "shop.home", "/b", "/c", "b.example.com/d"))
			return err
		},
		"remove": func(ctx context.Context, a *apply.Applier) error {
			_, err := a.Remove(ctx, "shop.home")
			return err
		},
	}
	want := map[string][]string{"deploy": {"shop.home /b", "shop.home /c", "shop.home /d"}}
	for name, job := range jobs {
		for k := 1; k <= 12; k++ {
			for _, before := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s %d %t", name, k, before), func(t *testing.T) {
					t.Parallel()
					admin, ns := gatewayed(t)
					mustApply(t, newApplier(t, admin, apply.Options{Namespace: ns}),
						routed(t, "shop.home", "/a", "/b", "c.example.com/e"))
					ctx, cancel := context.WithCancel(testContext(t))
					p, cfg := newProxy(t, admin)
					p.fault = endAt(k, before, cancel)
					err := job(ctx, newApplier(t, cfg, apply.Options{Namespace: ns, Drain: -1}))
					claimed := claims(t, admin, ns)
					for _, path := range served(t, admin, ns) {
						if !slices.Contains(claimed, path) {
							t.Errorf("%s is not claimed: %v", path, claimed)
						}
					}
					if err != nil {
						err = job(testContext(t), newApplier(t, admin, apply.Options{Namespace: ns, Drain: -1}))
					}
					if err != nil {
						t.Errorf("run again: %v", err)
					}
					wantRoutes(t, admin, ns, want[name]...)
				})
			}
		}
	}
}

// endAt ends the run before or after its k-th request.
func endAt(k int, before bool, cancel func()) func(*http.Request) fault {
	return func(*http.Request) fault {
		if k--; k != 0 {
			return nil
		}
		return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			if !before {
				forward.ServeHTTP(w, r)
			}
			cancel()
			if before {
				panic(http.ErrAbortHandler)
			}
		}
	}
}

// Claims go back with the routes: after a failure, by Undo, and by Rollback.
func TestClaimsAreUndone(t *testing.T) {
	t.Parallel()
	t.Run("failure", func(t *testing.T) {
		t.Parallel()
		cfg, ns := gatewayed(t)
		a := newApplier(t, cfg, apply.Options{Namespace: ns})
		mustApply(t, a, routed(t, "shop.home", "/a", "/b"))
		bad := objects(t, "shop.home", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: []}")
		if _, err := a.Apply(testContext(t), append(routed(t, "shop.home", "/b", "/c"), bad...)); err == nil {
			t.Fatal("Apply of a Service without ports: no error")
		}
		wantRoutes(t, cfg, ns, "shop.home /a", "shop.home /b")
	})
	t.Run("undo", func(t *testing.T) {
		t.Parallel()
		cfg, ns := gatewayed(t)
		a := newApplier(t, cfg, apply.Options{Namespace: ns})
		mustApply(t, a, routed(t, "shop.home", "/a", "/b"))
		result := mustApply(t, a, routed(t, "shop.home", "/b", "b.example.com/c"))
		if err := a.Undo(testContext(t), result); err != nil {
			t.Fatalf("Undo: %v", err)
		}
		wantRoutes(t, cfg, ns, "shop.home /a", "shop.home /b")
		if err := a.Undo(testContext(t), mustApply(t, a, routed(t, "shop.kids", "/k"))); err != nil {
			t.Fatalf("Undo of what was new: %v", err)
		}
		wantRoutes(t, cfg, ns, "shop.home /a", "shop.home /b")
	})
	t.Run("undo of what another has taken", func(t *testing.T) {
		t.Parallel()
		cfg, ns := gatewayed(t)
		a := newApplier(t, cfg, apply.Options{Namespace: ns})
		mustApply(t, a, routed(t, "shop.home", "/a", "/b"))
		result := mustApply(t, a, routed(t, "shop.home", "/b"))
		mustApply(t, a, routed(t, "shop.kids", "/a"))
		err := a.Undo(testContext(t), result)
		var undo *apply.UndoError
		if _, ok := errors.AsType[*ingress.ConflictError](err); !ok || !errors.As(err, &undo) {
			t.Errorf("Undo: %v, want an UndoError for a conflict", err)
		}
		wantRoutes(t, cfg, ns, "shop.home /b", "shop.kids /a")
	})
	t.Run("rollback", func(t *testing.T) {
		t.Parallel()
		cfg, ns := gatewayed(t)
		a := newApplier(t, cfg, apply.Options{Namespace: ns})
		mustApply(t, a, routedWith(t, "shop.home", ingress.Options{Sequence: 1}, "/a", "/b"))
		mustApply(t, a, routedWith(t, "shop.home", ingress.Options{Sequence: 2}, "/b", "/c"))
		if _, err := a.Rollback(testContext(t), "shop.home", 0); err != nil {
			t.Fatalf("Rollback: %v", err)
		}
		wantRoutes(t, cfg, ns, "shop.home /a", "shop.home /b")
		_, err := a.Apply(testContext(t), routedWith(t, "shop.home", ingress.Options{Sequence: 1}, "/d"))
		if _, ok := errors.AsType[*ingress.SupersededError](err); !ok {
			t.Errorf("Apply of an older build: %v, want that it is superseded", err)
		}
		wantRoutes(t, cfg, ns, "shop.home /a", "shop.home /b")
	})
}

// What routes common has, if a run cannot tell, stays.
func TestHTTPRoutesOfCommonStay(t *testing.T) {
	t.Parallel()
	cfg, ns := gatewayed(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns, PrunePercent: 100})
	opts := ingress.Options{Output: ingress.OutputHTTPRoute}
	common := func() []*unstructured.Unstructured {
		return objects(t, "shop.common", `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {slipway/parent: web}}
spec:
  rules:
  - http: {paths: [{path: /a, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}
  - host: shop.example.com
    http: {paths: [{path: /b, pathType: Prefix, backend: {service: {name: b, port: {number: 80}}}}]}`)
	}
	merged, err := ingress.Merge("shop", common(), opts)
	if err != nil {
		t.Fatal(err)
	}
	mustApply(t, a, merged.Objects)
	wantRoutes(t, cfg, ns, "shop.common /a", "shop.common /b")
	opts.Partial, opts.Incomplete = true, errors.New("a template of another service is broken")
	if merged, err = ingress.Merge("shop", append(common(), configMaps(t, "shop.home", "home")...), opts); err != nil {
		t.Fatal(err)
	}
	result := mustApply(t, a, merged.Objects)
	if result.Count(apply.Created) != 1 || result.Count(apply.Unchanged) != 2 {
		t.Errorf("Apply: %s, want the ConfigMap, and the two HTTPRoutes as they are", result)
	}
	wantRoutes(t, cfg, ns, "shop.common /a", "shop.common /b")
	_, ns = gatewayed(t)
	mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), merged.Objects)
	wantRoutes(t, cfg, ns)
}

// Who loses the path of one host to a run that comes between the check and the claim has none
// of the other host either, and nothing else.
func TestClaimAllOrNothing(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"a.example.com/x", "b.example.com/x"} {
		t.Run(lost, func(t *testing.T) {
			t.Parallel()
			cfg, ns := gatewayed(t)
			var once sync.Once
			a := newApplier(t, cfg, apply.Options{Namespace: ns, OnEvent: func(apply.Event) {
				once.Do(func() {
					mustApply(t, newApplier(t, cfg, apply.Options{Namespace: ns}), routed(t, "shop.home", lost))
				})
			}})
			_, err := a.Apply(testContext(t), routed(t, "shop.kids", "a.example.com/x", "b.example.com/x"))
			if _, ok := errors.AsType[*ingress.ConflictError](err); !ok {
				t.Errorf("Apply: %v, want a conflict", err)
			}
			wantRoutes(t, cfg, ns, "shop.home /x")
			if diff := cmp.Diff([]string{"home"}, liveMapsOf(t, cfg, ns)); diff != "" {
				t.Errorf("ConfigMaps (-want +got):\n%s", diff)
			}
		})
	}
}

// A claim that was edited by hand is told, and one that was deleted is made again.
func TestClaimsByHand(t *testing.T) {
	t.Parallel()
	cfg, ns := gatewayed(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, routed(t, "shop.home", "/a"))
	maps := client(t, cfg, "configmaps", ns)
	name := slices.DeleteFunc(liveMaps(t, cfg, ns), func(name string) bool { return name == "home" })[0]
	edit := func(change func(data map[string]any)) {
		live, err := maps.Get(t.Context(), name, getOptions)
		if err != nil {
			t.Fatal(err)
		}
		change(live.Object["data"].(map[string]any))
		if _, err := maps.Update(t.Context(), live, metav1.UpdateOptions{FieldManager: "by-hand"}); err != nil {
			t.Fatal(err)
		}
	}
	edit(func(data map[string]any) { clear(data) })
	mustApply(t, a, routed(t, "shop.home", "/a"))
	wantRoutes(t, cfg, ns, "shop.home /a")
	edit(func(data map[string]any) {
		for entry, text := range data {
			data[entry] = strings.Replace(text.(string), "file.yml:1", "file.yml:9", 1)
		}
	})
	_, err := a.Apply(testContext(t), routed(t, "shop.home", "/a"))
	conflict, ok := errors.AsType[*apply.ConflictError](err)
	if !ok || conflict.Fields[0].Manager != "by-hand" {
		t.Errorf("Apply: %v, want a conflict with by-hand", err)
	}
	if err := maps.Delete(t.Context(), name, deleteOptions); err != nil {
		t.Fatal(err)
	}
	mustApply(t, a, routed(t, "shop.home", "/a"))
	wantRoutes(t, cfg, ns, "shop.home /a")
}

// Who may not list ConfigMaps is refused a path that another has all the same.
func TestClaimUnlisted(t *testing.T) {
	t.Parallel()
	admin, ns := gatewayed(t)
	user := clustertest.User(t, admin, ns, []rbacv1.PolicyRule{
		rule("configmaps", "get", "patch", "create"),
		{APIGroups: []string{"gateway.networking.k8s.io"}, Resources: []string{"httproutes"}, Verbs: []string{"*"}},
	})
	mustApply(t, newApplier(t, admin, apply.Options{Namespace: ns}), routed(t, "shop.kids", "/x"))
	a := newApplier(t, user, apply.Options{Namespace: ns})
	mustApply(t, a, routed(t, "shop.home", "/a", "/b"))
	mustApply(t, a, routed(t, "shop.home", "/b"))
	_, err := a.Apply(testContext(t), routed(t, "shop.home", "/b", "/x"))
	if _, ok := errors.AsType[*ingress.ConflictError](err); !ok {
		t.Errorf("Apply: %v, want a conflict", err)
	}
	wantRoutes(t, admin, ns, "shop.home /b", "shop.kids /x")
}

// A path goes over from one service's HTTPRoutes to another's, and is never nowhere.
func TestTakeClaims(t *testing.T) {
	t.Parallel()
	admin, ns := gatewayed(t)
	a := newApplier(t, admin, apply.Options{Namespace: ns})
	mustApply(t, a, routed(t, "shop.home", "/x", "/y"))
	take := ingress.Options{TakeFrom: []string{"home"}}
	p, cfg := newProxy(t, admin)
	p.fault = func(*http.Request) fault {
		if got := served(t, admin, ns); !slices.ContainsFunc(got, func(line string) bool {
			return strings.HasSuffix(line, "/x")
		}) {
			t.Errorf("routes %q, want /x among them at any time", got)
		}
		return nil
	}
	mover := newApplier(t, cfg, apply.Options{Namespace: ns})
	result := mustApply(t, mover, routedWith(t, "shop.kids", take, "/x"))
	if notes := strings.Join(result.Notes, "\n"); !strings.Contains(notes, "shop.kids has taken 1 of the routes of shop.home") {
		t.Errorf("notes %q, want who answers until then", notes)
	}
	if diff := cmp.Diff([]string{"shop.home /x", "shop.home /y", "shop.kids /x"}, served(t, admin, ns)); diff != "" {
		t.Errorf("HTTPRoutes (-want +got):\n%s", diff)
	}
	_, err := a.Apply(testContext(t), routed(t, "shop.home", "/x", "/y"))
	if _, ok := errors.AsType[*ingress.ConflictError](err); !ok {
		t.Errorf("Apply of home with the path: %v, want a conflict", err)
	}
	mustApply(t, mover, routed(t, "shop.home", "/y"))
	wantRoutes(t, admin, ns, "shop.home /y", "shop.kids /x")
	again := mustApply(t, mover, routedWith(t, "shop.kids", take, "/x"))
	if len(again.Notes) > 0 {
		t.Errorf("notes of the next run: %q, want none", again.Notes)
	}
}

// What a run that fails has taken goes back.
func TestTakeClaimsOfAFailedRun(t *testing.T) {
	t.Parallel()
	cfg, ns := gatewayed(t)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	mustApply(t, a, routed(t, "shop.home", "/x", "/y"))
	before := claims(t, cfg, ns)
	broken := append(routedWith(t, "shop.kids", ingress.Options{TakeFrom: []string{"home"}}, "/x"),
		objects(t, "shop.kids", "apiVersion: v1\nkind: Service\nmetadata: {name: kids}\nspec: {ports: [{port: 80, "+
			"nodePort: 1}], type: NodePort}")...)
	if _, err := a.Apply(testContext(t), broken); err == nil {
		t.Fatal("Apply of a Service that the server refuses: error = nil")
	}
	if diff := cmp.Diff(before, claims(t, cfg, ns)); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	mustApply(t, a, routed(t, "shop.home", "/x", "/y"))
	wantRoutes(t, cfg, ns, "shop.home /x", "shop.home /y")
}
