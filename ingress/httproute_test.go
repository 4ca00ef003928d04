package ingress_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

const parentTemplate = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: any, labels: {team: shop}, annotations: {example.com/a: b}}
spec:
  parentRefs: [{name: web, namespace: infra}]
  hostnames: [shop.example.com]`

const portService = `
apiVersion: v1
kind: Service
metadata: {name: home}
spec: {ports: [{name: http, port: 8080}]}`

var gateway = ingress.Options{Output: ingress.OutputHTTPRoute}

// httpRoutes returns the HTTPRoutes among the objects, by name.
func httpRoutes(result *ingress.Result) map[string]*unstructured.Unstructured {
	made := map[string]*unstructured.Unstructured{}
	for _, obj := range result.Objects {
		if ingress.Claiming(obj) {
			made[obj.GetName()] = obj
		}
	}
	return made
}

func names(made map[string]*unstructured.Unstructured) []string {
	var out []string
	for name, obj := range made {
		rules, _, _ := unstructured.NestedSlice(obj.Object, "spec", "rules")
		hosts, _, _ := unstructured.NestedStringSlice(obj.Object, "spec", "hostnames")
		out = append(out, fmt.Sprintf("%s: %d rules for %s", name, len(rules), strings.Join(hosts, " ")))
	}
	slices.Sort(out)
	return out
}

func TestHTTPRoute(t *testing.T) {
	t.Parallel()
	result := merge(t, tree{
		"shop/common/httproute.yml": parentTemplate,
		"shop/home/ingress.yml":     v1Service("/home", "home"),
		"shop/home/service.yml":     portService,
	}, ingress.Options{Output: ingress.OutputHTTPRoute, Sequence: 7, Commit: "c0ffee"})
	want := object(t, `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: shop.home
  labels: {team: shop, slipway/set: shop.home}
  annotations:
    example.com/a: b
    slipway/source: shop/home/ingress.yml:1
    slipway/routes.home: '{"v":1,"seq":7,"src":"shop/home/ingress.yml:1","commit":"c0ffee","routes":[{"host":"shop.example.com","type":"Prefix","path":"/home","to":"home:8080"}]}'
spec:
  parentRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: web, namespace: infra}]
  hostnames: [shop.example.com]
  rules:
  - matches: [{path: {type: PathPrefix, value: /home}}]
    backendRefs: [{group: "", kind: Service, name: home, port: 8080, weight: 1}]`)
	if diff := cmp.Diff(want, httpRoutes(result)["shop.home"]); diff != "" {
		t.Errorf("Merge(shop) HTTPRoute (-want +got):\n%s", diff)
	}
	if len(result.Objects) != 2 || len(result.Warnings) > 0 {
		t.Errorf("Merge(shop) = %v, warnings %q; want the Service and the HTTPRoute", result.Objects, result.Warnings)
	}
	routes, err := ingress.Routes(httpRoutes(result)["shop.home"])
	if diff := cmp.Diff(result.Routes, routes); err != nil || diff != "" {
		t.Errorf("Routes(HTTPRoute): %v (-want +got):\n%s", err, diff)
	}
}

// What Traefik 1 stripped, a filter strips; it takes a rule of its own for each path.
func TestHTTPRouteStrips(t *testing.T) {
	t.Parallel()
	result := merge(t, tree{
		"shop/common/ingress.yml": `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: {slipway/strip-prefix: "true", slipway/parent: infra/web/https}
spec: {rules: [{host: shop.example.com}]}`,
		"shop/home/ingress.yml": `
apiVersion: networking.k8s.io/v1
kind: Ingress
spec:
  rules:
  - http:
      paths:
      - {path: /x, pathType: Exact, backend: {service: {name: home, port: {number: 80}}}}
      - {path: /home, pathType: Prefix, backend: {service: {name: home, port: {number: 80}}}}
      - {path: /, pathType: Prefix, backend: {service: {name: home, port: {number: 80}}}}`,
	}, gateway)
	want := fields(t, `
parentRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: web, namespace: infra, sectionName: https}]
hostnames: [shop.example.com]
rules:
- matches: [{path: {type: Exact, value: /x}}]
  filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /}}}]
  backendRefs: [{group: "", kind: Service, name: home, port: 80, weight: 1}]
