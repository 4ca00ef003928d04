package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
)

// confirmFlags say whether to show the plan and to ask before something is changed.
type confirmFlags struct{ show, yes bool }

func (f *confirmFlags) register(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.show, "plan", false, "show the plan first, as is done on a terminal anyway")
	f.registerYes(cmd)
}

func (f *confirmFlags) registerYes(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask")
}

// asks reports whether there is somebody to ask.
func (f *confirmFlags) asks(cmd *cobra.Command) bool {
	return !f.yes && isTerminal(cmd.InOrStdin()) && isTerminal(cmd.ErrOrStderr())
}

// plan shows what the job would change, where that is wanted, and asks. It is an
// errPending if the answer is no. What it shows is no result: that is the job's.
func (f *confirmFlags) plan(cmd *cobra.Command, j job,
	plan func(*slipway.Deployer, context.Context) (*slipway.Result, error),
) error {
	if !f.show && !f.asks(cmd) {
		return nil
	}
	changed := false
	j.plan, j.report.toLog = true, true
	err := j.run(cmd, func(d *slipway.Deployer, ctx context.Context) (*slipway.Result, error) {
		result, err := plan(d, ctx)
		changed = result.Changed()
		return result, err
	})
	if err != nil || !changed {
		return err
	}
	return f.ask(cmd, "Go ahead with the "+j.verb+"?")
}

// ask asks if there is somebody to ask.
func (f *confirmFlags) ask(cmd *cobra.Command, question string) error {
	if !f.asks(cmd) {
		return nil
	}
	return askOn(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), question)
}

// askOn asks, and returns errPending if the answer is no, or none.
func askOn(ctx context.Context, in io.Reader, log io.Writer, question string) error {
	fmt.Fprintf(log, "%s [y/N] ", question)
	answer, err := readLine(ctx, in)
	if err != nil {
		return fmt.Errorf("nothing was changed: the question was not answered: %w", err)
	}
	if !slices.Contains([]string{"y", "yes"}, strings.ToLower(answer)) {
		fmt.Fprintln(log, "Nothing was changed.")
		return errPending
	}
	return nil
}

// readLine reads what somebody types. If ctx ends before, nobody waits for the read.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(in).ReadString('\n') // of an end, it is what was typed
		line <- strings.TrimSpace(text)
	}()
	select {
	case text := <-line:
		return text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
