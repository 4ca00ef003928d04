package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// compile builds the shop's service as its Dockerfile does, and returns the program.
func compile(ctx context.Context, module string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "slipway-e2e-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "service")
	const service = "./examples/shoppingapp/service"
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", program, service)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return os.ReadFile(program)
}

// image returns an image that is the program alone, run by nobody in particular, as the
// last stage of the Dockerfile makes it.
func image(program []byte, env ...string) (v1.Image, error) {
	var data bytes.Buffer
	archive := tar.NewWriter(&data)
	header := &tar.Header{Name: "service", Mode: 0o755, Size: int64(len(program))}
	if err := archive.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := archive.Write(program); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data.Bytes())), nil
	})
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config = v1.Config{Entrypoint: []string{"/service"}, User: "65532:65532", Env: env}
	return mutate.ConfigFile(img, config)
}

// push pushes an image and returns what names exactly this one: repository:tag@digest.
func push(ctx context.Context, repository, tag string, img v1.Image) (string, error) {
	ref, err := name.NewTag(repository + ":" + tag)
	if err != nil {
		return "", err
	}
	err = remote.Write(ref, img, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return "", err
	}
	digest, err := img.Digest()
	if err != nil {
		return "", err
	}
	return ref.String() + "@" + digest.String(), nil
}
