package ingress_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// routed returns a service's ingress.yml with rules for "type host/path", as in
// written; each leads to port http of the Service that is named like the owner.
func routed(owner string, paths ...string) string {
	text := "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  rules:\n"
	for _, r := range written(pathsBy(owner, paths)...) {
		text += fmt.Sprintf("  - host: %q\n    http: {paths: [{path: %s, pathType: %s, "+
			"backend: {service: {name: %s, port: {name: http}}}}]}\n", r.Host, r.Path, r.PathType, owner)
	}
	return strings.ReplaceAll(text, "host: \"\"\n    ", "")
}

func pathsBy(owner string, paths []string) []string {
	var out []string
	for _, path := range paths {
		out = append(out, path+" "+owner)
	}
	return out
}

// answering returns a Service that has a port http and selects its own pods.
func answering(name string) string { return selecting(name, "app: "+name) }

func selecting(name, selector string) string {
	return service(name) + fmt.Sprintf("\nspec: {selector: {%s}, ports: [{name: http, port: 80}]}", selector)
}

// complete adds the Services to a tree that its services lead to, where there is
// none.
func complete(tr tree) tree {
	for _, owner := range []string{"home", "kids", "mens"} {
		if file := "shop/" + owner + "/service.yml"; tr[file] == "" {
			tr[file] = answering(owner)
		}
	}
	return tr
}

func lint(t testing.TB, objs []*unstructured.Unstructured, opts ingress.Options) []string {
	t.Helper()
	findings, err := ingress.Lint("shop", objs, opts)
	if err != nil {
		t.Fatalf("Lint(shop) error = %v, want none", err)
	}
	var out []string
	for _, f := range findings {
		out = append(out, f.String())
	}
	return out
}

const bothSources = "shop/home/ingress.yml:1, shop/kids/ingress.yml:1: "

