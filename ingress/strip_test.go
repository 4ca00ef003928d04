package ingress_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// stripCommon is common's Ingress; its metadata and class are to be filled in.
const stripCommon = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {%s}}
spec: {%srules: [{host: shop.example.com}]}`

// stripService is a service's Ingress: its annotations, its path and its type.
const stripService = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {annotations: {%s}}
spec: {rules: [{http: {paths: [{path: %s, pathType: %s, backend: {service: {name: %s, port: {number: 80}}}}]}}]}`

// derived is the name of the Ingress that is derived from Ingress shop.
const derived = "shop-3d036433"

// shown returns what of a result matters for stripping, a line each.
func shown(t *testing.T, result *ingress.Result) []string {
	t.Helper()
	var out []string
	for _, obj := range result.Objects {
		name := obj.GetKind() + " " + obj.GetName()
		if prefixes, ok, _ := unstructured.NestedStringSlice(obj.Object, "spec", "stripPrefix", "prefixes"); ok {
			out = append(out, fmt.Sprintf("%s %s", name, prefixes))
		}
		annotations := obj.GetAnnotations()
		for _, key := range slices.Sorted(maps.Keys(annotations)) {
			if !strings.HasPrefix(key, "slipway/") {
				out = append(out, fmt.Sprintf("%s @ %s: %s", name, key, annotations[key]))
			}
		}
		rules, _, _ := unstructured.NestedSlice(obj.Object, "spec", "rules")
		for _, rule := range rules {
			paths, _, _ := unstructured.NestedSlice(rule.(map[string]any), "http", "paths")
			if len(paths) == 0 {
				out = append(out, fmt.Sprintf("%s %s", name, rule.(map[string]any)["host"]))
			}
			for _, path := range paths {
				p := path.(map[string]any)
				out = append(out, fmt.Sprintf("%s %s %s", name, p["path"], p["pathType"]))
			}
		}
	}
	return out
}

// A route that moves from the Ingress for what is stripped to the app's own, or back, was not
// removed by hand.
func TestStripMovesAreNoEdits(t *testing.T) {
	t.Parallel()
	with := func(strip string) *unstructured.Unstructured {
		return merged(t, tree{
			"shop/common/ingress.yml": fmt.Sprintf(stripCommon, "slipway/strip-prefix: '"+strip+"'", "ingressClassName: nginx, "),
			"shop/home/ingress.yml":   fmt.Sprintf(stripService, "", "/home", "Prefix", "home"),
		}, ingress.Options{})
	}
	live := on(t, nil, with("true"))
	for _, strip := range []string{"false", "true"} {
		next := recompose(t, live, with(strip))
		wantLines(t, "Recompose() restored, with strip "+strip, nil, lines(next.Restored))
		live = next.Object
	}
}

