package main

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/apply"
)

// What belongs to Ansible is named with the way to take it over.
func TestDiagnosisLines(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := &apply.Diagnosis{
		Server: "https://c", Version: "v1.37.2", Namespace: "shop",
		Rights: []apply.Right{
			{Resource: "services", Namespace: "shop", Allowed: []string{"get"}, Denied: []string{"patch"}},
			{Resource: "secrets", Namespace: "shop", Denied: []string{"list"}, Without: "no history is kept"},
		},
		Owners: []apply.Ownership{{
			Ref: apply.Ref{Kind: "Deployment", Namespace: "shop", Name: "home"}, Present: true,
			Managers: []apply.Manager{
				{Name: "OpenAPI-Generator", Time: when, Content: []string{"spec"}},
				{Name: "kube-controller-manager"}, {Name: "slipway", Ours: true, Content: []string{"spec"}},
			},
		}, {
			Ref: apply.Ref{Kind: "Service", Namespace: "shop", Name: "home"}, Present: true,
		}},
	}
	var out strings.Builder
	writeDiagnosis(&out, d)
	want := "ok\tcluster\thttps://c answers: v1.37.2\n" +
		"ok\tnamespace\tshop\n" +
		"FAIL\trights\tservices in shop: not patch\n" +
		"note\trights\tsecrets in shop: not list: no history is kept\n" +
		"note\towner\tDeployment shop/home: spec belongs to OpenAPI-Generator since 2026-01-02T03:04:05Z: " +
		"take it over with --adopt OpenAPI-Generator\n" +
		"ok\towner\tService shop/home: Slipway has not deployed it yet\n"
	if got := out.String(); got != want {
		t.Errorf("writeDiagnosis() = %s, want %s", got, want)
	}
}
