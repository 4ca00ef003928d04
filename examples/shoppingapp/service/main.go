// Command service is a section of the shop: it greets with the section, the
// version, and the name of the pod that answers.
//
// Its environment configures it: SECTION and VERSION are what it greets with, PORT
// is where it listens, and BROKEN makes it a bad release: "crash" ends it at the
// start, "unready" never lets it become ready.
//
// On SIGTERM it fails its readiness probe first and goes on answering for the time
// DRAIN, since whoever balances load still sends requests; then it finishes those
// under way, and ends.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// finishTimeout is how long requests that are under way may take at the end.
const finishTimeout = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends, drains, and returns when the last answer is given.
func run(ctx context.Context, getenv func(string) string) error {
	if getenv("BROKEN") == "crash" {
		return errors.New("this release is broken: it cannot find its catalogue")
	}
	drain, err := time.ParseDuration(cmp.Or(getenv("DRAIN"), "0s"))
	if err != nil {
		return fmt.Errorf("DRAIN: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", ":"+cmp.Or(getenv("PORT"), "5000"))
	if err != nil {
		return err
	}
	pod, err := os.Hostname() // in a pod, its name
	if err != nil {
		return err
	}
	s := &section{cmp.Or(getenv("SECTION"), "Home"), cmp.Or(getenv("VERSION"), "dev"), pod, atomic.Bool{}}
	s.ready.Store(getenv("BROKEN") != "unready")
	log.Printf("section %s, version %s, on %s", s.name, s.version, listener.Addr())
	return s.serve(ctx, listener, drain)
}

// A section is what one service of the shop answers.
type section struct {
	name, version, pod string
	ready              atomic.Bool
}

// serve answers on listener until ctx ends and drain is over.
func (s *section) serve(ctx context.Context, listener net.Listener, drain time.Duration) error {
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.ready.Store(false)
	log.Printf("draining for %s", drain)
	select {
	case err := <-failed:
		return err
	case <-time.After(drain):
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	return server.Shutdown(finish)
}

func (s *section) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /", s.greet)
	return mux
}

func (s *section) readyz(w http.ResponseWriter, _ *http.Request) {
	if !s.ready.Load() {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

func (s *section) greet(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "Welcome to shoppingapp — %s section — version %s — %s\n", s.name, s.version, s.pod)
}