func TestLint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		home, kids []string
		want       []string
	}{{
		name: "nothing",
		home: []string{"P a.b/home", "E a.b/home2"},
		kids: []string{"P a.b/kids", "P c.d/home"},
	}, {
		name: "conflict",
		home: []string{"P a.b/x"},
		kids: []string{"P a.b/x"},
		want: []string{bothSources + "error: a.b/x leads to home:http by home, to kids:http by kids: " +
			"take it out of one of them, or make both agree [route-conflict]"},
	}, {
		name: "overlap",
		home: []string{"P a.b/home"},
		kids: []string{"P a.b/home/kids"},
		want: []string{"shop/kids/ingress.yml:1, shop/home/ingress.yml:1: warning: " +
			"a.b/home/kids of kids lies under a.b/home of home [overlapping-route]"},
	}, {
		name: "shadowed",
		home: []string{"P a.b/home"},
		kids: []string{"I a.b/home/kids"},
		want: []string{"shop/kids/ingress.yml:1, shop/home/ingress.yml:1: warning: " +
			"a.b/home/kids (ImplementationSpecific) of kids and a.b/home of home both match a.b/home/kids: " +
			"which comes first depends on the controller, and one that takes the first match takes the Prefix " +
			"[shadowed-route]"},
	}, {
		name: "an Exact path that loses",
		home: []string{"E a.b/x"},
		kids: []string{"P a.b/x"},
		want: []string{bothSources + "warning: a.b/x (Exact) of home and a.b/x of kids both match a.b/x: " +
			"a.b/x (Exact) is to come first; Traefik 3 takes a.b/x: the longest rule comes first, and " +
			"Host(`a.b`) && PathPrefix(`/x`) has 31 characters, Host(`a.b`) && Path(`/x`) 25 [controller-order]"},
	}, {
		name: "ImplementationSpecific paths that end with a slash",
		home: []string{"I a.b/x/"},
		kids: []string{"I a.b/x"},
		want: []string{"shop/home/ingress.yml:1, shop/kids/ingress.yml:1: warning: " +
			"a.b/x/ (ImplementationSpecific) of home lies under a.b/x (ImplementationSpecific) of kids " +
			"[overlapping-route]"},
	}, {
		name: "wildcard over host",
		home: []string{"P a.shop.com/home"},
		kids: []string{"P *.shop.com/home/kids"},
		want: []string{bothSources + "warning: a.shop.com/home of home and *.shop.com/home/kids of kids " +
			"both match a.shop.com/home/kids: a.shop.com/home is to come first; Traefik 3 takes " +
			"*.shop.com/home/kids: the longest rule comes first, and HostRegexp(`^[a-zA-Z0-9-]+\\.shop\\.com$`) " +
			"&& PathPrefix(`/home/kids`) has 68 characters, Host(`a.shop.com`) && PathPrefix(`/home`) 41 " +
			"[wildcard-over-host]"},
	}, {
		name: "a wildcard over other labels",
		home: []string{"P a.b.shop.com/home"},
		kids: []string{"P *.shop.com/home"},
	}, {
		name: "wildcards",
		home: []string{"P *.shop.com/home"},
		kids: []string{"P *.shop.com/home/kids", "P *.other.com/home"},
		want: []string{"shop/kids/ingress.yml:1, shop/home/ingress.yml:1: warning: " +
			"*.shop.com/home/kids of kids lies under *.shop.com/home of home [overlapping-route]"},
	}, {
		name: "a rule without a host that is longer",
		home: []string{"P a.b/x"},
		kids: []string{"P -/x/that/is/quite/long", "P -/x/that"},
		want: []string{
			"shop/kids/ingress.yml:1: warning: */x/that of kids has no host: it answers on every host of the " +
				"controller, those of other apps too [catch-all]",
			"shop/kids/ingress.yml:1: warning: */x/that/is/quite/long of kids has no host: it answers on every " +
				"host of the controller, those of other apps too [catch-all]",
			"shop/home/ingress.yml:1, shop/kids/ingress.yml:1: warning: a.b/x of home and " +
				"*/x/that/is/quite/long of kids both match a.b/x/that/is/quite/long: a.b/x is to come first; " +
				"Traefik 3 takes */x/that/is/quite/long: the longest rule comes first, and " +
				"PathPrefix(`/x/that/is/quite/long`) has 35 characters, Host(`a.b`) && PathPrefix(`/x`) 31 " +
				"[controller-order]",
		},
	}, {
		name: "rules without a host",
		home: []string{"P -/x"},
		kids: []string{"P -/x/y"},
		want: []string{
			"shop/home/ingress.yml:1: warning: */x of home has no host: it answers on every host of the " +
				"controller, those of other apps too [catch-all]",
			"shop/kids/ingress.yml:1: warning: */x/y of kids has no host: it answers on every host of the " +
				"controller, those of other apps too [catch-all]",
			"shop/kids/ingress.yml:1, shop/home/ingress.yml:1: warning: " +
				"*/x/y of kids lies under */x of home [overlapping-route]",
		},
	}, {
		name: "prefix trap",
		home: []string{"P a.b/home"},
		kids: []string{"P a.b/homewares"},
		want: []string{"shop/kids/ingress.yml:1, shop/home/ingress.yml:1: warning: " +
			"a.b/homewares of kids begins with the characters of a.b/home of home: a controller that matches " +
			"by characters, as Traefik 3 does, sends its requests to home:http whenever it is not published " +
			"[prefix-trap]"},
	}, {
		name: "catch-all",
		home: []string{"P a.b/", "P only.b/"},
		kids: []string{"P a.b/kids"},
		want: []string{"shop/home/ingress.yml:1: warning: a.b/ of home answers every path of the host that no " +
			"other route does, misspelt ones too [catch-all]"},
	}, {
		name: "no host",
		home: []string{"P -/home"},
		kids: []string{"P a.b/kids"},
		want: []string{"shop/home/ingress.yml:1: warning: */home of home has no host: it answers on every host " +
			"of the controller, those of other apps too [catch-all]"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := complete(tree{
				"shop/home/ingress.yml": routed("home", tt.home...),
				"shop/kids/ingress.yml": routed("kids", tt.kids...),
			})
			wantLines(t, "Lint(shop)", tt.want, lint(t, files.objects(t), ingress.Options{}))
		})
	}
}

