package slipway_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/schema"
)

const overlaid = `apiVersion: apps/v1
kind: Deployment
metadata: {name: home}
spec:
  replicas: 1
  selector: {matchLabels: {app: home}}
  template:
    metadata: {labels: {app: home}}
    spec:
      containers:
      - name: home
        image: shop/home:1
        env:
        - {name: A, value: a}
        ports:
        - containerPort: 80
`

// shop returns a tree with an overlay: files below overlays/prod, and their texts, in turn.
func shop(files ...string) fstest.MapFS {
	tree := fstest.MapFS{
		"shop/home/deployment.yml": {Data: []byte(overlaid)},
		"shop/home/service.yml": {Data: []byte("apiVersion: v1\nkind: Service\nmetadata: {name: home}\n" +
			"spec:\n  selector: {app: home}\n  ports:\n  - port: 80\n")},
		"shop/home/secret.yml": {Data: []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: login}\n" +
			"stringData: {password: hunter2}\n")},
	}
	for i := 0; i < len(files); i += 2 {
		tree["shop/overlays/prod/"+files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return tree
}

// What is wrong with what an overlay made is told where the overlay says it.
func TestValidateOverlay(t *testing.T) {
	t.Parallel()
	const file = "shop/overlays/prod/kustomization.yaml"
	tests := []struct {
		name  string
		files []string
		want  string // how the error begins
		line  string // that it shows, and the caret
	}{{
		name: "a patch in a file",
		files: []string{"kustomization.yaml", "patches:\n- path: home.yaml\n", "home.yaml",
			"# the replicas\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: home}\nspec:\n  replicas: two\n"},
		want: "shop/overlays/prod/home.yaml:6:3: ",
		line: "6 |   replicas: two\n  |   ^\n",
	}, {
		name: "a patch as it stands",
		files: []string{"kustomization.yaml", "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n" +
			"    metadata: {name: home}\n    spec:\n      replicsa: 2\n"},
		want: file + ":7:7: ", line: "7 |       replicsa: 2\n  |       ^\n",
	}, {
		name: "a patch of old as it stands",
		files: []string{"kustomization.yaml", "patchesStrategicMerge:\n- |\n\n  apiVersion: apps/v1\n  kind: Deployment\n" +
			"  metadata: {name: home}\n  spec: {template: {spec: {containers: [{name: home, imge: x}]}}}\n"},
		want: file + ":7:54: ", line: "7 |   spec: {template: {spec: {containers: [{name: home, imge: x}]}}}\n",
	}, {
		name: "an operation",
		files: []string{"kustomization.yaml", "patches:\n- target: {kind: Deployment}\n  patch: |-\n" +
			"    - op: replace\n      path: /spec/replicas\n      value: two\n"},
		want: file + ":6:7: ", line: "6 |       value: two\n  |       ^\n",
	}, {
		name: "an operation in JSON",
		files: []string{"kustomization.yaml", "patchesJson6902:\n- target: {version: v1, kind: Service, name: home}\n" +
			"  path: p.json\n", "p.json", "[\n  {\"op\": \"add\", \"path\": \"/spec/ports/0\", \"value\": {\"port\": 99999, \"name\": \"x\"}},\n" +
			"  {\"op\": \"remove\", \"path\": \"/spec/ports/1\"}\n]\n"},
		want: "shop/overlays/prod/p.json:2:52: ",
	}, {
		name: "an operation that takes away",
		files: []string{"kustomization.yaml", "patches:\n- target: {kind: Deployment}\n" +
			"  patch: '[{\"op\": \"remove\", \"path\": \"/spec/selector\"}]'\n"},
		want: file + ":3:37: ",
	}, {
		name:  "replicas",
		files: []string{"kustomization.yaml", "replicas:\n- name: home\n  count: -1\n"},
		want:  file + ":3:10: ", line: "3 |   count: -1\n  |          ^\n",
	}, {
		name:  "images",
		files: []string{"kustomization.yaml", "images:\n- name: shop/home\n  newTag: a b\n"},
		want:  file + ":3:11: ", line: "3 |   newTag: a b\n  |           ^\n",
	}, {
		name:  "labels",
		files: []string{"kustomization.yaml", "labels:\n- pairs:\n    team: a b\n"},
		want:  file + ":3:5: ",
	}, {
		name:  "labels of old",
		files: []string{"kustomization.yaml", "commonLabels:\n  team: a b\n"},
		want:  file + ":2:3: ",
	}, {
		name:  "prefix",
		files: []string{"kustomization.yaml", "namePrefix: Shop_\n"},
		want:  file + ":1:13: ",
	}, {
		name: "a container before the others",
		files: []string{"kustomization.yaml", "patches:\n- target: {kind: Deployment}\n  patch: |-\n" +
			"    - {op: add, path: /spec/template/spec/containers/0, value: {name: a, image: b, prots: 1}}\n"},
		want: file + ":4:84: ",
	}, {
		name:  "a resource",
		files: []string{"kustomization.yaml", "resources: [q.yaml]", "q.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndat: {}\n"},
		want:  "shop/overlays/prod/q.yaml:4:1: ",
	}, {
		name: "a component",
		files: []string{"kustomization.yaml", "components: [../c]", "../c/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\n" +
			"kind: Component\nreplicas:\n- {name: home, count: -1}\n"},
		want: "shop/overlays/c/kustomization.yaml:4:23: ",
	}, {
		name: "a replacement",
		files: []string{"kustomization.yaml", "replacements:\n- source: {kind: Deployment, name: home, fieldPath: spec.template.spec.containers.0.image}\n" +
			"  targets:\n  - select: {kind: Service}\n    fieldPaths: [spec.clusterIP]\n    options: {create: true}\n" +
			"  - select: {kind: Service}\n    fieldPaths: [metadata.labels.of]\n    options: {create: true}\n"},
		want: file + ":8:18: ",
	}, {
		name: "a transformer",
		files: []string{"kustomization.yaml", "transformers: [t.yaml]\n", "t.yaml", "apiVersion: builtin\nkind: LabelTransformer\n" +
			"metadata: {name: x}\nlabels:\n  team: a b\nfieldSpecs: [{path: metadata/labels, create: true}]\n"},
		want: "shop/overlays/prod/t.yaml:5:9: ",
	}, {
		name: "what the template says stays there",
		files: []string{"kustomization.yaml", "patches:\n- target: {kind: Deployment}\n  patch: |-\n" +
			"    - {op: add, path: /spec/template/spec/containers/0, value: {name: a, image: b}}\n",
			"../../home/deployment.yml", strings.Replace(overlaid, "containerPort: 80", "containerPort: 99999", 1)},
		want: "shop/home/deployment.yml:16:11: ",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tree := shop()
			for i := 0; i < len(tt.files); i += 2 {
				name := strings.ReplaceAll("shop/overlays/prod/"+tt.files[i], "prod/../../", "../")
				name = strings.ReplaceAll(strings.ReplaceAll(name, "overlays/../", ""), "prod/../", "")
				tree[name] = &fstest.MapFile{Data: []byte(tt.files[i+1])}
			}
			d := slipway.Deployer{Root: tree, App: "shop", Environment: "prod"}
			_, err := d.Validate(t.Context(), schema.Options{})
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("Validate error = %v\nwant %s", err, tt.want)
			}
			excerpt := render.Excerpt(err)
			if diff := cmp.Diff(tt.line, excerpt); tt.line != "" && !strings.HasPrefix(excerpt, tt.line) {
				t.Errorf("excerpt mismatch (-want +got):\n%s", diff)
			}
			if all := err.Error() + excerpt; strings.Contains(all, "hunter2") || excerpt == "" {
				t.Errorf("error and excerpt: %s", all)
			}
		})
	}
}

