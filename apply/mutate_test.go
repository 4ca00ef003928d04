package apply_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// mutate registers a webhook that makes the color of the namespace's ConfigMaps
// green when a field manager of whom it is so writes them, and waits until it does.
func mutate(t *testing.T, cfg *rest.Config, ns string, of func(manager string) bool) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		var options struct{ FieldManager string }
		err := json.NewDecoder(r.Body).Decode(&review)
		if err == nil {
			err = json.Unmarshal(review.Request.Options.Raw, &options)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
		if of(options.FieldManager) {
			review.Response.PatchType = new(admissionv1.PatchTypeJSONPatch)
			review.Response.Patch = []byte(`[{"op":"add","path":"/data/color","value":"green"}]`)
		}
		_ = json.NewEncoder(w).Encode(review)
	}))
	t.Cleanup(server.Close)
	register(t, cfg, ns, server)
	probe := objects(t, "", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: probe}\ndata: {color: red}")[0]
	clustertest.Eventually(t, "the webhook", func(ctx context.Context) error {
		opts := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: "probe"}
		got, err := client(t, cfg, "configmaps", ns).Create(ctx, probe, opts)
		if err != nil {
			return err
		}
		if color, _, _ := unstructured.NestedString(got.Object, "data", "color"); color != "green" {
			return errors.New("not asked yet")
		}
		return nil
	})
}

// register tells the API server of a mutating webhook for the namespace.
func register(t *testing.T, cfg *rest.Config, ns string, server *httptest.Server) {
	t.Helper()
	set, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	hooks := set.AdmissionregistrationV1().MutatingWebhookConfigurations()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	_, err = hooks.Create(t.Context(), &registrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: ns},
		Webhooks: []registrationv1.MutatingWebhook{{
			Name:                    "paint.slipway.test",
			ClientConfig:            registrationv1.WebhookClientConfig{URL: new(server.URL + "/paint"), CABundle: ca},
			FailurePolicy:           new(registrationv1.Fail),
			SideEffects:             new(registrationv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"},
			NamespaceSelector: &metav1.LabelSelector{
				MatchLabels: map[string]string{"kubernetes.io/metadata.name": ns},
			},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create, registrationv1.Update},
				Rule: registrationv1.Rule{
					APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"},
				},
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
}