// Each controller is told to strip in its own words.
func TestStripByController(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cluster *ingress.Cluster
		class   string
		more    string // annotations
		want    []string
		warning string
	}{
		"traefik": {class: "traefik", want: []string{
			"Middleware shop-strip-prefix [/home/deep /home]",
			"Ingress shop @ traefik.ingress.kubernetes.io/router.middlewares: auth@file,default-shop-strip-prefix@kubernetescrd",
			"Ingress shop /home/deep Exact", "Ingress shop /home Prefix",
		}},
		"ingress-nginx": {class: "nginx", want: []string{
			"Ingress shop @ nginx.ingress.kubernetes.io/rewrite-target: /$2",
			"Ingress shop @ nginx.ingress.kubernetes.io/use-regex: true",
			"Ingress shop @ traefik.ingress.kubernetes.io/router.middlewares: auth@file",
			"Ingress shop /home/deep$ ImplementationSpecific", "Ingress shop /home(/|$)(.*) ImplementationSpecific",
		}},
		"NGINX Inc": {cluster: &ingress.Cluster{Classes: map[string]string{"plus": "nginx.org/ingress-controller"}},
			class: "plus", want: []string{
				"Ingress shop @ nginx.org/rewrites: serviceName=deep rewrite=/;serviceName=home rewrite=/",
				"Ingress shop @ traefik.ingress.kubernetes.io/router.middlewares: auth@file",
				"Ingress shop /home/deep Exact", "Ingress shop /home/ Prefix",
			}},
		"HAProxy": {class: "haproxy", want: []string{
			`Ingress shop @ haproxy.org/path-rewrite: ^(?:/home/deep|/home)(?:/(.*))?$ /\1`,
			"Ingress shop @ traefik.ingress.kubernetes.io/router.middlewares: auth@file",
			"Ingress shop /home/deep Exact", "Ingress shop /home Prefix",
		}},
		"HAProxy Ingress": {
			cluster: &ingress.Cluster{Classes: map[string]string{"jc": "haproxy-ingress.github.io/controller"}},
			class:   "jc", want: []string{
				"Ingress shop @ haproxy-ingress.github.io/rewrite-target: /",
				"Ingress shop @ traefik.ingress.kubernetes.io/router.middlewares: auth@file",
				"Ingress shop /home/deep Exact", "Ingress shop /home Prefix",
			}},
		"Kong": {class: "kong", want: []string{
			"Ingress shop @ konghq.com/strip-path: true",
			"Ingress shop @ traefik.ingress.kubernetes.io/router.middlewares: auth@file",
			"Ingress shop /home/deep Exact", "Ingress shop /home Prefix",
		}},
		"ingress-nginx with words of one's own": {
			class: "nginx", more: ", nginx.ingress.kubernetes.io/rewrite-target: /", want: []string{
				"Ingress shop @ nginx.ingress.kubernetes.io/rewrite-target: /$2",
				"Ingress shop @ nginx.ingress.kubernetes.io/use-regex: true",
				"Ingress shop @ traefik.ingress.kubernetes.io/router.middlewares: auth@file",
				"Ingress shop /home/deep$ ImplementationSpecific", "Ingress shop /home(/|$)(.*) ImplementationSpecific",
			},
			warning: "shop/common/ingress.yml:1: annotation nginx.ingress.kubernetes.io/rewrite-target gives way to " +
				"what strips, in the Ingress for the routes that are stripped: strip them by it alone, or say no " +
				"slipway/strip-prefix",
		},
		"ALB": {class: "alb", warning: "shop/common/ingress.yml:1: routes that are stripped and routes that are not are " +
			"in two Ingresses, for which the controller makes two load balancers: set annotation " +
			"alb.ingress.kubernetes.io/group.name", want: []string{
			`Ingress shop @ alb.ingress.kubernetes.io/transforms.deep: [{"type":"url-rewrite","urlRewriteConfig":` +
				`{"rewrites":[{"regex":"^(?:/home/deep)(?:/(.*))?$","replace":"/$1"}]}}]`,
			`Ingress shop @ alb.ingress.kubernetes.io/transforms.home: [{"type":"url-rewrite","urlRewriteConfig":` +
				`{"rewrites":[{"regex":"^(?:/home)(?:/(.*))?$","replace":"/$1"}]}}]`,
			"Ingress shop @ traefik.ingress.kubernetes.io/router.middlewares: auth@file",
			"Ingress shop /home/deep Exact", "Ingress shop /home Prefix",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := merge(t, tree{
				"shop/common/ingress.yml": fmt.Sprintf(stripCommon, "slipway/strip-prefix: 'true', "+
					"traefik.ingress.kubernetes.io/router.middlewares: auth@file"+tt.more, "ingressClassName: "+tt.class+", "),
				"shop/home/ingress.yml": fmt.Sprintf(stripService, "", "/home/", "Prefix", "home"),
				"shop/deep/ingress.yml": fmt.Sprintf(stripService, "", "/home/deep", "Exact", "deep"),
			}, ingress.Options{Cluster: withMiddlewares(tt.cluster)})
			var want []string
			for _, line := range tt.want {
				want = append(want, strings.ReplaceAll(line, "shop", derived))
			}
			if tt.more != "" {
				want = append(want, "Ingress shop @ "+strings.TrimPrefix(tt.more, ", "))
			}
			want = append(want, "Ingress shop @ traefik.ingress.kubernetes.io/router.middlewares: auth@file",
				"Ingress shop shop.example.com")
			wantLines(t, "Merge(shop)", want, shown(t, result))
			if got := strings.Join(result.Warnings, "\n"); got != tt.warning {
				t.Errorf("Merge(shop) warnings %q, want %q", got, tt.warning)
			}
			if !result.Asks {
				t.Error("Merge(shop) does not ask for the cluster, and strips")
			}
		})
	}
}

