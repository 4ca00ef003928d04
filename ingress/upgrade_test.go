package ingress_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/ingress"
)

// Each field of the two v1beta1 groups comes out as networking.k8s.io/v1 has it.
func TestMergeUpgrades(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, old, want string }{{
		name: "port number",
		old: `
rules:
- host: a.example.com
  http: {paths: [{path: /a, pathType: Prefix, backend: {serviceName: web, servicePort: 80}}]}`,
		want: `
rules:
- host: a.example.com
  http: {paths: [{path: /a, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}`,
	}, {
		name: "quoted port number",
		old: `
rules:
- http: {paths: [{path: /a, pathType: Exact, backend: {serviceName: web, servicePort: "80"}}]}`,
		want: `
rules:
- http: {paths: [{path: /a, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}]}`,
	}, {
		name: "port name",
		old: `
rules:
- http: {paths: [{path: /a, pathType: Prefix, backend: {serviceName: web, servicePort: http}}]}`,
		want: `
rules:
- http: {paths: [{path: /a, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}`,
	}, {
		name: "absent pathType keeps its meaning",
		old: `
rules:
- http: {paths: [{path: /a, backend: {serviceName: web, servicePort: 80}}]}`,
		want: `
rules:
- http:
    paths:
    - path: /a
      pathType: ImplementationSpecific
      backend: {service: {name: web, port: {number: 80}}}`,
	}, {
		name: "absent path",
		old: `
rules:
- host: a.example.com
  http: {paths: [{backend: {serviceName: web, servicePort: 80}}]}`,
		want: `
rules:
- host: a.example.com
  http:
    paths:
    - pathType: ImplementationSpecific
      backend: {service: {name: web, port: {number: 80}}}`,
	}, {
		name: "backend is defaultBackend",
		old:  `backend: {serviceName: web, servicePort: "8080"}`,
		want: `defaultBackend: {service: {name: web, port: {number: 8080}}}`,
	}, {
		name: "resource backends",
		old: `
backend: {resource: {apiGroup: example.com, kind: Bucket, name: icons}}
rules:
- http: {paths: [{path: /a, pathType: Prefix, backend: {resource: {kind: ConfigMap, name: pages}}}]}`,
		want: `
defaultBackend: {resource: {apiGroup: example.com, kind: Bucket, name: icons}}
rules:
- http:
    paths:
    - path: /a
      pathType: Prefix
      backend: {resource: {apiGroup: null, kind: ConfigMap, name: pages}}`,
	}, {
		name: "class, tls, and a rule without paths",
		old: `
ingressClassName: traefik
tls: [{hosts: [a.example.com], secretName: a-tls}]
rules: [{host: a.example.com}]
backend: {serviceName: web, servicePort: http}`,
		want: `
ingressClassName: traefik
tls: [{hosts: [a.example.com], secretName: a-tls}]
defaultBackend: {service: {name: web, port: {name: http}}}`,
	}}
	for _, tt := range tests {
		for _, version := range []string{"extensions/v1beta1", "networking.k8s.io/v1beta1"} {
			t.Run(version+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				got := merged(t, tree{"shop/common/ingress.yml": spec(version, tt.old)}, ingress.Options{})
				if diff := cmp.Diff(fields(t, tt.want), got.Object["spec"]); diff != "" {
					t.Errorf("Merge(shop) spec (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// spec returns the document of an Ingress.
func spec(version, text string) string {
	return fmt.Sprintf("apiVersion: %s\nkind: Ingress\nmetadata: {name: shop}\nspec:\n%s\n",
		version, indent(text))
}

// Metadata is common's own: an upgrade does not touch it, the class annotation
// included.
func TestMergeKeepsMetadata(t *testing.T) {
	t.Parallel()
	got := merged(t, tree{"shop/common/ingress.yml": `
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: front
  namespace: web
  labels: {team: shop}
  annotations: {kubernetes.io/ingress.class: traefik}
spec:
  backend: {serviceName: web, servicePort: 80}`}, ingress.Options{})
	want := object(t, `
kind: Ingress
metadata:
  name: front
  namespace: web
  labels: {team: shop, slipway/set: shop.common}
  annotations:
    kubernetes.io/ingress.class: traefik
    slipway/source: shop/common/ingress.yml:1
    slipway/routes.common: '{"v":1,"src":"shop/common/ingress.yml:1"}'`)
	if diff := cmp.Diff(want.Object["metadata"], got.Object["metadata"]); diff != "" {
		t.Errorf("Merge(shop) metadata (-want +got):\n%s", diff)
	}
}

// What a version does not have is an error that says where and what to do: the
// API server would drop it or refuse it later.
func TestMergeRefusesFields(t *testing.T) {
	t.Parallel()
	const v1, v1beta1 = "networking.k8s.io/v1", "extensions/v1beta1"
	paths := func(path string) string { return "rules: [{http: {paths: [" + path + "]}}]" }
	tests := []struct {
		name, version, spec string
		want                []string
	}{{
		name:    "serviceName in v1",
		version: v1,
		spec:    paths("{path: /a, pathType: Prefix, backend: {serviceName: a, servicePort: 80}}"),
		want:    []string{"backend.serviceName", "are of v1beta1", "service.name, service.port"},
	}, {
		name:    "spec.backend in v1",
		version: v1,
		spec:    "backend: {service: {name: a, port: {number: 80}}}",
		want:    []string{`"spec.backend"`, "are of v1beta1", "spec.defaultBackend"},
	}, {
		name:    "backend.service in v1beta1",
		version: v1beta1,
		spec:    paths("{path: /a, backend: {service: {name: a, port: {number: 80}}}}"),
		want:    []string{"backend.service", "are of networking.k8s.io/v1: make that the apiVersion"},
	}, {
		name:    "defaultBackend in v1beta1",
		version: "networking.k8s.io/v1beta1",
		spec:    "defaultBackend: {serviceName: a, servicePort: 80}",
		want:    []string{`"spec.defaultBackend"`, "make that the apiVersion"},
	}, {
		name:    "misspelt field in v1",
		version: v1,
		spec:    "ingresClassName: traefik",
		want:    []string{`unknown field "spec.ingresClassName"`},
	}, {
		name:    "misspelt field in v1beta1",
		version: v1beta1,
		spec:    paths("{path: /a, pathtype: Exact, backend: {serviceName: a, servicePort: 80}}"),
		want:    []string{`unknown field "spec.rules[0].http.paths[0].pathtype"`},
	}, {
		name:    "port as v1beta1 writes it, in v1",
		version: v1,
		spec:    paths("{path: /a, pathType: Prefix, backend: {service: {name: a, port: 80}}}"),
		want:    []string{"spec.rules.http.paths.backend.service.port is of type number, want object"},
	}, {
		name:    "quoted number in v1",
		version: v1,
		spec:    paths(`{path: /a, pathType: Prefix, backend: {service: {name: a, port: {number: "80"}}}}`),
		want:    []string{"spec.rules.http.paths.backend.service.port.number is of type string, want int32"},
	}, {
		name:    "port as v1 writes it, in v1beta1",
		version: v1beta1,
		spec:    paths("{path: /a, backend: {serviceName: a, servicePort: {number: 80}}}"),
		want:    []string{"spec.rules.http.paths.backend.servicePort is of type object"},
	}, {
		name:    "list that is none",
		version: v1beta1,
		spec:    "rules: {host: a.example.com}",
		want:    []string{"spec.rules is of type object, want array"},
	}, {
		name:    "apiVersion without Ingress",
		version: "networking.k8s.io/v2",
		spec:    "{}",
		want:    []string{`"networking.k8s.io/v2" has no kind Ingress`, "use networking.k8s.io/v1"},
	}, {
		name:    "no pathType in v1",
		version: v1,
		spec:    paths("{path: /a, backend: {service: {name: a, port: {number: 80}}}}"),
		want:    []string{`path "/a" has no pathType`, "Prefix", "Exact", "ImplementationSpecific"},
	}, {
		name:    "pathType in lower case",
		version: v1,
		spec:    paths("{path: /a, pathType: prefix, backend: {service: {name: a, port: {number: 80}}}}"),
		want:    []string{`path "/a" has pathType "prefix"`, "make it Prefix"},
	}, {
		name:    "no backend",
		version: v1,
		spec:    paths("{path: /a, pathType: Prefix, backend: {}}"),
		want:    []string{`path "/a"`, "names no Service", "set backend.service.name"},
	}, {
		name:    "no port",
		version: v1beta1,
		spec:    paths("{path: /a, backend: {serviceName: a}}"),
		want:    []string{`path "/a"`, "backend a has no port", "servicePort in v1beta1"},
	}, {
		name:    "port name and number",
		version: v1,
		spec:    paths("{path: /a, pathType: Exact, backend: {service: {name: a, port: {name: b, number: 1}}}}"),
		want:    []string{`path "/a"`, "both a port name and a port number", "keep one"},
	}, {
		name:    "service and resource",
		version: v1beta1,
		spec:    paths("{path: /a, backend: {serviceName: a, servicePort: 1, resource: {kind: B, name: b}}}"),
		want:    []string{`path "/a"`, "both a service and a resource", "keep one"},
	}, {
		name:    "name with a slash",
		version: v1,
		spec:    paths("{path: /a, pathType: Exact, backend: {service: {name: a/b, port: {number: 1}}}}"),
		want:    []string{`path "/a"`, `"a/b:1"`, "does not allow"},
	}, {
		name:    "name with a colon",
		version: v1,
		spec:    paths("{path: /a, pathType: Exact, backend: {service: {name: 'a:b', port: {number: 1}}}}"),
		want:    []string{`path "/a"`, `"a:b:1"`, "does not allow"},
	}, {
		name:    "defaultBackend without port",
		version: v1,
		spec:    "defaultBackend: {service: {name: a}}",
		want:    []string{"spec.defaultBackend", "backend a has no port"},
	}, {
		name:    "each bad path, with its place",
		version: v1,
		spec: paths("{path: /a, pathType: Exact, backend: {}}, " +
			"{path: /b, backend: {service: {name: a, port: {number: 1}}}}"),
		want: []string{`path "/a"`, `shop/common/ingress.yml:1: Ingress: path "/b"`},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := tree{"shop/common/ingress.yml": spec(tt.version, tt.spec)}
			result, err := ingress.Merge("shop", files.objects(t), ingress.Options{})
			want := append([]string{"shop/common/ingress.yml:1: Ingress: "}, tt.want...)
			wantError(t, "Merge(shop)", err, want...)
			if result != nil {
				t.Errorf("Merge(shop) = %v, want nil with an error", result)
			}
		})
	}
}
