package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
)

// maxSocketPath is how long the path of a Unix socket may be everywhere, in bytes.
const maxSocketPath = 100

// startEtcd returns a one-member etcd that keeps its data below dir. Its only
// listener is a Unix socket in dir, since etcd has no authentication of its own:
// on a TCP port, any local user could read every Secret.
func startEtcd(ctx context.Context, dir, log string) (*embed.Etcd, error) {
	if socket := etcdURL(dir).Path; len(socket) > maxSocketPath {
		return nil, fmt.Errorf("etcd: the name of socket %s is longer than %d bytes", socket, maxSocketPath)
	}
	cfg := embed.NewConfig()
	cfg.Dir = filepath.Join(dir, "etcd")
	cfg.ListenClientUrls = []url.URL{*etcdURL(dir)}
	cfg.AdvertiseClientUrls = cfg.ListenClientUrls
	cfg.ListenPeerUrls = nil
	cfg.LogLevel = "warn"
	cfg.LogOutputs = []string{log}
	// The data does not outlive the process, so it need not reach the disk.
	cfg.UnsafeNoFsync = true
	// There is nobody to hold an election with.
	cfg.TickMs, cfg.ElectionMs = 100, 500

	etcd, err := embed.StartEtcd(cfg)
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case <-etcd.Server.StopNotify():
		etcd.Close()
		return nil, errors.New("etcd: stopped while it started")
	case <-ctx.Done():
		etcd.Close()
		return nil, context.Cause(ctx)
	}
}

// etcdURL is where the etcd of dir listens.
func etcdURL(dir string) *url.URL {
	return &url.URL{Scheme: "unix", Path: filepath.Join(dir, "etcd.sock")}
}
