package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rollout is a phase with 60 s of answers, one of them failed.
func rollout() *phase {
	p := &phase{Name: "rolls <all>", Picture: "rollout", Took: time.Minute, Marks: []mark{{5 * time.Second, "deploy & wait"}}}
	for i := range 1200 {
		a := answer{At: time.Duration(i) * 50 * time.Millisecond, Latency: time.Duration(1+i%7) * time.Millisecond, Status: 200, Version: "21"}
		if i > 600 {
			a.Version = "22"
		}
		p.Answers = append(p.Answers, a)
	}
	p.Answers[700].Problem = "503 no available server"
	p.Failed = failures(p.Answers)
	return p
}

func TestDraw(t *testing.T) {
	t.Parallel()
	svg := draw(rollout())
	decoder := xml.NewDecoder(strings.NewReader(svg))
	count := map[string]int{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("draw: %v", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			count[start.Name.Local]++
		}
	}
	if count["polyline"] != 3 || count["polygon"] != 1 || count["circle"] != 1 {
		t.Errorf("draw: %v, want three curves, a share, and one failed request", count)
	}
	if !strings.Contains(svg, "1200 requests, 1 failed") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Errorf("draw: want counts, and numbers:\n%.600s", svg)
	}
}

func TestWriteReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := filepath.Join(dir, "e2e.md")
	if err := os.WriteFile(page, []byte("before\n"+resultsMark+"old\n"+resultsEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	failed := &phase{Name: "removes", Err: errors.New("it is still there"), Notes: []string{"a\nb"}}
	if err := writeReport(dir, []*phase{rollout(), failed}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"before\n" + resultsMark, "| rolls <all> | 60 s | 1200 | **1** | 4.0 ms | 7.0 ms | 7.0 ms |",
		"**removes failed:** it is still there", "(e2e-rollout.svg)", resultsEnd + "after\n",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("the report has no %q:\n%s", want, got)
		}
	}
	if strings.Contains(string(got), "old") {
		t.Errorf("the report still has the old results:\n%s", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "e2e-rollout.svg")); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(page, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeReport(dir, nil); err == nil {
		t.Error("writeReport to a page without marks = nil, want an error")
	}
}
