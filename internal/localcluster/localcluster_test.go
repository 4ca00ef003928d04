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

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// What is killed and started again has its data and its address, works, and leaves
// nothing behind in the end.
func TestRestart(t *testing.T) {
	t.Parallel()
	cluster, err := localcluster.Start(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	deployments := client.AppsV1().Deployments("default")
	labels := map[string]string{"app": "web"}
	deployment, err := deployments.Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web:1"}}},
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for round := range int32(2) {
		if err := cluster.Restart(t.Context()); err != nil {
			t.Fatalf("Restart %d: %v", round, err)
		}
		live, err := deployments.Get(t.Context(), "web", metav1.GetOptions{})
		if err != nil || live.UID != deployment.UID {
			t.Fatalf("after restart %d: Deployment %s, %v; want %s", round, live.UID, err, deployment.UID)
		}
		live.Spec.Replicas = new(round + 2)
		if _, err := deployments.Update(t.Context(), live, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		clustertest.Eventually(t, "the pods", func(ctx context.Context) error {
			live, err := deployments.Get(ctx, "web", metav1.GetOptions{})
			if err == nil && live.Status.AvailableReplicas != round+2 {
				err = fmt.Errorf("status %+v, want %d available", live.Status, round+2)
			}
			return err
		})
	}
	if err := cluster.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if err := left(cluster.Kubeconfig); err != nil {
		t.Errorf("after Stop: %v", err)
	}
	if err := cluster.Restart(t.Context()); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("Restart after Stop: %v, want %v", err, os.ErrProcessDone)
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
