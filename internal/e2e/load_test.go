package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// shopServer greets as the shop does on its host, until closed says otherwise.
func shopServer(t *testing.T, broken *atomic.Bool) *front {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host != "app.example.com" || r.URL.Path == "/mens":
			http.NotFound(w, r)
		case broken.Load():
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprintf(w, "Welcome to shoppingapp — %s section — version 21 — pod-%s\n",
				sectionOf(r.URL.Path), r.URL.Path[1:])
		}
	}))
	t.Cleanup(server.Close)
	return newFront(server.URL+"/", "app.example.com")
}

func TestGet(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	f := shopServer(t, &broken)
	a := f.get(t.Context(), "/kids")
	if !a.ok() || a.Status != 200 || a.Version != "21" || a.Pod != "pod-kids" || a.Path != "/kids" || a.Latency <= 0 {
		t.Errorf("get(/kids) = %+v, want a greeting of version 21", a)
	}
	if a := f.get(t.Context(), "/mens"); a.ok() || a.Status != 404 {
		t.Errorf("get(/mens) = %+v, want a problem, and 404", a)
	}
	broken.Store(true)
	if a := f.get(t.Context(), "/kids"); a.ok() || a.Status != 0 {
		t.Errorf("get(/kids) of what breaks = %+v, want a problem", a)
	}
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	const kids = "Welcome to shoppingapp — Kids section — version 22 — pod"
	tests := []struct {
		path    string
		status  int
		body    string
		problem string
	}{
		{"/kids", 200, kids, ""},
		{"/home", 200, kids, "another section answers"},
		{"/kids", 200, "<html>", "another section answers"},
		{"/kids", 200, "", "another section answers"},
		{"/kids", 503, "no available server", "503 no available server"},
	}
	for _, tt := range tests {
		a := greeting(tt.path, tt.status, tt.body)
		if a.ok() != (tt.problem == "") || !strings.HasPrefix(a.Problem, tt.problem) {
			t.Errorf("greeting(%s, %d, %q) = %+v, want problem %q", tt.path, tt.status, tt.body, a, tt.problem)
		}
	}
}

// The rate is kept, the paths take turns, and what fails is counted.
func TestLoad(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	f := shopServer(t, &broken)
	l := startLoad(t.Context(), f, 10*time.Millisecond, "/home", "/kids")
	time.Sleep(500 * time.Millisecond)
	broken.Store(true)
	time.Sleep(500 * time.Millisecond)
	answers := l.end()
	want := int(time.Since(l.began) / (10 * time.Millisecond))
	if len(answers) < want*8/10 || len(answers) > want+2 {
		t.Errorf("%d answers, want some %d", len(answers), want)
	}
	if failed := len(failures(answers)); failed < len(answers)/4 || failed > len(answers)*3/4 {
		t.Errorf("%d of %d failed, want half of them", failed, len(answers))
	}
	for i, a := range sorted(answers) {
		if want := []string{"/home", "/kids"}[i%2]; a.Path != want && i < 10 {
			t.Errorf("request %d is for %s, want %s", i, a.Path, want)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var answers []answer
	for i := range 100 {
		answers = append(answers, answer{Latency: time.Duration(100-i) * time.Millisecond})
	}
	for percent, want := range map[float64]int{0: 1, 50: 50, 99: 99, 100: 100} {
		if got := percentile(answers, percent); got != time.Duration(want)*time.Millisecond {
			t.Errorf("percentile(%g) = %s, want %d ms", percent, got, want)
		}
	}
	if got := percentile(nil, 50); got != 0 {
		t.Errorf("percentile of none = %s, want 0", got)
	}
}
