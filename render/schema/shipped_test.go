package schema_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/slipway-go/slipway/render/schema"
)

// The shipped schemas are what generate makes of Kubernetes as the control plane of the
// tests has it, and small. It is skipped where the control plane's sources are not at hand,
// as in the module cache.
func TestShipped(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("../../internal/controlplane/go.mod"); err != nil {
		t.Skip(err)
	}
	const file = "kubernetes.json.gz"
	again := filepath.Join(t.TempDir(), file)
	cmd := exec.CommandContext(t.Context(), "go", "run", "./generate", "-o", again)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go run ./generate: %v\n%s", err, out)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= 1<<20 {
		t.Errorf("%s has %d bytes, want less than 1 MiB", file, info.Size())
	}
	// Compressors differ from one Go to the next; the text does not.
	if !bytes.Equal(unpack(t, file), unpack(t, again)) {
		t.Errorf("%s is not what the generator makes: run go generate", file)
	}
}

func unpack(t testing.TB, file string) []byte {
	t.Helper()
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What the first call does beyond the others: read all schemas.
func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		text := unpack(b, "kubernetes.json.gz")
		if _, err := schema.Validate(nil, schema.Options{OpenAPI: [][]byte{text}}); err != nil {
			b.Fatal(err)
		}
	}
}

// A Deployment, once the schemas are read.
func BenchmarkValidate(b *testing.B) {
	objs := objects(b, container("ports: [{name: http, containerPort: 80}]\nreadinessProbe: {httpGet: {port: http}}\n"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := schema.Validate(objs, schema.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
