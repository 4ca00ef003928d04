package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

const home = shoppingapp.App + "-home"

const secret = "it is a secret"

// repository is a clone of the tree, and its mirror.
type repository struct{ dir, mirror string }

func newRepository(t *testing.T) repository {
	t.Helper()
	r := repository{t.TempDir(), t.TempDir()}
	if err := os.CopyFS(filepath.Join(r.dir, "k8s"), shoppingapp.Tree()); err != nil {
		t.Fatal(err)
	}
	run(t, r.dir, "git", "init", "-q", "-b", "main")
	r.commit(t)
	run(t, r.mirror, "git", "clone", "-q", "--mirror", r.dir, ".")
	return r
}

func (r repository) commit(t *testing.T) {
	t.Helper()
	run(t, r.dir, "git", "add", ".")
	run(t, r.dir, "git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-q", "-m", "the tree")
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// published is what GitHub sends when an image was pushed.
func published(service, image string) string {
	return fmt.Sprintf(`{"action": "published", "registry_package": {"name": %q, "package_type": "CONTAINER",
		"package_version": {"package_url": %q, "container_metadata": {"tag": {"name": "22"}}}},
		"repository": {"name": %q}}`, service, image, service)
}

const pushed = `{"ref": "refs/heads/main", "after": "6dcb09b5", "commits": [{"modified": ["k8s/x"]}], "repository": {"name": "deploy"}}`

// post sends an event, and returns the status.
func post(t *testing.T, h http.Handler, event, signature, body string) int {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("X-GitHub-Event", event)
	request.Header.Set("X-Hub-Signature-256", signature)
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder.Code
}

func TestServeHTTP(t *testing.T) {
	t.Parallel()
	big := strings.Repeat(" ", 25<<20) + "{}"
	tests := []struct {
		name, signature, body string
		want                  int
	}{
		{"signed", sign(secret, pushed), pushed, http.StatusAccepted},
		{"unsigned", "", pushed, http.StatusForbidden},
		{"signed by another", sign("another", pushed), pushed, http.StatusForbidden},
		{"another body's signature", sign(secret, "{}"), pushed, http.StatusForbidden},
		{"the algorithm missing", strings.TrimPrefix(sign(secret, pushed), "sha256="), pushed, http.StatusForbidden},
		{"no JSON", sign(secret, "{"), "{", http.StatusBadRequest},
		{"too big", sign(secret, big), big, http.StatusRequestEntityTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			orders := make(chan order, 1)
			if got := post(t, tool{secret: secret, orders: orders}, "push", tt.signature, tt.body); got != tt.want {
				t.Errorf("POST = %d, want %d", got, tt.want)
			}
			if accepted := len(orders) == 1; accepted != (tt.want == http.StatusAccepted) {
				t.Errorf("orders: %d, want one only if it is accepted", len(orders))
			}
		})
	}
	if got := post(t, tool{secret: secret}, "push", sign(secret, pushed), pushed); got != http.StatusServiceUnavailable {
		t.Errorf("POST when no more orders can wait = %d, want 503", got)
	}
}

// An image that was pushed is deployed; then the tree changes, and what runs stays what it is.
func TestWork(t *testing.T) {
	t.Parallel()
	cfg, namespace := clustertest.Namespace(t)
	r := newRepository(t)
	d := slipway.Deployer{App: shoppingapp.App, Cluster: cfg, Apply: apply.Options{Namespace: namespace}}
	to := tool{d, secret, r.mirror, make(chan order, 8)}
	const image = "ghcr.io/example/shoppingapp-home:22"
	for _, sent := range []struct{ event, body string }{
		{"push", pushed}, // nothing runs yet
		{"ping", `{"zen": "Keep it logically awesome."}`},
		{"registry_package", published(home, "ghcr.io/example/shoppingapp-home:")}, // without a tag
		{"registry_package", published("of-somebody-else", "ghcr.io/example/x:1")},
		{"registry_package", published(home, image)},
	} {
		if got := post(t, to, sent.event, sign(secret, sent.body), sent.body); got != http.StatusAccepted {
			t.Fatalf("POST %s = %d, want 202", sent.body, got)
		}
	}
	go to.work(t.Context())
	defer close(to.orders)
	await(t, to, namespace, image, 2)

	vars := filepath.Join(r.dir, "k8s", shoppingapp.App, "common", "vars.yml")
	data, err := os.ReadFile(vars)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vars, bytes.Replace(data, []byte("replicas: 2"), []byte("replicas: 3"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	r.commit(t)
	if got := post(t, to, "push", sign(secret, pushed), pushed); got != http.StatusAccepted {
		t.Fatalf("POST push = %d, want 202", got)
	}
	await(t, to, namespace, image, 3)
	clustertest.Eventually(t, "the record", func(ctx context.Context) error {
		last, err := to.History(ctx, home)
		if err != nil {
			return err
		}
		if want := run(t, r.dir, "git", "rev-parse", "HEAD"); last[0].Commit != want {
			return fmt.Errorf("recorded commit %s, want %s", last[0].Commit, want)
		}
		return nil
	})
}

// await waits until home is the only service, and runs so many pods of image.
func await(t *testing.T, to tool, namespace, image string, replicas int32) {
	t.Helper()
	client, err := kubernetes.NewForConfig(to.Cluster)
	if err != nil {
		t.Fatal(err)
	}
	clustertest.Eventually(t, fmt.Sprintf("%d pods of %s", replicas, image), func(ctx context.Context) error {
		list, err := client.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(list.Items) != 1 || list.Items[0].Name != home {
			return fmt.Errorf("%d deployments, want %s alone", len(list.Items), home)
		}
		spec := list.Items[0].Spec
		if *spec.Replicas != replicas || spec.Template.Spec.Containers[0].Image != image {
			return fmt.Errorf("%d pods of %s", *spec.Replicas, spec.Template.Spec.Containers[0].Image)
		}
		return nil
	})
}

func TestCheckout(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	root, commit, err := tool{mirror: r.mirror}.checkout(t.Context())
	if err != nil {
		t.Fatalf("checkout: %v", err)
	}
	if want := run(t, r.dir, "git", "rev-parse", "HEAD"); commit != want {
		t.Errorf("checkout: commit %q, want %q", commit, want)
	}
	got, err := fs.ReadFile(root, "shoppingapp/common/vars.yml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := fs.ReadFile(shoppingapp.Tree(), "shoppingapp/common/vars.yml")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("checkout: vars.yml = %s, want %s (%v)", got, want, err)
	}
	if _, _, err := (tool{mirror: t.TempDir()}).checkout(t.Context()); err == nil {
		t.Error("checkout of no repository = nil, want an error")
	}
}
