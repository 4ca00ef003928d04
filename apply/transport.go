package apply

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
)

// requestTimeout bounds every request but a watch: client-go has no bound of its
// own. The API server gives up after 34 seconds when its store does not answer.
const requestTimeout = 40 * time.Second

// clientConfig returns cfg as an Applier uses it.
func (a *Applier) clientConfig(cfg *rest.Config) *rest.Config {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1
	cfg.Timeout = 0 // it would end watches too
	cfg.WarningHandlerWithContext = warningHandler{}
	cfg.Wrap(transport.WrapperFunc(func(next http.RoundTripper) http.RoundTripper {
		return observer{next}
	}))
	if cfg.UserAgent == "" {
		cfg.UserAgent = "slipway " + rest.DefaultKubernetesUserAgent()
	}
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
	return context.WithValue(ctx, countKey{}, n), n
}

// noteStatus returns a context whose last request's HTTP status is noted: the
// dynamic client does not tell it.
func noteStatus(ctx context.Context) (context.Context, *int) {
	status := new(int)
	return context.WithValue(ctx, statusKey{}, status), status
}

// An observer counts requests and notes statuses, as the context asks.
type observer struct{ next http.RoundTripper }

func (o observer) RoundTrip(req *http.Request) (*http.Response, error) {
	if n, ok := req.Context().Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
	resp, err := o.next.RoundTrip(req)
	if status, ok := req.Context().Value(statusKey{}).(*int); ok && err == nil {
		*status = resp.StatusCode
	}
	return resp, err
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
