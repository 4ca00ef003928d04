package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/internal/localcluster"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"slipway": main})
}

// Scripts that need no cluster.
func TestOffline(t *testing.T) {
	t.Parallel()
	runScript(t, nil, scripts(t, "offline")...)
}

// Scripts on the real API server, each with a namespace of its own: $NAMESPACE,
// the current one of $KUBECONFIG.
func TestCluster(t *testing.T) {
	t.Parallel()
	for _, script := range scripts(t, "cluster") {
		t.Run(filepath.Base(script), func(t *testing.T) {
			t.Parallel()
			cfg, namespace := clustertest.Namespace(t)
			runScript(t, map[string]string{
				"KUBECONFIG": clustertest.Kubeconfig(t, cfg, namespace),
				"NAMESPACE":  namespace,
			}, script)
		})
	}
}

// The demo starts a control plane of its own, and leaves nothing of it.
func TestDemo(t *testing.T) {
	t.Parallel()
	program, err := localcluster.Build(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	runScript(t, map[string]string{"SLIPWAY_CONTROLPLANE": program}, scripts(t, "demo")...)
}

func scripts(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("scripts of %s: %q, %v", dir, files, err)
	}
	return files
}

// runScript runs scripts in directories that hold the reference application: its
// modern tree in k8s, the one for Ansible in legacy.
func runScript(t *testing.T, vars map[string]string, files ...string) {
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			for name, value := range vars {
				env.Setenv(name, value)
			}
			k8s, legacy := env.Getenv("WORK")+"/k8s", env.Getenv("WORK")+"/legacy"
			return errors.Join(os.CopyFS(k8s, shoppingapp.Tree()), os.CopyFS(legacy, shoppingapp.Legacy()))
		},
	})
}

// exits runs a command that must end with a status: exits 2 slipway deploy.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits status command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s: exit status %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// Every command has examples that name no flag it does not have, and as many
// arguments as it takes.
func TestExamplesOfHelp(t *testing.T) {
	t.Parallel()
	for _, cmd := range commands(newRoot()) {
		if cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		path := strings.Fields(cmd.CommandPath())
		for line := range strings.Lines(cmd.Example) {
			words := shellWords(line)
			if !slices.Equal(words[:len(path)], path) {
				t.Fatalf("example %q of %s is of another command", line, cmd.CommandPath())
			}
			if err := cmd.ParseFlags(words[len(path):]); err != nil {
				t.Errorf("example %q: %v", line, err)
			}
			if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
				t.Errorf("example %q: %v", line, err)
			}
		}
	}
}

// shellWords splits a line as a shell does, as far as the examples need it.
func shellWords(line string) []string {
	quoted := false
	words := strings.FieldsFunc(line, func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return c != '"' && !quoted && strings.ContainsRune(" \n", c)
	})
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], `"`, "")
	}
	return words
}

// commands returns those that do something, below cmd; cobra's own are not ours.
func commands(cmd *cobra.Command) []*cobra.Command {
	if cmd.Name() == "help" || cmd.Name() == "completion" {
		return nil
	}
	if !cmd.HasSubCommands() {
		return []*cobra.Command{cmd}
	}
	var all []*cobra.Command
	for _, sub := range cmd.Commands() {
		all = append(all, commands(sub)...)
	}
	return all
}
