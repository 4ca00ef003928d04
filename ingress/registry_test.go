package ingress_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// annotated returns obj with one annotation more.
func annotated(obj *unstructured.Unstructured, name, value string) *unstructured.Unstructured {
	obj = obj.DeepCopy()
	annotations := obj.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[name] = value
	obj.SetAnnotations(annotations)
	return obj
}

// A registry that cannot be read is never written over: routes could be lost.
func TestRegistryErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"not JSON", "{", "unexpected end of JSON input"},
		{"empty", "", "unexpected end of JSON input"},
		{"null", "null", "version 0"},
		{"of a later Slipway", `{"v":2}`, "version 2"},
		{"no version", `{"routes":[]}`, "version 0"},
		{"bad type", `{"v":1,"routes":[{"type":"Glob","path":"/","to":"a:1"}]}`, "Glob"},
		{"no backend", `{"v":1,"routes":[{"type":"Exact","path":"/x"}]}`, `path "/x"`},
		{"bad backend", `{"v":1,"routes":[{"type":"Exact","path":"/x","to":"a"}]}`, `backend "a"`},
		{"more behind it", `{"v":1} x`, "invalid character 'x'"},
	}
	mine := deploy(t, "home", 1, "/home")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			broken := annotated(on(t, nil, mine), "slipway/routes.kids", tt.text)
			check := func(what string, err error) {
				t.Helper()
				if e := as[*ingress.RegistryError](t, what, err); e.Annotation != "slipway/routes.kids" {
					t.Errorf("%s annotation = %s, want slipway/routes.kids", what, e.Annotation)
				}
				wantError(t, what, err, "annotation slipway/routes.kids", tt.want, "restore it")
			}
			_, err := ingress.Recompose(broken, mine)
			check("Recompose(broken, mine)", err)
			_, err = ingress.Recompose(on(t, nil, mine), broken)
			check("Recompose(live, broken)", err)
			_, err = ingress.Routes(broken)
			check("Routes(broken)", err)
			_, err = ingress.Merge("shop", []*unstructured.Unstructured{broken}, ingress.Options{})
			check("Merge(broken)", err)
		})
	}
}

func TestRegistryErrorUnwrap(t *testing.T) {
	t.Parallel()
	_, err := ingress.Routes(annotated(deploy(t, "home", 1), "slipway/routes.kids", "{"))
	_ = as[*json.SyntaxError](t, "Routes()", err)
}

// Routes of a partial deploy are added to common's and take none away.
func TestRecomposePartial(t *testing.T) {
	t.Parallel()
	legacyOf := func(path, backend, tls string, opts ingress.Options) *unstructured.Unstructured {
		return merged(t, tree{
			"shop/kids/deployment.yml": deployment,
			"shop/common/ingress.yml": `
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: shop}
spec:
  tls: ` + tls + `
  rules:
  - host: shop.example.com
    http: {paths: [{path: ` + path + `, pathType: Prefix, backend: {serviceName: ` + backend + `, servicePort: 80}}]}`,
		}, opts)
	}
	certificates := func(obj *unstructured.Unstructured) any {
		return obj.Object["spec"].(map[string]any)["tls"]
	}
	partial := ingress.Options{Partial: true}
	first := legacyOf("/one", "one", "[{hosts: [a, b], secretName: old}]", ingress.Options{})
	second := on(t, first, legacyOf("/two", "two", "[{hosts: [b, c], secretName: new}]", partial))
	wantLines(t, "routes after a partial deploy", []string{
		"shop.example.com/one → one:80 by common",
		"shop.example.com/two → two:80 by common",
	}, live(t, second))
	want := fields(t, "tls:\n- {hosts: [b, c], secretName: new}\n- {hosts: [a], secretName: old}")
	if diff := cmp.Diff(want.(map[string]any)["tls"], certificates(second)); diff != "" {
		t.Errorf("tls after a partial deploy (-want +got):\n%s", diff)
	}
	third := on(t, second, legacyOf("/one", "uno", "[]", partial))
	wantLines(t, "routes after a partial deploy that leads one elsewhere", []string{
		"shop.example.com/one → uno:80 by common",
		"shop.example.com/two → two:80 by common",
	}, live(t, third))
	whole := on(t, third, legacyOf("/three", "three", "[{hosts: [a], secretName: new}]", ingress.Options{}))
	wantLines(t, "routes after a whole deploy", []string{
		"shop.example.com/three → three:80 by common",
	}, live(t, whole))
	want = fields(t, "tls: [{hosts: [a], secretName: new}]")
	if diff := cmp.Diff(want.(map[string]any)["tls"], certificates(whole)); diff != "" {
		t.Errorf("tls after a whole deploy (-want +got):\n%s", diff)
	}
	if text := second.GetAnnotations()["slipway/routes.common"]; strings.Contains(text, "partial") {
		t.Errorf("slipway/routes.common = %s, want partial cleared", text)
	}
}

