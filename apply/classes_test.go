package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

// canary is a value that must be in no error, wherever it stands in a template.
const canary = "hunter2"

// failWith applies the objects and finds an error of type E, which says which object
// of which file it is, and all of the texts, once.
func failWith[E error](
	t *testing.T, cfg *rest.Config, opts apply.Options, text string, wants ...string,
) (E, *apply.Result) {
	t.Helper()
	opts.NoWait = true
	objs := objects(t, "shop.home", text)
	result, err := newApplier(t, cfg, opts).Apply(testContext(t), objs)
	var want E
	if !errors.As(err, &want) {
		t.Fatalf("Apply: %s, %v; want a %T", result, err, want)
	}
	last := objs[len(objs)-1]
	namespace := last.GetNamespace()
	if namespace == "" {
		namespace = opts.Namespace
	}
	place := fmt.Sprintf("shop/shop.home/file.yml:%d: %s %s/%s: ",
		len(objs), last.GetKind(), namespace, last.GetName())
	for _, text := range append(wants, place) {
		if n := strings.Count(err.Error(), text); n != 1 {
			t.Errorf("Apply: error %q\nholds %q %d times, want once", err, text, n)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("Apply: error %q holds a value", err)
	}
	return want, result
}

// container returns a Deployment with more in its container.
func container(more string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: home}\nspec:\n" +
		"  selector: {matchLabels: {task: home}}\n" +
		"  template:\n    metadata: {labels: {task: home}}\n" +
		"    spec: {containers: [{name: app, image: i, " + more + "}]}"
}

const plainMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: home}\n"

// The server answers most of these with status 500, or with the value.
func TestInvalid(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	tests := []struct{ name, text, want string }{
		{"unknown field", container("env: [{name: A, vaule: hunter2}]"),
			`env[name="A"].vaule: field not declared in schema`},
		{"unknown field at the top", plainMap + "dota: {a: hunter2}", ".dota: field not declared in schema"},
		{"map for a string", container("env: [{name: A, value: {a: hunter2}}]"),
			`env[name="A"].value: expected string, got something else`},
		{"string for a map", plainMap + "data: hunter2", ".data: expected map, got something else"},
		{"map for a list", container("env: {A: hunter2, B: \"two\\nlines hunter2\"}"),
			".env: expected list, got something else"},
		{"list for a scalar", container("resources: {limits: {memory: [hunter2]}}"),
			".memory: expected any scalar, got something else"},
		{"number for a string", plainMap + "data: {a: 5}", ".data.a: expected string"},
		{"quantity", container("resources: {limits: {memory: hunter2}}"), "quantities must match"},
		{"time", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: home, creationTimestamp: hunter2}",
			"parsing time"},
		{"base64", plainMap + "binaryData: {a: 'hunter2!'}", "illegal base64 data"},
		{"item twice", container("env: [{name: A, value: hunter2}, {name: A, value: hunter2}]"),
			`.env: duplicate entries for key [name="A"]`},
		{"value that is refused", container("livenessProbe: {httpGet: {port: 'hunter2: \"hunter2\"'}}"),
			"httpGet.port: Invalid value: must be no more"},
		{"value that is not in the list", container("imagePullPolicy: hunter2"),
			"imagePullPolicy: Unsupported value: supported values:"},
		{"map that is refused", strings.Replace(container("tty: true"), "matchLabels: {task: home}",
			"matchLabels: {task: hunter2}", 1), "template.metadata.labels: Invalid value: `selector` does not match"},
		{"Secret", "apiVersion: v1\nkind: Secret\nmetadata: {name: home}\nstringData: see data.hunter2",
			": .stringData: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, result := failWith[*apply.InvalidError](t, cfg, apply.Options{Namespace: ns}, tt.text, tt.want,
				": invalid: ", ": correct the template")
			if n := result.Count(apply.Failed); n != 1 {
				t.Errorf("Apply: %s, want 1 failed", result)
			}
		})
	}
}

