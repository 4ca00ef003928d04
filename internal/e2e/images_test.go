package main

import (
	"archive/tar"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// What is pushed is there under the name that push returns, and is what was packed: the same
// each time.
func TestPush(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	repository := strings.TrimPrefix(server.URL, "http://") + "/shop"
	var names []string
	for range 2 {
		img, err := image([]byte("program"), "VERSION=21")
		if err != nil {
			t.Fatal(err)
		}
		pushed, err := push(t.Context(), repository, "21", img)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, pushed)
	}
	if names[0] != names[1] || !strings.HasPrefix(names[0], repository+":21@sha256:") {
		t.Errorf("push = %q, want the same name twice", names)
	}
	ref, err := name.ParseReference(names[0])
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(ref, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c := config.Config; c.User != "65532:65532" || c.Entrypoint[0] != "/service" || c.Env[0] != "VERSION=21" {
		t.Errorf("the image's configuration is %+v", c)
	}
	files := tar.NewReader(mutate.Extract(img))
	header, err := files.Next()
	if err != nil || header.Name != "service" || header.Mode != 0o755 {
		t.Errorf("the image's file is %+v, %v, want service, to be run", header, err)
	}
}