func withMiddlewares(c *ingress.Cluster) *ingress.Cluster {
	if c != nil {
		c.Middlewares = true
	}
	return c
}

// Traefik 1's annotation is understood in its three spellings, of which the newer wins,
// and so is that the controller is Traefik.
func TestStripAsTraefik1(t *testing.T) {
	t.Parallel()
	for annotations, want := range map[string]bool{
		"traefik.frontend.rule.type: PathPrefixStrip":                                                      true,
		"ingress.kubernetes.io/rule-type: PathPrefixStrip":                                                 true,
		"traefik.ingress.kubernetes.io/rule-type: PathPrefixStrip":                                         true,
		"traefik.frontend.rule.type: PathPrefix":                                                           false,
		"traefik.frontend.rule.type: PathPrefixStrip, traefik.ingress.kubernetes.io/rule-type: PathPrefix": false,
		"traefik.frontend.rule.type: PathPrefixStrip, slipway/strip-prefix: 'false'":                       false,
		"example.com/rule-type: PathPrefixStrip":                                                           false,
	} {
		result := merge(t, tree{
			"shop/common/ingress.yml": fmt.Sprintf(stripCommon, annotations, ""),
			"shop/home/ingress.yml":   fmt.Sprintf(stripService, "", "/home", "Prefix", "home"),
		}, ingress.Options{})
		got := result.Objects[0].GetKind() == "Middleware"
		if got != want || len(result.Warnings) > 0 {
			t.Errorf("Merge(shop) with %s: Middleware %t, want %t; warnings %q", annotations, got, want, result.Warnings)
		}
		if text := fmt.Sprint(result.Objects[len(result.Objects)/2].GetAnnotations()); got && strings.Contains(text, "rule.type") {
			t.Errorf("Merge(shop) with %s keeps it: %s", annotations, text)
		}
	}
}

// What is stripped has an Ingress of its own. The app's has all fragments, and the rules
// of the rest.
func TestStripSplits(t *testing.T) {
	t.Parallel()
	files := func(common string) tree {
		return tree{
			"shop/common/ingress.yml": fmt.Sprintf(stripCommon, common, "ingressClassName: traefik, "+
				"tls: [{secretName: s}], defaultBackend: {service: {name: d, port: {number: 80}}}, "),
			"shop/home/ingress.yml": fmt.Sprintf(stripService, "", "/home", "Prefix", "home"),
			"shop/kids/ingress.yml": fmt.Sprintf(stripService, "slipway/strip-prefix: 'true'", "/kids", "Prefix", "kids"),
		}
	}
	result := merge(t, files("cert-manager.io/issuer: x"), ingress.Options{})
	wantLines(t, "Merge(shop)", []string{
		"Middleware shop-3d036433-strip-prefix [/kids]",
		"Ingress shop-3d036433 @ traefik.ingress.kubernetes.io/router.middlewares: default-shop-3d036433-strip-prefix@kubernetescrd",
		"Ingress shop-3d036433 /kids Prefix",
		"Ingress shop @ cert-manager.io/issuer: x",
		"Ingress shop /home Prefix",
	}, shown(t, result))
	owners, err := ingress.Owners(ingressOf(t, result))
	wantLines(t, "Owners(main)", []string{"common", "home", "kids"}, owners)
	if err != nil {
		t.Error(err)
	}
	other := result.Objects[1]
	owners, _ = ingress.Owners(other)
	wantLines(t, "Owners(other)", []string{"common", "home", "kids"}, owners) // home leaves
	if _, found, _ := unstructured.NestedMap(other.Object, "spec", "defaultBackend"); found {
		t.Error("the other Ingress has a default backend, too")
	}
	if _, found, _ := unstructured.NestedSlice(other.Object, "spec", "tls"); !found {
		t.Error("the other Ingress has no certificates")
	}
	// All of them are: the app's own Ingress holds the hosts alone.
	all := files("")
	all["shop/home/ingress.yml"] = all["shop/kids/ingress.yml"]
	delete(all, "shop/kids/ingress.yml")
	wantLines(t, "Merge(shop)", []string{
		"Middleware shop-3d036433-strip-prefix [/kids]",
		"Ingress shop-3d036433 @ traefik.ingress.kubernetes.io/router.middlewares: default-shop-3d036433-strip-prefix@kubernetescrd",
		"Ingress shop-3d036433 /kids Prefix",
		"Ingress shop shop.example.com",
	}, shown(t, merge(t, all, ingress.Options{})))
}

