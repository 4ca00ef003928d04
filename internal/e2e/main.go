// Command e2e plays the shop's story on a cluster that has Traefik: it opens, a section is added, all
// services are rolled, a broken image is undone, a section is removed, and pipelines race, all of it
// under load, of which no request may fail. make e2e runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/slipway-go/slipway/examples/shoppingapp"
)

// flags are what the command line says.
type flags struct {
	kubeconfig, registry, url, host, namespace, report, module string
	rollEvery                                                  int
	ablate                                                     bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var f flags
	flag.StringVar(&f.kubeconfig, "kubeconfig", os.Getenv("KUBECONFIG"), "the cluster's")
	flag.StringVar(&f.registry, "registry", "", "where images are pushed to, and the cluster pulls them from")
	flag.StringVar(&f.url, "url", "", "where Traefik answers, or what stands in front of it")
	flag.StringVar(&f.host, "host", "app.shoppingapp.com", "the shop's host")
	flag.StringVar(&f.namespace, "namespace", "slipway-e2e", "deleted first, and left as it is in the end")
	flag.StringVar(&f.report, "report", "", "directory to write e2e.md and its pictures to; none if empty")
	flag.StringVar(&f.module, "module", "../..", "where the library's module is")
	flag.IntVar(&f.rollEvery, "roll-every", 1,
		"of the rounds of four pipelines, those that bring another version: each, each second, …")
	flag.BoolVar(&f.ablate, "ablate", false,
		"instead, roll trees that each lack one line, and count what fails")
	flag.Parse()
	err := run(ctx, f, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, f flags, log io.Writer) error {
	if f.kubeconfig == "" || f.registry == "" || f.url == "" {
		return errors.New("say which cluster: make e2e KUBECONFIG=… E2E_REGISTRY=… E2E_URL=…")
	}
	s, err := newShop(f)
	if err != nil {
		return err
	}
	defer os.RemoveAll(s.tree)
	if err := s.build(ctx, f, log); err != nil {
		return err
	}
	if f.ablate {
		return ablate(ctx, s, log)
	}
	if err := s.reset(ctx); err != nil {
		return err
	}
	phases, err := play(ctx, s, scenario, log)
	if f.report == "" {
		return err
	}
	return errors.Join(err, writeReport(f.report, phases))
}

func newShop(f flags) (*shop, error) {
	cluster, err := clientcmd.BuildConfigFromFlags("", f.kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(cluster)
	if err != nil {
		return nil, err
	}
	tree, err := os.MkdirTemp("", "slipway-e2e-")
	if err != nil {
		return nil, err
	}
	return &shop{
		front: newFront(f.url, f.host), cluster: cluster, client: client, namespace: f.namespace,
		tree: tree, images: map[string]string{}, rollEvery: max(f.rollEvery, 1),
	}, nil
}

// build builds and pushes both versions of each section, and a broken one of home.
func (s *shop) build(ctx context.Context, f flags, log io.Writer) error {
	module, err := filepath.Abs(f.module)
	if err != nil {
		return err
	}
	program, err := compile(ctx, module)
	if err != nil {
		return err
	}
	type release struct{ section, version, broken string }
	releases := []release{{"home", "broken", "crash"}}
	for _, section := range sections {
		releases = append(releases, release{section, "21", ""}, release{section, "22", ""})
	}
	for _, r := range releases {
		img, err := image(program, "SECTION="+sectionOf(r.section), "VERSION="+r.version, "BROKEN="+r.broken)
		if err != nil {
			return err
		}
		repository := strings.TrimRight(f.registry, "/") + "/" + shoppingapp.App + "-" + r.section
		name, err := push(ctx, repository, r.version, img)
		if err != nil {
			return err
		}
		s.images[r.section+":"+r.version] = name
	}
	fmt.Fprintf(log, "pushed %d images to %s\n", len(releases), f.registry)
	return nil
}