// What only another controller than the app's does is not told.
func TestLintOfController(t *testing.T) {
	t.Parallel()
	order := "a.b/x (Exact) is to come first; Traefik 3 takes a.b/x: the longest rule"
	trap := func(who string) string {
		return "a.b/xyz of mens begins with the characters of a.b/x of kids: a controller that matches by " +
			"characters, as " + who + ", sends"
	}
	exact := "a.b/xyz of mens begins with the characters of a.b/x (Exact) of home"
	rewritten := "ingress-nginx does where a path of the host is rewritten"
	regex := "nginx.ingress.kubernetes.io/use-regex: 'true'"
	tests := []struct {
		name, class, annotations string
		want, not                []string
	}{
		{name: "not known", want: []string{order, trap("Traefik 3 does")}, not: []string{exact}},
		{name: "Traefik", class: "traefik", want: []string{order, trap("Traefik 3 does")}, not: []string{exact}},
		{name: "ingress-nginx", class: "nginx", not: []string{"Traefik", "begins with"}},
		{name: "with patterns", class: "nginx", annotations: regex, want: []string{exact, trap(rewritten)}},
		{name: "that strips", class: "nginx", annotations: "slipway/strip-prefix: 'true'",
			want: []string{exact, trap(rewritten)}},
		{name: "another", class: "contour", not: []string{"Traefik", "begins with"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := complete(tree{
				"shop/common/ingress.yml": fmt.Sprintf("apiVersion: networking.k8s.io/v1\nkind: Ingress\n"+
					"metadata: {name: shop, annotations: {kubernetes.io/ingress.class: %q}}", tt.class),
				"shop/home/ingress.yml": routed("home", "E a.b/x"),
				"shop/kids/ingress.yml": routed("kids", "P a.b/x"),
				"shop/mens/ingress.yml": routed("mens", "P a.b/xyz"),
			})
			files["shop/common/ingress.yml"] = strings.Replace(files["shop/common/ingress.yml"], "{kubernetes",
				"{"+strings.TrimPrefix(tt.annotations+", ", ", ")+"kubernetes", 1)
			got := strings.Join(lint(t, files.objects(t), ingress.Options{}), "\n")
			wantError(t, "Lint(shop)", errors.New(got), tt.want...)
			for _, not := range tt.not {
				if strings.Contains(got, not) {
					t.Errorf("Lint(shop) = %s\nwant nothing like %q", got, not)
				}
			}
		})
	}
}

