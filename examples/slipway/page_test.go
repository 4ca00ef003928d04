package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/report"
)

// openPage begins a page in a directory of its own.
func openPage(t *testing.T) (p *pageFile, dir string) {
	t.Helper()
	dir = t.TempDir()
	p, err := pageFlag(filepath.Join(dir, "report.html")).open()
	if err != nil {
		t.Fatal(err)
	}
	return p, dir
}

func checkFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if len(got) != len(want) || len(want) > 0 && got[0] != want[0] {
		t.Errorf("the directory has %q, want %q", got, want)
	}
}

// Of what was written last, all is there.
func TestPageFileIsWrittenAnew(t *testing.T) {
	t.Parallel()
	p, dir := openPage(t)
	for _, text := range []string{"a long plan", "a deploy"} {
		w, err := p.writer()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.close(report.Outcome{}); err != nil {
		t.Fatalf("close() error = %v", err)
	}
	checkFiles(t, dir, "report.html")
	if got, err := os.ReadFile(p.name); err != nil || string(got) != "a deploy" {
		t.Errorf("the page is %q, %v; want what was written last", got, err)
	}
}

// A plan stays on the page if nobody goes ahead with it, and only then.
func TestPageFileOfPlan(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		nil: "a plan", errPending: "a plan", context.Canceled: "<title>deploy a: failed</title>",
	} {
		p, dir := openPage(t)
		w, writeErr := p.writer()
		if writeErr != nil {
			t.Fatal(writeErr)
		}
		if _, err := io.WriteString(w, "a plan"); err != nil {
			t.Fatal(err)
		}
		p.previewed()
		if err := p.close(report.Outcome{Verb: "deploy", App: "a", Err: err}); err != nil {
			t.Errorf("close() error = %v", err)
		}
		checkFiles(t, dir, "report.html")
		got, readErr := os.ReadFile(p.name)
		if readErr != nil || !strings.Contains(string(got), want) {
			t.Errorf("the page of %v is %q, %v; want %q", err, got, readErr, want)
		}
	}
}

// A page that was not written whole is none, and its writer knows.
func TestPageFileUnwritable(t *testing.T) {
	t.Parallel()
	p, dir := openPage(t)
	if err := p.temp.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("page")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write() error = %v, want %v", err, os.ErrClosed)
	}
	if err := p.close(report.Outcome{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("close() error = %v, want %v", err, os.ErrClosed)
	}
	checkFiles(t, dir)
}

// What came in the way since is an error, and stays.
func TestPageFileUnnameable(t *testing.T) {
	t.Parallel()
	p, dir := openPage(t)
	if err := os.Mkdir(p.name, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := p.close(report.Outcome{}); err == nil || exitCode(err) != exitInput {
		t.Errorf("close() error = %v, want that it cannot be renamed", err)
	}
	checkFiles(t, dir, "report.html")
}