// What is wrong with a kustomization is told with its line, but nothing that may be secret.
func TestRenderOverlayExcerpt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, want, excerpt string
	}{{
		name: "an unknown field", text: "namespace: shop\nimage:\n- name: a\n",
		want:    ":2:1: image: no such field: did you mean images?",
		excerpt: "2 | image:\n  | ^\n",
	}, {
		name: "a chart", text: "helmCharts:\n- name: redis\n",
		want: ":1:1: helmCharts: a Helm chart is not rendered here: do so with helm template, into a file, and name " +
			"that under resources",
		excerpt: "1 | helmCharts:\n  | ^\n",
	}, {
		name: "a password of a URL", text: "resources:\n- https://me:hunter2@example.com/base\n",
		want: ":2:3: resources[0]: https://example.com/base is remote: nothing is fetched; put a copy below " +
			"shop/overlays/ and name that",
		excerpt: "2 | …\n  |  ^\n",
	}, {
		name: "a literal of a Secret", text: "secretGenerator:\n- name: login\n  literals:\n  - hunter2\nnamespace: a\n",
		want: ":4:5: secretGenerator[0].literals[0]: want key=value", excerpt: "4 | …\n  |  ^\n",
	}, {
		name: "what is beside a Secret", text: "secretGenerator:\n- name: login\n  literals:\n  - a=hunter2\nnamespace: [a]\n",
		want: ":5:12: namespace: want a text, not a list", excerpt: "5 | namespace: [a]\n  |            ^\n",
	}, {
		name: "a patch of a Secret", text: "patches:\n- patch: |-\n    apiVersion: v1\n    kind: Secret\n" +
			"    metadata: {name: logn}\n    stringData:\n      key: hunter2\n      key: *a\n",
		want: ":8:13: patches[0]: YAML: unknown anchor 'a' referenced", excerpt: "8 |       key: …\n  |             ^\n",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := slipway.Deployer{Root: shop("kustomization.yaml", tt.text), App: "shop", Environment: "prod"}
			_, err := d.Render(t.Context())
			if want := "shop/overlays/prod/kustomization.yaml" + tt.want; err == nil || err.Error() != want {
				t.Fatalf("Render error = %v\nwant %s", err, want)
			}
			if diff := cmp.Diff(tt.excerpt, render.Excerpt(err)); diff != "" {
				t.Errorf("excerpt mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
