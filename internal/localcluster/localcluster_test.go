package localcluster_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/slipway-go/slipway/internal/localcluster"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

func TestStopLeavesNothing(t *testing.T) {
	t.Parallel()
	cluster, err := localcluster.Start(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(cluster.Kubeconfig)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("kubeconfig: %v, %v; want mode 0600", info, err)
	}
	client, err := kubernetes.NewForConfig(cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	version, err := client.Discovery().ServerVersion()
	if err != nil || version.GitVersion != "v1.37.2" {
		t.Errorf("version of the cluster: %v, %v; want v1.37.2", version, err)
	}
	if err := cluster.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if err := left(cluster.Kubeconfig); err != nil {
		t.Errorf("after Stop: %v", err)
	}
	if err := cluster.Stop(); err != nil {
		t.Errorf("second Stop: %v", err)
	}
}

func TestEndOfContextLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cluster, err := localcluster.Start(ctx, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	clustertest.Eventually(t, "the end of the cluster", func(context.Context) error {
		return left(cluster.Kubeconfig)
	})
}

func TestKilledParentLeavesNothing(t *testing.T) {
	t.Parallel()
	if _, err := localcluster.Build(t.Context(), os.Stderr); err != nil {
		t.Fatal(err)
	}
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), roleVariable+"=parent")
	parent.Stderr = os.Stderr
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("parent: %v, %v", err, parent.Wait())
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // says only that it was killed
	clustertest.Eventually(t, "the end of the cluster", func(context.Context) error {
		return left(strings.TrimSpace(line))
	})
}

// left returns what remains of the cluster with this kubeconfig: its directory, or
// a process that was told of it.
func left(kubeconfig string) error {
	dir := filepath.Dir(kubeconfig)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("directory %s is there: %w", dir, cmp.Or(err, fs.ErrExist))
	}
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline") // none but on Linux
	if err != nil {
		return err
	}
	for _, file := range processes {
		if command, _ := os.ReadFile(file); bytes.Contains(command, []byte(kubeconfig)) {
			return fmt.Errorf("%s: %q", file, command)
		}
	}
	return nil
}

func TestStartSaysWhatWentWrong(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, role, want string }{
		{"program ends", "broken", "control plane: exit status 1\ncontrolplane: the disk is full"},
		{"program is another", "foreign", `control plane: said "hello\n", want "ready `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("SLIPWAY_CONTROLPLANE", program)
			t.Setenv(roleVariable, tt.role)
			_, err := localcluster.Start(t.Context(), nil)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Start error = %v, want %s…", err, tt.want)
			}
		})
	}
}

func TestStartEndsWithContext(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLIPWAY_CONTROLPLANE", program)
	t.Setenv(roleVariable, "slow")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := localcluster.Start(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Start error = %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestStartWithoutProgram(t *testing.T) {
	t.Setenv("SLIPWAY_CONTROLPLANE", filepath.Join(t.TempDir(), "absent"))
	if _, err := localcluster.Start(t.Context(), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Start error = %v, want %v", err, fs.ErrNotExist)
	}
}
