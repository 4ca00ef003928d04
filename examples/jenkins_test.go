package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// groovy runs script, with the shared library, as a build of home with this number, and
// returns its log, and the steps that it took.
func groovy(t *testing.T, a *agent, script, number string) (log string, steps []step, err error) {
	t.Helper()
	program, err := exec.LookPath("groovy")
	if err != nil {
		t.Fatalf("%v: it takes Groovy 2.4, Jenkins' own: on Debian, apt-get install groovy", err)
	}
	dir := t.TempDir()
	file, record := filepath.Join(dir, "Jenkinsfile"), filepath.Join(dir, "record")
	write(t, file, script)
	log, err = a.run(t, a.workspace, map[string]string{
		"JAVA_HOME":     javaHome(t),
		"BUILD_NUMBER":  number,
		"BUILD_TAG":     "jenkins-" + home + "-" + number,
		"JOB_BASE_NAME": home,
		"WORKSPACE_TMP": filepath.Join(dir, "workspace@tmp"),
	}, program, absolute(t, "jenkins/testdata/harness.groovy"), absolute(t, "jenkins/vars"), file, record)
	data, readErr := os.ReadFile(record)
	if readErr != nil {
		t.Fatalf("%v\n%s", readErr, log)
	}
	for line := range strings.Lines(string(data)) {
		var s step
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, s)
	}
	return log, steps, err
}

// A step is one that a build took.
type step struct {
	Step, Dir, Name, Script string
	There                   bool
}

// javaHome returns the Java that runs Groovy: what JAVA_HOME says, else that of java.
func javaHome(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("JAVA_HOME"); dir != "" {
		return dir
	}
	java, err := exec.LookPath("java")
	if err != nil {
		t.Fatalf("%v: Groovy takes Java: on Debian, apt-get install default-jre-headless", err)
	}
	if java, err = filepath.EvalSymlinks(java); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(filepath.Dir(java))
}

func absolute(t *testing.T, name string) string {
	t.Helper()
	name, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// The whole pipeline, from the image to the cluster; an older build that comes late
// replaces nothing.
func TestJenkinsfile(t *testing.T) {
	t.Parallel()
	cfg, namespace, kubeconfig := cluster(t)
	a := newAgent(t)
	a.env["CREDENTIAL_kubeconfig"] = kubeconfig
	a.env["CREDENTIAL_registry"] = "robot:pass word"
	jenkinsfile, err := os.ReadFile("jenkins/Jenkinsfile")
	if err != nil {
		t.Fatal(err)
	}
	log, steps, err := groovy(t, a, string(jenkinsfile), "21")
	if err != nil {
		t.Fatalf("build 21: %v\n%s", err, log)
	}
	const image = "registry.example.com/shoppingapp-home:21"
	a.checkDocker(t,
		"build|--pull|--tag|"+image+"|.|",
		"build|--target|test|.|",
		"login|--username|robot|--password-stdin|registry.example.com|pass word|",
		"push|"+image+"|")
	checkDeployed(t, cfg, namespace, image, "21")
	if strings.Contains(log, "pass word") {
		t.Errorf("the log tells the password:\n%s", log)
	}
	checkSteps(t, a, steps)

	checkArchived(t, "build 21", steps)

	log, steps, err = groovy(t, a, string(jenkinsfile), "20")
	if err == nil || !strings.Contains(log, "build 20 is superseded, build 21 is live") {
		t.Errorf("build 20 after 21: %v, want it refused\n%s", err, log)
	}
	checkArchived(t, "build 20, which is refused", steps)
	checkDeployed(t, cfg, namespace, image, "21")
}

// checkArchived checks that the page of a build's deploy is kept.
func checkArchived(t *testing.T, build string, steps []step) {
	t.Helper()
	if !slices.ContainsFunc(steps, func(s step) bool { return s.Step == "archiveArtifacts" && s.There }) {
		t.Errorf("%s does not archive the page of its deploy", build)
	}
}

// checkSteps checks the stages, and that the tree is not checked out where other builds
// are.
func checkSteps(t *testing.T, a *agent, steps []step) {
	t.Helper()
	var stages []string
	for _, s := range steps {
		if s.Step == "stage" {
			stages = append(stages, s.Name)
		}
		if s.Step == "checkout" && (!strings.Contains(s.Dir, "workspace@tmp") || strings.HasPrefix(s.Dir, a.workspace+"/")) {
			t.Errorf("the tree is checked out in %s, want it in the build's own directory", s.Dir)
		}
	}
	if want := []string{"Build", "Test", "Publish", "Deploy"}; !slices.Equal(stages, want) {
		t.Errorf("stages: %q, want %q", stages, want)
	}
}

// Arguments arrive as they are, whatever is in them, and are part of no script.
func TestJenkinsArguments(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	a.env["CREDENTIAL_kubeconfig"] = "unused"
	args := a.fakeSlipway(t)
	a.git(t, a.workspace, "clone", "-q", "https://git.example.com/deploy.git", ".")
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(nasty)
	log, steps, err := groovy(t, a, "deploytok8s('i"+quoted+"', 'a"+quoted+"', 's"+quoted+"')", "7")
	if err != nil {
		t.Fatalf("deploytok8s: %v\n%s", err, log)
	}
	want := []string{"deploy", "--root", "k8s", "--app", "a" + nasty, "--service", "s" + nasty,
		"--set", "image_id=i" + nasty, "--sequence", "7", "--commit", a.commit, "--user", "jenkins-" + home + "-7",
		"--report", "deploy.html"}
	checkArguments(t, args, want)
	for _, s := range steps {
		if strings.Contains(s.Script, "pwned") {
			t.Errorf("the script is %q: arguments became part of it", s.Script)
		}
	}
	checkNotRun(t, a)
}

func checkArguments(t *testing.T, file string, want []string) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != strings.Join(want, "\n")+"\n" {
		t.Errorf("slipway was told\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// checkNotRun checks that nothing of nasty was taken for a command.
func checkNotRun(t *testing.T, a *agent) {
	t.Helper()
	if found, err := filepath.Glob(filepath.Join(a.workspace, "pwned*")); err != nil || len(found) > 0 {
		t.Errorf("an argument was run: %q, %v", found, err)
	}
}

func TestJenkinsCheckoutRefuses(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	log, _, err := groovy(t, a, "dir('x') { sh 'true'; gitcheckout(branch: 'main') }", "1")
	if err == nil || !strings.Contains(log, "gitcheckout: no repoUrl: say gitcheckout(") {
		t.Errorf("gitcheckout without an address: %v, want what to say\n%s", err, log)
	}
}

// A script that fails fails the build: no later line hides it.
func TestJenkinsDeployFails(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	a.env["CREDENTIAL_kubeconfig"] = "unused"
	log, _, err := groovy(t, a, "deploytok8s('i', 'a', 's')", "7") // no checkout here
	if err == nil || !strings.Contains(log, "script returned exit code 128") {
		t.Errorf("deploytok8s without a tree: %v, want git's failure\n%s", err, log)
	}
}
