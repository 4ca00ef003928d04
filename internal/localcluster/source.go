package localcluster

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// ErrNoSource says that the working directory is not in a checkout of Slipway.
var ErrNoSource = errors.New("no sources of the control plane here: " +
	"run this in a checkout of github.com/slipway-go/slipway, " +
	"or set KUBECONFIG to use a cluster of your own")

const modulePath = "github.com/slipway-go/slipway/internal/controlplane"

// findSource returns the directory of the control plane's module: that of the
// checkout which dir is in.
func findSource(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		source := filepath.Join(dir, "internal", "controlplane")
		mod, err := os.ReadFile(filepath.Join(source, "go.mod"))
		if err == nil && bytes.HasPrefix(mod, []byte("module "+modulePath+"\n")) {
			return source, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", ErrNoSource
		}
		dir = parent
	}
}

// hashSource returns a hash of all that decides what the build of source yields:
// its files, and the tools, as tools describes them.
func hashSource(source, tools string) (string, error) {
	files, err := sourceFiles(source)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%q\n", tools)
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%q %x\n", name, sha256.Sum256(data))
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// sourceFiles returns the names of the files that are compiled, sorted. Tests are
// left out: they change nothing.
func sourceFiles(source string) ([]string, error) {
	fsys := os.DirFS(source)
	files, err := fs.Glob(fsys, "*.go")
	if err != nil {
		return nil, err
	}
	tests, err := fs.Glob(fsys, "*_test.go")
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(name string) bool { return slices.Contains(tests, name) })
	files = append(files, "go.mod", "go.sum")
	slices.Sort(files)
	return files, nil
}