func TestLintBackends(t *testing.T) {
	t.Parallel()
	home := routed("home", "P a.b/home")
	common := `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  defaultBackend: {service: {name: errors, port: {number: 81}}}`
	missing := "shop/home/ingress.yml:1: error: a.b/home of home leads to Service home, which no template " +
		"makes: correct the name, or add the Service [missing-service]"
	tests := []struct {
		name string
		tr   tree
		opts ingress.Options
		want []string
	}{{
		name: "no Service",
		tr:   tree{"shop/home/ingress.yml": home},
		want: []string{missing},
	}, {
		name: "the Service of a service that is not rendered",
		tr:   tree{"shop/home/ingress.yml": home},
		opts: ingress.Options{Partial: true, Services: map[string]string{"home": "home"}},
	}, {
		name: "not all Services are known",
		tr:   tree{"shop/home/ingress.yml": home},
		opts: ingress.Options{Partial: true, Incomplete: errors.New("a template")},
	}, {
		name: "a Service in another namespace",
		tr: tree{
			"shop/common/ingress.yml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\n" +
				"metadata: {name: shop, namespace: web}\nspec: {}",
			"shop/home/ingress.yml": home,
			"shop/home/service.yml": strings.Replace(answering("home"), "name: home}", "name: home, namespace: db}", 1),
		},
		want: []string{missing},
	}, {
		name: "no such port",
		tr: tree{
			"shop/home/ingress.yml": home,
			"shop/home/service.yml": service("home") + "\nspec: {ports: [{name: web, port: 80}, {port: 81}]}",
		},
		want: []string{"shop/home/ingress.yml:1, shop/home/service.yml:1: error: a.b/home of home leads to " +
			"port http of Service home, which has web (80), 81 [missing-port]"},
	}, {
		name: "no port at all",
		tr:   tree{"shop/home/ingress.yml": home, "shop/home/service.yml": service("home")},
		want: []string{"shop/home/ingress.yml:1, shop/home/service.yml:1: error: a.b/home of home leads to " +
			"port http of Service home, which has none [missing-port]"},
	}, {
		name: "a Service outside needs no ports",
		tr: tree{
			"shop/home/ingress.yml": home,
			"shop/home/service.yml": service("home") + "\nspec: {type: ExternalName, externalName: a.example}",
		},
	}, {
		name: "the default backend",
		tr: tree{"shop/common/ingress.yml": common,
			"shop/common/service.yml": service("errors") + "\nspec: {ports: [{port: 80}]}"},
		want: []string{"shop/common/ingress.yml:1, shop/common/service.yml:1: error: the default backend leads " +
			"to port 81 of Service errors, which has 80 [missing-port]"},
	}, {
		name: "what is no Service is not looked for",
		tr: tree{"shop/common/ingress.yml": spec("networking.k8s.io/v1", "rules: [{host: a.b, http: {paths: "+
			"[{path: /a, pathType: Prefix, backend: {resource: {kind: Bucket, name: b}}}]}}]")},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantLines(t, "Lint(shop)", tt.want, lint(t, tt.tr.objects(t), tt.opts))
		})
	}
}

func TestLintPods(t *testing.T) {
	t.Parallel()
	const labelled = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: home}\n" +
		"spec: {template: {metadata: {labels: {app: home, tier: web}}}}"
	services := "shop/home/service.yml:1, shop/kids/service.yml:1: warning: " +
		"Services home of home and kids of kids select "
	tests := []struct {
		name string
		tr   tree
		want []string
	}{{
		name: "copied",
		tr: tree{"shop/home/service.yml": answering("home"),
			"shop/kids/service.yml": selecting("kids", "app: home")},
		want: []string{services + "the same pods: requests for one reach the other [same-pods]"},
	}, {
		name: "different labels of the same pods",
		tr: tree{"shop/home/service.yml": answering("home"), "shop/home/deployment.yml": labelled,
			"shop/kids/service.yml": selecting("kids", "tier: web")},
		want: []string{services + "the pods of Deployment/home: requests for one reach the other [same-pods]"},
	}, {
		name: "one owner's own",
		tr: tree{"shop/home/service.yml": answering("home"),
			"shop/home/headless.yml": selecting("home-headless", "app: home")},
	}, {
		name: "none selects any",
		tr:   tree{"shop/home/service.yml": service("home"), "shop/kids/service.yml": service("kids")},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantLines(t, "Lint(shop)", tt.want, lint(t, tt.tr.objects(t), ingress.Options{}))
		})
	}
}

// One list of prefixes is for all hosts and types.
func TestLintStripTooMuch(t *testing.T) {
	t.Parallel()
	rule := func(host, path, pathType, service string) string {
		return fmt.Sprintf("{host: %s, http: {paths: [{path: %s, pathType: %s, backend: {service: "+
			"{name: %s, port: {number: 80}}}}]}}", host, path, pathType, service)
	}
	lints := func(rules ...string) []string {
		common := fmt.Sprintf(stripCommon, "slipway/strip-prefix: 'true'", "ingressClassName: traefik, ")
		objs := tree{"shop/common/ingress.yml": common,
			"shop/a/ingress.yml": spec("networking.k8s.io/v1", "rules: ["+strings.Join(rules, ", ")+"]"),
		}.objects(t)
		return slices.DeleteFunc(lint(t, objs, ingress.Options{}), func(line string) bool {
			return !strings.Contains(line, "strip-too-much")
		})
	}
	two := []string{rule("a.b", "/api", "Prefix", "x"), rule("c.d", "/api/v1", "Prefix", "svc")}
	if got := lints(two...); len(got) != 1 || !strings.Contains(got[0], "a.b/api of a answers below /api/v1, too") {
		t.Errorf("Lint(shop) of two hosts = %q, want one finding", got)
	}
	if got := lints(append(two, rule("a.b", "/api/v1", "Prefix", "z"))...); len(got) != 0 {
		t.Errorf("Lint(shop) of two hosts that both have it = %q, want none", got)
	}
	if got := lints(rule("a.b", "/api", "Prefix", "x"), rule("a.b", "/api/v1", "Exact", "svc")); len(got) != 1 {
		t.Errorf("Lint(shop) of an Exact path below = %q, want one finding", got)
	}
}