// A certificate for whatever host is asked for is not lost either.
func TestRecomposePartialTLSWithoutHosts(t *testing.T) {
	t.Parallel()
	common := func(tls string, opts ingress.Options) *unstructured.Unstructured {
		text := v1Common + `
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 1}}}}]}`
		return merged(t, tree{"shop/common/ingress.yml": text + "\n  tls: " + tls}, opts)
	}
	cluster := on(t, nil, common("[{secretName: any}]", ingress.Options{}))
	got := on(t, cluster, common("[{hosts: [a], secretName: a-tls}]", ingress.Options{Partial: true}))
	want := fields(t, "tls: [{hosts: [a], secretName: a-tls}, {secretName: any}]").(map[string]any)["tls"]
	if diff := cmp.Diff(want, got.Object["spec"].(map[string]any)["tls"]); diff != "" {
		t.Errorf("tls (-want +got):\n%s", diff)
	}
	got = on(t, got, common("[{hosts: [a], secretName: a-tls}]", ingress.Options{}))
	want = fields(t, "tls: [{hosts: [a], secretName: a-tls}]").(map[string]any)["tls"]
	if diff := cmp.Diff(want, got.Object["spec"].(map[string]any)["tls"]); diff != "" {
		t.Errorf("tls after a whole deploy without it (-want +got):\n%s", diff)
	}
}

// Class, annotations and labels are this run's; certificates made by hand stay.
func TestRecomposeMetadata(t *testing.T) {
	t.Parallel()
	cluster := annotated(on(t, nil, deploy(t, "home", 1, "/home")), "hand", "made")
	cluster.SetUID("uid")
	cluster.Object["spec"].(map[string]any)["ingressClassName"] = "nginx"
	cluster.Object["spec"].(map[string]any)["tls"] = fields(t,
		"tls: [{hosts: [b, a], secretName: by-hand}]").(map[string]any)["tls"]
	mine := annotated(deploy(t, "kids", 1, "/kids"), "mine", "yes")
	got := on(t, cluster, mine)
	want := fields(t, `
ingressClassName: traefik
tls: [{hosts: [a, b], secretName: by-hand}]
rules:
- host: shop.example.com
  http:
    paths:
    - {path: /home, pathType: Prefix, backend: {service: {name: home, port: {name: http}}}}
    - {path: /kids, pathType: Prefix, backend: {service: {name: kids, port: {name: http}}}}`)
	if diff := cmp.Diff(want, got.Object["spec"]); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	annotations := got.GetAnnotations()
	if _, found := annotations["hand"]; found || annotations["mine"] != "yes" || got.GetUID() != "" {
		t.Errorf("metadata = %v, want that of mine", got.Object["metadata"])
	}
}

// One that is newer than this package may have fields that it does not know.
func TestRecomposeNewerLive(t *testing.T) {
	t.Parallel()
	cluster := on(t, nil, deploy(t, "home", 1, "/home"))
	cluster.Object["spec"].(map[string]any)["futureField"] = "x"
	wantLines(t, "routes", []string{
		"shop.example.com/home → home:http by home",
		"shop.example.com/kids → kids:http by kids",
	}, live(t, on(t, cluster, deploy(t, "kids", 1, "/kids"))))
}

