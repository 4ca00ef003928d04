// Package localcluster runs a real Kubernetes control plane on this machine, for
// the demo and for integration tests: the program of internal/controlplane, built
// from its sources the first time it is needed.
//
// Nothing of Kubernetes but client-go is linked into the importing program.
package localcluster

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// stopTimeout is how long the control plane may take to stop when asked to,
// before it is killed. It takes well under a second.
const stopTimeout = 10 * time.Second

// A Cluster is a control plane that runs in a process of its own. Its methods may
// be called from several goroutines.
type Cluster struct {
	// Kubeconfig is the path of the administrator's kubeconfig. The file is there
	// as long as the cluster is.
	Kubeconfig string

	// Config is the same for client-go, without a limit on requests per second.
	Config *rest.Config

	dir    string
	cancel context.CancelFunc
	done   chan struct{} // closed when the process has ended, with err set
	err    error
	stderr bytes.Buffer // complete once done is closed
}

// Start returns a cluster that is ready for use and runs until ctx ends, Stop is
// called, or this process ends, in whatever way.
//
// The first start on a machine takes as long as [Build] does, some 8 minutes on 2
// cores; a later one takes seconds. An error matches [ErrNoSource] if there is
// nothing to build, and ctx's error if ctx ended first.
func Start(ctx context.Context, progress io.Writer) (*Cluster, error) {
	program, err := Build(ctx, progress)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(os.TempDir(), "slipway-"+rand.Text()[:12])
	ctx, cancel := context.WithCancel(ctx)
	c := &Cluster{
		Kubeconfig: filepath.Join(dir, "kubeconfig"),
		dir:        dir,
		cancel:     cancel,
		done:       make(chan struct{}),
	}
	if err := c.run(ctx, program); err != nil {
		return nil, errors.Join(fmt.Errorf("control plane: %w", err), c.Stop())
	}
	c.Config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	c.Config.QPS = -1
	return c, nil
}

// run starts the program and returns when it says that it is ready.
func (c *Cluster) run(ctx context.Context, program string) error {
	// The program makes dir itself: then it also removes it when we cannot.
	cmd := exec.CommandContext(ctx, program, "up", "--dir", c.dir,
		"--kubeconfig", c.Kubeconfig, "--parent", strconv.Itoa(os.Getpid()))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	cmd.Stderr = &c.stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		close(c.done)
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	go func() {
		defer close(c.done)
		c.err = cmd.Wait()
	}()
	if err != nil {
		<-c.done
		return errors.Join(ctx.Err(), c.failure())
	}
	if want := "ready " + c.Kubeconfig + "\n"; line != want {
		return fmt.Errorf("said %q, want %q", line, want)
	}
	return nil
}

// Stop ends the cluster and returns when its process is gone and its directory
// removed. An error means that it had ended before, by itself, or had to be killed.
func (c *Cluster) Stop() error {
	c.cancel()
	<-c.done
	return errors.Join(c.failure(), os.RemoveAll(c.dir))
}

// failure returns why the process ended, or nil if because it was asked to.
func (c *Cluster) failure() error {
	if c.err == nil || errors.Is(c.err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("%w\n%s", c.err, bytes.TrimSpace(c.stderr.Bytes()))
}