// What cannot be done is said, and is an error for the strict.
func TestStripImpossible(t *testing.T) {
	t.Parallel()
	tests := []struct {
		class   string
		cluster *ingress.Cluster
		always  bool // an error also if not strict
		want    string
	}{
		{class: "contour", always: true, want: "write an HTTPProxy with pathRewritePolicy instead"},
		{class: "gce", always: true, want: "let the services answer under their paths"},
		{class: "odd", want: "set spec.ingressClassName"},
		{class: "odd", cluster: &ingress.Cluster{Classes: map[string]string{"odd": "example.com/odd"}},
			want: "how controller example.com/odd is told that is not known"},
		{class: "traefik", cluster: &ingress.Cluster{}, want: "the cluster has no kind Middleware of traefik.io/v1alpha1"},
	}
	for _, tt := range tests {
		t.Run(tt.class, func(t *testing.T) {
			t.Parallel()
			objs := tree{
				"shop/common/ingress.yml": fmt.Sprintf(stripCommon, "slipway/strip-prefix: 'true'", "ingressClassName: "+tt.class+", "),
				"shop/home/ingress.yml":   fmt.Sprintf(stripService, "", "/home", "Prefix", "home"),
			}.objects(t)
			_, err := ingress.Merge("shop", objs, ingress.Options{Cluster: tt.cluster, Strict: true})
			wantError(t, "Merge(shop) strictly", err, "shop/common/ingress.yml:1: Ingress: ", tt.want)
			result, err := ingress.Merge("shop", objs, ingress.Options{Cluster: tt.cluster})
			if tt.always {
				wantError(t, "Merge(shop)", err, tt.want)
				return
			}
			if err != nil {
				t.Fatalf("Merge(shop) error = %v, want none", err)
			}
			wantError(t, "Merge(shop) warning", errors.New(strings.Join(result.Warnings, "\n")), "shop/common/ingress.yml:1: ", tt.want)
			wantLines(t, "Merge(shop)", []string{"Ingress shop /home Prefix"}, shown(t, result))
		})
	}
	objs := tree{"shop/common/ingress.yml": fmt.Sprintf(stripCommon, "slipway/strip-prefix: 'yes'", "")}.objects(t)
	_, err := ingress.Merge("shop", objs, ingress.Options{})
	wantError(t, "Merge(shop)", err, "shop/common/ingress.yml:1", `slipway/strip-prefix is "yes", want true or false`)
}

// Two routes that the controller cannot tell apart may not lead to two Services.
func TestStripConflict(t *testing.T) {
	t.Parallel()
	files := tree{
		"shop/common/ingress.yml": fmt.Sprintf(stripCommon, "slipway/strip-prefix: 'true'", "ingressClassName: nginx, "),
		"shop/home/ingress.yml":   fmt.Sprintf(stripService, "", "/home", "Prefix", "home"),
		"shop/kids/ingress.yml":   fmt.Sprintf(stripService, "", "/home", "ImplementationSpecific", "kids"),
	}
	_, err := ingress.Merge("shop", files.objects(t), ingress.Options{})
	wantError(t, "Merge(shop)", err, "home (shop/home/ingress.yml:1)", "kids (shop/kids/ingress.yml:1)")
	files["shop/kids/ingress.yml"] = fmt.Sprintf(stripService, "slipway/strip-prefix: 'false'", "/home", "Prefix", "home")
	_, err = ingress.Merge("shop", files.objects(t), ingress.Options{})
	wantError(t, "Merge(shop)", err, "home (shop/home/ingress.yml:1) leads it to home:80 without its prefix",
		"kids (shop/kids/ingress.yml:1) to home:80")
}

