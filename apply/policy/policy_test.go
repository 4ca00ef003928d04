package policy_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/apply/policy"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// objects renders a template of the service home.
func objects(t *testing.T, text string) []*unstructured.Unstructured {
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

const (
	ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: home}\nspec:\n"
	pod     = "apiVersion: v1\nkind: Pod\nmetadata: {name: home}\nspec:\n"
	cron    = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: home}\nspec:\n  jobTemplate:\n    spec:\n" +
		"      template:\n        spec:\n"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	pods := []string{"Pod", "CronJob.batch"}
	tests := []struct {
		name, text string
		policy     policy.Policy
		want       []string // without the file
	}{
		{"a service", "apiVersion: v1\nkind: Service\nmetadata: {name: home, namespace: shop}\nspec: {ports: [{port: 80}]}",
			policy.Policy{}, nil},
		{"rights of its own", "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}",
			policy.Policy{Kinds: []string{"Service"}},
			[]string{"2:1: ClusterRoleBinding x: against the policy (kind): kind: ClusterRoleBinding.rbac.authorization.k8s.io " +
				"is not allowed: there may be Service"}},
		{"a kind of somebody else's", "apiVersion: example.com/v1\nkind: Service\nmetadata: {name: x}",
			policy.Policy{Kinds: []string{"Service"}},
			[]string{"2:1: Service x: against the policy (kind): kind: Service.example.com is not allowed: there may be Service"}},
		{"each kind", "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}", policy.Policy{Kinds: []string{"*"}}, nil},
		{"another namespace", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: kube-system}", policy.Policy{},
			[]string{"3:21: ConfigMap kube-system/x: against the policy (namespace): metadata.namespace: kube-system is not " +
				"the namespace that is deployed to, shop: take it out"}},
		{"a namespace of the list", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: bank}",
			policy.Policy{Namespaces: []string{"bank"}}, nil},
		{"addresses", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec:\n  externalIPs: [192.0.2.1]", policy.Policy{},
			[]string{"5:3: Service x: against the policy (external-ips): spec.externalIPs: a Service takes over the traffic to " +
				"addresses that may be others': take it out"}},
		{"a snippet", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: x\n  annotations:\n" +
			"    nginx.ingress.kubernetes.io/configuration-snippet: x\n    nginx.org/server-snippets: x\n    a/snippet-of: x\n" +
			"spec: {}", policy.Policy{},
			[]string{"6:5: Ingress x: against the policy (annotation): metadata.annotations.nginx.ingress.kubernetes.io/" +
				"configuration-snippet: it puts text into the controller's own configuration: take it out",
				"7:5: Ingress x: against the policy (annotation): metadata.annotations.nginx.org/server-snippets: it puts text " +
					"into the controller's own configuration: take it out"}},
		{"a host", ingress + "  rules:\n  - host: shop.example.com\n  - host: x.shop.example.com\n  - host: example.com",
			policy.Policy{Hosts: []string{"shop.example.com", "*.shop.example.com"}},
			[]string{"8:5: Ingress home: against the policy (host): spec.rules[2].host: the host example.com is not allowed: " +
				"there may be shop.example.com, *.shop.example.com"}},
		{"each host", ingress + "  rules:\n  - http: {}\n  defaultBackend: {}", policy.Policy{Hosts: []string{"a.com"}},
			[]string{"6:5: Ingress home: against the policy (host): spec.rules[0].host: each host is not allowed: there may be a.com",
				"7:3: Ingress home: against the policy (host): spec.defaultBackend: each host is not allowed: there may be a.com"}},
		{"hosts of an HTTPRoute", "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: x}\n" +
			"spec:\n  hostnames:\n  - b.com\n  - a.com", policy.Policy{Hosts: []string{"a.com"}},
			[]string{"6:5: HTTPRoute x: against the policy (host): spec.hostnames[0]: the host b.com is not allowed: there may be a.com"}},
		{"a class", ingress + "  ingressClassName: internal", policy.Policy{IngressClasses: []string{"traefik"}},
			[]string{"5:3: Ingress home: against the policy (ingress-class): spec.ingressClassName: the class \"internal\" is not " +
				"allowed: there may be traefik"}},
		{"a class by annotation", "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata:\n  name: x\n  annotations: " +
			"{kubernetes.io/ingress.class: traefik}\nspec: {}", policy.Policy{IngressClasses: []string{"traefik"}}, nil},
		{"privileged", pod + "  hostNetwork: true\n  volumes: [{name: root, hostPath: {path: /}}]\n" +
			"  containers: [{name: a, image: x, securityContext: {privileged: true}}]", policy.Policy{Kinds: pods},
			[]string{"4:1: Pod home: against the policy (pod-security): spec: baseline forbids host namespaces: hostNetwork=true",
				"4:1: Pod home: against the policy (pod-security): spec: baseline forbids hostPath volumes: volume \"root\"",
				"4:1: Pod home: against the policy (pod-security): spec: baseline forbids privileged: container \"a\" must not " +
					"set securityContext.privileged=true"}},
		{"privileged, which is allowed", pod + "  hostNetwork: true", policy.Policy{Kinds: pods, PodSecurity: "privileged"}, nil},
		{"hostPath in a CronJob", cron + "          volumes: [{name: root, hostPath: {path: /}}]\n", policy.Policy{},
			[]string{"8:9: CronJob home: against the policy (pod-security): spec.jobTemplate.spec.template.spec: baseline forbids " +
				"hostPath volumes: volume \"root\""}},
		{"what cannot be checked", pod + "  containers: 1", policy.Policy{Kinds: pods},
			[]string{"4:1: Pod home: against the policy (pod-security): spec: it cannot be checked: cannot restore slice from int64"}},
		{"an image of a repository that is named alike, and of a volume", pod + "  volumes: [{name: v, image: {reference: example.org/x}}]\n" +
			"  containers: [{image: example.com/shopping/a:1}]", policy.Policy{Kinds: pods, Images: []string{"example.com/shop"}},
			[]string{"5:31: Pod home: against the policy (image): spec.volumes[0].image.reference: \"example.org/x\" is not allowed: " +
				"it may be of example.com/shop",
				"6:17: Pod home: against the policy (image): spec.containers[0].image: \"example.com/shopping/a:1\" is not allowed: " +
					"it may be of example.com/shop"}},
		{"hosts by other ways", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: x\n  annotations:\n" +
			"    nginx.ingress.kubernetes.io/server-alias: a.com,b.com\nspec:\n  tls: [{hosts: [c.com]}]",
			policy.Policy{Hosts: []string{"a.com"}},
			[]string{"8:18: Ingress x: against the policy (host): spec.tls[0].hosts[0]: the host c.com is not allowed: there may be a.com",
				"6:5: Ingress x: against the policy (host): metadata.annotations.nginx.ingress.kubernetes.io/server-alias: the host " +
					"b.com is not allowed: there may be a.com"}},
		{"a class twice", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x, annotations: " +
			"{kubernetes.io/ingress.class: b}}\nspec: {ingressClassName: a}", policy.Policy{IngressClasses: []string{"a"}},
			[]string{"3:35: Ingress x: against the policy (ingress-class): metadata.annotations.kubernetes.io/ingress.class: the class " +
				"\"b\" is not allowed: there may be a"}},
		{"a service's own paths", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {rules: [{http: {paths: []}}]}",
			policy.Policy{Hosts: []string{"a.com"}, IngressClasses: []string{"a"}}, nil},
		{"a token", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ntype: kubernetes.io/service-account-token", policy.Policy{},
			[]string{"4:1: Secret x: against the policy (token): type: the cluster puts the token of a service account into it: take it out"}},
		{"images", pod + "  initContainers:\n  - image: example.com/shop/a:1\n  containers:\n  - image: example.com/shop/a@sha256:1\n" +
			"  - image: evil.example.org/a@sha256:1", policy.Policy{Kinds: pods, Images: []string{"example.com/shop/"}, Digests: true},
			[]string{"6:5: Pod home: against the policy (digest): spec.initContainers[0].image: \"example.com/shop/a:1\" may be " +
				"another image tomorrow: name it by its digest, as in name:tag@sha256:…",
				"9:5: Pod home: against the policy (image): spec.containers[1].image: \"evil.example.org/a@sha256:1\" is not " +
					"allowed: it may be of example.com/shop/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.policy.Check("shop", objects(t, tt.text))
			var got []string
			if err != nil {
				got = strings.Split(strings.ReplaceAll(err.Error(), "shop/home/all.yml:", ""), "\n")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Check mismatch (-want +got):\n%s", diff)
			}
			if refused, ok := errors.AsType[*policy.Error](err); err != nil && (!ok || refused.Rule == "") {
				t.Errorf("Check error is %#v, want a *policy.Error with its rule", err)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := policy.Parse([]byte("kinds: [Service]\nhosts: ['*.example.com']\ndigests: true\npodSecurity: restricted\n"))
	want := &policy.Policy{
		Kinds: []string{"Service"}, Hosts: []string{"*.example.com"}, Digests: true, PodSecurity: "restricted",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Parse error = %v, mismatch (-want +got):\n%s", err, diff)
	}
	for text, want := range map[string]string{
		"kindes: [Service]":     `unknown field "kindes"`,
		"kinds: []\nkinds: [a]": `key "kinds" already set in map`,
		"hosts: ['*']":          `hosts: "*": want a host, as app.example.com or *.example.com`,
		"podSecurity: strict":   `podSecurity "strict": want baseline, restricted or privileged`,
	} {
		if _, err := policy.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) error = %v, want %s", text, err, want)
		}
	}
}

func TestCheckRoutes(t *testing.T) {
	t.Parallel()
	p := policy.Policy{Hosts: []string{"a.com"}, IngressClasses: []string{"traefik"}}
	objs := objects(t, ingress+"  rules:\n  - host: b.com\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}")
	want := "shop/home/all.yml:6:5: Ingress home: against the policy (host): spec.rules[0].host: the host b.com is not allowed: " +
		"there may be a.com\nshop/home/all.yml:4:1: Ingress home: against the policy (ingress-class): spec.ingressClassName: " +
		"the class \"\" is not allowed: there may be traefik"
	if err := p.CheckRoutes(objs); err == nil || err.Error() != want {
		t.Errorf("CheckRoutes error = %v, want %s", err, want)
	}
}
