package ingress_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// A generator makes up an app.
type generator struct {
	*rand.Rand
	files    tree
	services map[string]bool // which have a Service, named like them
	strip    bool            // what common says
	want     []string        // lines of the routes that are to come out
}

// path returns an entry of a rule's paths.
func (g *generator) path(version, host, owner string, strip bool) string {
	path := pick(g.Rand, "/a", "/", "/a/", "/a/b", "/ab", "/b/c", "/c", "/d", "/e", "/f")
	pathType := pick(g.Rand, "Prefix", "Exact", "ImplementationSpecific")
	service := pick(g.Rand, owner, owner, "web")
	if owner == "common" {
		service = pick(g.Rand, "home", "kids", "web")
		if g.services[service] {
			owner = service
		}
	}
	port, field := "80", "number"
	if g.IntN(4) == 0 {
		port, field = "http", "name"
	}
	route := ingress.Route{Host: host, Path: path, PathType: pathType}
	if pathType == "Prefix" && path != "/" {
		route.Path = strings.TrimSuffix(path, "/")
	}
	stripped := ""
	if strip && path != "/" {
		stripped = "/"
	}
	g.want = append(g.want, fmt.Sprintf("%s → %s%s:%s by %s", route, stripped, service, port, owner))
	backend := fmt.Sprintf("{service: {name: %s, port: {%s: %s}}}", service, field, port)
	if version != "networking.k8s.io/v1" {
		backend = fmt.Sprintf("{serviceName: %s, servicePort: %s}", service, port)
	}
	return fmt.Sprintf("{path: %s, pathType: %s, backend: %s}", path, pathType, backend)
}

func (g *generator) ingress(owner string) string {
	version := pick(g.Rand, "networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1")
	text := "apiVersion: " + version + "\nkind: Ingress\n"
	strip := g.strip
	switch {
	case owner == "common" && strip:
		class := pick(g.Rand, "traefik", "nginx", "haproxy", "kong", "alb", "other", "")
		text += fmt.Sprintf("metadata: {annotations: {slipway/strip-prefix: 'true', "+
			"kubernetes.io/ingress.class: %q}}\n", class)
	case owner != "common" && g.IntN(3) == 0:
		strip = g.IntN(2) == 0
		text += fmt.Sprintf("metadata: {annotations: {slipway/strip-prefix: '%t'}}\n", strip)
	}
	text += "spec:\n  rules:\n"
	for range 1 + g.IntN(3) {
		host := pick(g.Rand, "a.example.com", "b.example.com", "*.example.com")
		text += fmt.Sprintf("  - host: %q\n    http:\n      paths:\n", host)
		for range 1 + g.IntN(3) {
			text += "      - " + g.path(version, host, owner, strip) + "\n"
		}
	}
	return text
}

func (g *generator) app() {
	owners := []string{"home", "kids", "mens", "toys"}[:1+g.IntN(4)]
	common := g.IntN(2) == 0
	g.strip = common && g.IntN(2) == 0
	for _, owner := range owners {
		if g.IntN(2) == 0 {
			g.services[owner] = true
			g.files["shop/"+owner+"/service.yml"] = service(owner)
		}
		for i := range g.IntN(3) {
			g.files[fmt.Sprintf("shop/%s/%d.yml", owner, i)] = g.ingress(owner)
		}
	}
	if common {
		tls := pick(g.Rand, "", "  tls: [{hosts: [b, a], secretName: s}]\n")
		g.files["shop/common/ingress.yml"] = g.ingress("common") + tls
	}
	slices.Sort(g.want)
	g.want = slices.Compact(g.want)
}

