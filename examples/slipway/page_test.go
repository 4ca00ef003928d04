package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
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
		nil: "deploy a: changes are pending", errPending: "deploy a: changes are pending",
		context.Canceled: "deploy a: failed",
	} {
		p, dir := openPage(t)
		j := job{verb: "deploy", d: &slipway.Deployer{App: "a"}, timeout: timeoutFlag(time.Minute), page: p}
		plan := j
		plan.plan, plan.report.toLog = true, true
		if err := plan.run(quiet(t), changing(nil)); err != nil {
			t.Fatal(err)
		}
		end := j.outcome()
		end.Err = err
		checkClosed(t, p, dir, end, want)
	}
}

// What the run itself has told stays, though it failed.
func TestPageFileOfRun(t *testing.T) {
	t.Parallel()
	p, dir := openPage(t)
	j := job{verb: "deploy", d: &slipway.Deployer{App: "a"}, timeout: timeoutFlag(time.Minute), page: p}
	j.page.previewed()
	err := j.run(quiet(t), changing(context.DeadlineExceeded))
	end := j.outcome()
	end.Err = err
	checkClosed(t, p, dir, end, "1 created")
}

// quiet returns a command that writes nothing.
func quiet(t *testing.T) *cobra.Command {
	t.Helper()
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	return cmd
}

// changing returns what a job does: a change, and then it ends with the error.
func changing(err error) func(*slipway.Deployer, context.Context) (*slipway.Result, error) {
	result := &slipway.Result{}
	result.Changes = []apply.Change{{Ref: apply.Ref{Kind: "Pod", Name: "p"}, Action: apply.Created}}
	return func(*slipway.Deployer, context.Context) (*slipway.Result, error) { return result, err }
}

// checkClosed closes the page, which then has the text.
func checkClosed(t *testing.T, p *pageFile, dir string, end report.Outcome, want string) {
	t.Helper()
	if err := p.close(end); err != nil {
		t.Errorf("close() error = %v", err)
	}
	checkFiles(t, dir, "report.html")
	got, err := os.ReadFile(p.name)
	if err != nil || !strings.Contains(string(got), want) {
		t.Errorf("after %v, the page is %q, %v; want %q", end.Err, got, err, want)
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
