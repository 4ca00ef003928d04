package shoppingapp_test

import (
	"debug/elf"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stages returns the instructions of each stage of the Dockerfile; the last one, which
// has no name, is "".
func stages(t *testing.T) map[string][]string {
	t.Helper()
	data, err := os.ReadFile("service/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	name := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if from, ok := strings.CutPrefix(line, "FROM "); ok {
			_, name, _ = strings.Cut(from, " AS ")
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			out[name] = append(out[name], line)
		}
	}
	return out
}

// runStage does what RUN says, in dir.
func runStage(t *testing.T, dir string, instructions []string) {
	t.Helper()
	for _, instruction := range instructions {
		script, ok := strings.CutPrefix(instruction, "RUN ")
		if !ok {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("RUN %s: %v\n%s", script, err, out)
		}
	}
}

// What the Dockerfile builds is a static program, to be run by nobody in particular; it
// greets, and ends well when asked to.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the program is for Linux: its image cannot be made up here")
	}
	all := stages(t)
	src := t.TempDir()
	for _, name := range []string{"main.go", "main_test.go"} {
		data, err := os.ReadFile(filepath.Join("service", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(src, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, stage := range []string{"source", "test", "build"} {
		runStage(t, src, all[stage])
	}
	program := filepath.Join(src, "service")
	checkStatic(t, program)
	checkRuns(t, program)
	last := strings.Join(all[""], "\n")
	if !strings.HasPrefix(last, "FROM scratch\n") || !regexp.MustCompile(`(?m)^USER [1-9]\d*:[1-9]\d*$`).MatchString(last) {
		t.Errorf("the last stage is\n%s\nwant it from scratch, with the number of a USER that is not root", last)
	}
}

func checkStatic(t *testing.T, program string) {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the program is linked dynamically: an image from scratch cannot run it")
		}
	}
}

func checkRuns(t *testing.T, program string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = []string{"PORT=" + port, "SECTION=Kids", "VERSION=22"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	body := greeting(t, "http://"+address+"/kids")
	if want := "Welcome to shoppingapp — Kids section — version 22 — "; !strings.HasPrefix(body, want) {
		t.Errorf("GET /kids = %q, want it to begin with %q", body, want)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v, want exit status 0", err)
	}
}

// greeting returns what url answers, as soon as it does.
func greeting(t *testing.T, url string) string {
	t.Helper()
	for {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