// What the server refuses to change is told apart from what is merely wrong.
func TestImmutable(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, before, after, want string }{
		{"selector", container("tty: true"),
			strings.ReplaceAll(container("tty: true"), "task: home", "task: hunter2"),
			"spec.selector: Invalid value: field is immutable"},
		{"ConfigMap", plainMap + "immutable: true\ndata: {a: b}", plainMap + "immutable: true\ndata: {a: hunter2}",
			"data: Forbidden: field is immutable"},
		{"cluster IP", "apiVersion: v1\nkind: Service\nmetadata: {name: home}\nspec: {ports: [{port: 80}]}",
			"apiVersion: v1\nkind: Service\nmetadata: {name: home}\nspec: {clusterIP: None, ports: [{port: 80}]}",
			"spec.clusterIPs[0]: Invalid value: may not change once set"},
		{"role", roleBinding("home"), roleBinding("other"), "roleRef: Invalid value: field is immutable"},
		{"claim", claim("1Gi", "ReadWriteOnce"), claim("1Gi", "ReadWriteMany"),
			"spec: Forbidden: spec is immutable"},
		{"type of a Secret", "apiVersion: v1\nkind: Secret\nmetadata: {name: home}\nstringData: {a: hunter2}",
			"apiVersion: v1\nkind: Secret\nmetadata: {name: home}\ntype: example.com/t\nstringData: {a: hunter2}",
			"type: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			opts := apply.Options{Namespace: ns, NoWait: true}
			mustApply(t, newApplier(t, cfg, opts), objects(t, "shop.home", tt.before))
			failWith[*apply.ImmutableError](t, cfg, opts, tt.after, tt.want, "give the object a new name")
		})
	}
}

func roleBinding(role string) string {
	return "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: home}\n" +
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: " + role + "}"
}

func claim(size, mode string) string {
	return "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: home}\n" +
		"spec: {accessModes: [" + mode + "], resources: {requests: {storage: " + size + "}}}"
}

// limit creates an object that limits what there may be in the namespace, and waits
// until obj is refused: the server's admission learns of it by watching.
func limit(t *testing.T, cfg *rest.Config, ns, resource, text, obj string) {
	t.Helper()
	createBy(t, cfg, "hand", resource, ns, text)
	probe := objects(t, "", strings.ReplaceAll(obj, "home", "probe"))[0]
	clustertest.Eventually(t, "the limit", func(ctx context.Context) error {
		_, err := client(t, cfg, "configmaps", ns).Create(ctx, probe, metav1.CreateOptions{DryRun: []string{"All"}})
		if err == nil {
			return errors.New("not refused yet")
		}
		return nil
	})
}

func TestQuota(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	limit(t, cfg, ns, "resourcequotas", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: few}\n"+
		"spec: {hard: {count/configmaps: 0}}", plainMap)
	quota, _ := failWith[*apply.QuotaError](t, cfg, apply.Options{Namespace: ns}, plainMap,
		"quota: exceeded quota: few", "ask for less, or have the quota raised")
	if !strings.Contains(quota.Reason, "limited: count/configmaps=0") {
		t.Errorf("quota: %+v, want the limit", quota)
	}
}

func TestDeniedByPolicy(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	for resource, text := range map[string]string{
		"validatingadmissionpolicies.v1.admissionregistration.k8s.io": `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: %[1]s}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  validations: [{expression: 'false', message: maps are out of fashion}]`,
		"validatingadmissionpolicybindings.v1.admissionregistration.k8s.io": `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: %[1]s}
spec:
  policyName: %[1]s
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %[1]s}}}`,
	} {
		createBy(t, cfg, "hand", resource, "", fmt.Sprintf(text, ns))
		t.Cleanup(func() {
			err := client(t, cfg, resource, "").Delete(context.WithoutCancel(t.Context()), ns, deleteOptions)
			if err != nil {
				t.Error(err)
			}
		})
	}
	limit(t, cfg, ns, "serviceaccounts", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: any}", plainMap)
	failWith[*apply.DeniedError](t, cfg, apply.Options{Namespace: ns}, plainMap+"data: {a: hunter2}",
		"denied: ", "maps are out of fashion", "have the rule changed")
}

// New objects are refused in a namespace that is being deleted, and that is not for
// want of rights.
func TestNamespaceTerminating(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	ctx := testContext(t)
	namespaces := client(t, cfg, "namespaces", "")
	finalizers := func(list string) {
		_, err := namespaces.Patch(context.WithoutCancel(ctx), ns, types.MergePatchType,
			[]byte(`{"metadata":{"finalizers":[`+list+`]}}`), metav1.PatchOptions{})
		if err != nil {
			t.Error(err)
		}
	}
	finalizers(`"slipway.test/hold"`)
	t.Cleanup(func() { finalizers("") })
	if err := namespaces.Delete(ctx, ns, deleteOptions); err != nil {
		t.Fatal(err)
	}
	gone, _ := failWith[*apply.NamespaceTerminatingError](t, cfg, apply.Options{Namespace: ns}, plainMap,
		"namespace "+ns+" is being deleted: wait until it is gone")
	if gone.Namespace != ns {
		t.Errorf("error: %+v, want namespace %s", gone, ns)
	}
}