// The class moves to the field only where the cluster has it.
func TestClass(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		annotation, spec string // the class's annotation if that is empty
		cluster          *ingress.Cluster
		want             string // of the field
		warning          string
	}{
		"not known": {want: ""},
		"field":     {annotation: "a: b", spec: "ingressClassName: x, ", want: "x"},
		"field, no such class": {annotation: "a: b", spec: "ingressClassName: x, ", want: "x",
			cluster: &ingress.Cluster{Classes: map[string]string{"y": "example.com/y", "z": ""}},
			warning: `spec.ingressClassName is "x", and the cluster has no such IngressClass, but y, z: no controller`},
		"there":      {cluster: &ingress.Cluster{Classes: map[string]string{"x": "example.com/x"}}, want: "x"},
		"missing":    {cluster: &ingress.Cluster{Classes: map[string]string{}}, warning: "the cluster has no IngressClass x"},
		"forbidden":  {cluster: &ingress.Cluster{}, warning: "IngressClasses may not be listed"},
		"both alike": {spec: "ingressClassName: x, ", want: "x"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.annotation == "" {
				tt.annotation = ingress.ClassAnnotation + ": x"
			}
			result := merge(t, tree{"shop/common/ingress.yml": fmt.Sprintf(stripCommon,
				tt.annotation, tt.spec),
				"shop/home/ingress.yml": fmt.Sprintf(stripService, "", "/home", "Prefix", "home")},
				ingress.Options{Cluster: tt.cluster})
			obj := ingressOf(t, result)
			class, _, _ := unstructured.NestedString(obj.Object, "spec", "ingressClassName")
			_, kept := obj.GetAnnotations()[ingress.ClassAnnotation]
			if class != tt.want || kept != (tt.want == "") {
				t.Errorf("Merge(shop): class %q, annotation kept: %t; want %q", class, kept, tt.want)
			}
			if text := strings.Join(result.Warnings, "\n"); !strings.Contains(text, tt.warning) || (text == "") != (tt.warning == "") {
				t.Errorf("Merge(shop) warnings %q, want %q", text, tt.warning)
			}
		})
	}
	objs := tree{"shop/common/ingress.yml": fmt.Sprintf(stripCommon, ingress.ClassAnnotation+": x", "ingressClassName: other, ")}.objects(t)
	_, err := ingress.Merge("shop", objs, ingress.Options{})
	wantError(t, "Merge(shop)", err, "shop/common/ingress.yml:1", `spec.ingressClassName is "other"`, `"x": keep one`)
}

// An absent path type becomes what the option says.
func TestPathType(t *testing.T) {
	t.Parallel()
	text := tree{"shop/common/ingress.yml": `
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: shop}
spec: {rules: [{http: {paths: [{path: /a/, backend: {serviceName: a, servicePort: 80}}]}}]}`}
	for policy, want := range map[string]string{
		"":         "*/a/ (ImplementationSpecific) → a:80 by common",
		"preserve": "*/a/ (ImplementationSpecific) → a:80 by common",
		"prefix":   "*/a → a:80 by common",
	} {
		wantLines(t, "Merge(shop) "+policy, []string{want}, lines(merge(t, text, ingress.Options{PathType: policy}).Routes))
	}
	_, err := ingress.Merge("shop", text.objects(t), ingress.Options{PathType: "exact"})
	wantError(t, "Merge(shop)", err, `PathType is "exact", want preserve or prefix`)
}

