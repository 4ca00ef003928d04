package examples_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A job is one of GitLab's, as far as the test executes it.
type job struct {
	Stage     string
	Variables map[string]string
	Script    []string
	Artifacts struct {
		When  string
		Paths []string
	}
}

// jobs returns those of the file by name, the names by stage, and the variables of all.
func jobs(t *testing.T) (all map[string]job, order []string, variables map[string]string) {
	t.Helper()
	var file map[string]json.RawMessage
	load(t, "gitlab/service.gitlab-ci.yml", &file)
	decode := func(name string, into any) {
		if err := json.Unmarshal(file[name], into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		delete(file, name)
	}
	var stages []string
	decode("stages", &stages)
	decode("variables", &variables)
	all = map[string]job{}
	for _, name := range slices.Sorted(maps.Keys(file)) {
		var j job
		decode(name, &j)
		if !slices.Contains(stages, j.Stage) || len(j.Script) == 0 {
			t.Fatalf("job %s is of stage %q, with %d lines: want one of %q, and a script", name, j.Stage, len(j.Script), stages)
		}
		all[name] = j
		order = append(order, name)
	}
	slices.SortFunc(order, func(a, b string) int {
		return slices.Index(stages, all[a].Stage) - slices.Index(stages, all[b].Stage)
	})
	return all, order, variables
}

var reference = regexp.MustCompile(`\$(\w+)`)

// pipeline runs all jobs as GitLab's shell executor does: the lines of a script one after
// the other in one bash, which ends at the first failure. It returns their log.
func pipeline(t *testing.T, a *agent, number, kubeconfig string) (log string, err error) {
	t.Helper()
	all, order, variables := jobs(t)
	env := map[string]string{
		"CI_PIPELINE_IID":      number,
		"CI_PROJECT_NAME":      home,
		"CI_REGISTRY":          "registry.example.com",
		"CI_REGISTRY_IMAGE":    "registry.example.com/example/" + home,
		"CI_REGISTRY_USER":     "robot",
		"CI_REGISTRY_PASSWORD": "pass word",
		"GITLAB_USER_LOGIN":    "someone",
		"KUBECONFIG":           kubeconfig,
		"TREE_URL":             "https://git.example.com/deploy.git",
		"TMPDIR":               t.TempDir(),
	}
	for _, name := range order {
		j := all[name]
		vars := maps.Clone(env)
		for _, more := range []map[string]string{variables, j.Variables} {
			for key, value := range more {
				vars[key] = reference.ReplaceAllStringFunc(value, func(r string) string { return env[r[1:]] })
			}
		}
		file := filepath.Join(t.TempDir(), "script")
		write(t, file, "set -eo pipefail\nset +o noclobber\n"+strings.Join(j.Script, "\n")+"\n")
		out, err := a.run(t, a.workspace, vars, "bash", file)
		if log += out; err != nil {
			return log, err
		}
	}
	if left, err := os.ReadDir(env["TMPDIR"]); err != nil || len(left) > 0 {
		t.Errorf("the jobs left %q, %v", left, err)
	}
	return log, nil
}

func TestGitLab(t *testing.T) {
	t.Parallel()
	cfg, namespace, kubeconfig := cluster(t)
	a := newAgent(t)
	log, err := pipeline(t, a, "21", kubeconfig)
	if err != nil {
		t.Fatalf("pipeline 21: %v\n%s", err, log)
	}
	const image = "registry.example.com/example/shoppingapp-home:21"
	a.checkDocker(t,
		"build|--target|test|.|",
		"build|--pull|--tag|"+image+"|.|",
		"login|--username|robot|--password-stdin|registry.example.com|pass word|",
		"push|"+image+"|")
	checkDeployed(t, cfg, namespace, image, "21")
	if log, err = pipeline(t, a, "20", kubeconfig); err == nil || !strings.Contains(log, "build 20 is superseded, build 21 is live") {
		t.Errorf("pipeline 20 after 21: %v, want it refused\n%s", err, log)
	}
	checkArtifacts(t, a)
}

// checkArtifacts checks that the page is kept, which tells of the deploy that was refused.
func checkArtifacts(t *testing.T, a *agent) {
	t.Helper()
	all, _, _ := jobs(t)
	kept := all["deploy"].Artifacts
	if kept.When != "always" || len(kept.Paths) != 1 {
		t.Fatalf("the deploy keeps %q, %s; want a page, always", kept.Paths, kept.When)
	}
	page, err := os.ReadFile(filepath.Join(a.workspace, kept.Paths[0]))
	if err != nil || !strings.Contains(string(page), "build 20 is superseded") {
		t.Errorf("the page, %v, does not tell that build 20 is superseded:\n%s", err, page)
	}
}

// Variables arrive as they are, whatever is in them.
func TestGitLabVariables(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	args := a.fakeSlipway(t)
	all, _, _ := jobs(t)
	file := filepath.Join(t.TempDir(), "script")
	write(t, file, "set -eo pipefail\n"+strings.Join(all["deploy"].Script, "\n")+"\n")
	service := strings.ReplaceAll(nasty, "-", "") // all of it is the app's name, too
	log, err := a.run(t, a.workspace, map[string]string{
		"IMAGE_ID": "i" + nasty, "CI_PROJECT_NAME": service, "CI_PIPELINE_IID": "7", "TMPDIR": t.TempDir(),
		"GITLAB_USER_LOGIN": "u" + nasty, "TREE_URL": "https://git.example.com/deploy.git",
	}, "bash", file)
	if err != nil {
		t.Fatalf("deploy: %v\n%s", err, log)
	}
	got, err := os.ReadFile(args)
	if err != nil {
		t.Fatal(err)
	}
	tail := strings.Join([]string{"--app", service, "--service", service, "--set", "image_id=i" + nasty,
		"--sequence", "7", "--commit", a.commit, "--user", "u" + nasty, "--report", "deploy.html"}, "\n") + "\n"
	if !strings.HasSuffix(string(got), tail) {
		t.Errorf("slipway was told\n%s\nwant it to end with\n%s", got, tail)
	}
	checkNotRun(t, a)
}
