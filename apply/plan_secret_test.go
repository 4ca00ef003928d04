package apply_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// leaked returns the secret that text holds, as it is or as a Secret stores it.
func leaked(text string) string {
	for _, secret := range []string{"hunter1", "aHVudGVyMQ", "hunter2", "aHVudGVyMg"} {
		if strings.Contains(text, secret) {
			return secret
		}
	}
	return ""
}

// A plan says that a Secret changes, and not to what.
func TestPlanHidesSecrets(t *testing.T) {
	t.Parallel()
	const begin = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
	copied := strings.Replace(begin, "name: s", "name: s, annotations: {"+lastApplied+
		`: '{"stringData":{"password":"hunter1"}}'}`, 1)
	tests := []struct {
		name, before, by, after string
		want                    []string // of the plan
	}{{
		name: "data", before: begin + "data: {a: aHVudGVyMQ==, b: aHVudGVyMQ==}",
		after: begin + "data: {a: aHVudGVyMg==, c: aHVudGVyMg==}",
		want:  []string{".data.a", ".data.b", ".data.c", "(hidden)"},
	}, {
		name: "stringData", before: begin + "stringData: {a: hunter1}", after: begin + "stringData: {a: hunter2}",
		want: []string{".data.a", "(hidden)"},
	}, {
		name: "Ansible's", before: begin + "data: {a: aHVudGVyMQ==, b: aHVudGVyMQ==}", by: ansible,
		after: begin + "data: {a: aHVudGVyMg==}",
		want:  []string{".data.a", ".data.b", "(hidden)"},
	}, {
		name: "kubectl's copy", before: copied + "data: {a: aHVudGVyMQ==}", by: kubectl,
		after: begin + "stringData: {a: hunter2}",
		want:  []string{lastApplied, "(hidden)"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			a := newApplier(t, cfg, apply.Options{Namespace: ns, Adopt: []string{ansible, kubectl}})
			if tt.by == "" {
				mustApply(t, a, objects(t, "shop.home", tt.before))
			} else {
				createBy(t, cfg, tt.by, "secrets", ns, tt.before)
			}
			plan := mustPlan(t, a, objects(t, "shop.home", tt.after))
			done := mustApply(t, a, objects(t, "shop.home", tt.after))
			for _, c := range []apply.Change{plan.Changes[0], done.Changes[0]} {
				text := fmt.Sprintf("%+v %v %+v", c.Fields, c.Fields, c.Adopted)
				for _, want := range tt.want {
					if !strings.Contains(text, want) {
						t.Errorf("change %s lacks %q", text, want)
					}
				}
				if c.Diff() == "" {
					t.Errorf("change %s has no diff", text)
				}
				if secret := leaked(text + c.Diff()); secret != "" || c.Action != apply.Configured {
					t.Errorf("change %s %s: it holds %q", c.Action, text, secret)
				}
			}
		})
	}
}

// Nor do errors, though the server's own words repeat what it was sent.
func TestErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	const begin = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
	tests := map[string]string{
		"wrong type in stringData": begin + "stringData: {password: {deep: hunter2}}",
		"a list in stringData":     begin + "stringData: {password: [hunter2]}",
		"a number in stringData":   begin + "stringData: {password: 7, hunter: hunter2}",
		"stringData is a string":   begin + "stringData: hunter2",
		"data is a list":           begin + "data: [aHVudGVyMg==]",
		"no base64":                begin + "data: {password: 'hunter2!'}",
		"an unknown field":         begin + "stringdata: {password: hunter2}",
		"a bad key":                begin + "stringData: {'a b': hunter2}",
		"a missing key for the type": begin + "type: kubernetes.io/tls\n" +
			"data: {tls.crt: aHVudGVyMg==}",
		"a pull secret that is no JSON": begin + "type: kubernetes.io/dockerconfigjson\n" +
			"stringData: {.dockerconfigjson: hunter2}",
		"a copy by kubectl that is too large": strings.Replace(begin, "name: s", "name: s, annotations: {"+
			lastApplied+": '"+strings.Repeat("hunter2", 40_000)+"'}", 1),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApplier(t, cfg, apply.Options{Namespace: ns})
			objs := objects(t, "shop.home", text)
			result, planErr := a.Plan(testContext(t), objs)
			_, applyErr := a.Apply(testContext(t), objs)
			for _, err := range []error{planErr, applyErr} {
				var object *apply.ObjectError
				if !errors.As(err, &object) || leaked(err.Error()) != "" || leaked(fmt.Sprintf("%+v", object.Err)) != "" {
					t.Errorf("error %v, want an *ObjectError that holds no secret", err)
				}
			}
			c := result.Changes[0]
			if text := fmt.Sprintf("%+v %q", c.Fields, c.Notes); leaked(text) != "" || c.Live != nil {
				t.Errorf("change %s, live form %v", text, c.Live)
			}
		})
	}
}
