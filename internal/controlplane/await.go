package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// A condition returns nil if the cluster is as it should be, else what is amiss.
type condition func(context.Context, kubernetes.Interface) error

// awaitPoll is how often a condition is tried.
const awaitPoll = 20 * time.Millisecond

// await returns when every condition has held once. Only ctx limits how long.
func await(ctx context.Context, client kubernetes.Interface, conditions ...condition) error {
	for _, holds := range conditions {
		for {
			err := holds(ctx, client)
			if err == nil {
				break
			}
			select {
			case <-ctx.Done():
				return err
			case <-time.After(awaitPoll):
			}
		}
	}
	return nil
}

// apiServerReady includes the API server's own start hooks, and so RBAC's roles.
func apiServerReady(ctx context.Context, client kubernetes.Interface) error {
	return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

func nodesReady(ctx context.Context, client kubernetes.Interface) error {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if len(nodes.Items) < nodeCount {
		return fmt.Errorf("%d of %d nodes registered", len(nodes.Items), nodeCount)
	}
	for _, node := range nodes.Items {
		if !ready(node.Status.Conditions) {
			return fmt.Errorf("node %s is not ready", node.Name)
		}
	}
	return nil
}

func ready(conditions []corev1.NodeCondition) bool {
	for _, c := range conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// rolesAggregated is true when the role that users are given most has its rules,
// which come from other roles and are put together by a controller.
func rolesAggregated(ctx context.Context, client kubernetes.Interface) error {
	role, err := client.RbacV1().ClusterRoles().Get(ctx, "edit", metav1.GetOptions{})
	if err == nil && len(role.Rules) == 0 {
		err = fmt.Errorf("cluster role %s has no rules", role.Name)
	}
	return err
}

// defaultAccountExists is true when pods can be created in the default namespace.
func defaultAccountExists(ctx context.Context, client kubernetes.Interface) error {
	accounts := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault)
	_, err := accounts.Get(ctx, "default", metav1.GetOptions{})
	return err
}
