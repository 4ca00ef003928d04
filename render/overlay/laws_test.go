package overlay_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render/overlay"
)

// rich is an overlay with something of everything.
var rich = []string{
	prod, `
namePrefix: prod-
namespace: shop
labels: [{pairs: {env: prod}}]
images: [{name: repo/shop, newTag: '22'}]
replicas: [{name: shoppingapp-home, count: 3}]
resources: [quota.yaml]
configMapGenerator: [{name: conf, literals: [a=1]}]
components: [../components/debug]
patches:
- path: kids.yaml
- target: {kind: Service}
  patch: |-
    - {op: add, path: /spec/type, value: NodePort}
`,
	"overlays/prod/kids.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shoppingapp-kids}\n" +
		"spec: {template: {spec: {volumes: [{name: conf, configMap: {name: conf}}]}}}\n",
	"overlays/prod/quota.yaml", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: shop}\nspec: {hard: {pods: '10'}}\n",
	"overlays/components/debug/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\n" +
		"kind: Component\ncommonAnnotations: {debug: 'yes'}\n",
}

// Without an overlay, and with one that says nothing, the objects are what they were.
func TestApplyIdentity(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][]string{
		"values only":         {"overlays/prod/vars.yml", "a: 1"},
		"empty kustomization": {prod, ""},
		"kustomization that does nothing": {prod, "apiVersion: kustomize.config.k8s.io/v1beta1\n" +
			"kind: Kustomization\nimages: [{name: other, newTag: x}]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, tree := range []fs.FS{shoppingapp.Tree(), shoppingapp.Legacy()} {
				app := load(t, tree, files...)
				objs := append(rendered(t, app), odd())
				got, err := overlay.Apply(t.Context(), app, objs, overlay.Options{Environment: "prod"})
				if err != nil {
					t.Fatalf("Apply error = %v, want nil", err)
				}
				if diff := cmp.Diff(objs, got); diff != "" {
					t.Errorf("Apply mismatch (-want +got):\n%s", diff)
				}
			}
		})
	}
	app := load(t, shoppingapp.Tree())
	objs := rendered(t, app)
	got, err := overlay.Apply(t.Context(), app, objs, overlay.Options{})
	if diff := cmp.Diff(objs, got); diff != "" || err != nil {
		t.Errorf("Apply without an environment: %v, mismatch (-want +got):\n%s", err, diff)
	}
}