func TestLintAnnotation(t *testing.T) {
	t.Parallel()
	common := object(t, v1Common)
	mark(common, "shop.common", "shop/common/ingress.yml:1")
	common = annotated(common, "traefik.frontend.rule.type", "PathStripRegex")
	want := []string{"shop/common/ingress.yml:1: warning: annotation traefik.frontend.rule.type: " +
		"PathStripRegex is of Traefik 1, and no controller of today does it: the services see the whole " +
		"path; PathPrefixStrip is understood [ignored-annotation]"}
	wantLines(t, "Lint(shop)", want, lint(t, []*unstructured.Unstructured{common}, ingress.Options{}))
}

// What cannot be read is no finding: Merge says it in the same words.
func TestLintErrors(t *testing.T) {
	t.Parallel()
	objs := tree{"shop/home/ingress.yml": spec("networking.k8s.io/v1", "tls: [{hosts: [a]}]")}.objects(t)
	_, want := ingress.Merge("shop", objs, ingress.Options{})
	findings, err := ingress.Lint("shop", objs, ingress.Options{})
	if err == nil || err.Error() != want.Error() || findings != nil {
		t.Errorf("Lint(shop) = %v, error %v, want error %v", findings, err, want)
	}
}

// FuzzLint checks that the order of objects does not matter, that they are not
// changed, and that there is a conflict if and only if Merge finds one.
func FuzzLint(f *testing.F) {
	seeds(f, 100)
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := &generator{Rand: dice(seed), files: tree{}, services: map[string]bool{}}
		g.app()
		objs := g.files.objects(t)
		want := lint(t, objs, ingress.Options{})
		if diff := cmp.Diff(g.files.objects(t), objs); diff != "" {
			t.Errorf("Lint(shop) changed objs (-want +got):\n%s", diff)
		}
		result, err := ingress.Merge("shop", objs, ingress.Options{})
		conflict := slices.ContainsFunc(want, func(s string) bool {
			return strings.HasSuffix(s, "[route-conflict]")
		})
		if conflict != (err != nil) {
			t.Errorf("Lint(shop) finds a conflict: %v, but Merge(shop) error = %v", conflict, err)
		}
		if err == nil {
			wantLines(t, "Lint(merged)", want, lint(t, result.Objects, ingress.Options{}))
		}
		shuffle(g.Rand, objs)
		wantLines(t, "Lint(shuffled)", want, lint(t, objs, ingress.Options{}))
	})
}

// What is wrong, or may surprise, with where both sides of it are.
func ExampleLint() {
	homeService := read("shop.home", "shop/home/service.yml:1", `
apiVersion: v1
kind: Service
metadata: {name: home}
spec:
  ports: [{name: http, port: 80}]`)
	objs := []*unstructured.Unstructured{commonIngress, homeIngress, homeService, kidsIngress}
	findings, err := ingress.Lint("shop", objs, ingress.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range findings {
		fmt.Println(f)
	}
	// Output:
	// shop/kids/ingress.yml:1: error: shop.example.com/kids of kids leads to Service kids, which no template makes: correct the name, or add the Service [missing-service]
	// shop/home/ingress.yml:1: warning: shop.example.com/ of home answers every path of the host that no other route does, misspelt ones too [catch-all]
}
