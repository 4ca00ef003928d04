package ingress_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/slipway-go/slipway/ingress"
)

func TestMergeWarnsOfStripping(t *testing.T) {
	t.Parallel()
	const common = `
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: shop, annotations: {%s: %s}}
spec: {backend: {serviceName: web, servicePort: 80}}`
	tests := []struct {
		annotation, value string
		want              bool
	}{
		{"traefik.frontend.rule.type", "PathPrefixStrip", true},
		{"traefik.ingress.kubernetes.io/rule-type", "PathPrefixStrip", true},
		{"ingress.kubernetes.io/rule-type", "PathStrip", true},
		{"traefik.frontend.rule.type", "PathPrefix", false},
		{"example.com/rule-type", "PathPrefixStrip", false},
	}
	for _, tt := range tests {
		t.Run(tt.annotation+" "+tt.value, func(t *testing.T) {
			t.Parallel()
			text := fmt.Sprintf(common, tt.annotation, tt.value)
			result := merge(t, tree{"shop/common/ingress.yml": text}, ingress.Options{})
			if !tt.want {
				wantLines(t, "Merge(shop) warnings", nil, result.Warnings)
				return
			}
			if len(result.Warnings) != 1 {
				t.Fatalf("Merge(shop) warnings = %q, want one", result.Warnings)
			}
			wantError(t, "Merge(shop) warning", errors.New(result.Warnings[0]), "shop/common/ingress.yml:1",
				tt.annotation, tt.value, "Traefik 1", "let the services answer under their paths")
		})
	}
}

// When it cannot be told whose a path is, it is left out: in common's name it
// would stay for ever, after its service has left.
func TestMergeIncomplete(t *testing.T) {
	t.Parallel()
	result := merge(t, tree{
		"shop/common/ingress.yml": legacy,
		"shop/kids/service.yml":   service("kids-service"),
		"shop/kids/ingress.yml": `
apiVersion: networking.k8s.io/v1
kind: Ingress
spec:
  rules: [{http: {paths: [{path: /r, pathType: Exact, backend: {resource: {kind: R, name: r}}}]}}]`,
	}, ingress.Options{
		Partial:    true,
		Services:   map[string]string{"home-service": "home"},
		Incomplete: errors.New("shop/mens/service.yml:3: image_id is not set"),
	})
	wantLines(t, "Merge(shop) routes", []string{
		"shop.example.com/r (Exact) → /R/r by kids",
		"shop.example.com/kids (ImplementationSpecific) → kids-service:http by kids",
	}, lines(result.Routes))
	if len(result.Warnings) != 1 {
		t.Fatalf("Merge(shop) warnings = %q, want one", result.Warnings)
	}
	wantError(t, "Merge(shop) warning", errors.New(result.Warnings[0]), "shop/common/ingress.yml:1",
		"shop.example.com/old", "left out", "elsewhere", "shop/mens/service.yml:3: image_id is not set")
}

// A backend that is no Service cannot be another service's: it stays common's.
func TestMergeIncompleteResource(t *testing.T) {
	t.Parallel()
	result := merge(t, tree{"shop/common/ingress.yml": spec("networking.k8s.io/v1",
		"rules: [{http: {paths: [{path: /r, pathType: Exact, backend: {resource: {kind: R, name: r}}}]}}]",
	)}, ingress.Options{Partial: true, Incomplete: errors.New("image_id is not set")})
	wantLines(t, "Merge(shop) routes", []string{"*/r (Exact) → /R/r by common"}, lines(result.Routes))
	wantLines(t, "Merge(shop) warnings", nil, result.Warnings)
}
