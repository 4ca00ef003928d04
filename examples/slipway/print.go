package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// A printer writes for people: results to out, progress and warnings to log.
type printer struct{ out, log io.Writer }

func newPrinter(cmd *cobra.Command) *printer {
	return &printer{out: cmd.OutOrStdout(), log: cmd.ErrOrStderr()}
}

func (p *printer) warnings(warnings []string) {
	for _, w := range warnings {
		fmt.Fprintf(p.log, "warning: %s\n", w)
	}
}
