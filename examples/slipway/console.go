package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/slipway-go/slipway/report"
)

// reportFlags say how a run is reported.
type reportFlags struct {
	format string
	quiet  bool
	toLog  bool // as text: the result is none of the command's own
}

func (f *reportFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.format, "output", "o", string(report.Text),
		"text, json, jsonl (each event at once), junit, or github (annotations)")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress, and nothing of objects that do not change")
	completeFormats(cmd)
}

// start returns the reporter of a run, which is told on the page, too, if there is one.
// Annotations name files below root.
func (f *reportFlags) start(cmd *cobra.Command, root string, page io.Writer) (*report.Reporter, error) {
	out, log := cmd.OutOrStdout(), cmd.ErrOrStderr()
	opts := report.Options{
		Format: report.Format(f.format), Out: out, Log: log, Quiet: f.quiet, Root: root,
		ColorLog: colored(log), HTML: page,
	}
	if f.toLog {
		opts.Out = log
		if opts.Format != report.GitHub {
			opts.Format = report.Text
		}
	}
	opts.ColorOut = colored(opts.Out)
	if os.Getenv("CI") == "" && draws(log) {
		opts.Terminal = func() (width, height int) { return size(log) }
	}
	reporter, err := report.New(opts)
	if err != nil {
		return nil, usagef("-o: %w", err)
	}
	return reporter, nil
}

// isTerminal reports whether a person looks at the stream, or types into it.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// draws reports whether the stream understands escape sequences.
func draws(stream any) bool {
	return isTerminal(stream) && os.Getenv("TERM") != "dumb" && understands(stream.(*os.File))
}

// colored reports whether to colour the stream; see https://no-color.org.
func colored(stream any) bool { return os.Getenv("NO_COLOR") == "" && draws(stream) }

// size returns the terminal's; what it may be if it does not say.
func size(stream io.Writer) (width, height int) {
	width, height, err := term.GetSize(int(stream.(*os.File).Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}
