// Command generate writes the schemas that package schema ships: those of the Kubernetes
// that the control plane of the tests is. Run it by go generate, in render/schema.
//
// They come from the OpenAPI documents in k8s.io/kubernetes, without what validation
// does not need, and with the values of enumerations, which only a server adds, from the
// types in k8s.io/api.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
)

func main() {
	out := flag.String("o", "kubernetes.json.gz", "file to write")
	modules := flag.String("modules", "../../internal/controlplane", "module that requires k8s.io/kubernetes")
	flag.Parse()
	if err := run(context.Background(), *out, *modules); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, modules string) error {
	kubernetes, err := download(ctx, modules, "k8s.io/kubernetes")
	if err != nil {
		return err
	}
	api, err := download(ctx, modules, "k8s.io/api")
	if err != nil {
		return err
	}
	doc, err := read(kubernetes.Dir)
	if err != nil {
		return err
	}
	if err := doc.addEnums(api.Dir); err != nil {
		return err
	}
	doc.Info.Title, doc.Info.Version = "Kubernetes", kubernetes.Version
	text, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	packed, err := pack(text)
	if err != nil {
		return err
	}
	return os.WriteFile(out, packed, 0o644)
}

// A module is what go list tells of one.
type module struct {
	Version, Dir string
	Replace      *module
}

// download returns the module as the one in dir requires it.
func download(ctx context.Context, dir, path string) (*module, error) {
	m := &module{}
	for _, args := range [][]string{{"mod", "download", path}, {"list", "-m", "-json", path}} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = dir
		text, err := cmd.Output()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return nil, fmt.Errorf("go %q: %w: %s", args, err, exit.Stderr)
		}
		if err != nil {
			return nil, err
		}
		if len(text) > 0 {
			err = json.Unmarshal(text, m)
		}
		if err != nil {
			return nil, err
		}
	}
	if m.Replace != nil {
		m.Version = m.Replace.Version
	}
	return m, nil
}

func pack(text []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}
