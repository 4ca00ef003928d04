package apply_test

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// A proxy stands between an Applier and the API server, and gets in the way of some
// of the requests.
type proxy struct {
	t       testing.TB
	addr    string
	tls     *tls.Config
	forward http.Handler
	server  *http.Server

	mu    sync.Mutex
	fault func(*http.Request) fault // nil: all is forwarded
	seen  []string                  // "PATCH /path" of each request
}

// A fault answers a request, or has forward do so.
type fault func(w http.ResponseWriter, r *http.Request, forward http.Handler)

// newProxy returns a proxy for the API server that admin leads to, and the
// configuration that leads to the proxy.
func newProxy(t testing.TB, admin *rest.Config) (*proxy, *rest.Config) {
	t.Helper()
	target, err := url.Parse(admin.Host)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(admin))
	if err != nil {
		t.Fatal(err)
	}
	pair := httptest.NewTLSServer(nil) // for its certificate
	pair.Close()
	p := &proxy{t: t, addr: "127.0.0.1:0", tls: pair.TLS, forward: &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1, // for watches
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}}
	p.open()
	t.Cleanup(p.close)
	cfg := rest.CopyConfig(admin)
	cfg.Host = "https://" + p.addr
	cfg.TLSClientConfig = rest.TLSClientConfig{CAData: pem.EncodeToMemory(&pem.Block{
		Type: "CERTIFICATE", Bytes: pair.Certificate().Raw,
	})}
	return p, cfg
}

// open listens: at first at any port, then at the same one.
func (p *proxy) open() {
	listener, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.t.Error(err)
		return
	}
	p.addr = listener.Addr().String()
	config := p.tls.Clone()
	config.NextProtos = []string{"h2", "http/1.1"}
	server := &http.Server{Handler: p, TLSConfig: config, ErrorLog: log.New(io.Discard, "", 0)}
	p.mu.Lock()
	p.server = server
	p.mu.Unlock()
	go func() { _ = server.ServeTLS(listener, "", "") }()
}

// close refuses connections and drops those that there are.
func (p *proxy) close() {
	p.mu.Lock()
	server := p.server
	p.mu.Unlock()
	_ = server.Close()
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+r.URL.Path)
	var do fault
	if p.fault != nil {
		do = p.fault(r)
	}
	p.mu.Unlock()
	if do == nil {
		p.forward.ServeHTTP(w, r)
		return
	}
	do(w, r, p.forward)
}

// first makes the proxy do the faults, one each, to the first requests that have the
// method and whose path ends in the suffix. It starts to count anew.
func (p *proxy) first(method, suffix string, faults ...fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = nil
	p.fault = func(r *http.Request) fault {
		if len(faults) == 0 || r.Method != method || !strings.HasSuffix(r.URL.Path, suffix) {
			return nil
		}
		next := faults[0]
		faults = faults[1:]
		return next
	}
}

// always makes the proxy do the fault to all requests that have the method, or to
// all if that is "".
func (p *proxy) always(method string, do fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = nil
	p.fault = func(r *http.Request) fault {
		if method != "" && r.Method != method {
			return nil
		}
		return do
	}
}

// count returns how many requests had the method and a path that ends in the suffix.
func (p *proxy) count(method, suffix string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, request := range p.seen {
		if strings.HasPrefix(request, method+" ") && strings.HasSuffix(request, suffix) {
			n++
		}
	}
	return n
}

// answer answers with text, as what stands before an API server does.
func answer(code int, text string, header ...string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "text/plain")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
	}
}

// answerStatus answers as an API server does.
func answerStatus(code int, reason, message string) fault {
	text := fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure",`+
		`"code":%d,"reason":%q,"message":%q}`, code, reason, message)
	return answer(code, text, "Content-Type", "application/json")
}

// drop ends the connection before the request gets anywhere.
func drop(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

// dropLate ends the connection when the request has been carried out.
func dropLate(_ http.ResponseWriter, r *http.Request, forward http.Handler) {
	forward.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// truncate ends the connection in the middle of the answer.
func truncate(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	whole := httptest.NewRecorder()
	forward.ServeHTTP(whole, r)
	for name, values := range whole.Header() {
		w.Header()[name] = values
	}
	body := whole.Body.Bytes()
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(whole.Code)
	_, _ = io.Copy(w, bytes.NewReader(body[:len(body)/2]))
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// hang answers when the client has gone.
func hang(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() }

// proxied returns a proxy for the shared API server, the configuration that leads to
// it, one that does not, and a namespace.
func proxied(t *testing.T, http1 bool) (p *proxy, cfg, admin *rest.Config, namespace string) {
	t.Helper()
	admin, namespace = clustertest.Namespace(t)
	p, cfg = newProxy(t, admin)
	if http1 {
		cfg.NextProtos = []string{"http/1.1"}
	}
	return p, cfg, admin, namespace
}