- matches: [{path: {type: PathPrefix, value: /home}}]
  filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]
  backendRefs: [{group: "", kind: Service, name: home, port: 80, weight: 1}]
- matches: [{path: {type: PathPrefix, value: /}}]
  backendRefs: [{group: "", kind: Service, name: home, port: 80, weight: 1}]`)
	if diff := cmp.Diff(want, httpRoutes(result)["shop.home"].Object["spec"]); diff != "" {
		t.Errorf("Merge(shop) spec (-want +got):\n%s", diff)
	}
}

// manyPaths returns a service's ingress.yml with n paths on each host.
func manyPaths(service string, n int, hosts ...string) string {
	text := "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  rules:\n"
	for _, host := range hosts {
		text += fmt.Sprintf("  - host: %q\n    http:\n      paths:\n", host)
		for i := range n {
			text += fmt.Sprintf("      - {path: /%s/%02d, pathType: Prefix, "+
				"backend: {service: {name: %[1]s, port: {number: 80}}}}\n", service, i)
		}
	}
	return text
}

func TestHTTPRouteSplits(t *testing.T) {
	t.Parallel()
	var hosts []string
	for i := range 20 {
		hosts = append(hosts, fmt.Sprintf("h%02d.example.com", i))
	}
	tests := []struct {
		name, text string
		want       []string
	}{
		{"40 paths", manyPaths("home", 40, "a.example.com"), []string{
			"shop.home.2: 16 rules for a.example.com", "shop.home.3: 8 rules for a.example.com",
			"shop.home: 16 rules for a.example.com",
		}},
		{"hosts with the same paths share", manyPaths("home", 2, "a.example.com", "*.b.example.com"), []string{
			"shop.home: 2 rules for a.example.com *.b.example.com",
		}},
		{"a host with other paths does not", manyPaths("home", 2, "a.example.com") +
			strings.Join(strings.SplitAfter(manyPaths("home", 1, "b.example.com"), "\n")[4:], ""), []string{
			"shop.home.2: 1 rules for b.example.com", "shop.home: 2 rules for a.example.com",
		}},
		{"any host is none by name", manyPaths("home", 1, "a.example.com", ""), []string{
			"shop.home.2: 1 rules for ", "shop.home: 1 rules for a.example.com",
		}},
		{"20 hosts", manyPaths("home", 1, hosts...), []string{
			"shop.home.2: 1 rules for " + strings.Join(hosts[16:], " "),
			"shop.home: 1 rules for " + strings.Join(hosts[:16], " "),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// Hosts that common names are for rules that name none.
			template := strings.Replace(parentTemplate, "hostnames: [shop.example.com]", "", 1)
			result := merge(t, tree{
				"shop/common/httproute.yml": template, "shop/home/ingress.yml": tt.text,
			}, gateway)
			wantLines(t, "Merge(shop) HTTPRoutes", tt.want, names(httpRoutes(result)))
		})
	}
}

// What an Ingress says and HTTPRoutes cannot is told, with its source.
func TestHTTPRouteWarns(t *testing.T) {
	t.Parallel()
	result := merge(t, tree{"shop/common/ingress.yml": `
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: shop, annotations: {slipway/parent: web, kubernetes.io/ingress.class: x, cert-manager.io/a: b}}
spec:
  tls: [{hosts: [a], secretName: s}]
  backend: {serviceName: web, servicePort: 80}
  rules:
  - host: "*.example.com"
    http: {paths: [{path: /home, backend: {serviceName: home, servicePort: 80}}]}`}, gateway)
	const source = "shop/common/ingress.yml:1: "
	for i, want := range []string{
		source + "Ingress: spec.tls: left out", source + "Ingress: spec.defaultBackend: becomes a route for all hosts",
		source + "Ingress: metadata.annotations: left out: they are for Ingress controllers: cert-manager.io/a",
		source + "1 of the paths are ImplementationSpecific", "host *.example.com: ",
	} {
		if i >= len(result.Warnings) || !strings.HasPrefix(result.Warnings[i], want) {
			t.Errorf("Merge(shop) warning %d of %q, want %q", i, result.Warnings, want)
		}
	}
	wantLines(t, "Merge(shop) HTTPRoutes", []string{
		"shop.common.2: 1 rules for ", "shop.common: 1 rules for *.example.com",
	}, names(httpRoutes(result)))
	wantLines(t, "Merge(shop) routes", []string{
		"*.example.com/home → home:80 by common", "*/ → web:80 by common",
	}, lines(result.Routes))
}

func TestHTTPRouteErrors(t *testing.T) {
	t.Parallel()
	path := func(path, pathType, port string) string {
		return fmt.Sprintf("apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {rules: [{http: {paths: "+
			"[{path: %q, pathType: %s, backend: {service: {name: home, port: %s}}}]}}]}", path, pathType, port)
	}
	tests := []struct {
		name  string
		files tree
		want  []string
	}{
		{"no Gateway", tree{"shop/home/ingress.yml": v1Service("/", "home"), "shop/home/s.yml": portService}, []string{
			"nothing names their Gateway", "shop/common/httproute.yml", "slipway/parent: <namespace>/<gateway>",
		}},
		{"bad parent", tree{"shop/common/ingress.yml": strings.Replace(v1Common,
			"name: shop", "name: shop, annotations: {slipway/parent: a//b}", 1),
			"shop/home/ingress.yml": path("/", "Prefix", "{number: 80}")}, []string{
			"shop/common/ingress.yml:1", `slipway/parent is "a//b"`,
		}},
		{"no parentRefs", tree{"shop/common/httproute.yml": "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute"},
			[]string{"shop/common/httproute.yml:1: HTTPRoute: spec.parentRefs is empty"}},
		{"two templates", tree{"shop/common/a.yml": parentTemplate, "shop/common/b.yml": parentTemplate},
			[]string{"shop/common/b.yml:1: HTTPRoute: shop/common/a.yml:1 says already"}},
		{"pattern", tree{"shop/common/h.yml": parentTemplate,
			"shop/home/ingress.yml": path("/a(/|$)(.*)", "ImplementationSpecific", "{number: 80}")}, []string{
			"shop/home/ingress.yml:1: route shop.example.com/a(/|$)(.*)", "looks like a pattern",
		}},
		{"illegal path", tree{"shop/common/h.yml": parentTemplate,
			"shop/home/ingress.yml": path("/a b", "Exact", "{number: 80}")}, []string{"does not allow such a path"}},
		{"port name", tree{"shop/common/h.yml": parentTemplate,
			"shop/home/ingress.yml": path("/a", "Exact", "{name: web}"), "shop/home/s.yml": portService}, []string{
			"shop/home/ingress.yml:1", "no Service home with a port web is rendered: write the number",
		}},
		{"name taken", tree{"shop/common/h.yml": parentTemplate, "shop/home/s.yml": portService,
			"shop/home/ingress.yml": path("/a", "Exact", "{name: http}"), "shop/kids/own.yml": strings.Replace(
				parentTemplate, "name: any", "name: shop.home", 1)}, []string{
			"shop/kids/own.yml:1: HTTPRoute shop.home: the routes of shop.home are to have this name",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ingress.Merge("shop", tt.files.objects(t), gateway)
			wantError(t, "Merge(shop)", err, tt.want...)
		})
	}
	_, err := ingress.Merge("shop", nil, ingress.Options{Output: "Nginx"})
	wantError(t, "Merge(Nginx)", err, `option Output is "Nginx", want Ingress or HTTPRoute`)
}

// An HTTPRoute's route is one owner's, also when both lead it to the same backend.
func TestHTTPRouteConflict(t *testing.T) {
	t.Parallel()
	_, err := ingress.Merge("shop", tree{
		"shop/common/h.yml":     parentTemplate,
		"shop/home/ingress.yml": v1Service("/x", "home"), "shop/home/s.yml": portService,
		"shop/kids/ingress.yml": v1Service("/x", "home"),
	}.objects(t), gateway)
	conflict := as[*ingress.ConflictError](t, "Merge(shop)", err)
	if len(conflict.Conflicts) != 1 || strings.Contains(err.Error(), "make both agree") {
		t.Errorf("Merge(shop) error = %v, want one conflict, which agreement does not end", err)
	}
	wantError(t, "Merge(shop)", err, "home (shop/home/ingress.yml:1)", "kids (shop/kids/ingress.yml:1)")
}

// Of HTTPRoutes, the template is no object; of an Ingress, it is none either, and that is told.
func TestHTTPRouteTemplateIsForHTTPRoutes(t *testing.T) {
	t.Parallel()
	result := merge(t, tree{"shop/common/httproute.yml": parentTemplate}, ingress.Options{})
	if len(result.Objects) > 0 || len(result.Warnings) != 1 {
		t.Errorf("Merge(shop) = %v, warnings %q; want no object and a warning", result.Objects, result.Warnings)
	}
	own := "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: own}\n" +
		"spec: {rules: [{matches: [{path: {value: /x}}]}]}"
	for _, opts := range []ingress.Options{{}, gateway} {
		result = merge(t, tree{"shop/common/own.yml": own, "shop/home/own.yml": own}, opts)
		if len(result.Objects) != 2 || len(result.Warnings) > 0 {
			t.Errorf("Merge(shop) = %v, %q; want those of one's own as they are", result.Objects, result.Warnings)
		}
	}
}

// When it cannot be told which routes are common's, its HTTPRoutes are not to be touched: one
// stands for them that no API server takes.
func TestHTTPRouteIncomplete(t *testing.T) {
	t.Parallel()
	result := merge(t, tree{
		"shop/common/httproute.yml": parentTemplate,
		"shop/common/ingress.yml":   legacy,
		"shop/kids/service.yml":     strings.Replace(portService, "home", "kids-service", 1),
	}, ingress.Options{
		Output: ingress.OutputHTTPRoute, Partial: true, Incomplete: errors.New("mens does not render"),
	})
	made := httpRoutes(result)["shop.common"]
	if made == nil || !ingress.Incomplete(made) || made.Object["spec"] != nil {
		t.Errorf("Merge(shop) HTTPRoute of common = %v, want one without spec", made)
	}
	if kids := httpRoutes(result)["shop.kids"]; kids == nil || ingress.Incomplete(kids) {
		t.Errorf("Merge(shop) HTTPRoute of kids = %v, want a whole one", kids)
	}
}

// claimsOf returns "owner type host/path" of each claim.
func claimsOf(t testing.TB, objs []*unstructured.Unstructured) map[string]bool {
	t.Helper()
	ledgers, err := ingress.Claims(objs)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, ledger := range ledgers {
		data, _, _ := unstructured.NestedStringMap(ledger.Object, "data")
		for _, text := range data {
			var claim map[string]any
			if err := yaml.Unmarshal([]byte(text), &claim); err != nil {
				t.Fatal(err)
			}
			if claim["host"] == nil {
				claim["host"] = ""
			}
			out[fmt.Sprintf("%s %s %s%s", claim["owner"], claim["type"], claim["host"], claim["path"])] = true
		}
	}
	return out
}

// FuzzHTTPRoute checks the laws of Merge with HTTPRoutes: the order of objects does not matter,
// each route is in one rule and has one claim, no object has more rules or hosts than the API
// takes, and to merge again changes nothing.
func FuzzHTTPRoute(f *testing.F) {
	seeds(f, 100)
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := &generator{Rand: dice(seed), files: tree{}, services: map[string]bool{}}
		g.app()
		g.files["shop/common/httproute.yml"] = parentTemplate
		g.files["shop/common/service.yml"] = strings.ReplaceAll(portService, "home", "web")
		for owner := range g.services {
			g.files["shop/"+owner+"/service.yml"] = strings.ReplaceAll(portService, "home", owner)
		}
		objs := g.files.objects(t)
		result, err := ingress.Merge("shop", objs, gateway)
		if diff := cmp.Diff(g.files.objects(t), objs); diff != "" {
			t.Errorf("Merge(shop) changed objs (-want +got):\n%s", diff)
		}
		shuffle(g.Rand, objs)
		again, againErr := ingress.Merge("shop", objs, gateway)
		if fmt.Sprint(err) != fmt.Sprint(againErr) {
			t.Fatalf("Merge(shuffled) error = %v, want %v", againErr, err)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(httpRoutes(result), httpRoutes(again)); diff != "" {
			t.Errorf("Merge(shuffled) (-want +got):\n%s", diff)
		}
		twice, err := ingress.Merge("shop", result.Objects, gateway)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(result.Objects, twice.Objects); diff != "" {
			t.Errorf("Merge(result) (-want +got):\n%s", diff)
		}
		checkHTTPRoutes(t, result)
	})
}

func checkHTTPRoutes(t *testing.T, result *ingress.Result) {
	t.Helper()
	want, rules, claims := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range result.Routes {
		want[fmt.Sprintf("shop.%s %s %s%s", r.Owner, r.PathType, r.Host, r.Path)] = true
	}
	for name, obj := range httpRoutes(result) {
		hosts, _, _ := unstructured.NestedStringSlice(obj.Object, "spec", "hostnames")
		list, _, _ := unstructured.NestedSlice(obj.Object, "spec", "rules")
		if len(list) > 16 || len(list) == 0 || len(hosts) > 16 {
			t.Errorf("%s has %d rules and %d hosts", name, len(list), len(hosts))
		}
		if hosts == nil {
			hosts = []string{""}
		}
		for _, host := range hosts {
			for _, rule := range list {
				match := rule.(map[string]any)["matches"].([]any)[0].(map[string]any)["path"].(map[string]any)
				pathType := strings.TrimPrefix(match["type"].(string), "Path")
				rules[fmt.Sprintf("%s %s %s%s", obj.GetLabels()[layouts.SetLabel], pathType, host, match["value"])] = true
			}
		}
		for claim := range claimsOf(t, []*unstructured.Unstructured{obj}) {
			claims[claim] = true
		}
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestCheckClaims(t *testing.T) {
	t.Parallel()
	claims := func(app, service, path string) *unstructured.Unstructured {
		files := tree{app + "/common/h.yml": parentTemplate, app + "/" + service + "/s.yml": portService,
			app + "/" + service + "/ingress.yml": v1Service(path, "home")}
		result, err := ingress.Merge(app, files.objects(t), gateway)
		if err != nil {
			t.Fatal(err)
		}
		ledgers, err := ingress.Claims(result.Objects)
		if err != nil || len(ledgers) != 1 || ledgers[0].GetLabels()[layouts.SetLabel] != ingress.ClaimsSet {
			t.Fatalf("Claims() = %v, %v; want one ledger", ledgers, err)
		}
		return ledgers[0]
	}
	mine := claims("shop", "home", "/x")
	for _, live := range []*unstructured.Unstructured{nil, mine, claims("shop", "kids", "/y")} {
		if _, err := ingress.CheckClaims(mine, live, nil); err != nil {
			t.Errorf("CheckClaims(%v) error = %v, want none", live, err)
		}
	}
	_, err := ingress.CheckClaims(mine, claims("shop", "kids", "/x/"), []string{"shop.mens"})
	if conflict := as[*ingress.ConflictError](t, "CheckClaims()", err); !conflict.Exclusive {
		t.Errorf("CheckClaims() = %#v, want it exclusive", conflict)
	}
	wantError(t, "CheckClaims()", err, "route conflict: shop.example.com/x: kids (shop/kids/ingress.yml:1) has it, "+
		"home (shop/home/ingress.yml:1) wants it: take the path out of one of them")
	taken, err := ingress.CheckClaims(mine, claims("shop", "kids", "/x/"), []string{"shop.kids"})
	if err != nil || len(taken) != 1 || len(taken["shop.kids"]) != 1 {
		t.Errorf("CheckClaims() = %v, %v; want one of shop.kids", taken, err)
	}
	_, err = ingress.CheckClaims(mine, claims("news", "home", "/x"), nil)
	wantError(t, "CheckClaims()", err, "news.home (news/home/ingress.yml:1) has it")
	edited := mine.DeepCopy()
	for entry := range edited.Object["data"].(map[string]any) {
		edited.Object["data"].(map[string]any)[entry] = "?"
	}
	_, err = ingress.CheckClaims(mine, edited, []string{"shop.kids"})
	wantError(t, "CheckClaims()", err, "an entry that was not made by slipway has it")
}
