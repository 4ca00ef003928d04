package clustertest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

func newClient(t *testing.T, cfg *rest.Config) kubernetes.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

var labels = map[string]string{"app": "web"}

// template returns that of pods with one container.
func template(image string, annotations map[string]string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: annotations},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
	}
}

func deployment(replicas int32, pods corev1.PodTemplateSpec) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: new(replicas),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: pods,
		},
	}
}

func TestDeployment(t *testing.T) {
	t.Parallel()
	cfg, namespace := clustertest.Namespace(t)
	client := newClient(t, cfg)
	deployments := client.AppsV1().Deployments(namespace)
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       corev1.ServiceSpec{Selector: labels, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	if _, err := client.CoreV1().Services(namespace).Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	d, err := deployments.Create(t.Context(), deployment(2, template("web:1", nil)), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rolledOut := func(ctx context.Context) error {
		now, err := deployments.Get(ctx, d.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		s, want := now.Status, *d.Spec.Replicas
		if s.ObservedGeneration != d.Generation || s.Replicas != want || s.UpdatedReplicas != want || s.AvailableReplicas != want {
			return fmt.Errorf("status %+v, want %d replicas updated and available", s, want)
		}
		return nil
	}
	clustertest.Eventually(t, "the rollout", rolledOut)

	d, err = deployments.Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d.Spec.Replicas = new(int32(3))
	d.Spec.Template.Spec.Containers[0].Image = "web:2"
	if d, err = deployments.Update(t.Context(), d, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	clustertest.Eventually(t, "the update", rolledOut)
	clustertest.Eventually(t, "the service's endpoints", func(ctx context.Context) error {
		slices, err := client.DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(slices.Items) != 1 || len(slices.Items[0].Endpoints) != 3 {
			return fmt.Errorf("endpoint slices: %v, want 3 endpoints in one", slices.Items)
		}
		return nil
	})
}

func TestDaemonSet(t *testing.T) {
	t.Parallel()
	cfg, namespace := clustertest.Namespace(t)
	sets := newClient(t, cfg).AppsV1().DaemonSets(namespace)
	pods := template("agent:1", nil)
	pods.Spec.HostNetwork = true
	_, err := sets.Create(t.Context(), &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "agent"},
		Spec:       appsv1.DaemonSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: pods},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clustertest.Eventually(t, "a pod on each node", func(ctx context.Context) error {
		set, err := sets.Get(ctx, "agent", metav1.GetOptions{})
		if err == nil && (set.Status.NumberAvailable < 2 || set.Status.NumberAvailable != set.Status.DesiredNumberScheduled) {
			err = fmt.Errorf("status %+v", set.Status)
		}
		return err
	})
}

func TestStatefulSetWithVolumes(t *testing.T) {
	t.Parallel()
	cfg, namespace := clustertest.Namespace(t)
	sets := newClient(t, cfg).AppsV1().StatefulSets(namespace)
	_, err := sets.Create(t.Context(), &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "db"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32(2)),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: template("db:1", nil),
			VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{
				ObjectMeta: metav1.ObjectMeta{Name: "data"},
				Spec: corev1.PersistentVolumeClaimSpec{
					AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
					Resources: corev1.VolumeResourceRequirements{
						Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
					},
				},
			}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clustertest.Eventually(t, "both pods", func(ctx context.Context) error {
		set, err := sets.Get(ctx, "db", metav1.GetOptions{})
		if err == nil && set.Status.AvailableReplicas != 2 {
			err = fmt.Errorf("status %+v, want 2 available", set.Status)
		}
		return err
	})
}

func TestJob(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		annotations map[string]string
		policy      corev1.RestartPolicy
		want        batchv1.JobConditionType
	}{
		{"completes", nil, corev1.RestartPolicyOnFailure, batchv1.JobComplete},
		{"fails", map[string]string{"slipway.test/fail": "crash-loop"}, corev1.RestartPolicyNever, batchv1.JobFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, namespace := clustertest.Namespace(t)
			jobs := newClient(t, cfg).BatchV1().Jobs(namespace)
			job := &batchv1.Job{
				ObjectMeta: metav1.ObjectMeta{Name: "migrate"},
				Spec:       batchv1.JobSpec{BackoffLimit: new(int32(0)), Template: template("migrate:1", tt.annotations)},
			}
			job.Spec.Template.Spec.RestartPolicy = tt.policy
			if _, err := jobs.Create(t.Context(), job, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			clustertest.Eventually(t, "the job's end", func(ctx context.Context) error {
				job, err := jobs.Get(ctx, "migrate", metav1.GetOptions{})
				if err != nil {
					return err
				}
				for _, c := range job.Status.Conditions {
					if c.Type == tt.want && c.Status == corev1.ConditionTrue {
						return nil
					}
				}
				return fmt.Errorf("conditions %v, want %s", job.Status.Conditions, tt.want)
			})
		})
	}
}

func TestPodFailures(t *testing.T) {
	t.Parallel()
	secret := template("web:1", nil)
	secret.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{
		SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "db"}},
	}}
	tests := []struct {
		name    string
		pods    corev1.PodTemplateSpec
		reason  string
		message string // part of it
		log     string
	}{{
		name:    "image of a registry that cannot be",
		pods:    template("registry.invalid/shop/web:2", nil),
		reason:  "ImagePullBackOff",
		message: `Back-off pulling image "registry.invalid/shop/web:2"`,
	}, {
		name:    "image",
		pods:    template("web:2", map[string]string{"slipway.test/fail": "image-pull"}),
		reason:  "ImagePullBackOff",
		message: `Back-off pulling image "web:2"`,
	}, {
		name: "crash",
		pods: template("web:2", map[string]string{
			"slipway.test/fail": "crash-loop", "slipway.test/log": "no database",
		}),
		reason:  "CrashLoopBackOff",
		message: "restarting failed container=web",
		log:     "no database\n",
	}, {
		name:    "secret",
		pods:    secret,
		reason:  "CreateContainerConfigError",
		message: `secret "db" not found`,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, namespace := clustertest.Namespace(t)
			client := newClient(t, cfg)
			_, err := client.AppsV1().Deployments(namespace).Create(t.Context(), deployment(1, tt.pods), metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var pod corev1.Pod
			clustertest.Eventually(t, tt.reason, func(ctx context.Context) error {
				pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
				if err != nil {
					return err
				}
				if len(pods.Items) != 1 || len(pods.Items[0].Status.ContainerStatuses) != 1 {
					return errors.New("no container yet")
				}
				pod = pods.Items[0]
				w := pod.Status.ContainerStatuses[0].State.Waiting
				if w == nil || w.Reason != tt.reason || !strings.Contains(w.Message, tt.message) {
					return fmt.Errorf("container waits for %v, want %s: %s", w, tt.reason, tt.message)
				}
				return nil
			})
			if tt.log == "" {
				return
			}
			log, err := client.CoreV1().Pods(namespace).GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(t.Context())
			if err != nil || string(log) != tt.log {
				t.Errorf("log = %q, %v; want %q", log, err, tt.log)
			}
		})
	}
}

