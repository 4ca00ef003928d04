package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

// textSink writes for people.
type textSink struct{ opts Options }

func (s *textSink) event(apply.Event, time.Time) error { return nil }

func (s *textSink) end(o Outcome, took time.Duration, _ *objects) error {
	s.warnings(o.Result)
	if err := s.opts.write(o, took); err != nil {
		return err
	}
	for _, problem := range problems(o.Err) {
		s.opts.logError(problem)
	}
	return nil
}

// write writes the result to Out, and notes to Log.
func (o Options) write(outcome Outcome, took time.Duration) error {
	w := &styled{w: o.Out, on: o.ColorOut}
	result := outcome.Result
	for _, c := range result.Changes {
		switch {
		case outcome.Plan && c.Action != apply.Unchanged:
			w.plan(c)
		case outcome.Plan, o.Quiet && c.Action == apply.Unchanged:
		default:
			w.action(c)
		}
	}
	o.notes(result)
	if len(result.Changes) > 0 {
		w.printf("%s (%d requests, %s)\n", sum(outcome), result.Requests, took.Round(time.Millisecond))
	}
	return w.err
}

// sum says in a line what was, or would be, done.
func sum(o Outcome) string {
	text := o.Result.String()
	switch {
	case o.Err != nil && len(o.Result.Changes) == 0:
		return "nothing was changed"
	case !o.Result.Changed() && o.Result.Count(apply.Unchanged) == len(o.Result.Changes):
		return "nothing to change: " + text
	case o.Plan:
		return "plan: " + text
	}
	return text
}

// WriteText writes the changes of an outcome and their sum to out, and notes to log.
func WriteText(out, log io.Writer, o Outcome, took time.Duration) error {
	return Options{Out: out, Log: log}.write(o, took)
}

func (s *textSink) warnings(result *slipway.Result) {
	log := &styled{w: s.opts.Log, on: s.opts.ColorLog}
	for _, w := range result.Warnings {
		log.printf("%s %s\n", log.paint(yellow, "warning:"), w)
	}
}

// notes prints what the server, or the library, noticed.
func (o Options) notes(result *slipway.Result) {
	for _, c := range result.Changes {
		for _, note := range c.Notes {
			where := c.String()
			if c.Source != "" {
				where = c.Source + ": " + where
			}
			fmt.Fprintf(o.Log, "note: %s: %s\n", where, note)
		}
	}
	for _, note := range result.Notes {
		fmt.Fprintf(o.Log, "note: %s\n", note)
	}
}

func (o Options) logError(p Problem) {
	log := &styled{w: o.Log, on: o.ColorLog}
	for line := range strings.Lines(p.Message) {
		log.printf("%s %s\n", log.paint(red, "slipway:"), strings.TrimRight(line, "\n"))
	}
	log.printf("%s", p.Excerpt)
}

// A styled writer colours, if that is on, and keeps the first error.
type styled struct {
	w   io.Writer
	on  bool
	err error
}

// Colours, as terminals number them.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
	bold   = "1"
	faint  = "2"
)

func (s *styled) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(s.w, format, args...); s.err == nil {
		s.err = err
	}
}

func (s *styled) paint(color, text string) string {
	if !s.on || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

var actionColors = map[apply.Action]string{
	apply.Created: green, apply.Configured: yellow, apply.Recreated: yellow, apply.Deleted: red,
	apply.Pruned: red, apply.Failed: red, apply.Undone: yellow, apply.Unchanged: faint, apply.NotTried: faint,
}

func (s *styled) action(c apply.Change) {
	s.printf("%s %s\n", s.paint(actionColors[c.Action], fmt.Sprintf("%-12s", c.Action)), c.Ref)
}

// plan prints the object, and how it would differ from what is there.
func (s *styled) plan(c apply.Change) {
	s.action(c)
	diff := c.Diff()
	for line := range strings.Lines(diff) {
		s.printf("%s\n", s.paint(diffColor(line), strings.TrimRight(line, "\n")))
	}
	if diff == "" {
		for _, field := range c.Fields {
			s.printf("  %s\n", field)
		}
	}
	for _, adoption := range c.Adopted {
		s.printf("  taken over from %s\n", adoption.Manager)
		for _, field := range adoption.Dropped {
			s.printf("  %s\n", s.paint(red, field.String()))
		}
	}
}

func diffColor(line string) string {
	switch {
	case strings.HasPrefix(line, "--- LIVE/"), strings.HasPrefix(line, "+++ MERGED/"):
		return bold
	case strings.HasPrefix(line, "@@"):
		return cyan
	case strings.HasPrefix(line, "+"):
		return green
	case strings.HasPrefix(line, "-"):
		return red
	}
	return ""
}
