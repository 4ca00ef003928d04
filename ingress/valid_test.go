package ingress_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/ingress"
)

// What no API server takes is told before anything is sent, with the way out.
func TestInvalidRules(t *testing.T) {
	t.Parallel()
	tests := []struct{ host, pathType, path, want string }{
		{"App_x.com", "Prefix", "/a", `host "App_x.com" is not the name of one: want lower case letters`},
		{"a.com:80", "Prefix", "/a", `host "a.com:80" has a port: a host is for all of them; write a.com`},
		{"10.0.0.1", "Prefix", "/a", `host "10.0.0.1" is an address: want a name, or leave it out`},
		{"a.*.com", "Prefix", "/a", `host "a.*.com" is not the name of one`},
		{"*", "Prefix", "/a", `host "*" is not the name of one`},
		{"a.com", "Prefix", "a", `path "a" does not begin with a slash`},
		{"a.com", "Exact", "", `path "" does not begin with a slash`},
		{"a.com", "ImplementationSpecific", "a", `path "a" does not begin with a slash`},
		{"a.com", "Prefix", "/a/../b", `path "/a/../b" has an empty element, . or .., or %2f`},
		{"a.com", "Exact", "//", `path "//" has an empty element`},
		{"a.com", "Prefix", "/a//b/", `path "/a//b/" has an empty element`},
		{"a.com", "Exact", "/a/.", `path "/a/." has an empty element`},
		{"a.com", "Prefix", "/a%2Fb", `path "/a%2Fb" has an empty element`},
		{"a.com", "Prefix", "/;}\n", `path "/;}\n" has a character that is none of a path's`},
		{"a.com", "ImplementationSpecific", "/;}\n", `path "/;}\n" has a character`},
		{"*.a.com", "Prefix", "/", ""},
		{"a.com", "Prefix", "/a//", ""}, // is /a
		{"a.com", "Prefix", "/a.b/..c", ""},
		{"a.com", "ImplementationSpecific", "/a//(/|$)(.*)", ""},
		{"a.com", "ImplementationSpecific", "", ""},
	}
	for _, tt := range tests {
		t.Run(strings.Join([]string{tt.host, tt.pathType, tt.path}, " "), func(t *testing.T) {
			t.Parallel()
			objs := tree{"shop/home/ingress.yml": fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
spec: {rules: [{host: %q, http: {paths: [{path: %q, pathType: %s, backend: {service: {name: home, port: {number: 80}}}}]}}]}`,
				tt.host, tt.path, tt.pathType)}.objects(t)
			_, err := ingress.Merge("shop", objs, ingress.Options{})
			if tt.want == "" {
				if err != nil {
					t.Errorf("Merge(shop) error = %v, want none", err)
				}
				return
			}
			wantError(t, "Merge(shop)", err, "shop/home/ingress.yml:1: Ingress: "+tt.want)
		})
	}
	hosts := tree{"shop/common/ingress.yml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\n" +
		"metadata: {name: shop}\nspec: {rules: [{host: Shop.example.com}]}"}.objects(t)
	_, err := ingress.Merge("shop", hosts, ingress.Options{})
	wantError(t, "Merge(shop)", err, `shop/common/ingress.yml:1: Ingress: host "Shop.example.com"`)
}
