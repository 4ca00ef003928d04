package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/slipway-go/slipway/apply"
)

// A moment is something that happened to an object.
type moment struct {
	apply.Event
	at time.Time

	After   time.Duration // since the run began
	Skipped int           // moments before it that are not shown
}

// moments are what happened to each object, in order.
type moments map[apply.Ref][]moment

// add notes the event, unless nothing has begun with it.
func (m moments) add(e apply.Event, now time.Time) {
	if e.Kind != apply.EventPlanned {
		m[e.Ref] = append(m[e.Ref], moment{Event: e, at: now})
	}
}

// of returns the moments of an object, by the time since the run began.
func (m moments) of(ref apply.Ref, when period) []moment {
	out := slices.Clone(m[ref])
	for i := range out {
		out[i].After = out[i].at.Sub(when.Began)
	}
	return out
}

// tells reports whether there is more to it than that it was sent, or was ready all along.
func (m moment) tells() bool {
	told := []apply.EventKind{apply.EventWaiting, apply.EventFailed, apply.EventUndone}
	return slices.Contains(told, m.Kind)
}

// What says what happened.
func (m moment) What() string {
	switch {
	case m.Kind == apply.EventApplied:
		return string(m.Action)
	case m.Message != "":
		return string(m.Kind) + ": " + m.Message
	}
	return string(m.Kind)
}

// Of at most maxMoments moments of an object, the page tells all; else the first
// firstMoments and the last.
const (
	maxMoments   = 14
	firstMoments = 4
)

// shown returns the moments to be told, one for each that says something else. Of what
// was sent and not waited for, there are none.
func shown(all []moment) []moment {
	if len(all) < 2 || !slices.ContainsFunc(all, moment.tells) {
		return nil
	}
	all = slices.CompactFunc(slices.Clone(all), func(a, b moment) bool { return a.What() == b.What() })
	if len(all) <= maxMoments {
		return all
	}
	skipped := len(all) - maxMoments
	all = slices.Delete(all, firstMoments, firstMoments+skipped)
	all[firstMoments].Skipped = skipped
	return all
}

// A segment is a piece of a bar, in percent of the run.
type segment struct {
	Kind     apply.EventKind
	X, Width float64
}

// minWidth is what can be seen of a segment.
const minWidth = 0.5

// A key is a part of the legend.
type key struct {
	Segment segment
	Text    string
}

// Legend says what the segments are.
func (*page) Legend() []key {
	return []key{
		{segment{apply.EventSent, 0, 100}, "being sent"},
		{segment{apply.EventWaiting, 0, 100}, "rolling out"},
		{segment{apply.EventFailed, 0, 100}, "failed, until it was put back"},
	}
}

// A tick is a time on the scale.
type tick struct {
	X    float64
	Text string
}

// under are the events after which something is under way, in the order in which their
// segments are drawn.
var under = []apply.EventKind{apply.EventSent, apply.EventWaiting, apply.EventFailed}

// segments returns the bar of an object: a segment for each time in which something was
// under way. What nothing came after went on until the run's end, but for a failure.
func (when period) segments(all []moment) []segment {
	var out []segment
	for i, m := range all {
		end := when.Took
		if i+1 < len(all) {
			end = all[i+1].After
		} else if m.Kind == apply.EventFailed {
			end = m.After
		}
		if slices.Contains(under, m.Kind) {
			width := max(when.percent(end-m.After), minWidth)
			out = append(out, segment{m.Kind, min(when.percent(m.After), 100-width), width})
		}
	}
	return merge(out)
}

// percent returns the share of the run.
func (when period) percent(d time.Duration) float64 {
	if when.Took <= 0 {
		return 0
	}
	return min(max(100*float64(d)/float64(when.Took), 0), 100)
}

// touches reports whether the next segment goes on where s ends, or before.
func (s segment) touches(next segment) bool {
	const blink = 0.01 // cannot be seen
	return s.Kind == next.Kind && next.X <= s.X+s.Width+blink
}

// merge joins the segments of a kind that touch.
func merge(all []segment) []segment {
	slices.SortStableFunc(all, func(a, b segment) int {
		return cmp.Or(slices.Index(under, a.Kind)-slices.Index(under, b.Kind), cmp.Compare(a.X, b.X))
	})
	var out []segment
	for _, s := range all {
		if last := len(out) - 1; last >= 0 && out[last].touches(s) {
			out[last].Width = max(out[last].Width, s.X+s.Width-out[last].X)
			continue
		}
		out = append(out, s)
	}
	return out
}

// steps are the distances of ticks, the least that has room is taken.
var steps = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second,
	5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute,
	5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 24 * time.Hour,
}

// maxTicks is how many ticks have room.
const maxTicks = 5

// ticks returns those of the run's scale; none if it took no time.
func (when period) ticks() []tick {
	if when.Took <= 0 {
		return nil
	}
	step := steps[len(steps)-1]
	for _, s := range steps {
		if when.Took/s < maxTicks {
			step = s
			break
		}
	}
	var out []tick
	for at := time.Duration(0); at <= when.Took && len(out) < maxTicks; at += step {
		out = append(out, tick{when.percent(at), at.String()})
	}
	return out
}
