package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// contextName is the name of the one cluster, user and context in a kubeconfig.
const contextName = "slipway"

// newKubeconfig returns the administrator's kubeconfig, complete in itself.
func newKubeconfig(dir, addr, token string) (*api.Config, error) {
	ca, err := os.ReadFile(certificate(dir))
	if err != nil {
		return nil, err
	}
	config := api.NewConfig()
	config.Clusters[contextName] = &api.Cluster{
		Server:                   "https://" + addr,
		CertificateAuthorityData: ca,
	}
	config.AuthInfos[contextName] = &api.AuthInfo{Token: token}
	config.Contexts[contextName] = &api.Context{Cluster: contextName, AuthInfo: contextName}
	config.CurrentContext = contextName
	return config, nil
}

// admin is the file of dir that has the kubeconfig of the control plane's own clients.
// They have one of their own: the one that was asked for must not exist before they
// have done their part.
func admin(dir string) string { return filepath.Join(dir, "admin.kubeconfig") }

// addressOf returns where the API server of dir listens: at the port that it had
// before, or at one that is free.
func addressOf(dir string) (string, error) {
	config, err := clientcmd.LoadFromFile(admin(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return "127.0.0.1:0", nil
	}
	if err != nil {
		return "", err
	}
	cluster := config.Clusters[contextName]
	if cluster == nil {
		return "", fmt.Errorf("%s: no cluster %s", admin(dir), contextName)
	}
	return strings.TrimPrefix(cluster.Server, "https://"), nil
}

// writeKubeconfig writes config to file, readable by its owner only. It appears
// there all at once, so who sees it may use it.
func writeKubeconfig(config *api.Config, file string) error {
	data, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".kubeconfig-")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}
