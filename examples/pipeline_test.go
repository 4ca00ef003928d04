// Package examples_test runs the pipelines of examples/jenkins, examples/github and
// examples/gitlab as their systems do: real shells, real Git, the real command, and the
// real API server. Only docker is a recorder.
package examples_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

const home = shoppingapp.App + "-home"

// command is the directory that holds the program slipway, once it is built.
var command = struct {
	sync.Once
	dir string
	err error
}{}

func TestMain(m *testing.M) {
	code := m.Run()
	if command.dir != "" {
		os.RemoveAll(command.dir)
	}
	os.Exit(code)
}

// built returns the directory that holds the program slipway.
func built(t *testing.T) string {
	t.Helper()
	command.Do(func() {
		if command.dir, command.err = os.MkdirTemp("", "slipway-"); command.err != nil {
			return
		}
		out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "go", "build", "-o", command.dir, "./slipway").CombinedOutput()
		if err != nil {
			command.err = errors.Join(err, errors.New(string(out)))
		}
	})
	if command.err != nil {
		t.Fatal(command.err)
	}
	return command.dir
}

// An agent is a machine that runs builds.
type agent struct {
	workspace string
	env       map[string]string
	docker    string // what it was told, one command a line, arguments between bars
	commit    string // of the tree
}

// newAgent returns one whose Git finds the tree, and the service's repository, at any
// address that ends in /deploy.git and /<service>.git.
func newAgent(t *testing.T) *agent {
	t.Helper()
	dir := t.TempDir()
	bin, repos := filepath.Join(dir, "bin"), filepath.Join(dir, "repos")
	a := &agent{workspace: filepath.Join(dir, "workspace"), docker: filepath.Join(dir, "docker")}
	a.env = map[string]string{
		"PATH":              strings.Join([]string{bin, built(t), os.Getenv("PATH")}, string(os.PathListSeparator)),
		"HOME":              dir,
		"GIT_CONFIG_GLOBAL": filepath.Join(dir, "gitconfig"),
		"GIT_CONFIG_SYSTEM": os.DevNull,
	}
	for _, name := range []string{bin, a.workspace, filepath.Join(repos, "deploy.git", "k8s")} {
		if err := os.MkdirAll(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, a.env["GIT_CONFIG_GLOBAL"], "[user]\nname = test\nemail = test@example.com\n"+
		"[init]\ndefaultBranch = main\n[url \"file://"+repos+"/\"]\ninsteadOf = https://git.example.com/\n")
	write(t, filepath.Join(bin, "docker"), "#!/bin/sh\nset -e\n"+
		"[ \"$1\" != login ] || set -- \"$@\" \"$(cat)\"\n{ printf '%s|' \"$@\"; echo; } >>"+a.docker+"\n")
	// go install of what is not published yet.
	write(t, filepath.Join(bin, "go"), "#!/bin/sh\nset -e\n[ \"$1 $2\" = 'install "+
		"github.com/slipway-go/slipway/examples/slipway@latest' ]\n"+
		"mkdir -p \"$GOBIN\"\ncp \"$(command -v slipway)\" \"$GOBIN\"\n")
	if err := os.CopyFS(filepath.Join(repos, "deploy.git", "k8s"), shoppingapp.Tree()); err != nil {
		t.Fatal(err)
	}
	actions := filepath.Join(repos, "deploy.git", ".github", "actions")
	if err := os.CopyFS(actions, os.DirFS("github")); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"init -q", "add .", "commit -q -m tree"} {
		a.git(t, filepath.Join(repos, "deploy.git"), strings.Fields(args)...)
	}
	a.commit = strings.TrimSpace(a.git(t, filepath.Join(repos, "deploy.git"), "rev-parse", "HEAD"))
	return a
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

func (a *agent) git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := a.run(t, dir, nil, "git", args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", args, err, out)
	}
	return out
}

// run runs a program with the agent's variables, and more.
func (a *agent) run(t *testing.T, dir string, more map[string]string, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	for _, vars := range []map[string]string{a.env, more} {
		for key, value := range vars {
			cmd.Env = append(cmd.Env, key+"="+value)
		}
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// checkDocker compares what docker was told.
func (a *agent) checkDocker(t *testing.T, want ...string) {
	t.Helper()
	data, err := os.ReadFile(a.docker)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(data)); got != strings.Join(want, "\n") {
		t.Errorf("docker was told\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// fakeSlipway puts a program in slipway's place that writes its arguments down, one a
// line, and returns where to.
func (a *agent) fakeSlipway(t *testing.T) (args string) {
	t.Helper()
	bin := t.TempDir()
	args = filepath.Join(bin, "args")
	write(t, filepath.Join(bin, "slipway"), "#!/bin/sh\nprintf '%s\\n' \"$@\" >"+args+"\n")
	a.env["PATH"] = bin + string(os.PathListSeparator) + a.env["PATH"]
	return args
}

// deployed returns the live Deployment of home.
func deployed(t *testing.T, cfg *rest.Config, namespace string) *appsv1.Deployment {
	t.Helper()
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d, err := client.AppsV1().Deployments(namespace).Get(t.Context(), home, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// checkDeployed checks that home runs image, and that its routes have the sequence.
func checkDeployed(t *testing.T, cfg *rest.Config, namespace, image, sequence string) {
	t.Helper()
	if got := deployed(t, cfg, namespace).Spec.Template.Spec.Containers[0].Image; got != image {
		t.Errorf("%s runs %s, want %s", home, got, image)
	}
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ingress, err := client.NetworkingV1().Ingresses(namespace).Get(t.Context(), "shoppingapp-ingress", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := ingress.Annotations["slipway/routes."+home]; !strings.Contains(got, `"seq":`+sequence+`,`) {
		t.Errorf("the routes of %s are %s, want sequence %s", home, got, sequence)
	}
}

// cluster returns a namespace on the real API server, and a kubeconfig for it.
func cluster(t *testing.T) (cfg *rest.Config, namespace, kubeconfig string) {
	t.Helper()
	cfg, namespace = clustertest.Namespace(t)
	return cfg, namespace, clustertest.Kubeconfig(t, cfg, namespace)
}

// nasty is a value that a shell, Groovy and Jenkins would each take for more than a text,
// were it ever part of a script.
const nasty = `a"b'c $(touch pwned) ${HOME} $HOME $$ ` + "`touch pwned`" + ` ; touch pwned \`
