package examples_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// What stands in workflows and actions, as far as the test executes it.
type (
	workflow struct {
		Jobs map[string]struct {
			Env   map[string]string
			Steps []actionStep
		}
	}
	action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct{ Steps []actionStep }
	}
	actionStep struct {
		ID, Name, Uses, Run, Shell string
		WorkingDirectory           string `json:"working-directory"`
		Env, With                  map[string]string
	}
)

// A runner executes steps as GitHub's does.
type runner struct {
	*agent
	contexts map[string]string // values of expressions
	env      map[string]string // of the job
	temp     string
}

func newRunner(t *testing.T, a *agent, number, kubeconfig string) *runner {
	t.Helper()
	return &runner{agent: a, temp: t.TempDir(), contexts: map[string]string{
		"github.event.repository.name": home,
		"github.repository":            "example/" + home,
		"github.repository_owner":      "https://git.example.com",
		"github.run_number":            number,
		"github.actor":                 "someone",
		"github.token":                 "pass word",
		"secrets.TREE_TOKEN":           "token",
		"secrets.KUBECONFIG":           kubeconfig,
	}}
}

var expression = regexp.MustCompile(`\$\{\{ *([\w.]+) *\}\}`)

// expand replaces expressions.
func (r *runner) expand(t *testing.T, text string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		name := expression.FindStringSubmatch(found)[1]
		value, known := r.contexts[name]
		if !known {
			t.Fatalf("the expression %s: the test does not know what it is", found)
		}
		return value
	})
}

func (r *runner) expandAll(t *testing.T, values map[string]string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, value := range values {
		out[name] = r.expand(t, value)
	}
	return out
}

// execute runs steps until one fails, and returns their log.
func (r *runner) execute(t *testing.T, steps []actionStep) (log string, err error) {
	t.Helper()
	for _, s := range steps {
		var out string
		switch {
		case s.Run != "":
			out, err = r.script(t, s)
		case strings.HasPrefix(s.Uses, "./"):
			out, err = r.local(t, s)
		case strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["repository"] != "":
			with := r.expandAll(t, s.With)
			out, err = r.run(t, r.workspace, nil, "git", "clone", "-q", with["repository"]+".git", with["path"])
		case strings.HasPrefix(s.Uses, "actions/"): // the runner's own business
		default:
			t.Fatalf("step %q: the test does not know how to take it", s.Name)
		}
		if log += out; err != nil {
			return log, fmt.Errorf("step %q: %w", s.Name, err)
		}
	}
	return log, nil
}

// script runs the script of a step under bash, with the flags that GitHub gives it.
func (r *runner) script(t *testing.T, s actionStep) (string, error) {
	t.Helper()
	if strings.Contains(s.Run, "${{") {
		t.Errorf("step %q has an expression in its script, where its value would be a part of it", s.Name)
	}
	file, output := filepath.Join(r.temp, "script"), filepath.Join(r.temp, "output")
	write(t, file, s.Run)
	write(t, output, "")
	env := map[string]string{"RUNNER_TEMP": r.temp, "GITHUB_OUTPUT": output}
	maps.Copy(env, r.expandAll(t, r.env))
	maps.Copy(env, r.expandAll(t, s.Env))
	args := []string{"-e", file}
	if s.Shell == "bash" {
		args = []string{"--noprofile", "--norc", "-eo", "pipefail", file}
	}
	log, err := r.run(t, filepath.Join(r.workspace, r.expand(t, s.WorkingDirectory)), env, "bash", args...)
	data, readErr := os.ReadFile(output)
	if readErr != nil {
		t.Fatal(readErr)
	}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		r.contexts["steps."+s.ID+".outputs."+name] = value
	}
	return log, err
}

// local runs an action of a repository that is checked out.
func (r *runner) local(t *testing.T, s actionStep) (string, error) {
	t.Helper()
	var a action
	load(t, filepath.Join(r.workspace, s.Uses, "action.yml"), &a)
	for name, value := range r.expandAll(t, s.With) {
		if _, known := a.Inputs[name]; !known {
			t.Errorf("%s has no input %s", s.Uses, name)
		}
		r.contexts["inputs."+name] = value
	}
	for name, input := range a.Inputs {
		if _, given := s.With[name]; !given {
			r.contexts["inputs."+name] = input.Default
		}
	}
	return r.execute(t, a.Runs.Steps)
}

// load reads a YAML file.
func load(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// runWorkflow runs the workflow in a checkout of its own.
func (r *runner) runWorkflow(t *testing.T) (log string, err error) {
	t.Helper()
	var w workflow
	load(t, "github/service.yml", &w)
	job := w.Jobs["deploy"]
	r.env = job.Env
	for name, value := range r.expandAll(t, job.Env) {
		r.contexts["env."+name] = value
	}
	r.workspace = t.TempDir()
	return r.execute(t, job.Steps)
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	cfg, namespace, kubeconfig := cluster(t)
	text, err := os.ReadFile(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	a := newAgent(t)
	r := newRunner(t, a, "21", string(text))
	log, err := r.runWorkflow(t)
	if err != nil {
		t.Fatalf("run 21: %v\n%s", err, log)
	}
	const image = "ghcr.io/example/shoppingapp-home:21"
	a.checkDocker(t,
		"build|--pull|--tag|"+image+"|.|",
		"build|--target|test|.|",
		"login|--username|someone|--password-stdin|ghcr.io|pass word|",
		"push|"+image+"|")
	checkDeployed(t, cfg, namespace, image, "21")
	if _, err := os.Stat(filepath.Join(r.temp, "kubeconfig")); !os.IsNotExist(err) {
		t.Errorf("the kubeconfig is still there: %v", err)
	}
	r.contexts["github.run_number"] = "20"
	if log, err = r.runWorkflow(t); err == nil || !strings.Contains(log, "build 20 is superseded, build 21 is live") {
		t.Errorf("run 20 after 21: %v, want it refused\n%s", err, log)
	}
	page, err := os.ReadFile(filepath.Join(r.temp, "deploy.html"))
	if err != nil || !strings.Contains(string(page), "build 20 is superseded") {
		t.Errorf("the page, %v, does not tell that build 20 is superseded:\n%s", err, page)
	}
}

// Inputs arrive as they are, whatever is in them.
func TestGitHubInputs(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	r := newRunner(t, a, "7", "unused")
	args := a.fakeSlipway(t)
	a.git(t, a.workspace, "clone", "-q", "https://git.example.com/deploy.git", "tree")
	log, err := r.execute(t, []actionStep{{Uses: "./tree/.github/actions/deploytok8s", With: map[string]string{
		"imageid": "i" + nasty, "app": "a" + nasty, "service": "s" + nasty, "tree": "tree", "kubeconfig": "unused",
	}}})
	if err != nil {
		t.Fatalf("deploytok8s: %v\n%s", err, log)
	}
	checkArguments(t, args, []string{"deploy", "--root", "k8s", "--app", "a" + nasty, "--service", "s" + nasty,
		"--set", "image_id=i" + nasty, "--sequence", "7", "--commit", a.commit, "--user", "someone",
		"--report", filepath.Join(r.temp, "deploy.html")})
	checkNotRun(t, a)
}
