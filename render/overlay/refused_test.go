package overlay_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/render/overlay"
)

func TestApplyRefused(t *testing.T) {
	t.Parallel()
	const (
		file   = "shoppingapp/overlays/prod/kustomization.yaml:"
		remote = " is remote: nothing is fetched; put a copy below shoppingapp/overlays/ and name that"
		helm   = "a Helm chart is not rendered here: do so with helm template, into a file, and name that under resources"
	)
	tests := []struct {
		name  string
		files []string // the kustomization first
		want  string
	}{
		{"remote base", []string{"resources: ['https://github.com/org/repo//base?ref=v1']"},
			file + "1:13: resources[0]: https://github.com/org/repo//base?ref=v1" + remote},
		{"remote base without a scheme", []string{"bases: [github.com/org/repo]"}, file + "1:9: bases[0]: github.com/org/repo" + remote},
		{"remote base of git", []string{"resources: ['git@example.com:org/repo']"}, file + "1:13: resources[0]: git@example.com:org/repo" + remote},
		{"a password is not told", []string{"resources: ['https://me:secret@example.com/r']"}, file + "1:13: resources[0]: https://example.com/r" + remote},
		{"remote component", []string{"components: ['ssh://git@example.com/r']"}, file + "1:14: components[0]: ssh://example.com/r" + remote},
		{"remote resource", []string{"resources: ['HTTP://example.com/x.yaml']"}, file + "1:13: resources[0]: HTTP://example.com/x.yaml" + remote},
		{"remote schema", []string{"openapi: {path: 'https://example.com/s'}"}, file + "1:11: openapi.path: https://example.com/s" + remote},
		{"remote configuration", []string{"configurations: ['https://example.com/s']"}, file + "1:18: configurations[0]: https://example.com/s" + remote},
		{"remote CRD", []string{"crds: ['https://example.com/s']"}, file + "1:8: crds[0]: https://example.com/s" + remote},
		{"remote patch", []string{"patches: [{path: 'https://example.com/s'}]"}, file + "1:12: patches[0].path: https://example.com/s" + remote},
		{"remote patch of old", []string{"patchesStrategicMerge: ['https://example.com/s']"}, file + "1:25: patchesStrategicMerge[0].path: https://example.com/s" + remote},
		{"remote patch of older", []string{"patchesJson6902: [{path: 'https://example.com/s', target: {kind: X}}]"}, file + "1:20: patchesJson6902[0].path: https://example.com/s" + remote},
		{"remote replacement", []string{"replacements: [{path: 'https://example.com/s'}]"}, file + "1:17: replacements[0].path: https://example.com/s" + remote},
		{"remote file of a ConfigMap", []string{"configMapGenerator: [{name: a, files: ['a=https://example.com/s']}]"}, file + "1:40: configMapGenerator[0].files[0]: https://example.com/s" + remote},
		{"remote values of a Secret", []string{"secretGenerator: [{name: a, envs: ['https://example.com/s']}]"}, file + "1:36: secretGenerator[0].envs[0]: https://example.com/s" + remote},
		{"remote values of old", []string{"secretGenerator: [{name: a, env: 'https://example.com/s'}]"}, file + "1:29: secretGenerator[0].env: https://example.com/s" + remote},
		{"remote file of a builtin plugin", []string{"transformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: x}\n  path: https://example.com/s"},
			file + "2:3: transformers[0]: https://example.com/s is remote: nothing is fetched; put a copy into the overlay"},
		{"remote in a component", []string{"components: [../c]", "c/kustomization.yaml", "kind: Component\nresources: ['https://example.com/x']"},
			"shoppingapp/overlays/c/kustomization.yaml:2:13: resources[0]: https://example.com/x" + remote},
		{"a literal without a key", []string{"secretGenerator: [{name: a, literals: [hunter2]}]"}, file + "1:40: secretGenerator[0].literals[0]: want key=value"},
		{"charts", []string{"helmCharts: [{name: x}]"}, file + "1:1: helmCharts: " + helm},
		{"charts of old", []string{"helmChartInflationGenerator: [{chartName: x}]"}, file + "1:1: helmChartInflationGenerator: " + helm},
		{"charts in a resource", []string{"resources: [../c]", "c/Kustomization", "helmCharts: [{name: x}]"},
			"shoppingapp/overlays/c/Kustomization:1:1: helmCharts: " + helm},
		{"chart as a generator", []string{"generators: [g.yaml]", "prod/g.yaml", "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}"},
			file + "1:14: generators[0]: " + helm},
		{"executable", []string{"generators: [g.yaml]", "prod/g.yaml", "apiVersion: someteam.example.com/v1\nkind: ChartInflator\nmetadata: {name: x}"},
			file + "1:14: generators[0]: ChartInflator of someteam.example.com/v1 is a plugin, an executable: none is run; put what it makes into a file, and name that under resources"},
		{"container", []string{"transformers: [g.yaml]", "prod/g.yaml", "apiVersion: builtin\nkind: X\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: |-\n      container: {image: example.com/x}"},
			file + "1:16: transformers[0]: X is a function in a container or an executable: none is run; put what it makes into a file, and name that under resources"},
		{"executable function, as it stands", []string{"validators:\n- |-\n  apiVersion: v1\n  kind: X\n  metadata:\n    name: x\n    annotations: {config.kubernetes.io/function: 'exec: {path: /bin/sh}'}"},
			file + "2:3: validators[0]: X is a function in a container or an executable: none is run; put what it makes into a file, and name that under resources"},
		{"a patch whose name is merged", []string{"patches: [{path: p.yaml}]", "prod/p.yaml", "a: &a {kind: Deployment, metadata: {name: nope}}\n<<: *a"},
			"shoppingapp/overlays/prod/p.yaml:1:1: Deployment nope is none of the app's objects (patches[0], in " + file + "1:11)"},
		{"vars", []string{"vars: [{name: X}]"}, file + "1:1: vars: vars are deprecated: use replacements"},
		{"order", []string{"sortOptions: {order: legacy}"}, file + "1:1: sortOptions: the order is that of the templates: take it out"},
		{"metadata", []string{"buildMetadata: [originAnnotations]"}, file + "1:1: buildMetadata: each object carries its source as it is: take it out; for the label app.kubernetes.io/managed-by use labels"},
		{"a template", []string{"resources: [../../shoppingapp-home/ingress.yml]"},
			file + "1:13: resources[0]: ../../shoppingapp-home/ingress.yml leads out of shoppingapp/overlays/: an overlay does not name templates, which are there as rendered; put other files there"},
		{"outside the root", []string{"configMapGenerator: [{name: a, files: [../../../../../etc/passwd]}]"},
			file + "1:40: configMapGenerator[0].files[0]: ../../../../../etc/passwd leads out of shoppingapp/overlays/: an overlay does not name templates, which are there as rendered; put other files there"},
		{"absolute", []string{"resources: [/etc/passwd]"}, file + "1:13: resources[0]: /etc/passwd is absolute: name a file below shoppingapp/overlays/"},
		{"a file that is not there", []string{"patches: [{path: hoem.yaml}]", "prod/home.yaml", ""},
			file + "1:12: patches[0].path: shoppingapp/overlays/prod/hoem.yaml is not there: did you mean shoppingapp/overlays/prod/home.yaml?"},
		{"a directory without one", []string{"resources: [more]", "prod/more/x.yaml", ""}, file + "1:13: resources[0]: shoppingapp/overlays/prod/more has no kustomization.yaml"},
		{"two of them", []string{"namePrefix: a", "prod/kustomization.yml", ""}, file + "1:1: shoppingapp/overlays/prod has kustomization.yaml and kustomization.yml: keep one"},
		{"a directory as a file", []string{"patches: [{path: more}]", "prod/more/x.yaml", ""}, file + "1:12: patches[0].path: shoppingapp/overlays/prod/more is a directory: want a file"},
		{"a file as a component", []string{"components: [x.yaml]", "prod/x.yaml", ""}, file + "1:14: components[0]: shoppingapp/overlays/prod/x.yaml is a file: want the directory of a kustomization"},
		{"a component as a resource", []string{"resources: [../c]", "c/kustomization.yaml", "kind: Component"},
			file + "1:13: resources[0]: shoppingapp/overlays/c/kustomization.yaml is a Component: name it under components"},
		{"a kustomization as a component", []string{"components: [../c]", "c/kustomization.yaml", "kind: Kustomization"},
			file + "1:14: components[0]: shoppingapp/overlays/c/kustomization.yaml is no Component: name it under resources, or make its kind Component"},
		{"circle", []string{"resources: [../c]", "c/kustomization.yaml", "resources: [../prod]"}, "shoppingapp/overlays/c/kustomization.yaml:1:13: resources[0]: the kustomization leads to itself"},
		{"not YAML", []string{"resources: [\n"}, file + "1:12: YAML: did not find expected node content"},
		{"a key twice", []string{"namePrefix: a\nnamePrefix: b"}, file + "2:1: namePrefix: the field is there twice: keep one"},
		{"no map", []string{"[]"}, file + "1:1: want a map of fields"},
		{"no list", []string{"resources: a"}, file + "1:12: resources: want a list"},
		{"no texts", []string{"resources: [1]"}, file + "1:13: resources[0]: want a text, not a number: put it between quotes"},
		{"no maps", []string{"patches: [a]"}, file + "1:11: patches[0]: want a map of fields"},
		{"unknown field", []string{"resurces: []"}, file + "1:1: resurces: no such field: did you mean resources?"},
		{"a field in other letters", []string{"Resources: ['https://example.com/x']"}, file + "1:1: Resources: no such field: did you mean resources?"},
		{"an unknown field of an image", []string{"images:\n- name: a\n  newtag: b"}, file + "3:3: images[0].newtag: no such field: did you mean newTag?"},
		{"an unknown field of replicas", []string{"replicas:\n- {name: a, replicas: 1, count: 1}"}, file + "2:13: replicas[0].replicas: no such field (there are: count, name)"},
		{"a tag that is a number", []string{"images:\n- {name: a, newTag: 1.10}"}, file + "2:21: images[0].newTag: want a text, not a number: put it between quotes"},
		{"a label that is a boolean", []string{"commonLabels:\n  debug: yes"}, file + "2:10: commonLabels.debug: want a text, not a boolean: put it between quotes"},
		{"half a replica", []string{"replicas: [{name: a, count: 1.5}]"}, file + "1:29: replicas[0].count: want a whole number"},
		{"replicas as a text", []string{"replicas: [{name: a, count: '1'}]"}, file + "1:29: replicas[0].count: want a whole number, not a text"},
		{"a kind that is none", []string{"kind: Kustomisation"}, file + "1:7: kind: want Kustomization, or Component"},
		{"another version", []string{"apiVersion: kustomize.config.k8s.io/v1"}, file + "1:13: apiVersion: want kustomize.config.k8s.io/v1beta1"},
		{"a value of another type", []string{"replacements:\n- source: {kind: Service, name: shoppingapp-home, fieldPath: metadata.name}\n  targets: [{select: {kind: Deployment, name: shoppingapp-home}, fieldPaths: [spec.replicas]}]"},
			file + "3:13: replacements[0]: Deployment shoppingapp-home: cannot decode !!str … as a !!int: it is put where there is something else"},
		{"YAML of the second document", []string{"resources: [x.yaml]", "prod/x.yaml", "a: b\n---\na:\n  b: c: d\n"}, "shoppingapp/overlays/prod/x.yaml:4:7: YAML: mapping values are not allowed in this context"},
		{"a key twice in a resource", []string{"resources: [x.yaml]", "prod/x.yaml", "a: b\n---\na: c\na: d\n"}, "shoppingapp/overlays/prod/x.yaml:4:1: YAML: mapping key \"a\" already defined at line 3"},
		{"YAML of a patch as it stands", []string{"patches:\n- target: {kind: Service}\n  patch: |-\n    a:\n      - b: [\n"}, file + "5:12: patches[0]: YAML: did not find expected node content"},
		{"a resource without a kind", []string{"resources: [x.yaml]", "prod/x.yaml", "apiVersion: v1\nmetadata: {name: a}"}, "shoppingapp/overlays/prod/x.yaml:2:1: kind is missing"},
		{"a resource that is a text", []string{"resources: [x.yaml]", "prod/x.yaml", "hello"}, "shoppingapp/overlays/prod/x.yaml:1:1: want an object: a map with apiVersion and kind"},
		{"an image without a name", []string{"images:\n- newTag: a"}, file + "2:3: images[0]: name is missing"},
		{"a behavior that is none", []string{"configMapGenerator:\n- name: a\n  behavior: append"}, file + "3:13: configMapGenerator[0].behavior: want one of create, merge, replace"},
		{"a ConfigMap to merge with that is not there", []string{"configMapGenerator:\n- name: a\n- name: b\n  behavior: merge"},
			file + "3:3: configMapGenerator[1]: ConfigMap b is not there: what a generator merges with, or replaces, has to be"},
		{"a ConfigMap that is there", []string{"configMapGenerator:\n- name: a\nresources: [x.yaml]", "prod/x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}"},
			file + "2:3: configMapGenerator[0]: ConfigMap a is there already: say behavior: merge, or replace, or give it another name"},
		{"objects that a namespace makes one", []string{"namespace: b\nresources: [x.yaml]", "prod/x.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: hunter2}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: c}"},
			file + "1:1: namespace: the namespace makes one of two objects: Secret a: give one another name"},
		{"a replacement of nothing", []string{"replacements:\n- source: {kind: Service, name: x, fieldPath: metadata.name}\n  targets: [{select: {kind: Service}, fieldPaths: [a]}]"},
			file + "2:33: replacements[0]: Service x is none of the app's objects"},
		{"a replacement at no field", []string{"replacements:\n- source: {kind: Service, name: shoppingapp-home, fieldPath: metadata.name}\n  targets:\n  - select: {kind: Service}\n    fieldPaths: [a.b]"},
			file + `5:18: replacements[0]: unable to find field "a.b" in replacement target`},
		{"a patch for another version", []string{"patches:\n- patch: |-\n    apiVersion: apps/v1beta1\n    kind: Deployment\n    metadata: {name: shoppingapp-home}"},
			file + "3:17: patches[0]: Deployment shoppingapp-home of the app is of apps/v1"},
		{"a patch for another namespace", []string{"patches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: shoppingapp-home, namespace: a}"},
			file + "5:51: patches[0]: Service shoppingapp-home of the app has no namespace: take it out here"},
		{"neither path nor patch", []string{"patches:\n- target: {kind: Service}"}, file + "2:3: patches[0]: want one of path, a file, and patch, as it stands"},
		{"an operation that is none", []string{"patches:\n- target: {kind: Service}\n  patch: |-\n    - op: repalce\n      path: /a"},
			file + "4:11: patches[0]: no such operation: did you mean replace? (there are: add, remove, replace, move, copy, test)"},
		{"a path without a slash", []string{"patches:\n- target: {kind: Service}\n  patch: |-\n    - op: add\n      path: spec/type\n      value: NodePort"},
			file + "5:13: patches[0]: want a path that begins with /"},
		{"a patch with a target and no name", []string{"patches:\n- target: {kind: Service}\n  patch: |-\n    spec: {type: NodePort}"},
			file + "4:5: patches[0]: kustomize wants kind and metadata.name in a patch, also where a target says what it is for: any will do"},
		{"an operation of a file", []string{"patches:\n- target: {kind: Service, name: shoppingapp-home}\n  path: p.yaml", "prod/p.yaml", "- op: add\n  path: /spec\n  value: {}\n- op: replace\n  path: /spec/typ/x\n  value: a\n"},
			"shoppingapp/overlays/prod/p.yaml:5:9: replace operation does not apply: doc is missing path: /spec/typ/x: missing value (patches[0], in shoppingapp/overlays/prod/kustomization.yaml:2:3)"},
		{"a directory that is not there", []string{"components: [../componets/a]", "components/a/kustomization.yaml", "kind: Component"},
			file + "1:14: components[0]: shoppingapp/overlays/componets/a is not there: did you mean shoppingapp/overlays/components/a?"},
		{"values that are not UTF-8", []string{"secretGenerator: [{name: a, envs: [s.env]}]", "prod/s.env", "A=1\nB=hunter2\xff\n"}, "shoppingapp/overlays/prod/s.env:2:1: the line is not UTF-8"},
		{"values of a long line", []string{"secretGenerator: [{name: a, envs: [s.env]}]", "prod/s.env", "A=" + strings.Repeat("x", 1<<16)},
			"shoppingapp/overlays/prod/s.env:1:1: the line has over 65535 bytes: name a file for it under files"},
		{"a resource that is not YAML", []string{"resources: [x.yaml]", "prod/x.yaml", "a: ["}, "shoppingapp/overlays/prod/x.yaml:1:4: YAML: did not find expected node content"},
		{"a set that is no service's", []string{"resources: [x.yaml]", "prod/x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {slipway/set: shoppingapp.hom}}"},
			`shoppingapp/overlays/prod/x.yaml:3:43: ConfigMap x: label slipway/set is "shoppingapp.hom": want shoppingapp.common, or shoppingapp.<service> for one of the app's services`},
		{"a patch for nothing", []string{"patches: [{path: x.yaml}]", "prod/x.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shoppingapp-hom}"},
			"shoppingapp/overlays/prod/x.yaml:3:18: Deployment shoppingapp-hom is none of the app's objects: did you mean shoppingapp-home or shoppingapp-kids or shoppingapp-mens? (patches[0], in shoppingapp/overlays/prod/kustomization.yaml:1:11)"},
		{"a target that is nothing", []string{"patches: [{patch: '{kind: a, metadata: {name: b}}', target: {kind: Deployment, name: shoppingapp-hom}}]"},
			file + "1:86: patches[0]: Deployment shoppingapp-hom is none of the app's objects: did you mean shoppingapp-home or shoppingapp-kids or shoppingapp-mens?"},
		{"a target by label that is nothing", []string{"patches: [{patch: '{kind: a, metadata: {name: b}}', target: {labelSelector: a=b}}]"},
			file + `1:77: patches[0]: the target {"labelSelector":"a=b"} is none of the app's objects`},
		{"replicas of nothing", []string{"replicas: [{name: shoppingapp-hom, count: 1}]"},
			file + "1:19: replicas[0]: Deployment shoppingapp-hom is none of the app's objects: did you mean shoppingapp-home or shoppingapp-kids or shoppingapp-mens?"},
		{"an empty patch", []string{"patches: [{path: x.yaml}]", "prod/x.yaml", "# nothing"}, "shoppingapp/overlays/prod/x.yaml:1:1: the patch is empty (patches[0], in shoppingapp/overlays/prod/kustomization.yaml:1:11)"},
		{"operations without a target", []string{"patches: [{patch: '- {op: remove, path: /a}'}]"}, file + "1:20: patches[0]: a list of operations needs a target"},
		{"operations between brackets", []string{"patches: [{patch: '[{op: remove, path: /a}]', target: {kind: Service}}]"},
			file + "1:20: patches[0]: operations between [ and ] have to be JSON: put names and texts between quotes, or write a list with -"},
		{"a patch of nobody", []string{"patches: [{patch: 'a: 1'}]"}, file + "1:20: patches[0]: a patch without a target needs kind and metadata.name"},
		{"an operation that fails", []string{"patches:\n- target: {kind: Service}\n  patch: '- {op: add, path: /spec/type, value: NodePort}'\n" +
			"- target: {kind: Service, name: shoppingapp-home}\n  patch: '- {op: remove, path: /spec/nothing}'\n"},
			file + "5:32: patches[1]: error in remove for path: '/spec/nothing': Unable to remove nonexistent key: nothing: missing value"},
		{"an object twice", []string{"resources: [x.yaml]", "prod/x.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: shoppingapp-home}"},
			file + "1:13: resources[0]: Service shoppingapp-home is there already: change it with a patch, or give it another name"},
		{"aliases", []string{"resources: [x.yaml]", "prod/x.yaml", bomb}, "shoppingapp/overlays/prod/x.yaml:1:1: YAML: the aliases stand for over 1000000 values"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := []string{prod, tt.files[0]}
			for i, f := range tt.files[1:] {
				if i%2 == 0 {
					f = "overlays/" + f
				}
				files = append(files, f)
			}
			app := load(t, shoppingapp.Tree(), files...)
			_, err := overlay.Apply(t.Context(), app, rendered(t, app), overlay.Options{Environment: "prod"})
			if err == nil || err.Error() != tt.want {
				t.Errorf("Apply error = %v\nwant %s", err, tt.want)
			}
			var problem *overlay.Error
			if !errors.As(err, &problem) || !strings.HasPrefix(problem.File, "shoppingapp/overlays/") {
				t.Errorf("Apply error is %T, want an *Error with the file", err)
			}
		})
	}
}

