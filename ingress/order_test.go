package ingress_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// pathsOf returns a service's ingress.yml with the given "host path type".
func pathsOf(routes ...string) string {
	text := "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  rules:\n"
	for _, route := range routes {
		f := strings.Fields(route)
		text += fmt.Sprintf("  - host: %q\n    http: {paths: [{path: %q, pathType: %s, "+
			"backend: {service: {name: web, port: {number: 80}}}}]}\n", strings.Trim(f[0], "-"), f[1], f[2])
	}
	return text
}

func TestMergeOrder(t *testing.T) {
	t.Parallel()
	want := []string{
		"a.example.com/",
		"b.example.com/z (Exact)",
		"b.example.com/c/d/e",
		"b.example.com/long/er",
		"b.example.com/c/d",
		"b.example.com/longer-than-all-that",
		"b.example.com/cc",
		"b.example.com/c",
		"b.example.com/",
		"b.example.com/specific/x (ImplementationSpecific)",
		"b.example.com/y (ImplementationSpecific)",
		"*.example.com/z (Exact)",
		"*.example.com/long/path",
		"*/a (Exact)",
		"*/",
	}
	routes := []string{
		"a.example.com / Prefix",
		"b.example.com /z Exact",
		"b.example.com /c/d/e Prefix",
		"b.example.com /long/er Prefix",
		"b.example.com /c/d Prefix",
		"b.example.com /longer-than-all-that Prefix",
		"b.example.com /cc Prefix",
		"b.example.com /c Prefix",
		"b.example.com / Prefix",
		"b.example.com /specific/x ImplementationSpecific",
		"b.example.com /y ImplementationSpecific",
		"*.example.com /z Exact",
		"*.example.com /long/path Prefix",
		"- /a Exact",
		"- / Prefix",
	}
	d := dice(1)
	for range 20 {
		shuffle(d, routes)
		result := merge(t, tree{"shop/web/ingress.yml": pathsOf(routes...)}, ingress.Options{})
		var got []string
		for _, r := range result.Routes {
			got = append(got, r.String())
		}
		wantLines(t, "Merge(shop) order", want, got)
		wantLines(t, "order of the rules", want, ruleOrder(t, ingressOf(t, result)))
	}
}

// ruleOrder reads the routes off the rules as a controller does, one after the
// other.
func ruleOrder(t testing.TB, obj *unstructured.Unstructured) []string {
	t.Helper()
	var out []string
	rules, _, err := unstructured.NestedSlice(obj.Object, "spec", "rules")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		host, _, _ := unstructured.NestedString(rule.(map[string]any), "host")
		paths, _, _ := unstructured.NestedSlice(rule.(map[string]any), "http", "paths")
		for _, p := range paths {
			path := p.(map[string]any)
			out = append(out, ingress.Route{
				Host: host, Path: path["path"].(string), PathType: path["pathType"].(string),
			}.String())
		}
	}
	return out
}

func TestMergeNormalisesPrefix(t *testing.T) {
	t.Parallel()
	result := merge(t, tree{"shop/web/ingress.yml": pathsOf(
		"- /a/ Prefix", "- /a Prefix", "- /b// Prefix", "- / Prefix", "- // Prefix",
		"- /a/ Exact", "- /a Exact", "- /a/ ImplementationSpecific",
	)}, ingress.Options{})
	wantLines(t, "Merge(shop) routes", []string{
		"*/a/ (Exact) → web:80 by web",
		"*/a (Exact) → web:80 by web",
		"*/a → web:80 by web",
		"*/b → web:80 by web",
		"*/ → web:80 by web",
		"*/a/ (ImplementationSpecific) → web:80 by web",
	}, lines(result.Routes))
}

// For every route there is a request that the first match in the order of the
// rules gives to it: no route hides another that is more specific.
func TestMergeOrderSuitsFirstMatch(t *testing.T) {
	t.Parallel()
	hosts := []string{"-", "*.example.com", "a.example.com", "b.example.com"}
	paths := []string{"/", "/a", "/a/b", "/a/b/c", "/ab", "/abc/d", "/b"}
	var all []string
	for _, host := range hosts {
		for _, path := range paths {
			all = append(all, host+" "+path+" Exact", host+" "+path+" Prefix")
		}
	}
	d := dice(1)
	for range 50 {
		shuffle(d, all)
		some := all[:1+d.IntN(len(all))]
		routes := merge(t, tree{"shop/web/ingress.yml": pathsOf(some...)}, ingress.Options{}).Routes
		for i, route := range routes {
			host, path := probe(route)
			first := slices.IndexFunc(routes, func(r ingress.Route) bool { return matches(r, host, path) })
			if first != i {
				t.Errorf("request %s%s goes to %s, want %s", host, path, routes[first], route)
			}
		}
	}
}

// probe returns the request that route matches most narrowly.
func probe(route ingress.Route) (host, path string) {
	host = strings.Replace(route.Host, "*", "probe", 1)
	if host == "" {
		host = "probe.test"
	}
	if route.PathType == "Prefix" {
		return host, strings.TrimSuffix(route.Path, "/") + "/probe"
	}
	return host, route.Path
}

// matches is the matching of networking.k8s.io/v1, as its documentation says it.
func matches(r ingress.Route, host, path string) bool {
	suffix, wild := strings.CutPrefix(r.Host, "*")
	_, domain, _ := strings.Cut(host, ".")
	if r.Host != "" && r.Host != host && (!wild || "."+domain != suffix) {
		return false
	}
	if r.PathType == "Exact" {
		return r.Path == path
	}
	want := slices.DeleteFunc(strings.Split(r.Path, "/"), func(s string) bool { return s == "" })
	have := slices.DeleteFunc(strings.Split(path, "/"), func(s string) bool { return s == "" })
	return len(have) >= len(want) && slices.Equal(have[:len(want)], want)
}
