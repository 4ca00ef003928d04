package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// clusterFlags are the flags that say which cluster, as kubectl has them.
type clusterFlags struct{ kubeconfig, context, namespace string }

func (c *clusterFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&c.kubeconfig, "kubeconfig", "",
		"kubeconfig `file`; default $KUBECONFIG, ~/.kube/config, or the cluster it runs in")
	flags.StringVar(&c.context, "context", "", "context of the kubeconfig")
	flags.StringVarP(&c.namespace, "namespace", "n", "",
		"namespace of objects that name none; default the context's")
}

// load returns the cluster and the namespace.
func (c *clusterFlags) load() (*rest.Config, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = c.kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules,
		&clientcmd.ConfigOverrides{CurrentContext: c.context})
	cfg, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		err = fmt.Errorf("no configuration in %s", strings.Join(rules.GetLoadingPrecedence(), ", "))
	}
	if err != nil {
		return nil, "", fmt.Errorf("cluster: %w: name a kubeconfig with --kubeconfig or KUBECONFIG", err)
	}
	if c.namespace != "" {
		return cfg, c.namespace, nil
	}
	namespace, _, err := loader.Namespace()
	return cfg, namespace, err
}
