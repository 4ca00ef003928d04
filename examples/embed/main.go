// Command embed is a pipeline tool of one's own: GitHub tells it by webhook what was pushed, and it
// deploys that with package slipway: an image (registry_package), or the tree, with the images that
// run (push). WEBHOOK_SECRET is the webhook's, TREE a clone made by git clone --mirror, APP the app,
// KUBECONFIG the cluster. It may be killed at any time: whoever deploys next finishes the job.
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/layouts"
)

func main() {
	secret := os.Getenv("WEBHOOK_SECRET")
	cluster, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil || secret == "" {
		log.Fatal("set WEBHOOK_SECRET and KUBECONFIG: ", err)
	}
	d := slipway.Deployer{App: os.Getenv("APP"), Cluster: cluster}
	t := tool{d, secret, os.Getenv("TREE"), make(chan order, 64)}
	go t.work(context.Background())
	log.Fatal((&http.Server{Addr: ":8080", Handler: t, ReadTimeout: 10 * time.Second}).ListenAndServe())
}

type tool struct {
	slipway.Deployer
	secret, mirror string
	orders         chan order
}

type order struct { // what GitHub sends, as far as it matters here
	Event, Action string
	Package       struct {
		Name    string
		Version struct {
			Image string `json:"package_url"` // what has no tag ends in a colon
		} `json:"package_version"`
	} `json:"registry_package"`
}

func (t tool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 25<<20)) // GitHub sends no more
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	mac := hmac.New(sha256.New, []byte(t.secret))
	mac.Write(body)
	want, got := "sha256="+hex.EncodeToString(mac.Sum(nil)), r.Header.Get("X-Hub-Signature-256")
	if !hmac.Equal([]byte(want), []byte(got)) { // takes the same time whatever is in them
		http.Error(w, "the signature is not that of the body", http.StatusForbidden)
		return
	}
	var o order
	if err := json.Unmarshal(body, &o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.Event = r.Header.Get("X-GitHub-Event")
	select {
	case t.orders <- o:
		w.WriteHeader(http.StatusAccepted) // at once: GitHub waits ten seconds
	default:
		http.Error(w, "too many orders are waiting", http.StatusServiceUnavailable)
	}
}

// work carries out orders, one after the other, so that no older image or tree comes last.
func (t tool) work(ctx context.Context) {
	for o := range t.orders {
		limited, cancel := context.WithTimeout(ctx, 10*time.Minute)
		if err := t.carryOut(limited, o); err != nil {
			log.Print(err)
		}
		cancel()
	}
}

// carryOut deploys what o is about; a service that fails does not hinder the others.
func (t tool) carryOut(ctx context.Context, o order) error {
	image := o.Package.Version.Image
	pushed := o.Event == "registry_package" && o.Action == "published" && !strings.HasSuffix(image, ":")
	if !pushed && o.Event != "push" {
		return nil
	}
	var err error
	if t.Root, t.Commit, err = t.checkout(ctx); err != nil {
		return err
	}
	app, err := layouts.Load(t.Root, t.App)
	if err != nil {
		return err
	}
	for _, service := range app.Services {
		if !pushed || service.Name == o.Package.Name {
			err = errors.Join(err, t.deploy(ctx, service.Name, image))
		}
	}
	return err
}

// deploy deploys an image, or, if that is empty, the one that the service runs.
func (t tool) deploy(ctx context.Context, service, image string) error {
	if image == "" {
		last, err := t.History(ctx, service)
		if err != nil || len(last) == 0 || len(last[0].Images) != 1 {
			return err // who runs no image yet, is deployed when one is pushed
		}
		image = last[0].Images[0]
	}
	t.Services, t.Values = []string{service}, map[string]any{"image_id": image}
	result, err := t.Deploy(ctx)
	log.Printf("%s: %s: %s", service, image, result)
	return err
}

// checkout returns the newest tree, and its commit. No file is written.
func (t tool) checkout(ctx context.Context) (fs.FS, string, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", "git fetch -q && git archive --format=zip HEAD k8s")
	cmd.Dir, cmd.Stderr = t.mirror, os.Stderr
	data, err := cmd.Output()
	if err != nil {
		return nil, "", errors.New(t.mirror + ": " + err.Error())
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, "", err
	}
	root, err := fs.Sub(archive, "k8s")
	return root, archive.Comment, err // Git's comment is the commit
}