func TestMissingNamespaceAndKind(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	opts := apply.Options{Namespace: ns}
	missing, _ := failWith[*apply.NamespaceError](t, cfg, opts,
		strings.Replace(plainMap, "name: home", "name: home, namespace: not-there", 1),
		"namespace not-there does not exist")
	if missing.Namespace != "not-there" {
		t.Errorf("error: %+v, want namespace not-there", missing)
	}
	for _, apiVersion := range []string{"nowhere.example.com/v1", "apps/v1beta1"} {
		kind, _ := failWith[*apply.UnknownKindError](t, cfg, opts, "apiVersion: "+apiVersion+
			"\nkind: Deployment\nmetadata: {name: home, namespace: "+ns+"}", "no kind Deployment in "+apiVersion)
		if kind.APIVersion != apiVersion || kind.Kind != "Deployment" {
			t.Errorf("error: %+v, want Deployment in %s", kind, apiVersion)
		}
	}
}

// The server has three limits, and a different answer for each.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	for _, size := range []int{1<<20 + 1, 2 << 20, 4 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			text := plainMap + "data: {a: " + strings.Repeat(canary, size/len(canary)+1) + "}"
			large, _ := failWith[*apply.TooLargeError](t, cfg, apply.Options{Namespace: ns}, text,
				"too large (", "split it")
			if large.Size < size {
				t.Errorf("error: size %d, want at least %d", large.Size, size)
			}
		})
	}
}

func TestTooLargeForTheStore(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	// Fields cost twice: as they are, and as managed fields.
	var text strings.Builder
	for i := range 15_000 {
		fmt.Fprintf(&text, "  key%052d: v\n", i)
	}
	failWith[*apply.TooLargeError](t, cfg, apply.Options{Namespace: ns, Patience: time.Second},
		plainMap+"data:\n"+text.String(), "too large (")
}

func TestUnauthorized(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	wrong := rest.AnonymousClientConfig(cfg)
	wrong.BearerToken = canary
	err, _ := failWith[*apply.UnauthorizedError](t, wrong, apply.Options{Namespace: ns}, plainMap,
		"does not accept the credentials", "Log in again")
	if err.Server != cfg.Host {
		t.Errorf("error: %+v, want server %s", err, cfg.Host)
	}
}

func TestForbiddenToPatch(t *testing.T) {
	t.Parallel()
	admin, ns := clustertest.Namespace(t)
	cfg := clustertest.User(t, admin, ns, []rbacv1.PolicyRule{rule("configmaps", "get")})
	err, _ := failWith[*apply.ForbiddenError](t, cfg, apply.Options{Namespace: ns}, plainMap,
		`grant verb "patch" on configmaps in namespace `+ns)
	want := apply.ForbiddenError{Verb: "patch", Resource: "configmaps", Namespace: ns, Reason: err.Reason}
	if *err != want {
		t.Errorf("error: %+v, want %+v", *err, want)
	}
}

// An update needs only patch, a new object create as well.
func TestForbiddenToCreate(t *testing.T) {
	t.Parallel()
	admin, ns := clustertest.Namespace(t)
	cfg := clustertest.User(t, admin, ns, []rbacv1.PolicyRule{rule("configmaps", "get", "list", "patch")})
	err, _ := failWith[*apply.ForbiddenError](t, cfg, apply.Options{Namespace: ns}, plainMap,
		`grant verb "create"`)
	if err.Verb != "create" {
		t.Errorf("error: %+v, want verb create", err)
	}
}

func TestOverloaded(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]fault{
		"text":         answer(503, "no healthy upstream"),
		"gateway":      answer(502, "<html>bad gateway</html>"),
		"status":       answerStatus(500, "InternalError", "etcdserver: leader changed"),
		"overload":     answer(429, "Too many requests, please try again later.", "Retry-After", "1"),
		"only patches": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, cfg, _, ns := proxied(t, false)
			method := ""
			if do == nil {
				method, do = "PATCH", answer(504, "timeout")
			}
			p.always(method, do)
			opts := apply.Options{Namespace: ns, Patience: 500 * time.Millisecond}
			failWith[*apply.OverloadedError](t, cfg, opts, plainMap, "the API server has trouble: ", "run again")
			if n := p.count("GET", "/configmaps") + p.count("PATCH", "/home"); n < 2 {
				t.Errorf("%d requests, want more than one try", n)
			}
		})
	}
}

// A field that is merely of another manager is no reason to doubt the class.
func TestConflictNamesTheManager(t *testing.T) {
	t.Parallel()
	cfg, ns := clustertest.Namespace(t)
	createBy(t, cfg, "hand", "configmaps", ns, plainMap+"data: {a: theirs}")
	err, _ := failWith[*apply.ConflictError](t, cfg, apply.Options{Namespace: ns}, plainMap+"data: {a: hunter2}",
		".data.a belongs to hand since ", "adopt hand")
	if f := err.Fields[0]; f.Field != ".data.a" || f.Manager != "hand" || f.Time.IsZero() {
		t.Errorf("error: %+v, want .data.a of hand, and a time", f)
	}
}
