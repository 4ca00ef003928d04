package ingress_test

import (
	"errors"
	"testing"

	"github.com/slipway-go/slipway/ingress"
)

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
