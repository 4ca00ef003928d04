package schema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/schema"
)

// objects renders text as the template shop/home/all.yml, with lines.
func objects(t testing.TB, text string) []*unstructured.Unstructured {
	t.Helper()
	app, err := layouts.Load(fstest.MapFS{"shop/home/all.yml": {Data: []byte(text)}}, "shop")
	if err != nil {
		t.Fatal(err)
	}
	objs, err := render.App(t.Context(), app, render.Options{Lines: true})
	if err != nil {
		t.Fatal(err)
	}
	return objs
}

// problems returns those that are joined in err, without the file.
func problems(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("error = %v, want joined errors", err)
	}
	var all []string
	for _, err := range joined.Unwrap() {
		if _, ok := errors.AsType[*schema.Error](err); !ok {
			t.Errorf("error %v is a %T, want a *schema.Error", err, err)
		}
		all = append(all, strings.TrimPrefix(err.Error(), "shop/home/all.yml:"))
	}
	return all
}

// deployment returns a Deployment whose pod spec is text, from line 9 on.
func deployment(text string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata: {name: home}
spec:
  selector: {matchLabels: {app: home}}
  template:
    metadata: {labels: {app: home}}
    spec:
` + indent(text, "      ")
}

// container returns a Deployment with a container of which text is a part, from line 12 on.
func container(text string) string {
	return deployment("containers:\n- name: home\n  image: repo/home:1\n" + indent(text, "  "))
}

// Without lines, problems are told at the object.
func TestWithoutLines(t *testing.T) {
	t.Parallel()
	objs := objects(t, "kind: A\napiVersion: a/v1\nmetadata: {name: a}\n---\n"+container("env: [{name: A}, {name: A}]\n"))[1:]
	annotations := objs[0].GetAnnotations()
	delete(annotations, layouts.LinesAnnotation)
	const problem = "Deployment home: spec.template.spec.containers[0].env[1]: name=A is there twice: spec.template.spec.containers[0].env[0]"
	for source, want := range map[string]string{
		annotations[layouts.SourceAnnotation]: "5: " + problem + " in line 5 has it, too",
		"":                                    problem + " has it, too",
		"overlays/prod":                       "overlays/prod: " + problem + " has it, too",
	} {
		annotations[layouts.SourceAnnotation] = source
		objs[0].SetAnnotations(annotations)
		_, err := schema.Validate(objs, schema.Options{})
		if diff := cmp.Diff([]string{want}, problems(t, err)); diff != "" {
			t.Errorf("Validate of source %q mismatch (-want +got):\n%s", source, diff)
		}
	}
}

func indent(text, by string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		fmt.Fprint(&out, by, line)
	}
	return out.String()
}

// A problemCase is a template and what is wrong with it.
type problemCase struct {
	name, text string
	want       []string
	taken      bool // by the server, although it cannot work
}

func problemCases() []problemCase {
	return []problemCase{{
		name: "all is well",
		text: container("ports: [{name: http, containerPort: 80}]\nreadinessProbe: {httpGet: {port: http}}\n"),
	}, {
		name: "a misspelt field",
		text: container("imagePulPolicy: Always\n"),
		want: []string{"12:9: Deployment home: spec.template.spec.containers[0].imagePulPolicy: no such field: did you mean imagePullPolicy?"},
	}, {
		name: "a field one level too deep",
		text: container("imagePullSecrets: [{name: x}]\n"),
		want: []string{"12:9: Deployment home: spec.template.spec.containers[0].imagePullSecrets: no such field: it belongs to spec.template.spec"},
	}, {
		name: "a field of the pod's in the Deployment's spec",
		text: container("") + "  hostNetwork: true\n",
		want: []string{"12:3: Deployment home: spec.hostNetwork: no such field: it belongs to spec.template.spec"},
	}, {
		name: "a spec's field beside the spec",
		text: container("") + "replicas: 2\n",
		want: []string{"12:1: Deployment home: replicas: no such field: it belongs to spec"},
	}, {
		name: "a field that is nothing of the kind",
		text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\nzzz: 1\n",
		want: []string{"4:1: ConfigMap c: zzz: no such field: there are apiVersion, binaryData, data, immutable, kind, metadata"},
	}, {
		name: "quotes that are missing, and too many",
		text: container("workingDir: 1\nterminationMessagePath: true\nstdin: \"true\"\n") + "  replicas: \"2\"\n",
		want: []string{
			"12:9: Deployment home: spec.template.spec.containers[0].workingDir: want a string, have a number: put it between quotes",
			"13:9: Deployment home: spec.template.spec.containers[0].terminationMessagePath: want a string, have true or false: " +
				"put it between quotes",
			"14:9: Deployment home: spec.template.spec.containers[0].stdin: want true or false, have a string: take the quotes off",
			"15:3: Deployment home: spec.replicas: want a whole number, have a string: take the quotes off",
		},
	}, {
		name: "wrong types",
		text: deployment("containers: {name: home}\nnodeSelector: [a]\nterminationGracePeriodSeconds: 1.5\nhostname: {}\npriority: soon\n"),
		want: []string{
			"9:7: Deployment home: spec.template.spec.containers: want a list, have a map",
			"10:7: Deployment home: spec.template.spec.nodeSelector: want a map, have a list",
			"11:7: Deployment home: spec.template.spec.terminationGracePeriodSeconds: want a whole number, have a number",
			"12:7: Deployment home: spec.template.spec.hostname: want a string, have a map",
			"13:7: Deployment home: spec.template.spec.priority: want a whole number, have a string",
		},
	}, {
		name: "what is required",
		text: "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: home\nspec:\n  selector:\n  replicas: 1\n",
		want: []string{
			"5:1: Deployment home: spec: template is missing",
			"6:3: Deployment home: spec: selector is missing",
		},
	}, {
		name: "a container without a name, an empty item",
		text: deployment("containers:\n- image: a:1\n-\n"),
		want: []string{
			"10:9: Deployment home: spec.template.spec.containers[0]: name is missing",
			"11:8: Deployment home: spec.template.spec.containers[1]: the item is empty",
		},
	}, {
		name: "numbers out of range",
		text: container("ports:\n- containerPort: 0\n- containerPort: 70000\n- containerPort: 3000000000\n") + "  replicas: -1\n",
		want: []string{
			"13:11: Deployment home: spec.template.spec.containers[0].ports[0].containerPort: 0 is not a port: want 1 to 65535",
			"14:11: Deployment home: spec.template.spec.containers[0].ports[1].containerPort: 70000 is not a port: want 1 to 65535",
			"15:11: Deployment home: spec.template.spec.containers[0].ports[2].containerPort: 3000000000 is not a port: want 1 to 65535",
			"15:11: Deployment home: spec.template.spec.containers[0].ports[2].containerPort: 3000000000 is not from -2147483648 to 2147483647",
			"16:3: Deployment home: spec.replicas: -1 is less than 0",
		},
	}, {
		name: "enumerations",
		text: container("imagePullPolicy: always\nports: [{containerPort: 80, protocol: HTTP}]\n"),
		want: []string{
			`12:9: Deployment home: spec.template.spec.containers[0].imagePullPolicy: "always" is not known: did you mean Always?`,
			`13:37: Deployment home: spec.template.spec.containers[0].ports[0].protocol: "HTTP" is not known: want TCP, UDP, SCTP`,
		},
	}, {
		name: "quantities",
		text: container("resources:\n  requests:\n    cpu: 2\n    memory: 10XB\n  limits:\n    cpu: 500m\n    memory: []\n"),
		want: []string{
			`14:13: Deployment home: spec.template.spec.containers[0].resources.requests.cpu: 2 is more than the limit, "500m" in line 17`,
			`15:13: Deployment home: spec.template.spec.containers[0].resources.requests.memory: "10XB" is not a quantity: want a number and a unit, as 250m, 2, 512Mi, 1.5Gi`,
			"18:13: Deployment home: spec.template.spec.containers[0].resources.limits.memory: want a quantity, as 250m, 2, 512Mi or 1.5Gi, have a list",
		},
	}, {
		name: "twice in a list",
		text: container("env:\n- {name: A, value: x}\n- {name: A, value: z}\nports:\n- containerPort: 80\n- {containerPort: 80, protocol: TCP}\n"),
		want: []string{
			"14:11: Deployment home: spec.template.spec.containers[0].env[1]: name=A is there twice: spec.template.spec.containers[0].env[0] in line 13 has it, too",
			"17:11: Deployment home: spec.template.spec.containers[0].ports[1]: containerPort=80,protocol=TCP is there twice: spec.template.spec.containers[0].ports[0] in line 16 has it, too",
		},
	}, {
		name: "names of ports",
		text: container("ports:\n- {name: http, containerPort: 80}\n- {name: http, containerPort: 81}\n- {name: HTTP_ALT, containerPort: 82}\nlivenessProbe: {httpGet: {port: htp}}\nreadinessProbe: {tcpSocket: {port: \"80\"}}\n"),
		want: []string{
			"14:12: Deployment home: spec.template.spec.containers[0].ports[1].name: another port has the name http in line 13",
			`15:12: Deployment home: spec.template.spec.containers[0].ports[2].name: "HTTP_ALT": must contain at least one letter (a-z)`,
			`15:12: Deployment home: spec.template.spec.containers[0].ports[2].name: "HTTP_ALT": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
			"16:35: Deployment home: spec.template.spec.containers[0].livenessProbe.httpGet.port: the container has no port of the name htp: did you mean http?",
			`17:38: Deployment home: spec.template.spec.containers[0].readinessProbe.tcpSocket.port: "80" is between quotes, so it is a name, which needs a letter: take the quotes off`,
		},
	}, {
		name:  "a probe of a port that the container does not have",
		text:  container("ports: [{name: http, containerPort: 80}]\nlivenessProbe: {httpGet: {port: admin}}\n"),
		want:  []string{"13:35: Deployment home: spec.template.spec.containers[0].livenessProbe.httpGet.port: the container has no port of the name admin: there are http"},
		taken: true,
	}, {
		name: "volumes",
		text: container("volumeMounts: [{name: dta, mountPath: /data}]\n") + "      volumes: [{name: data, emptyDir: {}}]\n",
		want: []string{"12:25: Deployment home: spec.template.spec.containers[0].volumeMounts[0].name: the pod has no volume dta: did you mean data?"},
	}, {
		name: "an init container of the same name",
		text: container("") + "      initContainers: [{name: home, image: a:1}]\n",
		want: []string{"10:9: Deployment home: spec.template.spec.containers[0].name: an init container has the name home, too in line 12"},
	}, {
		name: "a selector that does not match",
		text: strings.ReplaceAll(container(""), "selector: {matchLabels: {app: home}}",
			"selector:\n    matchLabels:\n      app: hom\n      task: web\n    matchExpressions: [{key: app, operator: Is}]"),
		want: []string{
			`7:7: Deployment home: spec.selector.matchLabels.app: "hom" does not match the template's label, "home" in line 11: make them alike`,
			"8:7: Deployment home: spec.selector.matchLabels.task: the template has no label task: it has app in line 11",
			`9:35: Deployment home: spec.selector.matchExpressions[0].operator: "Is" is not known: want In, NotIn, Exists or DoesNotExist`,
		},
	}, {
		name: "expressions that do not match",
		text: strings.ReplaceAll(container(""), "selector: {matchLabels: {app: home}}",
			"selector: {matchExpressions: [{key: app, operator: In, values: [a]}]}"),
		want: []string{"5:14: Deployment home: spec.selector.matchExpressions: does not match the template's labels: it has app in line 7"},
	}, {
		name: "names and labels",
		text: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Home_1\n  labels:\n    \"a b\": c\n    d: \"e f\"\n",
		want: []string{
			`4:3: ConfigMap Home_1: metadata.name: "Home_1": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
			`6:5: ConfigMap Home_1: metadata.labels.a b: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
			`7:5: ConfigMap Home_1: metadata.labels.d: "e f": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
		},
	}, {
		name: "restart policies",
		text: "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  template:\n    spec:\n      containers: [{name: a, image: a:1}]\n",
		want: []string{"6:5: Job j: spec.template.spec.restartPolicy: Always does not go with a Job: want OnFailure or Never"},
	}, {
		name: "a kind that Kubernetes does not have any more",
		text: "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: p}\n---\napiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: d}\n",
		want: []string{
			"1: PodDisruptionBudget p: Kubernetes v1.37.2 has no PodDisruptionBudget in policy/v1beta1: use policy/v1",
			"5: Deployment d: Kubernetes v1.37.2 has no Deployment in extensions/v1beta1: use apps/v1",
		},
	}, {
		name: "a misspelt kind",
		text: "apiVersion: apps/v1\nkind: Deploymnt\nmetadata: {name: d}\n",
		want: []string{"1: Deploymnt d: Kubernetes v1.37.2 has no Deploymnt in apps/v1: did you mean Deployment?"},
	}, {
		name: "an Ingress",
		text: "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  rules:\n  - http:\n      paths:\n      - path: /home\n        backend:\n          serviceName: home\n          service: {name: home, port: {number: 0, name: http}}\n",
		want: []string{
			"7:9: Ingress: spec.rules[0].http.paths[0]: pathType is missing",
			"9:11: Ingress: spec.rules[0].http.paths[0].backend.serviceName: no such field: there are resource, service",
			"10:40: Ingress: spec.rules[0].http.paths[0].backend.service.port.number: 0 is not a port: want 1 to 65535",
		},
	}}
}

// A problem is told at its line in the template, with what to do.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range problemCases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			warnings, err := schema.Validate(objects(t, tt.text), schema.Options{})
			if diff := cmp.Diff(tt.want, problems(t, err)); diff != "" {
				t.Errorf("Validate(%s) mismatch (-want +got):\n%s", tt.text, diff)
			}
			if len(warnings) > 0 {
				t.Errorf("Validate(%s) warnings = %q, want none", tt.text, warnings)
			}
		})
	}
}
