package localcluster

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// programVariable is the environment variable that names a built control plane.
const programVariable = "SLIPWAY_CONTROLPLANE"

// Build returns the path of the control plane's program, which it builds unless
// there is one of the same sources and tools, or the environment variable
// SLIPWAY_CONTROLPLANE names one. Processes that need it at once build it once.
//
// What it does goes to progress as lines of text; on a terminal, counts change in
// place. Nil discards it. An error matches [ErrNoSource] if the working directory is not in a
// checkout of Slipway.
func Build(ctx context.Context, progress io.Writer) (program string, err error) {
	if program := os.Getenv(programVariable); program != "" {
		return program, nil
	}
	b := builder{progress: newReporter(progress)}
	if b.source, err = findSource("."); err != nil {
		return "", err
	}
	if b.linkerFlags, err = linkerFlags(b.source); err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	hash, err := b.hash(ctx)
	if err != nil {
		return "", err
	}
	program = filepath.Join(cache, "controlplane-"+hash)
	if exists(program) {
		return program, nil
	}
	unlock, err := lock(ctx, filepath.Join(cache, "controlplane.lock"), b.progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(program) { // who held the lock has built it
		return program, nil
	}
	removeOld(cache)
	if err := b.build(ctx, program); err != nil {
		return "", err
	}
	return program, nil
}

// A builder builds one checkout's control plane.
type builder struct {
	source      string // directory of its module
	linkerFlags string
	progress    *reporter
}

// hash returns a hash of all that decides what comes out.
func (b *builder) hash(ctx context.Context) (string, error) {
	tools, err := b.goOutput(ctx, "env", "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return "", err
	}
	return hashSource(b.source, string(tools)+b.linkerFlags)
}

// build compiles the source to program, which appears there complete or not at all.
func (b *builder) build(ctx context.Context, program string) error {
	begin := time.Now()
	b.progress.say("looking at the control plane's packages; the first time, this downloads them")
	list, err := b.goOutput(ctx, "list", "-deps", "-f", "{{.Stale}}", ".")
	if err != nil {
		return err
	}
	// What is in Go's build cache is not compiled again, and so not counted.
	total := bytes.Count(list, []byte("true"))
	b.progress.say(fmt.Sprintf("building the control plane: %d packages, %d of them already compiled",
		bytes.Count(list, []byte("\n")), bytes.Count(list, []byte("false"))))

	temp := program + temporary
	cmd := b.goCommand(ctx, "build", "-v", "-buildvcs=false", "-ldflags="+b.linkerFlags,
		"-o", temp, ".")
	if err := b.watch(cmd, total); err != nil {
		return fmt.Errorf("building the control plane: %w", err)
	}
	if err := os.Rename(temp, program); err != nil {
		return err
	}
	b.progress.say(fmt.Sprintf("built the control plane in %v", time.Since(begin).Round(time.Second)))
	return nil
}

// watch runs a "go build -v", which names each package that it compiles, and tells
// how far it is. What else the command says becomes the error.
func (b *builder) watch(cmd *exec.Cmd, total int) error {
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var complaints []string
	compiled := 0
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if line := lines.Text(); strings.ContainsAny(line, " \t") {
			complaints = append(complaints, line)
			continue
		}
		compiled++
		b.progress.count("building the control plane", compiled, total)
		if compiled == total {
			b.progress.say("linking the control plane")
		}
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.Join(complaints, "\n"))
	}
	return nil
}

// goOutput returns what a go command prints.
func (b *builder) goOutput(ctx context.Context, args ...string) ([]byte, error) {
	cmd := b.goCommand(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// goCommand returns a go command that runs in the source and, when ctx ends, may
// still tidy up.
func (b *builder) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.source
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTimeout
	return cmd
}

// kubernetesVersion finds the version of Kubernetes in a go.mod.
var kubernetesVersion = regexp.MustCompile(`(?m)^\s*k8s\.io/kubernetes (v(\d+)\.(\d+)\.\S+)`)

// linkerFlags returns flags that leave out what only debuggers need, and tell the
// program what version of Kubernetes it is, which it does not know by itself.
func linkerFlags(source string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return "", err
	}
	flags := "-s -w"
	if v := kubernetesVersion.FindSubmatch(mod); v != nil {
		const pkg = "k8s.io/component-base/version"
		flags += fmt.Sprintf(" -X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=%[3]s -X %[1]s.gitMinor=%[4]s",
			pkg, v[1], v[2], v[3])
	}
	return flags, nil
}
