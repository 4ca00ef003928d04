package ingress_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/ingress"
)

// rolled returns a Deployment of home with these fields of its spec, and of its pods'.
func rolled(spec, pod string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: home}\nspec: {" + spec +
		"template: {metadata: {labels: {app: home}}, spec: {" + pod + "}}}"
}

const (
	probing  = "readinessProbe: {httpGet: {path: /, port: 80}}, "
	sleeping = "lifecycle: {preStop: {sleep: {seconds: 10}}}"
	answers  = "containers: [{name: a, " + probing + sleeping + "}]"
)

func TestLintRollout(t *testing.T) {
	t.Parallel()
	rolling := func(replicas, unavailable string) string {
		return "replicas: " + replicas + ", strategy: {rollingUpdate: {maxUnavailable: " + unavailable + "}}, "
	}
	tests := []struct {
		name, deployment string
		want             string // codes
	}{
		{"nothing", rolled("", answers), ""},
		{"a sidecar without a probe", rolled("", "containers: [{name: b}, {name: a, "+probing+sleeping+"}]"), ""},
		{"a hook that is a command", rolled("", "containers: [{name: a, "+probing+"lifecycle: {preStop: {exec: {command: [x]}}}}]"), ""},
		{"no probe", rolled("", "containers: [{name: a, "+sleeping+"}]"), "no-readiness"},
		{"no hook", rolled("", "containers: [{name: a, "+probing+"}]"), "no-prestop"},
		{"neither", rolled("", "containers: [{name: a}]"), "no-prestop no-readiness"},
		{"a grace that the sleep takes up", rolled("", "terminationGracePeriodSeconds: 10, "+answers), "short-grace"},
		{"a grace that is longer", rolled("", "terminationGracePeriodSeconds: 11, "+answers), ""},
		{"a sleep longer than the default grace", rolled("", strings.Replace(answers, "10", "30", 1)), "short-grace"},
		{"one of one may be missing", rolled(rolling("1", "1"), answers), "rollout-gap"},
		{"one of one by default may be missing", rolled("strategy: {rollingUpdate: {maxUnavailable: 1}}, ", answers), "rollout-gap"},
		{"one of two may be missing", rolled(rolling("2", "1"), answers), ""},
		{"none may be missing", rolled(rolling("1", "0"), answers), ""},
		{"half of one is none", rolled(rolling("1", "50%"), answers), ""},
		{"all may be missing", rolled(rolling("3", "100%"), answers), "rollout-gap"},
		{"nothing runs", rolled(rolling("0", "1"), answers), ""},
		{"Recreate", rolled("strategy: {type: Recreate}, ", answers), "rollout-gap"},
		{"what the server refuses", rolled("replicas: many, ", "containers: []"), ""},
		{"not a Deployment", strings.ReplaceAll(rolled("", "containers: [{name: a}]"), "Deployment", "StatefulSet"), ""},
		{"not routed", strings.ReplaceAll(rolled("", "containers: [{name: a}]"), "app: home", "app: batch"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			objs := complete(tree{
				"shop/home/ingress.yml":    routed("home", "P a.b/home"),
				"shop/home/deployment.yml": tt.deployment,
			}).objects(t)
			var codes []string
			for _, line := range lint(t, objs, ingress.Options{}) {
				if !strings.HasPrefix(line, "shop/home/deployment.yml:1: warning: Deployment home ") {
					t.Errorf("Lint(shop): %s, want a warning of the Deployment", line)
				}
				codes = append(codes, line[strings.LastIndex(line, "[")+1:len(line)-1])
			}
			if got := strings.Join(codes, " "); got != tt.want {
				t.Errorf("Lint(shop) = %q, want %q", got, tt.want)
			}
		})
	}
}
