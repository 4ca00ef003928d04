package localcluster_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/slipway-go/slipway/internal/localcluster"
)

// roleVariable makes the test binary play a part, instead of running tests, when a
// test starts it as a process of its own.
const roleVariable = "SLIPWAY_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "parent": // starts a cluster and waits to be killed
		cluster, err := localcluster.Start(context.Background(), os.Stderr)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(cluster.Kubeconfig)
		select {}
	case "broken": // a control plane that does not start
		fmt.Fprintln(os.Stderr, "controlplane: the disk is full")
		os.Exit(1)
	case "foreign": // a program that is something else
		fmt.Println("hello")
		select {}
	case "slow": // a control plane that never is ready
		select {}
	}
	os.Exit(m.Run())
}
