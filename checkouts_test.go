package slipway_test

import (
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// checkouts are one tree at four times: the first knows one service, the last all.
type checkouts struct {
	services [4]string
	trees    [4]fs.FS
	backend  string // what the name of a service's Service ends with
}

func checkoutsOf(t testing.TB, tree fs.FS, backend string) checkouts {
	t.Helper()
	// Pods, of which there would be hundreds, are not what is looked at.
	tree = replaced(t, tree, "replicas: 2", "replicas: 0")
	c := checkouts{services: [4]string{homeService, kidsService, mensService, ladies}, backend: backend}
	for i := len(c.trees) - 1; i >= 0; i-- {
		c.trees[i] = tree
		tree = without(t, tree, c.services[i])
	}
	return c
}

// deploy runs the pipeline of service i, which knows no later ones.
func (c checkouts) deploy(t testing.TB, cfg *rest.Config, ns string, i int) *slipway.Result {
	t.Helper()
	return c.deployFrom(t, cfg, ns, i, c.services[i])
}

func (c checkouts) deployFrom(t testing.TB, cfg *rest.Config, ns string, i int, services ...string) *slipway.Result {
	t.Helper()
	d := deployer(cfg, ns, c.trees[i], services...)
	d.Apply.NoWait = true
	result, err := d.Deploy(t.Context())
	if err != nil {
		t.Errorf("Deploy(%v) from checkout %d: %v", services, i+1, err)
	}
	return result
}

// check checks that the routes are those of the services, each its owner's.
func (c checkouts) check(t testing.TB, what string, result *slipway.Result, services []int) {
	t.Helper()
	var want []string
	for _, i := range services {
		section := c.services[i][len(shoppingapp.App)+1:]
		want = append(want, fmt.Sprintf("app.shoppingapp.com/%s → %s%s:http by %[2]s", section, c.services[i], c.backend))
	}
	got := table(result.Routes)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes after %s (-want +got):\n%s", what, diff)
	}
}

// checkAll checks that all is as if it came from the newest checkout, and that a run
// from one that is older than that changes nothing.
func (c checkouts) checkAll(t testing.TB, cfg *rest.Config, ns string) {
	t.Helper()
	result := c.deployFrom(t, cfg, ns, len(c.trees)-1)
	c.check(t, "all", result, []int{0, 1, 2, 3})
	if result.Changed() {
		t.Errorf("Deploy of all: %s, want nothing changed", &result.Result)
	}
	result = c.deploy(t, cfg, ns, 1)
	c.check(t, "all, and kids again", result, []int{0, 1, 2, 3})
	if result.Changed() {
		t.Errorf("Deploy(kids) again: %s, want nothing changed", &result.Result)
	}
}

// orders returns the orders of n things.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for _, order := range orders(n - 1) {
		for i := range n {
			out = append(out, slices.Insert(slices.Clone(order), i, n-1))
		}
	}
	return out
}

// Four pipelines deploy from four checkouts, of which the oldest knows one service and
// the newest four. In whatever order, or at once: no path is lost, and each is its own
// service's.
func TestDeployFromFourCheckouts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]checkouts{
		"modern": checkoutsOf(t, shoppingapp.Tree(), ""),
		"legacy": checkoutsOf(t, shoppingapp.Legacy(), "-service"),
	} {
		for _, order := range orders(4) {
			t.Run(fmt.Sprint(name, order), func(t *testing.T) {
				t.Parallel()
				cfg, ns := clustertest.Namespace(t)
				for n, i := range order {
					c.check(t, c.services[i], c.deploy(t, cfg, ns, i), order[:n+1])
				}
				c.checkAll(t, cfg, ns)
			})
		}
		for round := range 5 {
			t.Run(fmt.Sprint(name, " at once ", round), func(t *testing.T) {
				t.Parallel()
				cfg, ns := clustertest.Namespace(t)
				var wg sync.WaitGroup
				for i := range c.services {
					wg.Go(func() { c.deploy(t, cfg, ns, i) })
				}
				wg.Wait()
				c.checkAll(t, cfg, ns)
			})
		}
	}
}
