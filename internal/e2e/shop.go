package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/examples/shoppingapp"
)

// deployTimeout is long for a deploy: only what is stuck takes it.
const deployTimeout = 3 * time.Minute

var sections = []string{"home", "kids", "mens", "ladies"}

// sectionOf returns the name by which a section greets: Kids, for kids or /kids.
func sectionOf(path string) string {
	name := strings.TrimPrefix(path, "/")
	return strings.ToUpper(name[:1]) + name[1:]
}

func serviceOf(section string) string { return shoppingapp.App + "-" + section }

// paths returns where sections answer.
func paths(sections ...string) []string {
	var out []string
	for _, s := range sections {
		out = append(out, "/"+s)
	}
	return out
}

// A shop is the reference application on a cluster.
type shop struct {
	front     *front
	cluster   *rest.Config
	client    kubernetes.Interface
	namespace string
	tree      string            // the checkout of k8s/
	images    map[string]string // by section and version, as home:21
	rollEvery int               // of the rounds of race, which bring another version
	sequence  atomic.Int64
}

// reset gives the shop an empty namespace, and a tree without ladies.
func (s *shop) reset(ctx context.Context) error {
	namespaces := s.client.CoreV1().Namespaces()
	err := namespaces.Delete(ctx, s.namespace, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	err = eventually(ctx, "the old namespace to go", func() error {
		_, err := namespaces.Get(ctx, s.namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return cmpErr(err, "it is there")
	})
	if err != nil {
		return err
	}
	created := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}
	if _, err := namespaces.Create(ctx, created, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := os.RemoveAll(s.tree); err != nil {
		return err
	}
	if err := os.CopyFS(s.tree, shoppingapp.Tree()); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(s.tree, shoppingapp.App, serviceOf("ladies")))
}

// cmpErr returns err, or, if that is nil, an error that says text.
func cmpErr(err error, text string) error {
	if err != nil {
		return err
	}
	return errors.New(text)
}

// edit replaces text in the Deployment of all services, which must have it.
func (s *shop) edit(old, text string) error {
	file := filepath.Join(s.tree, shoppingapp.App, "common", "each", "deployment.yml")
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !strings.Contains(string(data), old) {
		return fmt.Errorf("%s has no %q", file, old)
	}
	return os.WriteFile(file, []byte(strings.Replace(string(data), old, text, 1)), 0o600)
}

// addLadies adds the section by one new directory, as README.md of the shop does.
func (s *shop) addLadies() error {
	app := filepath.Join(s.tree, shoppingapp.App)
	data, err := os.ReadFile(filepath.Join(app, serviceOf("home"), "ingress.yml"))
	if err != nil {
		return err
	}
	dir := filepath.Join(app, serviceOf("ladies"))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	text := strings.ReplaceAll(string(data), "home", "ladies")
	return os.WriteFile(filepath.Join(dir, "ingress.yml"), []byte(text), 0o600)
}

// pipeline deploys a version of a section, as its pipeline does.
func (s *shop) pipeline(ctx context.Context, section, version string) error {
	ctx, cancel := context.WithTimeout(ctx, deployTimeout)
	defer cancel()
	d := slipway.Deployer{
		Root:     os.DirFS(s.tree),
		App:      shoppingapp.App,
		Services: []string{serviceOf(section)},
		Values:   map[string]any{"image_id": s.images[section+":"+version], "host": s.front.host},
		Sequence: s.sequence.Add(1),
		Cluster:  s.cluster,
		Apply:    apply.Options{Namespace: s.namespace},
	}
	_, err := d.Deploy(ctx)
	return err
}

// pipelines deploys a version of sections, all at once.
func (s *shop) pipelines(ctx context.Context, version string, sections ...string) error {
	errs := make([]error, len(sections))
	var all sync.WaitGroup
	for i, section := range sections {
		all.Go(func() { errs[i] = s.pipeline(ctx, section, version) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// remove takes a section off the cluster.
func (s *shop) remove(ctx context.Context, section string) error {
	ctx, cancel := context.WithTimeout(ctx, deployTimeout)
	defer cancel()
	d := slipway.Deployer{
		App: shoppingapp.App, Cluster: s.cluster, Apply: apply.Options{Namespace: s.namespace},
	}
	_, err := d.Remove(ctx, serviceOf(section))
	return err
}

// answers waits until sections greet with a version, each by a pod of its own.
func (s *shop) answers(ctx context.Context, version string, sections ...string) error {
	for _, section := range sections {
		err := eventually(ctx, section+" "+version, func() error {
			a := s.front.get(ctx, "/"+section)
			if !a.ok() {
				return errors.New(a.Problem)
			}
			if a.Version != version || !strings.HasPrefix(a.Pod, serviceOf(section)+"-") {
				return fmt.Errorf("version %s of pod %s answers", a.Version, a.Pod)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// image returns what the section's Deployment runs.
func (s *shop) image(ctx context.Context, section string) (string, error) {
	d, err := s.client.AppsV1().Deployments(s.namespace).Get(ctx, serviceOf(section), metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return d.Spec.Template.Spec.Containers[0].Image, nil
}

// eventually waits until holds returns nil, at most two minutes.
func eventually(ctx context.Context, what string, holds func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		err := holds()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
