package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommandLineErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		want int
	}{
		{"no command", nil, 2},
		{"unknown command", []string{"down"}, 2},
		{"unknown flag", []string{"up", "--dir", "d", "--kubeconfig", "k", "--port", "1"}, 2},
		{"no directory", []string{"up", "--kubeconfig", "k"}, 2},
		{"no kubeconfig", []string{"up", "--dir", "d"}, 2},
		{"an argument too many", []string{"up", "--dir", "d", "--kubeconfig", "k", "x"}, 2},
		{"help", []string{"-h"}, 0},
		{"help on up", []string{"up", "-h"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			if got := run(t.Context(), tt.args, &stdout, &stderr); got != tt.want {
				t.Errorf("run(%q) = %d, want %d", tt.args, got, tt.want)
			}
			if stdout.Len() > 0 || !strings.Contains(stderr.String(), usage) {
				t.Errorf("run(%q): stdout %q, stderr %q; want only usage on stderr",
					tt.args, &stdout, &stderr)
			}
		})
	}
}

func TestUpRefusesDirectoryInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "mine")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	args := []string{"up", "--dir", dir, "--kubeconfig", filepath.Join(dir, "kubeconfig")}
	if got := run(t.Context(), args, nil, &stderr); got != 1 {
		t.Errorf("run(%q) = %d, want 1", args, got)
	}
	if want := "controlplane: " + dir + " is not empty\n"; stderr.String() != want {
		t.Errorf("run(%q): stderr %q, want %q", args, &stderr, want)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the directory's file is gone: %v", err)
	}
}

func TestUpResumesOnlyWhatWasKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var stderr bytes.Buffer
	args := []string{"up", "--resume", "--dir", dir, "--kubeconfig", filepath.Join(dir, "kubeconfig")}
	if got := run(t.Context(), args, nil, &stderr); got != 1 {
		t.Errorf("run(%q) = %d, want 1", args, got)
	}
	if want := "controlplane: nothing to resume: "; !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("run(%q): stderr %q, want %q…", args, &stderr, want)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the directory is gone: %v", err)
	}
}

// What clients know of a control plane is the same after it was killed.
func TestResumedIsAtTheSameAddress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(certificate(dir), []byte("authority"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := credentialsOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	if addr, err := addressOf(dir); err != nil || addr != "127.0.0.1:0" {
		t.Errorf("address at first: %s, %v; want 127.0.0.1:0", addr, err)
	}
	const addr = "127.0.0.1:6443"
	config, err := newKubeconfig(dir, addr, first.token)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeKubeconfig(config, admin(dir)); err != nil {
		t.Fatal(err)
	}
	if again, err := credentialsOf(dir); err != nil || again != first || again.token == "" {
		t.Errorf("credentials: %v, %v; want %v", again, err, first)
	}
	if again, err := addressOf(dir); err != nil || again != addr {
		t.Errorf("address: %s, %v; want %s", again, err, addr)
	}
}

func TestClaim(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		present bool
	}{{"makes the directory", false}, {"takes an empty directory", true}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "state")
			if tt.present {
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			empty, err := claim(dir)
			if err != nil {
				t.Fatalf("claim: %v", err)
			}
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("claim left %v, %v; want a directory of mode 0700", info, err)
			}
			if err := os.WriteFile(filepath.Join(dir, "data"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := empty(); err != nil {
				t.Fatalf("empty: %v", err)
			}
			entries, err := os.ReadDir(dir)
			if gone := errors.Is(err, fs.ErrNotExist); gone == tt.present || len(entries) > 0 {
				t.Errorf("after empty: entries %v, error %v; directory was present: %t", entries, err, tt.present)
			}
		})
	}
}

func TestWriteKubeconfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(certificate(dir), []byte("authority"), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := newKubeconfig(dir, "127.0.0.1:6443", "secret")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sub", "kubeconfig")
	if err := writeKubeconfig(config, file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("writeKubeconfig(no directory) error = %v, want %v", err, fs.ErrNotExist)
	}
	file = filepath.Join(dir, "kubeconfig")
	if err := writeKubeconfig(config, file); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("writeKubeconfig left %v, %v; want a file of mode 0600", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".kubeconfig-*")); len(left) > 0 {
		t.Errorf("writeKubeconfig left %v", left)
	}
}
