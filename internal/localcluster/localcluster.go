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
	"sync"
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

	program, dir string

	mu      sync.Mutex // held while the cluster is stopped or restarted
	process *process
}

// A process is a run of the program.
type process struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended, with err set
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
	c := &Cluster{Kubeconfig: filepath.Join(dir, "kubeconfig"), program: program, dir: dir}
	if err := c.run(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("control plane: %w", err), c.Stop())
	}
	c.Config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	c.Config.QPS = -1
	return c, nil
}

// run starts the program and returns when it says that it is ready. The program ends
// with ctx.
func (c *Cluster) run(ctx context.Context, flags ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	// The program makes dir itself: then it also removes it when we cannot.
	args := append([]string{"up", "--dir", c.dir, "--kubeconfig", c.Kubeconfig,
		"--parent", strconv.Itoa(os.Getpid())}, flags...)
	cmd := exec.CommandContext(ctx, c.program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	p := &process{cmd: cmd, cancel: cancel, done: make(chan struct{})}
	c.process = p
	cmd.Stderr = &p.stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		close(p.done)
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
	}()
	if err != nil {
		<-p.done
		return errors.Join(ctx.Err(), p.failure())
	}
	if want := "ready " + c.Kubeconfig + "\n"; line != want {
		return fmt.Errorf("said %q, want %q", line, want)
	}
	return nil
}

// Restart kills the cluster, as a crash does, and starts it again: with the same data,
// at the same address, for the same Config. It returns when the cluster is ready for
// use, some seconds later; from then on it runs until this ctx ends, not Start's.
//
// After an error, the cluster does not run.
func (c *Cluster) Restart(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.process.kill(); err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	if err := c.run(ctx, "--resume"); err != nil {
		return errors.Join(fmt.Errorf("control plane: %w", err), c.process.stop())
	}
	return nil
}

// Stop ends the cluster and returns when its process is gone and its directory
// removed; a Restart that is under way comes first. An error means that the cluster
// had ended before, by itself, or had to be killed.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.process.stop(), os.RemoveAll(c.dir))
}

// stop ends the process.
func (p *process) stop() error {
	p.cancel()
	<-p.done
	return p.failure()
}

// kill ends the process before it can do anything about it. An error means that it
// had ended before.
func (p *process) kill() error {
	defer p.cancel()
	err := p.cmd.Process.Kill()
	<-p.done
	return err
}

// failure returns why the process ended, or nil if because it was asked to.
func (p *process) failure() error {
	if p.err == nil || errors.Is(p.err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("%w\n%s", p.err, bytes.TrimSpace(p.stderr.Bytes()))
}
