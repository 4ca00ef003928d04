package apply_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// A webhook is asked about every ConfigMap of a namespace.
type webhook struct {
	*httptest.Server
	calls atomic.Int64
	// errors is how many calls it will answer with status 500.
	errors atomic.Int64
	// denial, if there is one, is its answer.
	denial atomic.Pointer[string]
}

func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.calls.Add(1)
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || h.errors.Add(-1) >= 0 {
		http.Error(w, "not now", http.StatusInternalServerError)
		return
	}
	review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if text := h.denial.Load(); text != nil {
		review.Response.Allowed = false
		review.Response.Result = &metav1.Status{Message: *text}
	}
	_ = json.NewEncoder(w).Encode(review)
}

// newWebhook registers a webhook, called check.slipway.test, and waits until it is
// asked.
func newWebhook(t *testing.T, cfg *rest.Config, ns string) *webhook {
	t.Helper()
	h := &webhook{}
	h.Server = httptest.NewTLSServer(h)
	t.Cleanup(h.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.Certificate().Raw})
	set, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	hooks := set.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	_, err = hooks.Create(t.Context(), &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: ns},
		Webhooks: []registrationv1.ValidatingWebhook{{
			Name:                    "check.slipway.test",
			ClientConfig:            registrationv1.WebhookClientConfig{URL: new(h.URL + "/check"), CABundle: ca},
			FailurePolicy:           new(registrationv1.Fail),
			SideEffects:             new(registrationv1.SideEffectClassNone),
			TimeoutSeconds:          new(int32(10)),
			AdmissionReviewVersions: []string{"v1"},
			NamespaceSelector:       metav1.SetAsLabelSelector(map[string]string{"kubernetes.io/metadata.name": ns}),
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create, registrationv1.Update},
				Rule: registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"},
					Resources: []string{"configmaps"}},
			}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := hooks.Delete(context.WithoutCancel(t.Context()), ns, metav1.DeleteOptions{})
		if err != nil {
			t.Error(err)
		}
	})
	h.awaitCalls(t, cfg, ns)
	return h
}

// awaitCalls returns once the API server asks the webhook.
func (h *webhook) awaitCalls(t *testing.T, cfg *rest.Config, ns string) {
	t.Helper()
	probe := objects(t, "", strings.ReplaceAll(plainMap, "home", "probe"))[0]
	clustertest.Eventually(t, "the webhook", func(ctx context.Context) error {
		_, err := client(t, cfg, "configmaps", ns).Create(ctx, probe, metav1.CreateOptions{DryRun: []string{"All"}})
		if err == nil && h.calls.Load() == 0 {
			err = errors.New("not asked yet")
		}
		return err
	})
	h.calls.Store(0)
}

func TestDeniedByWebhook(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	h := newWebhook(t, cfg, ns)
	h.denial.Store(new("maps are out of fashion"))
	denied, _ := failWith[*apply.DeniedError](t, cfg, apply.Options{Namespace: ns},
		plainMap+"data: {a: hunter2}",
		`denied: admission webhook "check.slipway.test" denied the request: maps are out of fashion`,
		"have the rule changed")
	if n := h.calls.Load(); n != 1 {
		t.Errorf("the webhook was asked %d times, want once: %v", n, denied)
	}
}

// A webhook that is being restarted fails a few times.
func TestWebhookFailsTwice(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	h := newWebhook(t, cfg, ns)
	h.errors.Store(2)
	a := newApplier(t, cfg, apply.Options{Namespace: ns})
	result := mustApply(t, a, objects(t, "shop.home", plainMap+"data: {a: b}"))
	if n := h.calls.Load(); n != 3 || result.Count(apply.Created) != 1 {
		t.Errorf("Apply: %s after %d calls of the webhook, want 1 created after 3", result, n)
	}
	isWhole(t, cfg, ns)
}

func TestWebhookDoesNotAnswer(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	h := newWebhook(t, cfg, ns)
	h.Close()
	opts := apply.Options{Namespace: ns, Patience: time.Second}
	err, _ := failWith[*apply.WebhookError](t, cfg, opts, plainMap+"data: {a: hunter2}",
		"admission webhook check.slipway.test does not answer: ", "connection refused", "repair it")
	if err.Name != "check.slipway.test" {
		t.Errorf("error: %+v, want the webhook's name", err)
	}
}
