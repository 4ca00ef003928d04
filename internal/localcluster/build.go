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
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// programVariable is the environment variable that names a built control plane.
const programVariable = "SLIPWAY_CONTROLPLANE"

// keepFor is how long a program built from other sources is kept.
const keepFor = 7 * 24 * time.Hour

// program returns the path of the control plane's program, which it builds unless
// there is one of the same sources and tools.
func program(ctx context.Context, w io.Writer) (string, error) {
	if file := os.Getenv(programVariable); file != "" {
		return file, nil
	}
	source, err := findSource(".")
	if err != nil {
		return "", err
	}
	toolchain, err := goOutput(ctx, source, "env", "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return "", err
	}
	hash, err := hashSource(source, string(toolchain))
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	file := filepath.Join(cache, "controlplane-"+hash)
	if exists(file) {
		return file, nil
	}
	p := newProgress(w)
	unlock, err := lock(ctx, filepath.Join(cache, "controlplane.lock"), p)
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(file) { // who held the lock has built it
		return file, nil
	}
	removeOld(cache)
	return file, build(ctx, source, file, p)
}

// cacheDir returns the directory that holds built programs, and makes it.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "slipway")
	return dir, os.MkdirAll(dir, 0o755)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// lock waits for the lock on file, which the operating system releases when its
// holder dies.
func lock(ctx context.Context, file string, p *progress) (unlock func(), err error) {
	type result struct {
		unlock func()
		err    error
	}
	locked := make(chan result, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(file).Lock()
		locked <- result{unlock, err}
	}()
	select {
	case r := <-locked:
		return r.unlock, r.err
	case <-time.After(time.Second):
		p.say("waiting for another process that builds the control plane")
	case <-ctx.Done():
	}
	select {
	case r := <-locked:
		return r.unlock, r.err
	case <-ctx.Done():
		go func() { // the lock comes, but too late
			if r := <-locked; r.err == nil {
				r.unlock()
			}
		}()
		return nil, ctx.Err()
	}
}

// removeOld removes programs that other sources made, and what broken builds left.
func removeOld(cache string) {
	files, _ := filepath.Glob(filepath.Join(cache, "controlplane-*"))
	for _, file := range files {
		info, err := os.Stat(file)
		if err == nil && (strings.HasSuffix(file, ".tmp") || time.Since(info.ModTime()) > keepFor) {
			os.Remove(file)
		}
	}
}

// build compiles source to file, which appears there complete or not at all.
func build(ctx context.Context, source, file string, p *progress) error {
	begin := time.Now()
	p.say("reading the control plane's packages; the first time, this downloads them")
	list, err := goOutput(ctx, source, "list", "-deps", "-f", "{{.Stale}}", ".")
	if err != nil {
		return err
	}
	// What is in Go's build cache is not compiled again, and so not counted.
	total := bytes.Count(list, []byte("true"))
	p.say(fmt.Sprintf("building the control plane, this once: %d of its %d packages are to be compiled",
		total, bytes.Count(list, []byte("\n"))))

	temp := file + ".tmp"
	cmd := goCommand(ctx, source, "build", "-v", "-buildvcs=false", "-ldflags=-s -w", "-o", temp, ".")
	if err := runBuild(cmd, total, p); err != nil {
		return fmt.Errorf("building the control plane: %w", err)
	}
	if err := os.Rename(temp, file); err != nil {
		return err
	}
	p.say(fmt.Sprintf("built the control plane in %v", time.Since(begin).Round(time.Second)))
	return nil
}

// runBuild runs a "go build -v", which names each package that it compiles, and
// shows how far it is. What else it says becomes the error.
func runBuild(cmd *exec.Cmd, total int, p *progress) error {
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
		compiled = min(compiled+1, total)
		p.count("building the control plane", compiled, total)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.Join(complaints, "\n"))
	}
	return nil
}

// goOutput returns what a go command prints.
func goOutput(ctx context.Context, source string, args ...string) ([]byte, error) {
	cmd := goCommand(ctx, source, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// goCommand returns a go command that runs in source and, unlike by default, may
// tidy up when ctx ends.
func goCommand(ctx context.Context, source string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+source)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTimeout
	return cmd
}
