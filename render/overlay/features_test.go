package overlay_test

import (
	"encoding/json"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/layouts"
)

const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shoppingapp-home}\n"

func TestApplyFeatures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		files      []string // below overlays/prod, the kustomization first
		kind, of   string
		path, want string // a JSON pointer's steps, and the JSON that is there
	}{{
		name:  "strategic patch in a file",
		files: []string{"patches: [{path: home.yaml}]", "home.yaml", deployment + "spec: {replicas: 5}"},
		kind:  "Deployment", of: home, path: "spec.replicas", want: `5`,
	}, {
		name: "strategic patch merges containers by name",
		files: []string{"patches: [{path: home.yaml}]", "home.yaml", deployment +
			"spec: {template: {spec: {containers: [{name: shoppingapp-home, env: [{name: A, value: b}]}]}}}"},
		kind: "Deployment", of: home, path: "spec.template.spec.containers",
		want: `[{"env":[{"name":"A","value":"b"}],"image":"repo/shop:21","lifecycle":{"preStop":{"sleep":{"seconds":10}}},` +
			`"name":"shoppingapp-home","ports":[{"containerPort":5000,"name":"http"}],` +
			`"readinessProbe":{"httpGet":{"path":"/readyz","port":"http"},"periodSeconds":2},"securityContext":` +
			`{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"readOnlyRootFilesystem":true},"terminationMessagePolicy":"FallbackToLogsOnError"}]`,
	}, {
		name:  "strategic patch of old",
		files: []string{"patchesStrategicMerge: [home.yaml]", "home.yaml", deployment + "spec: {replicas: 5}"},
		kind:  "Deployment", of: home, path: "spec.replicas", want: `5`,
	}, {
		name:  "inline strategic patch of old",
		files: []string{"patchesStrategicMerge:\n- |-\n  kind: Service\n  apiVersion: v1\n  metadata: {name: shoppingapp-kids}\n  spec: {type: NodePort}"},
		kind:  "Service", of: kids, path: "spec.type", want: `"NodePort"`,
	}, {
		name: "patch for all of a kind",
		files: []string{"patches:\n- target: {kind: Deployment}\n  patch: |-\n" +
			"    - {op: replace, path: /spec/replicas, value: 6}"},
		kind: "Deployment", of: kids, path: "spec.replicas", want: `6`,
	}, {
		name: "patch by label: a service's objects",
		files: []string{"patches:\n- target: {labelSelector: slipway/set=shoppingapp.shoppingapp-kids, kind: Service}\n" +
			"  patch: '[{\"op\": \"add\", \"path\": \"/spec/type\", \"value\": \"NodePort\"}]'"},
		kind: "Service", of: kids, path: "spec.type", want: `"NodePort"`,
	}, {
		name: "JSON patch of old",
		files: []string{"patchesJson6902:\n- target: {version: v1, kind: Service, name: shoppingapp-home}\n  path: p.json",
			"p.json", `[{"op": "replace", "path": "/spec/ports/0/port", "value": 8080}]`},
		kind: "Service", of: home, path: "spec.ports", want: `[{"name":"http","port":8080,"targetPort":"http"}]`,
	}, {
		name:  "patches of several objects in a file",
		files: []string{"patches: [{path: all.yaml}]", "all.yaml", deployment + "spec: {replicas: 1}\n---\nkind: Service\napiVersion: v1\nmetadata: {name: shoppingapp-kids}\nspec: {type: NodePort}"},
		kind:  "Service", of: kids, path: "spec.type", want: `"NodePort"`,
	}, {
		name:  "images",
		files: []string{"images: [{name: repo/shop, newName: mirror/shop, newTag: '22'}]"},
		kind:  "Deployment", of: home, path: "spec.template.spec.containers.0.image", want: `"mirror/shop:22"`,
	}, {
		name:  "images of old",
		files: []string{"imageTags: [{name: repo/shop, newTag: v1.10}]"},
		kind:  "Deployment", of: home, path: "spec.template.spec.containers.0.image", want: `"repo/shop:v1.10"`,
	}, {
		name:  "replicas",
		files: []string{"replicas: [{name: shoppingapp-kids, count: 7}]"},
		kind:  "Deployment", of: kids, path: "spec.replicas", want: `7`,
	}, {
		name:  "namespace",
		files: []string{"namespace: shop-prod"},
		kind:  "Service", of: home, path: "metadata.namespace", want: `"shop-prod"`,
	}, {
		name:  "labels",
		files: []string{"labels: [{pairs: {env: prod}, includeTemplates: true}]"},
		kind:  "Deployment", of: home, path: "spec.template.metadata.labels",
		want: `{"app":"shoppingapp","env":"prod","task":"shoppingapp-home"}`,
	}, {
		name:  "labels of old are in selectors, too",
		files: []string{"commonLabels: {env: prod}"},
		kind:  "Service", of: home, path: "spec.selector",
		want: `{"app":"shoppingapp","env":"prod","task":"shoppingapp-home"}`,
	}, {
		name:  "annotations",
		files: []string{"commonAnnotations: {team: shop}"},
		kind:  "Service", of: home, path: "metadata.annotations.team", want: `"shop"`,
	}, {
		name:  "a prefix is in the Ingress, too",
		files: []string{"namePrefix: prod-"},
		kind:  "Ingress", of: "prod-shoppingapp-ingress", path: "spec.rules.0.host", want: `"app.shoppingapp.com"`,
	}, {
		name: "replacement",
		files: []string{"replacements:\n- source: {kind: Service, name: shoppingapp-home, fieldPath: metadata.name}\n" +
			"  targets: [{select: {kind: Deployment, name: shoppingapp-kids}, fieldPaths: [spec.template.metadata.labels.of], options: {create: true}}]"},
		kind: "Deployment", of: kids, path: "spec.template.metadata.labels.of", want: `"shoppingapp-home"`,
	}, {
		name:  "a resource",
		files: []string{"resources: [quota.yaml]", "quota.yaml", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: shop}\nspec: {hard: {pods: '10'}}"},
		kind:  "ResourceQuota", of: "shop", path: "metadata",
		want: `{"annotations":{"slipway/source":"shoppingapp/overlays/prod/quota.yaml:1"},"labels":{"slipway/set":"shoppingapp.common"},"name":"shop"}`,
	}, {
		name: "a resource of a service",
		files: []string{"resources: [more]", "more/kustomization.yaml", "resources: [hpa.yaml]", "more/hpa.yaml",
			"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: home\n  labels: {slipway/set: shoppingapp.shoppingapp-home}\n"},
		kind: "HorizontalPodAutoscaler", of: "home", path: "metadata",
		want: `{"annotations":{"slipway/source":"shoppingapp/overlays/prod/more/hpa.yaml:1"},"labels":{"slipway/set":"shoppingapp.shoppingapp-home"},"name":"home"}`,
	}, {
		name: "a ConfigMap from files and literals, with a hash that is in the Deployment",
		files: []string{"configMapGenerator: [{name: conf, literals: [a=1], files: [app.properties], envs: [x.env]}]\npatches: [{path: p.yaml}]",
			"app.properties", "k=v", "x.env", "B=2\nC\n", "p.yaml", deployment +
				"spec: {template: {spec: {volumes: [{name: conf, configMap: {name: conf}}]}}}"},
		kind: "Deployment", of: home, path: "spec.template.spec.volumes",
		want: `[{"configMap":{"name":"conf-2dd8689dh7"},"name":"conf"}]`,
	}, {
		name:  "a Secret",
		files: []string{"secretGenerator: [{name: s, literals: [a=1]}]\ngeneratorOptions: {disableNameSuffixHash: true}"},
		kind:  "Secret", of: "s", path: "data", want: `{"a":"MQ=="}`,
	}, {
		name: "a component",
		files: []string{"components: [../components/debug]", "../components/debug/kustomization.yaml",
			"kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\npatches: [{path: p.yaml}]",
			"../components/debug/p.yaml", deployment + "spec: {replicas: 1}"},
		kind: "Deployment", of: home, path: "spec.replicas", want: `1`,
	}, {
		name: "a builtin transformer",
		files: []string{"transformers: [t.yaml]", "t.yaml", "apiVersion: builtin\nkind: AnnotationsTransformer\n" +
			"metadata: {name: t}\nannotations: {team: shop}\nfieldSpecs: [{path: metadata/annotations, create: true}]"},
		kind: "Service", of: home, path: "metadata.annotations.team", want: `"shop"`,
	}, {
		name: "a service's Ingress goes by its name",
		files: []string{"patches:\n- target: {kind: Ingress, name: shoppingapp-home}\n" +
			"  patch: '[{\"op\": \"replace\", \"path\": \"/spec/rules/0/http/paths/0/path\", \"value\": \"/start\"}]'"},
		kind: "Ingress", of: "", path: "spec.rules.0.http.paths.0.path", want: `"/start"`,
	}, {
		name: "the app's Ingress",
		files: []string{"patches:\n- patch: |-\n    apiVersion: networking.k8s.io/v1\n    kind: Ingress\n" +
			"    metadata: {name: shoppingapp-ingress}\n    spec: {ingressClassName: haproxy}"},
		kind: "Ingress", of: "shoppingapp-ingress", path: "spec.ingressClassName", want: `"haproxy"`,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := []string{prod, tt.files[0]}
			for i, f := range tt.files[1:] {
				if i%2 == 0 {
					f = "overlays/prod/" + f
				}
				files = append(files, f)
			}
			for i := 0; i < len(files); i += 2 {
				files[i] = path.Clean(files[i])
			}
			obj := find(t, applied(t, load(t, shoppingapp.Tree(), files...)), tt.kind, tt.of)
			unstructured.RemoveNestedField(obj.Object, "metadata", "annotations", layouts.LinesAnnotation)
			got, err := json.Marshal(at(obj.Object, tt.path))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("%s of %s %s mismatch (-want +got):\n%s", tt.path, tt.kind, tt.of, diff)
			}
		})
	}
}
