package slipway_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// links says which of the heavier modules each package may link, itself or
// through others. Who uses only the pure packages must not pay for a client.
var links = map[string][]string{
	"layouts":          nil,
	"layouts/playbook": {"sprig", "yaml", "apimachinery"}, // by the parser of Jinja
	"render":           {"sprig", "yaml", "apimachinery"},
	"render/jinja":     {"sprig", "yaml", "apimachinery"},
	"render/vault":     {"sprig", "yaml", "apimachinery"},
	"render/values":    {"sprig", "yaml", "apimachinery", "jsonschema"},
	"render/overlay":   {"yaml", "apimachinery", "kustomize"},
	"render/schema":    {"apimachinery"},
	"ingress":          {"apimachinery", "api"},
	"apply/policy":     {"yaml", "apimachinery", "api", "podsecurity"},
	"apply":            {"yaml", "apimachinery", "api", "client-go", "kstatus"},
	".": {
		"sprig", "yaml", "apimachinery", "api", "client-go", "kstatus", "kustomize", "jsonschema", "podsecurity",
	},
	"report": {
		"sprig", "yaml", "apimachinery", "api", "client-go", "kstatus", "kustomize", "jsonschema", "podsecurity",
	},
}

// modules are the import path prefixes behind those names.
var modules = map[string]string{
	"sprig":        "github.com/Masterminds/sprig/",
	"yaml":         "sigs.k8s.io/yaml",
	"apimachinery": "k8s.io/apimachinery/",
	"api":          "k8s.io/api/",
	"client-go":    "k8s.io/client-go/",
	"kstatus":      "github.com/fluxcd/cli-utils/",
	"kustomize":    "sigs.k8s.io/kustomize/",
	"jsonschema":   "github.com/santhosh-tekuri/jsonschema/",
	"podsecurity":  "k8s.io/pod-security-admission/",
	"cobra":        "github.com/spf13/cobra",
	"runtime":      "sigs.k8s.io/controller-runtime",
}

func TestImports(t *testing.T) {
	t.Parallel()
	for pkg, allowed := range links {
		t.Run(pkg, func(t *testing.T) {
			t.Parallel()
			deps := dependencies(t, "./"+pkg)
			for name, prefix := range modules {
				linked := slices.ContainsFunc(deps, func(dep string) bool {
					return strings.HasPrefix(dep, prefix)
				})
				if linked && !slices.Contains(allowed, name) {
					t.Errorf("package %s links %s (%s…), want only %v", pkg, name, prefix, allowed)
				}
				if !linked && slices.Contains(allowed, name) {
					t.Errorf("package %s does not link %s: take it off the list", pkg, name)
				}
			}
		})
	}
}

// TestLayoutsIsStandardLibraryOnly keeps the first step free of everything.
func TestLayoutsIsStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	for _, dep := range dependencies(t, "./layouts") {
		if first, _, _ := strings.Cut(dep, "/"); strings.Contains(first, ".") &&
			!strings.HasPrefix(dep, "github.com/slipway-go/slipway/") {
			t.Errorf("package layouts links %s", dep)
		}
	}
}

func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", pkg)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	return strings.Fields(string(out))
}
