package report

import (
	"fmt"
	"time"

	"github.com/slipway-go/slipway/apply"
)

// lines appends progress to a log. The outcome of each object comes with the result; what
// is told before is what takes time.
type lines struct {
	opts Options
	seen *objects
	last time.Time // when it wrote
}

// maxStill is how many objects a heartbeat names.
const maxStill = 5

func (l *lines) event(o *object, now time.Time) {
	switch o.Kind {
	case apply.EventWaiting, apply.EventReady:
		l.line(now, "%-12s %s: %s", o.Kind, o.Ref, o.Message)
	case apply.EventFailed, apply.EventUndone:
		l.line(now, "%-12s %s", o.Kind, o.Ref)
	}
}

// tick tells what is waited for if nothing was told for long.
func (l *lines) tick(now time.Time) {
	if l.opts.Heartbeat < 0 || now.Sub(l.last) < l.opts.Heartbeat {
		return
	}
	waiting := l.seen.waiting()
	for _, o := range waiting[:min(len(waiting), maxStill)] {
		l.line(now, "still        %s: %s (%s)", o.Ref, o.Message, o.took(now))
	}
	if more := len(waiting) - maxStill; more > 0 {
		l.line(now, "still        %d more", more)
	}
	if len(waiting) == 0 {
		l.line(now, "still        running (%s)", now.Sub(l.seen.began).Round(time.Second))
	}
}

func (l *lines) close() {}

func (l *lines) line(now time.Time, format string, args ...any) {
	l.last = now
	fmt.Fprintf(l.opts.Log, format+"\n", args...)
}

// waiting returns the objects that are waited for.
func (s *objects) waiting() []*object {
	var out []*object
	for _, o := range s.all {
		if o.Kind == apply.EventWaiting {
			out = append(out, o)
		}
	}
	return out
}