func TestRecomposeDoesNotChangeItsArguments(t *testing.T) {
	t.Parallel()
	cluster := edit(t, on(t, nil, deploy(t, "home", 1, "/home", "/a")), plus(leads("/hand", "hand")))
	mine := deploy(t, "kids", 1, "/kids", "/b")
	clusterBefore, mineBefore := cluster.DeepCopy(), mine.DeepCopy()
	got := on(t, cluster, mine)
	got.SetLabels(nil)
	clear(got.Object["spec"].(map[string]any))
	same(t, "live", clusterBefore, cluster)
	same(t, "mine", mineBefore, mine)
}

// Routes without a source of their own do not take another's.
func TestRegistryKeepsSources(t *testing.T) {
	t.Parallel()
	objs := tree{
		"shop/home/a.yml": v1Service("/a", "home"),
		"shop/home/b.yml": v1Service("/b", "home"),
	}.objects(t)
	annotations := objs[0].GetAnnotations()
	delete(annotations, "slipway/source")
	objs[0].SetAnnotations(annotations)
	result, err := ingress.Merge("shop", objs, ingress.Options{})
	if err != nil {
		t.Fatalf("Merge(shop) error = %v, want none", err)
	}
	routes, err := ingress.Routes(ingressOf(t, result))
	if err != nil {
		t.Fatalf("Routes() error = %v, want none", err)
	}
	if routes[0].Source != "" || routes[1].Source != "shop/home/b.yml:1" {
		t.Errorf("Routes() sources = %q, %q, want none and shop/home/b.yml:1",
			routes[0].Source, routes[1].Source)
	}
	if diff := cmp.Diff(result.Routes, routes); diff != "" {
		t.Errorf("Routes() (-Merge +Routes):\n%s", diff)
	}
}

// FuzzFragment checks that what reads as a fragment is written in one form: the
// same routes, in order, and the same text when it is read again.
func FuzzFragment(f *testing.F) {
	for _, text := range []string{
		`{"v":1}`, `{"v":2}`, `null`, `{`,
		`{"v":1,"seq":3,"src":"a:1","commit":"c",
			"routes":[{"host":"h","type":"Prefix","path":"/a/","to":"s:80"}]}`,
		`{"v":1,"src":"a","routes":[{"type":"Exact","path":"/b","to":"s:http","src":"b"},
			{"type":"Prefix","path":"/","to":"s:080"}]}`,
		`{"v":1,"routes":[{"type":"ImplementationSpecific","path":"","to":"g/K/n:x"}],
			"tls":[{"hosts":["a"],"secret":"s"}]}`,
		`{"v":1,"routes":[{"type":"Prefix","path":"/a","to":"s:1"},{"type":"Prefix","path":"/a/","to":"s:2"}]}`,
		`{"v":1,"partial":true,"tls":[{"secret":"s"},{"secret":"s","hosts":["b","a"]}]}`,
	} {
		f.Add(text)
	}
	const name = "slipway/routes.kids"
	empty := object(f, spec("networking.k8s.io/v1", "defaultBackend: {service: {name: a, port: {number: 1}}}"))
	f.Fuzz(func(t *testing.T, text string) {
		first, err := ingress.Recompose(nil, annotated(empty, name, text))
		if err != nil {
			return
		}
		written := first.Object.GetAnnotations()[name]
		routes, err := ingress.Routes(first.Object)
		if diff := cmp.Diff(first.Routes, routes); diff != "" || err != nil {
			t.Errorf("Routes(first) error = %v (-want +got):\n%s", err, diff)
		}
		second, err := ingress.Recompose(nil, first.Object)
		if err != nil {
			t.Fatalf("Recompose(%s) error = %v, want none", written, err)
		}
		same(t, "read and written again", first.Object, second.Object)
		if written == "" {
			return // it held nothing, so its owner has left
		}
		var fragment ingress.Fragment
		if err := json.Unmarshal([]byte(written), &fragment); err != nil || fragment.Version != 1 {
			t.Fatalf("%s = %s (%v), want a fragment of version 1", name, written, err)
		}
		if again, err := json.Marshal(fragment); string(again) != written || err != nil {
			t.Errorf("%s = %s, want the canonical %s (%v)", name, written, again, err)
		}
	})
}