// odd has values that are easily lost between JSON and YAML.
func odd() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Odd",
		"metadata": map[string]any{"name": "odd"},
		"spec": map[string]any{
			"big": int64(9007199254740993), "half": 1.5, "none": nil, "no": "no", "octal": "0755", "text": "a: b # c",
			"lines": "a\n\n  b\n", "empty": map[string]any{}, "list": []any{}, "true": true, "y": "y",
			"date": "2020-01-01", "tab": "\tx", "umlaut": "\u00fc\u2028\U0001F600", "quote": `"'\`, "null": "null",
			"exp": "1e3", "tilde": "~", "sexagesimal": "1:30", "blank": "", "space": " a ",
		},
	}}
}

func TestApplyKeepsNumbers(t *testing.T) {
	t.Parallel()
	app := load(t, shoppingapp.Tree(), prod, "patches:\n- target: {kind: Odd}\n  patch: |-\n"+
		"    - {op: add, path: /spec/x, value: 9007199254}\n- patch: |-\n"+
		"    {apiVersion: example.com/v1, kind: Odd, metadata: {name: odd}, spec: {y: null, z: 9007199254740993}}\n")
	got, err := overlay.Apply(t.Context(), app, []*unstructured.Unstructured{odd()}, overlay.Options{Environment: "prod"})
	if err != nil {
		t.Fatalf("Apply error = %v, want nil", err)
	}
	want := odd()
	spec := want.Object["spec"].(map[string]any)
	spec["x"], spec["z"] = int64(9007199254), int64(9007199254740993)
	delete(spec, "y")
	if diff := cmp.Diff(want.Object, got[0].Object); diff != "" {
		t.Errorf("Apply mismatch (-want +got):\n%s", diff)
	}
}

// The same input gives the same bytes, from several goroutines too, and stays as it is.
func TestApplyDeterministic(t *testing.T) {
	t.Parallel()
	app := load(t, shoppingapp.Tree(), rich...)
	objs := rendered(t, app)
	before := write(t, objs)
	want := write(t, applied(t, app))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got, err := overlay.Apply(t.Context(), app, objs, overlay.Options{Environment: "prod"})
			if err != nil {
				t.Errorf("Apply error = %v, want nil", err)
			} else if diff := cmp.Diff(want, write(t, got)); diff != "" {
				t.Errorf("Apply again mismatch (-want +got):\n%s", diff)
			}
		})
	}
	group.Wait()
	if diff := cmp.Diff(before, write(t, objs)); diff != "" {
		t.Errorf("Apply changed its argument (-want +got):\n%s", diff)
	}
}

// Objects keep their order, sets and sources; what is added comes after them.
func TestApplyOrder(t *testing.T) {
	t.Parallel()
	app := load(t, shoppingapp.Tree(), rich...)
	objs := rendered(t, app)
	got := applied(t, app)
	for i, obj := range objs {
		for name, value := range map[string]func(*unstructured.Unstructured) string{
			"kind":   (*unstructured.Unstructured).GetKind,
			"set":    func(o *unstructured.Unstructured) string { return o.GetLabels()[layouts.SetLabel] },
			"source": func(o *unstructured.Unstructured) string { return o.GetAnnotations()[layouts.SourceAnnotation] },
		} {
			if got, want := value(got[i]), value(obj); got != want {
				t.Errorf("%s of object %d is %q, want %q", name, i, got, want)
			}
		}
	}
	added := list(got[len(objs):])
	if want := []string{"ResourceQuota prod-shop", "ConfigMap prod-conf-h29d89cmmt"}; !slices.Equal(added, want) {
		t.Errorf("added are %q, want %q", added, want)
	}
	for _, obj := range got {
		for name := range obj.GetAnnotations() {
			if strings.Contains(name, "config.kubernetes.io") {
				t.Errorf("%s %s has annotation %s", obj.GetKind(), obj.GetName(), name)
			}
		}
	}
}

// Neither a patch nor a label takes away what says whose an object is.
func TestApplyRestores(t *testing.T) {
	t.Parallel()
	app := load(t, shoppingapp.Tree(), prod, `
labels: [{pairs: {slipway/set: shoppingapp.other}}]
patches:
- target: {kind: Deployment, name: shoppingapp-home}
  patch: |-
    - {op: replace, path: /metadata/annotations, value: {a: b}}
    - {op: replace, path: /metadata/labels, value: {a: b}}
    - {op: replace, path: /spec/replicas, value: 9}
`)
	was := find(t, rendered(t, app), "Deployment", home)
	is := find(t, applied(t, app), "Deployment", home)
	if got, want := is.GetLabels(), map[string]string{"a": "b", layouts.SetLabel: "shoppingapp." + home}; !cmp.Equal(got, want) {
		t.Errorf("labels are %v, want %v", got, want)
	}
	annotations := is.GetAnnotations()
	if annotations["a"] != "b" || annotations[layouts.SourceAnnotation] != was.GetAnnotations()[layouts.SourceAnnotation] {
		t.Errorf("annotations are %v", annotations)
	}
	lines := annotations[layouts.LinesAnnotation]
	const replicas = `"spec.replicas":{"o":"shoppingapp/overlays/prod/kustomization.yaml","l":8,"c":43}`
	if !strings.Contains(lines, replicas) || !strings.Contains(lines, `"spec.template.spec.containers[0].image"`) {
		t.Errorf("lines are %s, want that of the patch for replicas", lines)
	}
}

func TestApplyDeletes(t *testing.T) {
	t.Parallel()
	app := load(t, shoppingapp.Tree(), prod, "patches:\n- patch: |-\n    {apiVersion: v1, kind: Service, "+
		"metadata: {name: shoppingapp-kids}, $patch: delete}")
	want := slices.DeleteFunc(list(rendered(t, app)), func(s string) bool { return s == "Service "+kids })
	if diff := cmp.Diff(want, list(applied(t, app))); diff != "" {
		t.Errorf("Apply mismatch (-want +got):\n%s", diff)
	}
}

// Ingresses may have the same names: they become one.
func TestApplyIngressNames(t *testing.T) {
	t.Parallel()
	ingress := "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shoppingapp-ingress}\nspec: {rules: []}"
	app := load(t, shoppingapp.Tree(), home+"/ingress.yml", ingress, kids+"/ingress.yml", ingress,
		prod, "namePrefix: prod-\ncommonAnnotations: {a: b}")
	var got []string
	for _, obj := range applied(t, app) {
		if obj.GetKind() == "Ingress" {
			got = append(got, obj.GetName())
			if obj.GetAnnotations()["a"] != "b" {
				t.Errorf("Ingress %s of %s is not changed", obj.GetName(), obj.GetLabels()[layouts.SetLabel])
			}
		}
	}
	want := []string{"prod-shoppingapp-ingress", "prod-shoppingapp-ingress", "prod-shoppingapp-ingress", "", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Ingresses mismatch (-want +got):\n%s", diff)
	}
}

// With some services only, their objects are the same as with all.
func TestApplyPartial(t *testing.T) {
	t.Parallel()
	files := append(slices.Clone(rich), "overlays/prod/quota.yaml", "apiVersion: v1\nkind: ResourceQuota\n"+
		"metadata: {name: shop}\nspec: {hard: {pods: '10'}}\n---\napiVersion: v1\nkind: ConfigMap\n"+
		"metadata: {name: of-kids, labels: {slipway/set: shoppingapp.shoppingapp-kids}}\n",
		"overlays/prod/kids.yaml", rich[3]+"---\napiVersion: apps/v1\nkind: Deployment\n"+
			"metadata: {name: shoppingapp-home}\nspec: {template: {spec: {volumes: [{name: conf, configMap: {name: conf}}]}}}\n")
	app := load(t, shoppingapp.Tree(), files...)
	var want []*unstructured.Unstructured
	for _, obj := range applied(t, app) {
		set := obj.GetLabels()[layouts.SetLabel]
		if set == "shoppingapp.common" || set == "shoppingapp."+home {
			want = append(want, obj)
		}
	}
	objs := rendered(t, app, home)
	got, err := overlay.Apply(t.Context(), app, objs, overlay.Options{Environment: "prod", Partial: true})
	if err != nil {
		t.Fatalf("Apply(home) error = %v, want nil", err)
	}
	if diff := cmp.Diff(write(t, want), write(t, got)); diff != "" {
		t.Errorf("Apply(home) mismatch (-want +got):\n%s", diff)
	}
	if _, err := overlay.Apply(t.Context(), app, objs, overlay.Options{Environment: "prod"}); err == nil {
		t.Error("Apply(home) as if it were all: no error")
	}
}

func TestApplyStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	app := load(t, shoppingapp.Tree(), rich...)
	_, err := overlay.Apply(ctx, app, rendered(t, app), overlay.Options{Environment: "prod"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Apply error = %v, want %v", err, context.Canceled)
	}
	_, err = overlay.Apply(ctx, app, nil, overlay.Options{Environment: "prd"})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "did you mean prod?") {
		t.Errorf("Apply(prd) error = %v, want one that names prod", err)
	}
}

// What an overlay adds comes from the line that it begins in.
func TestApplySources(t *testing.T) {
	t.Parallel()
	app := load(t, shoppingapp.Tree(), prod, "namePrefix: x-\nresources: [all.yaml]\nconfigMapGenerator:\n"+
		"- name: conf\n  literals: [a=b]\n- name: files\n  files: [all.yaml]\n",
		"overlays/prod/all.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n# one\napiVersion: v1\n"+
			"kind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n",
		"overlays/staging/kustomization.yaml", "resources: [all.yaml]\n",
		"overlays/staging/all.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n# one\n"+
			"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  annotations:\n",
	)
	for environment, want := range map[string][]string{
		"prod": {
			"x-a shoppingapp/overlays/prod/kustomization.yaml:1", // the file's bytes are wanted, too
			"x-b shoppingapp/overlays/prod/kustomization.yaml:1",
			"x-conf-4h2mbtbbt6 shoppingapp/overlays/prod/kustomization.yaml:4",
			"x-files-85fcdtkgbt shoppingapp/overlays/prod/kustomization.yaml:6",
		},
		"staging": {"a shoppingapp/overlays/staging/all.yaml:1", "b shoppingapp/overlays/staging/all.yaml:6"},
	} {
		objs := rendered(t, app)
		made, err := overlay.Apply(t.Context(), app, objs, overlay.Options{Environment: environment})
		if err != nil {
			t.Fatalf("Apply error = %v, want nil", err)
		}
		var got []string
		for _, obj := range made[len(objs):] {
			got = append(got, obj.GetName()+" "+obj.GetAnnotations()[layouts.SourceAnnotation])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sources of %s mismatch (-want +got):\n%s", environment, diff)
		}
	}
}
