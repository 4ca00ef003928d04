package localcluster_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/internal/localcluster"
)

// checkout makes the working directory that of a checkout whose control plane is
// source, and lets nothing be cached from before.
func checkout(t *testing.T, source string) {
	t.Helper()
	dir := t.TempDir()
	module := filepath.Join(dir, "internal", "controlplane")
	if err := os.MkdirAll(module, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"main.go": source,
		"go.sum":  "",
		"go.mod": "module github.com/slipway-go/slipway/internal/controlplane\n\ngo 1.26.0\n" +
			"\nrequire (\n\tk8s.io/kubernetes v1.2.3\n)\n\nreplace k8s.io/kubernetes => ../kubernetes\n",
	} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(module)
	goCache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(goCache)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // os.UserCacheDir's, on Linux
	t.Setenv("HOME", t.TempDir())           // and elsewhere
	t.Setenv("SLIPWAY_CONTROLPLANE", "")
}

const hello = "package main\n\nfunc main() { println(\"hello\") }\n"

func TestBuildOnce(t *testing.T) {
	checkout(t, hello)
	var wg sync.WaitGroup
	var programs [4]string
	var progress [4]bytes.Buffer
	for i := range programs {
		wg.Go(func() {
			var err error
			if programs[i], err = localcluster.Build(t.Context(), &progress[i]); err != nil {
				t.Errorf("Build: %v", err)
			}
		})
	}
	wg.Wait()
	builds := 0
	for i := range programs {
		if programs[i] != programs[0] {
			t.Errorf("Build returned %s and %s", programs[0], programs[i])
		}
		builds += strings.Count(progress[i].String(), "built the control plane")
	}
	if builds != 1 {
		t.Errorf("built %d times, want once", builds)
	}
	if out, err := exec.CommandContext(t.Context(), programs[0]).CombinedOutput(); err != nil || string(out) != "hello\n" {
		t.Errorf("%s: %q, %v", programs[0], out, err)
	}
	var again bytes.Buffer
	if _, err := localcluster.Build(t.Context(), &again); err != nil || again.Len() > 0 {
		t.Errorf("Build of what is built: %v, progress %q", err, &again)
	}
}

func TestBuildFollowsSource(t *testing.T) {
	checkout(t, hello)
	before, err := localcluster.Build(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("more.go", []byte("package main\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	after, err := localcluster.Build(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if before == after {
		t.Errorf("another source, the same program: %s", before)
	}
}

func TestBuildProgress(t *testing.T) {
	checkout(t, hello)
	t.Setenv("GOCACHE", t.TempDir()) // so that all is compiled
	var progress bytes.Buffer
	if _, err := localcluster.Build(t.Context(), &progress); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"packages, 1 of them already compiled\n", // unsafe is always there
		"building the control plane: 1/",
		"(100%)\nlinking the control plane\n",
		"built the control plane in ",
	} {
		if !strings.Contains(progress.String(), want) {
			t.Errorf("progress lacks %q:\n%s", want, &progress)
		}
	}
}

func TestBuildShowsCompilerErrors(t *testing.T) {
	checkout(t, "package main\n\nfunc main() { oops() }\n")
	program, err := localcluster.Build(t.Context(), os.Stderr)
	if err == nil || !strings.Contains(err.Error(), "main.go:3:15: undefined: oops") {
		t.Errorf("Build error = %v, want the compiler's", err)
	}
	if program != "" {
		t.Errorf("Build returned %s, and an error", program)
	}
}

func TestBuildEndsWithContext(t *testing.T) {
	checkout(t, hello)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := localcluster.Build(ctx, os.Stderr); !errors.Is(err, context.Canceled) {
		t.Errorf("Build error = %v, want %v", err, context.Canceled)
	}
}

func TestBuildNeedsCheckout(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("SLIPWAY_CONTROLPLANE", "")
	if _, err := localcluster.Build(t.Context(), os.Stderr); !errors.Is(err, localcluster.ErrNoSource) {
		t.Errorf("Build error = %v, want %v", err, localcluster.ErrNoSource)
	}
}