func TestCrashLoopGoesOn(t *testing.T) {
	t.Parallel()
	cfg, namespace := clustertest.Namespace(t)
	client := newClient(t, cfg)
	pods := template("web:2", map[string]string{"slipway.test/fail": "crash-loop"})
	_, err := client.AppsV1().Deployments(namespace).Create(t.Context(), deployment(1, pods), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clustertest.Eventually(t, "the third restart", func(ctx context.Context) error {
		pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			for _, cs := range pod.Status.ContainerStatuses {
				if last := cs.LastTerminationState.Terminated; cs.RestartCount >= 3 && last != nil && last.ExitCode == 1 {
					return nil
				}
			}
		}
		return fmt.Errorf("pods: %v", pods.Items)
	})
}

func TestNamespacesAreSeparate(t *testing.T) {
	t.Parallel()
	cfg, first := clustertest.Namespace(t)
	_, second := clustertest.Namespace(t)
	if first == second || !strings.HasPrefix(first, "testnamespacesareseparate-") {
		t.Errorf("namespaces %s and %s; want two, named after the test", first, second)
	}
	maps := newClient(t, cfg).CoreV1()
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "only-here"}}
	if _, err := maps.ConfigMaps(first).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := maps.ConfigMaps(second).Get(t.Context(), "only-here", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("object of the first namespace in the second: error = %v, want not found", err)
	}
}

func TestNamespaceIsDeleted(t *testing.T) {
	t.Parallel()
	var cfg *rest.Config
	var namespace string
	t.Run("inner", func(t *testing.T) { cfg, namespace = clustertest.Namespace(t) })
	if t.Skipped() || cfg == nil {
		t.Skip("no control plane")
	}
	clustertest.Eventually(t, "the namespace's end", func(ctx context.Context) error {
		ns, err := newClient(t, cfg).CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
		if err == nil && ns.DeletionTimestamp == nil {
			return errors.New("the namespace is not being deleted")
		}
		if apierrors.IsNotFound(err) {
			err = nil
		}
		return err
	})
}

func TestUserMayDoNoMoreThanTheRules(t *testing.T) {
	t.Parallel()
	cfg, namespace := clustertest.Namespace(t)
	user := clustertest.User(t, cfg, namespace, []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"list"}},
	})
	fromFile, err := clientcmd.BuildConfigFromFlags("", clustertest.Kubeconfig(t, user, namespace))
	if err != nil {
		t.Fatal(err)
	}
	for name, user := range map[string]*rest.Config{"configuration": user, "kubeconfig": fromFile} {
		core := newClient(t, user).CoreV1()
		if _, err := core.ConfigMaps(namespace).List(t.Context(), metav1.ListOptions{}); err != nil {
			t.Errorf("%s: listing ConfigMaps: %v", name, err)
		}
		if _, err := core.Secrets(namespace).List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
			t.Errorf("%s: listing Secrets: error = %v, want forbidden", name, err)
		}
		if _, err := core.ConfigMaps("default").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
			t.Errorf("%s: another namespace: error = %v, want forbidden", name, err)
		}
	}
}
