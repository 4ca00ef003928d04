package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/report"
)

// A job is a run on the cluster that is reported.
type job struct {
	verb    string
	plan    bool
	d       *slipway.Deployer
	report  reportFlags
	timeout timeoutFlag
	root    string // directory of the apps, for annotations
	page    *pageFile
}

// run does it, within the time that there is, and reports what came of it.
func (j job) run(cmd *cobra.Command,
	do func(*slipway.Deployer, context.Context) (*slipway.Result, error),
) error {
	ctx, cancel, err := j.timeout.context(cmd)
	if err != nil {
		return err
	}
	defer cancel()
	page, err := j.page.writer()
	if err != nil {
		return err
	}
	reporter, err := j.report.start(cmd, j.root, page)
	if err != nil {
		return err
	}
	defer reporter.Close()
	d := *j.d
	d.Apply.OnEvent = reporter.Event
	end := j.outcome()
	end.Result, end.Err = do(&d, ctx)
	err = end.Err
	if writeErr := reporter.End(end); writeErr != nil {
		return errors.Join(err, writeErr)
	}
	if err != nil {
		return toldError{err}
	}
	if j.report.toLog {
		j.page.previewed()
	}
	return nil
}

// outcome returns what is known of it beforehand.
func (j job) outcome() report.Outcome {
	return report.Outcome{
		Verb: j.verb, App: j.d.App, Plan: j.plan,
		Namespace: j.d.Apply.Namespace, Sequence: j.d.Sequence, Commit: j.d.Commit, User: j.d.Apply.User,
	}
}

// A timeoutFlag limits the time of a run.
type timeoutFlag time.Duration

func (f *timeoutFlag) register(cmd *cobra.Command, usage string) {
	cmd.Flags().DurationVar((*time.Duration)(f), "timeout", 5*time.Minute, usage)
}

func (f timeoutFlag) context(cmd *cobra.Command) (context.Context, context.CancelFunc, error) {
	limit := time.Duration(f)
	if limit <= 0 {
		return nil, nil, usagef("--timeout %s: want a time, such as 5m", limit)
	}
	ctx, cancel := context.WithTimeoutCause(cmd.Context(), limit, fmt.Errorf("--timeout %s is over", limit))
	return ctx, cancel, nil
}
