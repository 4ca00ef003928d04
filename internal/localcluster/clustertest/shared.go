package clustertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/internal/localcluster"
)

// shared is the control plane of this process. It is not stopped: it ends when the
// process does, which no test gets to see.
var shared struct {
	sync.Mutex
	cluster *localcluster.Cluster
	err     error
}

// config returns the configuration of the process's control plane, which it
// starts if there is none yet.
func config(t testing.TB) *rest.Config {
	t.Helper()
	skipShort(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = start(t)
	}
	check(t, shared.err)
	return rest.CopyConfig(shared.cluster.Config)
}

// Cluster returns a control plane that is t's alone, for what others would notice,
// such as a restart. It is stopped when t ends. The test is skipped where [Namespace]
// skips it.
func Cluster(t testing.TB) *localcluster.Cluster {
	t.Helper()
	skipShort(t)
	cluster, err := start(t)
	check(t, err)
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

func skipShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane, and -short is set")
	}
}

// check ends the test if err is why there is no control plane.
func check(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, localcluster.ErrNoSource) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// start starts a control plane, and gives up shortly before go test would kill the
// process: only then does the user hear what to do.
func start(t testing.TB) (*localcluster.Cluster, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	timer := time.AfterFunc(timeLeft(t), func() { cancel(errTooSlow) })
	defer timer.Stop()
	w := terminal()
	defer w.Close()
	cluster, err := localcluster.Start(ctx, w)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return cluster, err
}

var errTooSlow = errors.New("the control plane is not up within the time that go test allows; " +
	"its first build takes minutes, and goes on where it was left: " +
	"run the test again, or with a longer -timeout")

// margin is what is left of a test's time for saying that it did not suffice.
const margin = 5 * time.Second

// timeLeft returns how long t has. A benchmark has all the time in the world.
func timeLeft(t testing.TB) time.Duration {
	if test, ok := t.(*testing.T); ok {
		if deadline, ok := test.Deadline(); ok {
			return time.Until(deadline) - margin
		}
	}
	return math.MaxInt64
}

// terminal returns where the user sees what we do. Standard error is not it: go
// test keeps a package's output to itself until the package is done.
func terminal() io.WriteCloser {
	file, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil {
		return keptOpen{os.Stderr}
	}
	return file
}

// keptOpen is a writer that others use too.
type keptOpen struct{ io.Writer }

func (keptOpen) Close() error { return nil }
