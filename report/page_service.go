package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/apply"
)

// A service is what became of the objects of one.
type service struct {
	ID, Name  string
	Sum       string
	Changes   []*change // that have something to tell
	NotTried  string    // what the others are called, separated by commas
	Unchanged string
	Bar       []segment
	Fate      string
	Mark      string
	Failed    bool
	Open      bool // rather than folded

	all                 apply.Result
	notTried, unchanged []string
}

// A change is what became of an object.
type change struct {
	apply.Change
	Called  string
	Mark    string
	Failure string // its ID
	Bar     []segment
	Moments []moment
	Hunks   []hunk
	LeftOut bool // since it is too long
	Open    bool
}

const (
	// maxOpen is up to how many services are shown unfolded, and how many objects.
	maxOpen        = 12
	maxOpenObjects = 24
)

func (p *page) addServices(seen moments) {
	var all []*service
	for _, c := range p.Result.Changes {
		name := strings.TrimPrefix(c.Set, p.App+".")
		i := slices.IndexFunc(all, func(s *service) bool { return s.Name == name })
		if i < 0 {
			i = len(all)
			all = append(all, &service{Name: name, ID: fmt.Sprintf("s%d", i+1)})
		}
		all[i].add(p.newChange(c, seen.of(c.Ref, p.When)))
	}
	for _, s := range all {
		s.finish(seen, p)
		if len(s.Changes) == 0 && s.NotTried == "" {
			p.Idle = append(p.Idle, s)
			continue
		}
		p.Services = append(p.Services, s)
	}
	slices.SortStableFunc(p.Services, func(a, b *service) int { return cmp.Compare(a.rank(), b.rank()) })
	p.unfold()
	if slices.ContainsFunc(p.Services, func(s *service) bool { return len(s.Bar) > 0 }) {
		p.Ticks = p.When.ticks()
	}
}

func (p *page) newChange(c apply.Change, all []moment) *change {
	return &change{
		Change: c, Called: p.called(c.Ref), Mark: markOf(c.Action), Failure: p.failureOf(c.Ref),
		Bar: p.When.segments(all), Moments: shown(all),
	}
}

// unfold opens what there is room for, and gives the diffs theirs: first those of what is
// there and changes, since of what is new or goes the diff is the whole object.
func (p *page) unfold() {
	var edits, others []*change
	for _, s := range p.Services {
		s.Open = s.Failed || len(p.Services) <= maxOpen
		for _, c := range s.Changes {
			if slices.Contains([]apply.Action{apply.Configured, apply.Recreated}, c.Action) {
				edits = append(edits, c)
			} else {
				others = append(others, c)
			}
		}
	}
	for i, c := range slices.Concat(edits, others) {
		if !p.budget.take(told(c.Moments)) {
			c.Moments = nil
		}
		p.addDiff(c)
		c.Open = c.Err != nil || i < len(edits) && len(edits) <= maxOpenObjects
	}
}

// addDiff gives the change its diff if there is room. Diffs take time: once there was no
// room for one, and there is less than for a long one, none is made any more.
func (p *page) addDiff(c *change) {
	if p.full {
		one := apply.Result{Changes: []apply.Change{c.Change}}
		c.LeftOut = one.Changed() && (c.Before != nil || c.Live != nil)
		return
	}
	diff := c.Diff()
	if c.LeftOut = !p.budget.take(diff); !c.LeftOut {
		c.Hunks = hunks(diff)
	}
	p.full = c.LeftOut && p.budget < maxPiece
}

// told returns about as much text as the moments become.
func told(moments []moment) string {
	var text strings.Builder
	for _, m := range moments {
		text.WriteString(m.What() + strings.Repeat(" ", len("<li><span class=time></span>")))
	}
	return text.String()
}

func (s *service) add(c *change) {
	s.all.Changes = append(s.all.Changes, c.Change)
	s.Failed = s.Failed || c.Err != nil
	s.Bar = append(s.Bar, c.Bar...)
	silent := c.Err == nil && len(c.Notes)+len(c.Adopted)+len(c.Bar) == 0
	switch {
	case silent && c.Action == apply.Unchanged:
		s.unchanged = append(s.unchanged, c.Called)
	case silent && c.Action == apply.NotTried:
		s.notTried = append(s.notTried, c.Called)
	default:
		s.Changes = append(s.Changes, c)
	}
}

// finish sums up when all objects are there.
func (s *service) finish(seen moments, p *page) {
	s.Sum, s.Bar, s.Fate = s.all.String(), merge(s.Bar), s.fate(seen, p.When)
	s.NotTried, s.Unchanged = strings.Join(s.notTried, ", "), strings.Join(s.unchanged, ", ")
	switch {
	case s.Failed:
		s.Mark = markOf(apply.Failed)
	case s.all.Changed() && p.Plan:
		s.Mark = markOf(apply.Configured)
	case s.all.Changed():
		s.Mark = "✓"
	case s.all.Count(apply.NotTried) > 0:
		s.Mark = markOf(apply.NotTried)
	default:
		s.Mark = markOf(apply.Unchanged)
	}
}

// rank says in which order services are shown.
func (s *service) rank() int {
	switch {
	case s.Failed:
		return 0
	case s.all.Changed():
		return 1
	}
	return 2
}

// fates are the events that decide what is said of a service, the first that there is.
var fates = []apply.EventKind{
	apply.EventFailed, apply.EventReady, apply.EventApplied, apply.EventPruned,
}

// fate says how the service's rollout ended, and when.
func (s *service) fate(seen moments, when period) string {
	last := map[apply.EventKind]time.Duration{}
	ends := false
	for _, c := range s.all.Changes {
		all := seen.of(c.Ref, when)
		for _, m := range all {
			last[m.Kind] = max(last[m.Kind], m.After)
		}
		ends = ends || len(all) > 0 && all[len(all)-1].Kind == apply.EventWaiting
	}
	var parts []string
	for _, kind := range fates {
		if after, ok := last[kind]; ok {
			parts = append(parts, fmt.Sprintf("%s after %s", kind, short(after)))
			break
		}
	}
	if ends {
		parts = append(parts, "waited until the end")
	}
	if after, ok := last[apply.EventUndone]; ok {
		parts = append(parts, "undone after "+short(after))
	}
	return strings.Join(parts, ", ")
}

// A hunk is consecutive lines of a diff that are alike: "+", "-", "@" or " ".
type hunk struct{ Kind, Text string }

// hunks returns the lines of a diff, less the names of the files.
func hunks(diff string) []hunk {
	var out []hunk
	n := 0
	for line := range strings.Lines(diff) {
		if n++; n <= 2 {
			continue
		}
		kind := line[:1]
		if last := len(out) - 1; last >= 0 && out[last].Kind == kind {
			out[last].Text += line
			continue
		}
		out = append(out, hunk{kind, line})
	}
	return out
}
