package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// environment returns a getenv for run.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				return value
			}
		}
		return ""
	}
}

// start serves s until stop is called; done gives what serve returned.
func start(t *testing.T, s *section, drain time.Duration) (url string, stop func(), done chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	done = make(chan error, 1)
	go func() { done <- s.serve(ctx, listener, drain) }()
	return "http://" + listener.Addr().String(), cancel, done
}

// get returns the status and the body of an answer, or 0 and why there is none.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

// It greets on every path, prefix stripped or not, and says who it is.
func TestGreet(t *testing.T) {
	t.Parallel()
	url, _, _ := start(t, &section{name: "Ladies", version: "21", pod: "ladies-x"}, 0)
	for _, path := range []string{"/", "/ladies", "/ladies/shoes"} {
		status, body := get(t, url+path)
		want := "Welcome to shoppingapp — Ladies section — version 21 — ladies-x\n"
		if status != http.StatusOK || body != want {
			t.Errorf("GET %s = %d %q, want 200 %q", path, status, body, want)
		}
	}
}

// Readiness goes first, requests are answered until the drain is over, and one that is
// under way is finished.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := &section{name: "Home", version: "21", pod: "home-x"}
	s.ready.Store(true)
	url, stop, done := start(t, s, 500*time.Millisecond)
	if status, _ := get(t, url+"/readyz"); status != http.StatusOK {
		t.Fatalf("GET /readyz = %d, want 200", status)
	}
	stop()
	for s.ready.Load() {
		time.Sleep(time.Millisecond)
	}
	if status, _ := get(t, url+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("GET /readyz while draining = %d, want 503", status)
	}
	if status, body := get(t, url+"/home"); status != http.StatusOK {
		t.Errorf("GET /home while draining = %d %s, want 200", status, body)
	}
	if err := <-done; err != nil {
		t.Errorf("serve = %v, want its end", err)
	}
	if status, _ := get(t, url+"/home"); status != 0 {
		t.Errorf("GET /home at the end = %d, want no answer", status)
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), environment("BROKEN=crash"))
	if err == nil || !strings.Contains(err.Error(), "cannot find its catalogue") {
		t.Errorf("run(BROKEN=crash) = %v, want why", err)
	}
	if err := run(t.Context(), environment("DRAIN=soon")); err == nil {
		t.Error("run(DRAIN=soon) = nil, want an error")
	}
	if err := run(t.Context(), environment("PORT=http://")); err == nil {
		t.Error("run(PORT=http://) = nil, want an error")
	}
	url, _, _ := start(t, &section{}, 0)
	if status, _ := get(t, url+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("GET /readyz of what is never ready = %d, want 503", status)
	}
}
