// Package clustertest gives tests a real API server: one control plane for each
// test process, started by the first test that asks and ended with the process,
// and in it a namespace for each test.
//
// Deployments roll out, Jobs run, and so on, but no container does: nodes are
// simulated. A pod's annotations say how its containers fare, without one they are
// ready at once:
//
//	slipway.test/fail: image-pull, crash-loop or never-ready
//	slipway.test/ready-after: how long until they are ready, such as 3s
//	slipway.test/log: what their log says
//
// An image from a registry whose name ends in ".invalid" cannot be pulled.
package clustertest

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Namespace returns an administrator's configuration and a new namespace, named
// after t, in which pods can be created. The namespace is deleted when t ends;
// nobody waits until it is gone.
//
// The test is skipped with -short, and where the control plane's sources are not
// at hand, as in the module cache.
func Namespace(t testing.TB) (cfg *rest.Config, namespace string) {
	t.Helper()
	cfg = config(t)
	client := newClient(t, cfg)
	ns, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: prefix(t.Name())},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		err := client.CoreV1().Namespaces().Delete(ctx, ns.Name, metav1.DeleteOptions{})
		if err != nil {
			t.Error(err)
		}
	})
	Eventually(t, "the service account default", func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(ns.Name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	return cfg, ns.Name
}

// User returns the configuration of a service account that may do in namespace
// what rules say, and nothing else. The API server knows it by a token of its own.
func User(
	t testing.TB, cfg *rest.Config, namespace string, rules []rbacv1.PolicyRule,
) *rest.Config {
	t.Helper()
	client := newClient(t, cfg)
	accounts := client.CoreV1().ServiceAccounts(namespace)
	account, err := accounts.Create(t.Context(), &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "user-"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := grant(t.Context(), client, account, rules); err != nil {
		t.Fatal(err)
	}
	token, err := accounts.CreateToken(t.Context(), account.Name,
		&authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	user := rest.AnonymousClientConfig(cfg)
	user.QPS = cfg.QPS
	user.BearerToken = token.Status.Token
	awaitRules(t, user, namespace, rules)
	return user
}

// grant lets account do in its namespace what rules say.
func grant(
	ctx context.Context, client kubernetes.Interface,
	account *corev1.ServiceAccount, rules []rbacv1.PolicyRule,
) error {
	name := metav1.ObjectMeta{Name: account.Name}
	roles := client.RbacV1().Roles(account.Namespace)
	role := &rbacv1.Role{ObjectMeta: name, Rules: rules}
	if _, err := roles.Create(ctx, role, metav1.CreateOptions{}); err != nil {
		return err
	}
	bindings := client.RbacV1().RoleBindings(account.Namespace)
	_, err := bindings.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: account.Name},
		Subjects: []rbacv1.Subject{{
			Kind: rbacv1.ServiceAccountKind, Name: account.Name, Namespace: account.Namespace,
		}},
	}, metav1.CreateOptions{})
	return err
}

// awaitRules waits until user may do the first thing that rules allow: the API
// server learns of accounts and roles by watching them.
func awaitRules(t testing.TB, user *rest.Config, namespace string, rules []rbacv1.PolicyRule) {
	t.Helper()
	if len(rules) == 0 {
		return
	}
	attributes := &authorizationv1.ResourceAttributes{
		Namespace: namespace,
		Verb:      rules[0].Verbs[0],
		Group:     rules[0].APIGroups[0],
		Resource:  rules[0].Resources[0],
	}
	reviews := newClient(t, user).AuthorizationV1().SelfSubjectAccessReviews()
	Eventually(t, "the user's rights", func(ctx context.Context) error {
		review, err := reviews.Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: attributes},
		}, metav1.CreateOptions{})
		if err == nil && !review.Status.Allowed {
			err = fmt.Errorf("%s %s is not allowed", attributes.Verb, attributes.Resource)
		}
		return err
	})
}

// Kubeconfig returns the path of a file that says the same as cfg, for tests that
// run a command. Its namespace is the current one.
func Kubeconfig(t testing.TB, cfg *rest.Config, namespace string) string {
	t.Helper()
	const name = "slipway"
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{
		Server:                   cfg.Host,
		CertificateAuthorityData: cfg.CAData,
	}
	config.AuthInfos[name] = &api.AuthInfo{Token: cfg.BearerToken}
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name, Namespace: namespace}
	config.CurrentContext = name
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// eventuallyTimeout is long for what takes seconds, so that a test fails only if
// something is wrong, and not on a busy machine.
const eventuallyTimeout = time.Minute

// Eventually waits until holds returns nil, and fails the test if that takes more
// than a minute, with what holds said last. It names what is waited for.
func Eventually(t testing.TB, what string, holds func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), eventuallyTimeout)
	defer cancel()
	for last := error(nil); ; {
		err := holds(ctx)
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v", what, last)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func newClient(t testing.TB, cfg *rest.Config) kubernetes.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// notInName is what may not be in a namespace's name.
var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// prefix returns what the name of a namespace for the test called name begins with.
func prefix(name string) string {
	name = strings.Trim(notInName.ReplaceAllString(strings.ToLower(name), "-"), "-")
	return strings.TrimRight(name[:min(len(name), 50)], "-") + "-"
}