// FuzzMerge checks the laws of Merge: what is declared comes out and nothing
// else, the order of objects does not matter, and to merge again changes nothing.
func FuzzMerge(f *testing.F) {
	seeds(f, 100)
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := &generator{Rand: dice(seed), files: tree{}, services: map[string]bool{}}
		g.app()
		opts := ingress.Options{Sequence: int64(g.IntN(3)), Partial: g.IntN(2) == 0}
		objs := g.files.objects(t)
		result, err := ingress.Merge("shop", objs, opts)
		checkShuffled(t, objs, opts, result, err)
		if diff := cmp.Diff(g.files.objects(t), objs); diff != "" {
			t.Errorf("Merge(shop) changed objs (-want +got):\n%s", diff)
		}
		if err != nil {
			checkConflict(t, g.want, err)
			return
		}
		want := slices.Clone(g.want)
		for i, line := range want {
			if strings.Contains(strings.Join(result.Warnings, ""), "the services see the whole path") {
				want[i] = strings.Replace(line, " → /", " → ", 1)
			}
		}
		got := lines(result.Routes)
		slices.Sort(got)
		slices.Sort(want)
		wantLines(t, "Merge(shop) routes", want, got)
		if g.want != nil {
			checkResult(t, result, opts)
		}
	})
}

// checkShuffled checks that another order of objs gives the same Ingress, or the
// same error.
func checkShuffled(t *testing.T, objs []*unstructured.Unstructured, opts ingress.Options,
	want *ingress.Result, wantErr error) {
	t.Helper()
	d := dice(uint64(len(objs)))
	shuffled := slices.Clone(objs)
	for range 3 {
		shuffle(d, shuffled)
		got, err := ingress.Merge("shop", shuffled, opts)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("Merge(shuffled) error = %v, want %v", err, wantErr)
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(want.Routes, got.Routes); diff != "" {
			t.Errorf("Merge(shuffled) routes (-want +got):\n%s", diff)
		}
		if len(want.Routes) > 0 {
			same(t, "Merge(shuffled)", ingressOf(t, want), ingressOf(t, got))
		}
	}
}

// checkConflict checks that err is of conflicts that are there, and lists every
// route that is in one.
func checkConflict(t *testing.T, declared []string, err error) {
	t.Helper()
	backends := map[string]map[string]bool{}
	for _, line := range declared {
		route, rest, _ := strings.Cut(line, " → ")
		backend, _, _ := strings.Cut(rest, " by ")
		if backends[route] == nil {
			backends[route] = map[string]bool{}
		}
		backends[route][backend] = true
	}
	want, got := map[string]bool{}, map[string]bool{}
	for route, different := range backends {
		if len(different) > 1 {
			want[route] = true
		}
	}
	for _, c := range as[*ingress.ConflictError](t, "Merge(shop)", err).Conflicts {
		if c.A.Strip && c.B.Strip && c.A.PathType != c.B.PathType {
			continue // ingress-nginx would have one expression for both
		}
		got[c.A.String()] = true
		alike := c.A.Backend == c.B.Backend && c.A.Strip == c.B.Strip
		if alike || c.A.String() != c.B.String() {
			t.Errorf("Merge(shop) conflict %s is none", c)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Merge(shop) routes in conflict (-want +got):\n%s", diff)
	}
}

func checkResult(t *testing.T, result *ingress.Result, opts ingress.Options) {
	t.Helper()
	again, err := ingress.Merge("shop", result.Objects, opts)
	if err != nil {
		t.Fatalf("Merge(result) error = %v, want none", err)
	}
	if diff := cmp.Diff(result.Objects, again.Objects); diff != "" {
		t.Errorf("Merge(result) (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(result.Routes, again.Routes); diff != "" {
		t.Errorf("Merge(result) routes (-want +got):\n%s", diff)
	}
	var composed []string
	for _, obj := range result.Objects {
		if !ingress.Shared(obj) {
			continue
		}
		if !ingress.Derived(obj) {
			composed = append(composed, live(t, obj)...)
		}
		published := recompose(t, nil, obj).Object
		if diff := cmp.Diff(obj.Object["spec"], published.Object["spec"]); diff != "" {
			t.Errorf("Recompose(nil, result) spec (-want +got):\n%s", diff)
		}
	}
	want := lines(result.Routes)
	slices.Sort(want)
	slices.Sort(composed)
	wantLines(t, "Routes(result)", want, composed)
}
