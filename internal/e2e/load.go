package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// requestTimeout is when a request counts as failed.
const requestTimeout = 10 * time.Second

// An answer is what became of one request.
type answer struct {
	At      time.Duration // since the load began
	Latency time.Duration
	Path    string
	Status  int // 0: none came
	Problem string
	Version string // that greeted
	Pod     string // that greeted
}

// ok reports whether the path's own section greeted.
func (a answer) ok() bool { return a.Problem == "" }

// A front is where requests go to: the address, and the shop's host.
type front struct {
	url, host string
	client    *http.Client
}

// newFront returns one that opens a connection for each request. A client that keeps
// connections repeats a request by itself when one breaks, which would hide what is
// looked for.
func newFront(url, host string) *front {
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: requestTimeout}
	return &front{strings.TrimRight(url, "/"), host, client}
}

// get asks for a path, such as /kids, and checks that the section greets.
func (f *front) get(ctx context.Context, path string) answer {
	begin := time.Now()
	a := f.ask(ctx, path)
	a.Path, a.Latency = path, time.Since(begin)
	return a
}

func (f *front) ask(ctx context.Context, path string) answer {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+path, nil)
	if err != nil {
		return answer{Problem: err.Error()}
	}
	request.Host = f.host
	response, err := f.client.Do(request)
	if err != nil {
		return answer{Problem: err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{Status: response.StatusCode, Problem: err.Error()}
	}
	return greeting(path, response.StatusCode, strings.TrimSpace(string(body)))
}

// greeting reads what the service of a path says.
func greeting(path string, status int, body string) answer {
	a := answer{Status: status}
	words := strings.Split(body, " — ")
	section := sectionOf(path) + " section"
	switch {
	case status != http.StatusOK:
		a.Problem = fmt.Sprintf("%d %s", status, body)
	case len(words) != 4 || words[1] != section:
		a.Problem = "another section answers: " + body
	default:
		a.Version, a.Pod = strings.TrimPrefix(words[2], "version "), words[3]
	}
	return a
}

// A load asks for paths in turn, at a constant rate, whatever the answers take.
type load struct {
	began   time.Time
	stop    context.CancelFunc
	done    chan struct{}
	mu      sync.Mutex
	answers []answer
}

// startLoad asks for the next path every interval, until the load is ended.
func startLoad(ctx context.Context, f *front, interval time.Duration, paths ...string) *load {
	asking, stop := context.WithCancel(ctx)
	l := &load{began: time.Now(), stop: stop, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		var requests sync.WaitGroup
		defer requests.Wait()
		for i := 0; ; i++ {
			next := l.began.Add(time.Duration(i) * interval) // what is late is made up for
			select {
			case <-asking.Done():
				return
			case <-time.After(time.Until(next)):
			}
			at := time.Since(l.began)
			requests.Go(func() { l.ask(ctx, f, at, paths[i%len(paths)]) })
		}
	}()
	return l
}

func (l *load) ask(ctx context.Context, f *front, at time.Duration, path string) {
	a := f.get(ctx, path)
	a.At = at
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers = append(l.answers, a)
}

// end stops asking, and returns all answers once the last has come.
func (l *load) end() []answer {
	l.stop()
	<-l.done
	return l.answers
}
