package slipway_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply/policy"
	"github.com/slipway-go/slipway/render/schema"
)

// TestBadObjects has what people and programs get wrong in objects and routes, each with
// what they are told before anything is sent. Package render's TestBadInputs has what is
// wrong with files, templates and values: the first 24.
func TestBadObjects(t *testing.T) {
	t.Parallel()
	const (
		deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: home}\nspec:\n" +
			"  selector: {matchLabels: {app: home}}\n  template:\n    metadata: {labels: {app: home}}\n    spec:\n      containers:\n"
		container = deployment + "      - name: home\n        image: repo/home:1\n"
		service   = "apiVersion: v1\nkind: Service\nmetadata: {name: home}\nspec:\n  selector: {app: home}\n  ports:\n"
		ingress   = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  rules:\n"
		rule      = "  - host: shop.example.com\n    http:\n      paths:\n      - "
	)
	long := strings.Repeat("a", 64)
	kinds := strings.Join(policy.DefaultKinds(), ", ")
	backend := func(name string) string {
		return "{pathType: Prefix, path: /" + name + ", backend: {service: {name: " + name + ", port: {number: 80}}}}\n"
	}
	named := func(text, name string) string { return strings.ReplaceAll(text, "home", name) }
	tests := []struct {
		name  string
		files map[string]string // below shop/
		want  []string
	}{
		{"25 a field that there is not", map[string]string{"home/a.yml": container + "  replcas: 2\n"}, []string{
			"shop/home/a.yml:12:3: Deployment home: spec.replcas: no such field: did you mean replicas?",
		}},
		{"26 a number below zero", map[string]string{"home/a.yml": container + "  replicas: -1\n"}, []string{
			"shop/home/a.yml:12:3: Deployment home: spec.replicas: -1 is less than 0",
		}},
		{"26 a word for a number", map[string]string{"home/a.yml": container + "  replicas: two\n"}, []string{
			"shop/home/a.yml:12:3: Deployment home: spec.replicas: want a whole number, have a string",
		}},
		{"27 a quantity", map[string]string{"home/a.yml": container + "        resources: {limits: {memory: 10XB}}\n"}, []string{
			"shop/home/a.yml:12:30: Deployment home: spec.template.spec.containers[0].resources.limits.memory: \"10XB\" is not a quantity: want a number and a unit, as 250m, 2, 512Mi, 1.5Gi",
		}},
		{"28 an image without a tag", map[string]string{"home/a.yml": deployment + "      - {name: home, image: nginx}\n"}, []string{
			"shop/home/a.yml:10:22: Deployment home: spec.template.spec.containers[0].image: \"nginx\" has no tag, so it is whatever latest is at the time: name one, or a digest",
		}},
		{"28 an image of whatever version", map[string]string{"home/a.yml": deployment + "      - {name: home, image: 'nginx:latest'}\n"}, []string{
			"shop/home/a.yml:10:22: Deployment home: spec.template.spec.containers[0].image: \"nginx:latest\" is another image every time: name a version, or a digest",
		}},
		{"28 an image after a blank", map[string]string{"home/a.yml": deployment + "      - {name: home, image: ' nginx:1'}\n"}, []string{
			"shop/home/a.yml:10:22: Deployment home: spec.template.spec.containers[0].image: \" nginx:1\" is not a reference to an image: there are blanks around it",
		}},
		{"28 an image with a blank", map[string]string{"home/a.yml": deployment + "      - {name: home, image: 'a b:1'}\n"}, []string{
			"shop/home/a.yml:10:22: Deployment home: spec.template.spec.containers[0].image: \"a b:1\" is not a reference to an image: there are blanks in it",
		}},
		{"29 a selector that does not match", map[string]string{"home/a.yml": strings.Replace(container, "labels: {app: home}", "labels: {app: hom}", 1)}, []string{
			"shop/home/a.yml:5:28: Deployment home: spec.selector.matchLabels.app: \"home\" does not match the template's label, \"hom\" in line 7: make them alike",
		}},
		{"30 pods of two services", map[string]string{
			"home/a.yml": container, "home/b.yml": service + "  - port: 80\n",
			"kids/a.yml": strings.ReplaceAll(container, "name: home", "name: kids"),
			"kids/b.yml": strings.ReplaceAll(service, "name: home", "name: kids") + "  - port: 80\n",
		}, []string{
			"shop/home/b.yml:1, shop/kids/b.yml:1: warning: Services home of home and kids of kids select the pods of Deployment/home, Deployment/kids: requests for one reach the other [same-pods]",
		}},
		{"31 a name with an underscore", map[string]string{"home/a.yml": named(service, "T_Bad") + "  - port: 80\n"}, []string{
			"shop/home/a.yml:3:12: Service T_Bad: metadata.name: \"T_Bad\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
		}},
		{"31 a long name", map[string]string{"home/a.yml": named(service, long) + "  - port: 80\n"}, []string{
			"shop/home/a.yml:3:12: Service " + long + ": metadata.name: \"" + long + "\": must be no more than 63 characters",
		}},
		{"31 a name that begins with a digit, which Kubernetes takes since 1.34", map[string]string{"home/a.yml": named(service, "1abc") + "  - port: 80\n"}, nil},
		{"32 two ports without names", map[string]string{"home/a.yml": service + "  - port: 80\n  - port: 81\n"}, []string{
			"shop/home/a.yml:7:5: Service home: spec.ports[0]: a name is missing: there is more than one port",
			"shop/home/a.yml:8:5: Service home: spec.ports[1]: a name is missing: there is more than one port",
		}},
		{"32 port 0", map[string]string{"home/a.yml": service + "  - port: 0\n"}, []string{
			"shop/home/a.yml:7:5: Service home: spec.ports[0].port: 0 is not a port: want 1 to 65535",
		}},
		{"32 port 70000", map[string]string{"home/a.yml": service + "  - port: 70000\n"}, []string{
			"shop/home/a.yml:7:5: Service home: spec.ports[0].port: 70000 is not a port: want 1 to 65535",
		}},
		{"32 a port as a text", map[string]string{"home/a.yml": service + "  - port: \"80\"\n"}, []string{
			"shop/home/a.yml:7:5: Service home: spec.ports[0].port: \"80\" is between quotes, so it is a name, which needs a letter: take the quotes off",
			"shop/home/a.yml:7:5: Service home: spec.ports[0].port: want a whole number, have a string: take the quotes off",
		}},
		{"33 an Ingress of old is upgraded", map[string]string{
			"home/a.yml": container, "home/b.yml": service + "  - port: 80\n",
			"common/ingress.yml": "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: shop}\nspec:\n  rules:\n" +
				rule + "{path: /home, backend: {serviceName: home, servicePort: 80}}\n",
		}, []string{
			"shop/home/a.yml:1: warning: Deployment home has no preStop: a pod that is to go stops at once, while the controller still sends it requests; add lifecycle: {preStop: {sleep: {seconds: 10}}}, unless the program itself goes on for a while [no-prestop]",
			"shop/home/a.yml:1: warning: Deployment home has no readinessProbe: its pods get requests before they listen, and a rollout goes on whether they answer or not; add one [no-readiness]",
		}},
		{"34 no pathType", map[string]string{"home/ingress.yml": ingress + rule + strings.Replace(backend("home"), "pathType: Prefix, ", "", 1)}, []string{
			"shop/home/ingress.yml:8:9: Ingress: spec.rules[0].http.paths[0]: pathType is missing",
		}},
		{"34 a path without a slash", map[string]string{"home/ingress.yml": ingress + rule + strings.Replace(backend("home"), "/home", "a", 1)}, []string{
			"shop/home/ingress.yml:8:28: Ingress: path \"a\" does not begin with a slash",
		}},
		{"34 a path that goes up", map[string]string{"home/ingress.yml": ingress + rule + strings.Replace(backend("home"), "/home", "/a/../b", 1)}, []string{
			"shop/home/ingress.yml:8:28: Ingress: path \"/a/../b\" has an empty element, . or .., or %2f: a request never has such a one; write it without",
		}},
		{"34 a path with a line break", map[string]string{"home/ingress.yml": ingress + rule + strings.Replace(backend("home"), "/home", `"/a;}\n"`, 1)}, []string{
			"shop/home/ingress.yml:8:28: Ingress: path \"/a;}\\n\" has a character that is none of a path's",
		}},
		{"35 a path of two services", map[string]string{
			"home/ingress.yml": ingress + rule + backend("home"),
			"kids/ingress.yml": ingress + rule + strings.Replace(backend("home"), "name: home", "name: kids", 1),
			"home/b.yml":       service + "  - port: 80\n", "kids/b.yml": named(service, "kids") + "  - port: 80\n",
		}, []string{
			"route conflict: shop.example.com/home: home (shop/home/ingress.yml:1) leads it to home:80, kids (shop/kids/ingress.yml:1) to kids:80: take the path out of one of them, make both agree, or let the one take it from the other (TakeFrom)",
		}},
		{"36 a path behind another", map[string]string{
			"home/ingress.yml": ingress + rule + strings.Replace(backend("home"), "/home", "/", 1),
			"kids/ingress.yml": ingress + rule + strings.Replace(backend("kids"), "pathType: Prefix", "pathType: Exact", 1),
			"home/b.yml":       service + "  - port: 80\n", "kids/b.yml": named(service, "kids") + "  - port: 80\n",
		}, []string{
			"shop/home/ingress.yml:1: warning: shop.example.com/ of home answers every path of the host that no other route does, misspelt ones too [catch-all]",
			"shop/kids/ingress.yml:1, shop/home/ingress.yml:1: warning: shop.example.com/kids (Exact) of kids and shop.example.com/ of home both match shop.example.com/kids: shop.example.com/kids (Exact) is to come first; Traefik 3 takes shop.example.com/: the longest rule comes first, and Host(`shop.example.com`) && PathPrefix(`/`) has 43 characters, Host(`shop.example.com`) && Path(`/kids`) 41 [controller-order]",
		}},
		{"37 a backend that there is not", map[string]string{
			"home/ingress.yml": ingress + rule + strings.Replace(backend("home"), "name: home", "name: hom", 1),
			"home/b.yml":       service + "  - port: 80\n",
		}, []string{
			"shop/home/ingress.yml:1: error: shop.example.com/home of home leads to Service hom, which no template makes: correct the name, or add the Service [missing-service]",
		}},
		{"37 a port that there is not", map[string]string{
			"home/ingress.yml": ingress + rule + backend("home"), "home/b.yml": service + "  - port: 8080\n",
		}, []string{
			"shop/home/ingress.yml:1, shop/home/b.yml:1: error: shop.example.com/home of home leads to port 80 of Service home, which has 8080 [missing-port]",
		}},
		{"38 a host with an underscore", map[string]string{"home/ingress.yml": ingress + strings.Replace(rule, "shop.example", "App_x", 1) + backend("home")}, []string{
			"shop/home/ingress.yml:5:5: Ingress: host \"App_x.com\" is not the name of one: want lower case letters, digits, - and dots, as shop.example.com, or *. before it for one label",
		}},
		{"38 a host with a port", map[string]string{"home/ingress.yml": ingress + strings.Replace(rule, "shop.example.com", "'a.com:80'", 1) + backend("home")}, []string{
			"shop/home/ingress.yml:5:5: Ingress: host \"a.com:80\" has a port: a host is for all of them; write a.com",
		}},
		{"38 an address", map[string]string{"home/ingress.yml": ingress + strings.Replace(rule, "shop.example.com", "10.0.0.1", 1) + backend("home")}, []string{
			"shop/home/ingress.yml:5:5: Ingress: host \"10.0.0.1\" is an address: want a name, or leave it out",
		}},
		{"38 a wildcard in the middle", map[string]string{"home/ingress.yml": ingress + strings.Replace(rule, "shop.example.com", "a.*.com", 1) + backend("home")}, []string{
			"shop/home/ingress.yml:5:5: Ingress: host \"a.*.com\" is not the name of one: want lower case letters, digits, - and dots, as shop.example.com, or *. before it for one label",
		}},
		{"38 a host of others", map[string]string{"home/ingress.yml": ingress + strings.Replace(rule, "shop.example.com", "bank.example.com", 1) + backend("home")}, []string{
			"shop/home/ingress.yml:5:5: Ingress: against the policy (host): spec.rules[0].host: the host bank.example.com is not allowed: there may be shop.example.com",
		}},
		{"39 rights", map[string]string{"home/a.yml": "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}\n" +
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}\n"}, []string{
			"shop/home/a.yml:2:1: ClusterRoleBinding x: against the policy (kind): kind: ClusterRoleBinding.rbac.authorization.k8s.io is not allowed: there may be " + kinds,
		}},
		{"39 a namespace", map[string]string{"home/a.yml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n"}, []string{
			"shop/home/a.yml:2:1: Namespace x: against the policy (kind): kind: Namespace is not allowed: there may be " + kinds,
		}},
		{"39 a directory of the node", map[string]string{"home/a.yml": container + "      volumes: [{name: root, hostPath: {path: /}}]\n"}, []string{
			"shop/home/a.yml:8:5: Deployment home: against the policy (pod-security): spec.template.spec: baseline forbids hostPath volumes: volume \"root\"",
		}},
		{"39 a privileged container", map[string]string{"home/a.yml": container + "        securityContext: {privileged: true}\n"}, []string{
			"shop/home/a.yml:8:5: Deployment home: against the policy (pod-security): spec.template.spec: baseline forbids privileged: container \"home\" must not set securityContext.privileged=true",
		}},
		{"39 addresses", map[string]string{"home/a.yml": service + "  - port: 80\n  externalIPs: [192.0.2.1]\n"}, []string{
			"shop/home/a.yml:8:3: Service home: against the policy (external-ips): spec.externalIPs: a Service takes over the traffic to addresses that may be others': take it out",
		}},
		{"39 another namespace", map[string]string{"home/a.yml": strings.Replace(service, "name: home", "name: home, namespace: kube-system", 1) +
			"  - port: 80\n"}, []string{
			"shop/home/a.yml:3:24: Service kube-system/home: against the policy (namespace): metadata.namespace: kube-system is not the namespace that is deployed to, default: take it out",
		}},
		{"39 a snippet", map[string]string{"home/ingress.yml": strings.Replace(ingress, "spec:",
			"metadata: {annotations: {nginx.ingress.kubernetes.io/server-snippet: x}}\nspec:", 1) + rule + backend("home")}, []string{
			"shop/home/ingress.yml:3:26: Ingress: against the policy (annotation): metadata.annotations.nginx.ingress.kubernetes.io/server-snippet: it puts text into the controller's own configuration: take it out",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{}
			for name, text := range tt.files {
				tree["shop/"+name] = &fstest.MapFile{Data: []byte(text)}
			}
			d := &slipway.Deployer{Root: tree, App: "shop"}
			if strings.HasPrefix(tt.name, "39") || strings.HasSuffix(tt.name, "others") {
				d.Policy = &policy.Policy{Hosts: []string{"shop.example.com"}}
			}
			got := told(t, d)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Validate and Lint mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// told returns the errors and warnings of Validate, and what Lint finds.
func told(t *testing.T, d *slipway.Deployer) []string {
	t.Helper()
	all, err := d.Validate(t.Context(), schema.Options{})
	for _, one := range slipway.Errors(err) {
		all = append(all, one.Error())
	}
	if err != nil {
		return all
	}
	found, err := d.Lint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		all = append(all, f.String())
	}
	return all
}
