package overlay_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render/overlay"
)

// Fields tell which part of the overlay set them.
func TestApplyFields(t *testing.T) {
	t.Parallel()
	const (
		kustomization = "shoppingapp/overlays/prod/kustomization.yaml"
		containers    = "spec.template.spec.containers"
	)
	app := load(t, shoppingapp.Tree(), prod, `namespace: shop-prod
commonAnnotations: {team: shop}
configMapGenerator:
- name: conf
  literals: [a=1]
  files: [app.properties, x=app.properties]
  envs: [c.env]
secretGenerator:
- name: login
  literals: [password=hunter2]
images:
- {name: repo/shop, newTag: v3}
patches:
- path: home.yaml
- target: {kind: Service, name: .*-home}
  patch: |-
    - op: add
      path: /metadata/annotations/a~1b
      value: c
- patch: '{apiVersion: v1, kind: Service, metadata: {name: shoppingapp-kids}, spec: {sessionAffinity: None}}'
- target: {kind: Deployment, name: shoppingapp-kids}
  patch: "- {op: copy, from: /spec/replicas, path: /spec/revisionHistoryLimit}"
transformers:
- |-
  apiVersion: builtin
  kind: SuffixTransformer
  metadata: {name: x}
  suffix: -blue
  fieldSpecs: [{kind: Service, path: metadata/name}]
`, "overlays/prod/app.properties", "k=v", "overlays/prod/c.env", "# one\nA=1\n B=2\n",
		"overlays/prod/home.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shoppingapp-home}\nspec:\n"+
			"  progressDeadlineSeconds: null\n  template:\n    spec:\n      initContainers:\n      - name: wait\n        image: repo/shop:1\n"+
			"      containers:\n      - name: log\n        image: log:1\n        envFrom:\n        - configMapRef: {name: conf}\n"+
			"      - name: shoppingapp-home\n        tty: true\n        ports: [{containerPort: 81}]\n")
	tests := []struct{ kind, name, path, want string }{
		{"Deployment", home, "metadata.namespace", kustomization + ":1:12"},
		{"Deployment", home, "metadata.annotations.team", kustomization + ":2:21"},
		{"Deployment", home, "spec.template.metadata.annotations.team", kustomization + ":2:21"},
		{"Deployment", home, containers + "[0].image", "shoppingapp/overlays/prod/home.yaml:13:9"},
		{"Deployment", home, containers + "[0].envFrom[0].configMapRef.name", kustomization + ":4:9"},
		{"Deployment", home, containers + "[1].tty", "shoppingapp/overlays/prod/home.yaml:17:9"},
		{"Deployment", home, containers + "[1].ports[0].containerPort", "shoppingapp/overlays/prod/home.yaml:18:18"},
		{"Deployment", home, containers + "[1].ports[1].containerPort", "shoppingapp/common/each/deployment.yml:30:11"},
		{"Deployment", home, containers + "[1].image", kustomization + ":12:29"},
		{"Deployment", home, "spec.template.spec.initContainers[0].image", kustomization + ":12:29"},
		{"Deployment", home, "spec.template.spec.initContainers", "shoppingapp/overlays/prod/home.yaml:8:7"},
		{"Deployment", home, "spec.replicas", "shoppingapp/common/each/deployment.yml:9:3"},
		{"Deployment", kids, "spec.revisionHistoryLimit", kustomization + ":22:52"},
		{"Service", home + "-blue", "metadata.annotations.a/b", kustomization + ":19:7"},
		{"Service", kids + "-blue", "spec.sessionAffinity", kustomization + ":20:86"},
		{"Service", kids + "-blue", "metadata.name", kustomization + ":24:3"},
		{"ConfigMap", "conf", "data.a", kustomization + ":5:14"},
		{"ConfigMap", "conf", "data.app.properties", kustomization + ":6:11"},
		{"ConfigMap", "conf", "data.x", kustomization + ":6:27"},
		{"ConfigMap", "conf", "data.A", "shoppingapp/overlays/prod/c.env:2:1"},
		{"ConfigMap", "conf", "data.B", "shoppingapp/overlays/prod/c.env:3:2"},
		{"Secret", "login", "data.password", kustomization + ":10:14"},
		{"Secret", "login", "type", kustomization + ":9"},
	}
	objs := applied(t, app)
	for _, tt := range tests {
		i := slices.IndexFunc(list(objs), func(s string) bool {
			return s == tt.kind+" "+tt.name || tt.kind != "Deployment" && strings.HasPrefix(s, tt.kind+" "+tt.name+"-")
		})
		if i < 0 {
			t.Errorf("no %s %s among %q", tt.kind, tt.name, list(objs))
			continue
		}
		if got := layouts.SourceOf(objs[i].GetAnnotations(), tt.path); got != tt.want {
			t.Errorf("%s of %s %s stands in %s, want %s", tt.path, tt.kind, tt.name, got, tt.want)
		}
	}
}

// A patch that makes a text of a number is what sets the field.
func TestApplyFieldsOfOtherTypes(t *testing.T) {
	t.Parallel()
	app := load(t, shoppingapp.Tree(), prod, "patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, "+
		"metadata: {name: shoppingapp-kids}, spec: {replicas: \"2\"}}'\n")
	for _, obj := range applied(t, app) {
		if obj.GetKind() != "Deployment" || obj.GetName() != kids {
			continue
		}
		const want = "shoppingapp/overlays/prod/kustomization.yaml:2:"
		if got := layouts.SourceOf(obj.GetAnnotations(), "spec.replicas"); !strings.HasPrefix(got, want) {
			t.Errorf("spec.replicas stands in %s, want %s…", got, want)
		}
	}
}

// A value that was encrypted, or a Secret's, stays one that is not told where an overlay puts
// it.
func TestApplyFieldsKeepSecrets(t *testing.T) {
	t.Parallel()
	app := load(t, shoppingapp.Tree(), home+"/secret.yml",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: hunter2}\n",
		prod, "replacements:\n- source: {kind: Secret, name: login, fieldPath: stringData.password}\n"+
			"  targets: [{select: {kind: Deployment, name: shoppingapp-home}, fieldPaths: [spec.template.metadata.labels.p], options: {create: true}}]")
	obj := find(t, applied(t, app), "Deployment", home)
	got := layouts.FieldsOf(obj.GetAnnotations()).Secrets(obj.Object)
	if diff := cmp.Diff([]string{"hunter2"}, got); diff != "" {
		t.Errorf("secrets mismatch (-want +got):\n%s", diff)
	}
}

// The name of a field may look like a place in a list.
func TestApplyFieldsNamedAsItems(t *testing.T) {
	t.Parallel()
	obj := odd()
	obj.Object["spec"] = map[string]any{"a.-1": "hunter2", "a": []any{"x"}}
	fields := layouts.Fields{"spec.a.-1": {Line: 4, Values: []layouts.FieldValue{{Path: "p", Secret: true}}}}
	obj.SetAnnotations(map[string]string{layouts.LinesAnnotation: fields.Annotation()})
	app := load(t, shoppingapp.Tree(), prod, "namespace: shop")
	got, err := overlay.Apply(t.Context(), app, []*unstructured.Unstructured{obj}, overlay.Options{Environment: "prod"})
	if err != nil {
		t.Fatalf("Apply error = %v, want nil", err)
	}
	secrets := layouts.FieldsOf(got[0].GetAnnotations()).Secrets(got[0].Object)
	if diff := cmp.Diff([]string{"hunter2"}, secrets); diff != "" {
		t.Errorf("secrets mismatch (-want +got):\n%s", diff)
	}
}
