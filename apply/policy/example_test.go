package policy_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply/policy"
)

func ExamplePolicy() {
	d := &slipway.Deployer{
		Root: fstest.MapFS{"shop/home/rights.yml": {Data: []byte(`apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: home}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
`)}},
		App:    "shop",
		Policy: &policy.Policy{Kinds: []string{"Deployment.apps", "Service"}},
	}
	_, err := d.Render(context.Background())
	fmt.Println(err)
	// Output:
	// shop/home/rights.yml:2:1: ClusterRoleBinding home: against the policy (kind): kind: ClusterRoleBinding.rbac.authorization.k8s.io is not allowed: there may be Deployment.apps, Service
}
