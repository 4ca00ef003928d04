package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

// A printer writes for people: results to out, progress and warnings to log. It
// may be used by several goroutines.
type printer struct {
	out, log io.Writer
	mu       sync.Mutex // of events, which several deploys may send
}

func newPrinter(cmd *cobra.Command) *printer {
	return &printer{out: cmd.OutOrStdout(), log: cmd.ErrOrStderr()}
}

// event reports the progress of rollouts; the outcome of each object comes with
// the results.
func (p *printer) event(e apply.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Kind {
	case apply.EventWaiting:
		fmt.Fprintf(p.log, "waiting      %s: %s\n", e.Ref, e.Message)
	case apply.EventReady:
		fmt.Fprintf(p.log, "ready        %s: %s\n", e.Ref, e.Message)
	}
}

func (p *printer) warnings(warnings []string) {
	for _, w := range warnings {
		fmt.Fprintf(p.log, "warning: %s\n", w)
	}
}

// changes prints a line for each object and a sum.
func (p *printer) changes(result *slipway.Result, took time.Duration) {
	if len(result.Changes) == 0 {
		p.notes(result)
		return
	}
	for _, c := range result.Changes {
		fmt.Fprintf(p.out, "%-12s %s\n", c.Action, c.Ref)
	}
	p.notes(result)
	sum := result.String()
	if !result.Changed() && result.Count(apply.Unchanged) == len(result.Changes) {
		sum = "nothing to change: " + sum
	}
	fmt.Fprintf(p.out, "%s (%d requests, %s)\n", sum, result.Requests, took.Round(time.Millisecond))
}

// notes prints what the server, or the library, noticed.
func (p *printer) notes(result *slipway.Result) {
	for _, c := range result.Changes {
		for _, note := range c.Notes {
			where := c.String()
			if c.Source != "" {
				where = c.Source + ": " + where
			}
			fmt.Fprintf(p.log, "note: %s: %s\n", where, note)
		}
	}
	for _, note := range result.Notes {
		fmt.Fprintf(p.log, "note: %s\n", note)
	}
}