// publish does what package apply does: what is derived takes in what is new, then the
// app's Ingress is written, then what is derived lets go.
func publish(t *testing.T, cluster map[string]*unstructured.Unstructured, objs []*unstructured.Unstructured,
	check func(),
) {
	t.Helper()
	write := func(obj *unstructured.Unstructured) {
		name := obj.GetKind() + " " + obj.GetName()
		cluster[name] = recompose(t, cluster[name], obj).Object
		check()
	}
	owner := map[string]bool{}
	for _, obj := range objs {
		joining := obj
		if ingress.Derived(obj) {
			var err error
			if joining, err = ingress.Joining(obj); err != nil {
				t.Fatal(err)
			}
		}
		write(joining)
		owners, _ := ingress.Owners(obj)
		for _, name := range owners {
			owner[name] = name != "common"
		}
	}
	for name, obj := range cluster {
		if obj == nil || !ingress.Derived(obj) {
			continue
		}
		mine := obj // the owners leave what this run does not make
		for _, made := range objs {
			if made.GetKind()+" "+made.GetName() == name {
				mine = made
			}
		}
		if mine == obj {
			var owners []string
			for owner, leaves := range owner {
				if leaves {
					owners = append(owners, owner)
				}
			}
			left, err := ingress.Restore(obj, nil, obj, owners)
			if err != nil {
				t.Fatal(err)
			}
			mine = left
		}
		write(mine)
	}
}

// served returns the paths in the rules of the Ingresses, with the Service each leads to.
func served(cluster map[string]*unstructured.Unstructured) map[string]bool {
	out := map[string]bool{}
	for _, obj := range cluster {
		if obj == nil || obj.GetKind() != "Ingress" {
			continue
		}
		rules, _, _ := unstructured.NestedSlice(obj.Object, "spec", "rules")
		for _, rule := range rules {
			paths, _, _ := unstructured.NestedSlice(rule.(map[string]any), "http", "paths")
			for _, path := range paths {
				name, _, _ := unstructured.NestedString(path.(map[string]any), "backend", "service", "name")
				out[name] = true
			}
		}
	}
	return out
}

// Whatever services and common say of stripping, and whatever class, in whatever order they
// are deployed: no route is nowhere at any moment, and in the end all is as if all had been
// published at once.
func FuzzStripInAnyOrder(f *testing.F) {
	seeds(f, 100)
	f.Fuzz(func(t *testing.T, seed uint64) {
		d := dice(seed)
		common := func(class string) string {
			return fmt.Sprintf(stripCommon, fmt.Sprintf("slipway/strip-prefix: '%t'", d.IntN(2) == 0),
				"ingressClassName: "+class+", tls: [{secretName: s}], ")
		}
		path := map[string]string{}
		for i := range 1 + d.IntN(6) {
			name := fmt.Sprint("s", i)
			path[name] = pick(d, "/", "/x/") + name
		}
		cluster := map[string]*unstructured.Unstructured{}
		there := map[string]bool{}
		check := func() {
			got := served(cluster)
			for name := range there {
				if !got[name] {
					t.Fatalf("the route of %s is nowhere", name)
				}
			}
		}
		deploy := func(name, common string, strip string) string {
			text := fmt.Sprintf(stripService, strip, path[name], "Prefix", name)
			one := merge(t, tree{"shop/common/ingress.yml": common, "shop/" + name + "/ingress.yml": text},
				ingress.Options{Partial: true})
			publish(t, cluster, one.Objects, check)
			there[name] = true
			check()
			return text
		}
		names := slices.Sorted(maps.Keys(path))
		for range d.IntN(10) {
			deploy(pick(d, names...), common(pick(d, "traefik", "nginx", "haproxy", "alb", "odd")),
				pick(d, "", "slipway/strip-prefix: 'true'", "slipway/strip-prefix: 'false'"))
		}
		final := common(pick(d, "traefik", "nginx", "haproxy", "alb"))
		files := tree{"shop/common/ingress.yml": final}
		shuffle(d, names)
		for _, name := range names {
			files["shop/"+name+"/ingress.yml"] = deploy(name, final,
				pick(d, "", "slipway/strip-prefix: 'true'", "slipway/strip-prefix: 'false'"))
		}
		want := map[string]*unstructured.Unstructured{}
		for _, obj := range merge(t, files, ingress.Options{}).Objects {
			want[obj.GetKind()+" "+obj.GetName()] = recompose(t, nil, obj).Object
		}
		maps.DeleteFunc(cluster, func(_ string, obj *unstructured.Unstructured) bool { return obj == nil })
		if diff := cmp.Diff(want, cluster); diff != "" {
			t.Errorf("one after another (-at once +got):\n%s", diff)
		}
	})
}
