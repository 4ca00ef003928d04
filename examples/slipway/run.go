package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/render"
)

// run executes the command line and returns the exit code. Results go to stdout,
// everything else to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	code := exitCode(err)
	if err == nil || errors.Is(err, errPending) {
		return code
	}
	printError(stderr, err)
	if code == exitUsage {
		fmt.Fprintf(stderr, "Run '%s --help' for usage.\n", cmd.CommandPath())
	} else if next := advice(err); next != "" {
		fmt.Fprintln(stderr, next)
	}
	return code
}

// printError writes each of the errors that are joined in err on a line of its
// own, and below it the line of the template that it is about; but for what was told
// already.
func printError(w io.Writer, err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if ok && err.Error() == errors.Join(joined.Unwrap()...).Error() { // it adds nothing of its own
		for _, one := range joined.Unwrap() {
			printError(w, one)
		}
		return
	}
	if errors.As(err, new(toldError)) {
		return
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "slipway: %s\n", strings.TrimRight(line, "\n"))
	}
	fmt.Fprint(w, render.Excerpt(err))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "slipway",
		Short: "Deploy services to Kubernetes from k8s/<app>/<service>/",
		Long: `slipway reads the layout k8s/<app>/<service>/, renders its templates, merges the
services' ingress paths into the app's one Ingress, and applies the result.

` + exitHelp,
		Example: `  slipway demo
  slipway plan   --app shoppingapp --service shoppingapp-home --set image_id=repo/home:21
  slipway deploy --app shoppingapp --service shoppingapp-home --set image_id=repo/home:21`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		newPlan(), newDeploy(), newStatus(), newHistory(), newRollback(), newRemove(), newDoctor(),
		newRender(), newRoutes(), newExplain(), newLint(), newImport(), newNew(), newDemo(), newVersion(),
	)
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Example = "  source <(slipway completion bash)\n  slipway completion zsh >~/.zfunc/_slipway"
		}
		if cmd.Args == nil {
			cmd.Args = noArgs
		}
	}
	root.Args = noArgs
	return root
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unknown argument %q for %q", args[0], cmd.CommandPath())
	}
	return nil
}