const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]
`

// Where it would take too long to find out which patch is wrong, none is named.
func TestApplyRefusedAmongMany(t *testing.T) {
	t.Parallel()
	const (
		fine  = "- target: {kind: Service}\n  patch: '[{\"op\": \"add\", \"path\": \"/spec/x\", \"value\": \"y\"}]'\n"
		wrong = "- target: {kind: Service}\n  patch: '[{\"op\": \"remove\", \"path\": \"/spec/none\"}]'\n"
	)
	files := []string{prod, "components:\n"}
	for i := range 37 {
		patches := fine
		if i == 0 {
			patches = strings.Repeat(fine, 15) + wrong
		}
		dir := fmt.Sprintf("c%02d", i)
		files[1] += "- ../" + dir + "\n"
		files = append(files, "overlays/"+dir+"/kustomization.yaml", "kind: Component\npatches:\n"+patches)
	}
	app := load(t, shoppingapp.Tree(), files...)
	_, err := overlay.Apply(t.Context(), app, rendered(t, app), overlay.Options{Environment: "prod"})
	want := "shoppingapp/overlays/prod/kustomization.yaml:1:1: "
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "/spec/none") {
		t.Errorf("Apply error = %v\nwant one of /spec/none that begins with %s", err, want)
	}
}

// All that is refused is told at once.
func TestApplyRefusedAll(t *testing.T) {
	t.Parallel()
	app := load(t, shoppingapp.Tree(), prod, "helmCharts: [{name: x}]\nresources: ['https://example.com/x', nowhere.yaml]\ncomponents: [../c]",
		"overlays/c/kustomization.yaml", "kind: Component\nvars: [{name: x}]")
	_, err := overlay.Apply(t.Context(), app, nil, overlay.Options{Environment: "prod"})
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 4 {
		t.Errorf("Apply error = %v\nwant four lines", err)
	}
}

// What a patch says, which may be a Secret's, is not in errors.
func TestApplyKeepsSecrets(t *testing.T) {
	t.Parallel()
	for _, patch := range []string{
		"{apiVersion: v1, kind: Service, metadata: {name: shoppingapp-home}, data: {p: hunter2}, spec: 1}",
		"- {op: replace, path: /spec, value: hunter2}\n    - {op: replace, path: /x/y, value: hunter2}",
		"- {ope: replace, path: /spec, value: hunter2}",
		"- {op: replace, path: /spec, value: hunter2}\n    - {op: add, path: /spec/a/b, value: hunter2}",
		"{apiVersion: v1, kind: Service, metadata: {name: shoppingapp-home, labels: hunter2}}",
		"{apiVersion: v1, kind: Service, metadata: {name: shoppingapp-home}, spec: [hunter2]}",
		"{apiVersion: v1, kind: Service, metadata: {name: shoppingapp-home}, spec: {ports: hunter2}}",
	} {
		app := load(t, shoppingapp.Tree(), prod, "patches:\n- target: {kind: Service, name: shoppingapp-home}\n  patch: |-\n    "+patch)
		_, err := overlay.Apply(t.Context(), app, rendered(t, app), overlay.Options{Environment: "prod"})
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Apply error = %v", err)
		}
	}
}

// Kustomizations that lead to ever more of them are stopped before they run.
func TestApplyBounds(t *testing.T) {
	t.Parallel()
	files := []string{prod, "resources: [../a0, ../a0]"}
	for _, c := range "012345678" {
		files = append(files, "overlays/a"+string(c)+"/kustomization.yaml",
			"resources: [../a"+string(c+1)+", ../a"+string(c+1)+"]")
	}
	files = append(files, "overlays/a9/kustomization.yaml", "namePrefix: x")
	app := load(t, shoppingapp.Tree(), files...)
	_, err := overlay.Apply(t.Context(), app, nil, overlay.Options{Environment: "prod"})
	if err == nil || !strings.Contains(err.Error(), "over 100 kustomizations, each as often as it is named") {
		t.Errorf("Apply error = %v, want one of too many", err)
	}
}
