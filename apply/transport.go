package apply

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
	"k8s.io/klog/v2"
)

const (
	// requestTimeout bounds every request but a watch: client-go has no bound of
	// its own. The API server gives up after 34 seconds when its store does not
	// answer.
	requestTimeout = 40 * time.Second
	// dialTimeout bounds connecting. That of the TLS handshake is client-go's: it
	// is 10 seconds, too.
	dialTimeout = 10 * time.Second
)

// clientConfig returns cfg as an Applier uses it.
func (a *Applier) clientConfig(cfg *rest.Config) *rest.Config {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1
	cfg.Timeout = 0 // it would end watches too
	if cfg.Dial == nil && cfg.Transport == nil {
		cfg.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	cfg.WarningHandlerWithContext = warningHandler{}
	cfg.Wrap(transport.WrapperFunc(func(next http.RoundTripper) http.RoundTripper {
		return observer{a.link, next}
	}))
	if cfg.UserAgent == "" {
		cfg.UserAgent = "slipway " + rest.DefaultKubernetesUserAgent()
	}
	return cfg
}

// coreConfig returns cfg for a client of the core API that decodes nothing.
func coreConfig(cfg *rest.Config) *rest.Config {
	cfg = rest.CopyConfig(cfg)
	cfg.APIPath = "/api"
	cfg.GroupVersion = &schema.GroupVersion{Version: "v1"}
	cfg.NegotiatedSerializer = serializer.NewCodecFactory(runtime.NewScheme()).WithoutConversion()
	return cfg
}

type (
	countKey  struct{}
	statusKey struct{}
	noteKey   struct{}
)

// countRequests returns a context whose requests are counted.
func countRequests(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(quiet(ctx), countKey{}, n), n
}

// quiet returns a context with which the client logs nothing: what goes wrong is
// returned.
func quiet(ctx context.Context) context.Context { return klog.NewContext(ctx, klog.Logger{}) }

// noteStatus returns a context whose last request's HTTP status is noted: the
// dynamic client does not tell it.
func noteStatus(ctx context.Context) (context.Context, *int) {
	status := new(int)
	return context.WithValue(ctx, statusKey{}, status), status
}

// A link knows whether the server can be reached.
type link struct {
	reached atomic.Bool  // the server has answered
	lost    atomic.Int64 // when a connection was lost last, in Unix nanoseconds
}

// lastLoss is when a connection was lost last.
func (l *link) lastLoss() time.Time { return time.Unix(0, l.lost.Load()) }

// An observer counts requests and notes statuses, as the context asks, and what
// becomes of the link.
type observer struct {
	*link
	next http.RoundTripper
}

func (o observer) RoundTrip(req *http.Request) (*http.Response, error) {
	if n, ok := req.Context().Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
	resp, err := o.next.RoundTrip(req)
	if err != nil && req.Context().Err() != nil {
		return resp, err // we have let go of it ourselves
	}
	if err != nil {
		o.lost.Store(time.Now().UnixNano())
		return resp, err
	}
	o.reached.Store(true)
	if status, ok := req.Context().Value(statusKey{}).(*int); ok {
		*status = resp.StatusCode
	}
	return resp, nil
}

// A warningHandler notes the server's warnings for the object whose request it
// is. The default handler would print them.
type warningHandler struct{}

func (warningHandler) HandleWarningHeaderWithContext(ctx context.Context, code int, _ string, text string) {
	if note, ok := ctx.Value(noteKey{}).(func(string)); ok && code == 299 {
		note(text)
	}
}

// noteWarnings returns a context whose requests report warnings to note.
func noteWarnings(ctx context.Context, note func(string)) context.Context {
	return context.WithValue(ctx, noteKey{}, note)
}
