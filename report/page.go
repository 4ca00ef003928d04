package report

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

// A page is what the HTML says of a run.
type page struct {
	Outcome
	State    state
	When     period
	Counts   []count
	Failures []failure
	Services []*service // that have something to tell, those that failed first
	Idle     []*service // as they were
	Ticks    []tick     // of the time line; none without one
	Routes   routeMap
	Style    template.CSS
	Policy   string

	budget budget
	full   bool // no more diffs
}

func newPage(o Outcome, seen moments, when period) (*page, error) {
	p := &page{
		Outcome: o, State: stateOf(o), When: when, Counts: counts(o.Result),
		Style: template.CSS(pageStyle), budget: maxBulk,
	}
	for i, err := range slipway.Errors(o.Err) {
		p.Failures = append(p.Failures, newFailure(fmt.Sprintf("f%d", i+1), err, &p.budget))
	}
	p.addServices(seen)
	styles := []string{pageStyle}
	var err error
	if p.Routes, err = newRouteMap(o); err != nil {
		return nil, err
	}
	if style := p.Routes.style(); style != "" {
		styles = append(styles, style)
	}
	p.Policy = policy(styles...)
	return p, nil
}

// A period is when the run was.
type period struct {
	Began time.Time
	Took  time.Duration
}

// A state is how a run ended: in a word, with a mark, so that colour is not all there is.
type state struct{ Word, Mark, Class string }

func stateOf(o Outcome) state {
	switch {
	case o.Err != nil:
		return state{"failed", "✗", "bad"}
	case !o.Result.Changed():
		return state{"nothing to change", "=", "calm"}
	case o.Plan:
		return state{"changes are pending", "~", "due"}
	}
	return state{"done", "✓", "good"}
}

// A count is how many objects ended with an action.
type count struct {
	Action apply.Action
	N      int
}

// marks has a mark for each action, in the order of what matters.
var marks = []struct {
	action apply.Action
	mark   string
}{
	{apply.Failed, "✗"}, {apply.Created, "+"}, {apply.Configured, "~"}, {apply.Recreated, "±"},
	{apply.Deleted, "−"}, {apply.Pruned, "−"}, {apply.Undone, "↶"}, {apply.NotTried, "·"},
	{apply.Kept, "="}, {apply.Unchanged, "="},
}

func counts(r *slipway.Result) []count {
	var out []count
	for _, m := range marks {
		if n := r.Count(m.action); n > 0 {
			out = append(out, count{m.action, n})
		}
	}
	return out
}

// Mark returns the mark of an action.
func (c count) Mark() string { return markOf(c.Action) }

func markOf(action apply.Action) string {
	for _, m := range marks {
		if m.action == action {
			return m.mark
		}
	}
	return "·"
}

// Title returns what was done to what.
func (p *page) Title() string {
	verb := p.Verb
	if p.Plan && verb != "plan" {
		verb = "plan of " + verb
	}
	return verb + " " + p.App
}

// called returns what to call an object: the namespace of the run goes without saying.
func (p *page) called(ref apply.Ref) string {
	if ref.Namespace == p.Namespace {
		ref.Namespace = ""
	}
	return ref.String()
}

// Remarks says that there are warnings or notes about the whole run.
func (p *page) Remarks() bool { return len(p.Result.Warnings)+len(p.Result.Notes) > 0 }

// Undone says that something was put back.
func (p *page) Undone() bool { return p.Result.Count(apply.Undone) > 0 }

// failureOf returns the ID of the failure that is about the object; "" if none is.
func (p *page) failureOf(ref apply.Ref) string {
	i := slices.IndexFunc(p.Failures, func(f failure) bool { return f.ref == ref })
	if i < 0 {
		return ""
	}
	return p.Failures[i].ID
}

// A budget is how many bytes are left for what may be long.
type budget int

const (
	// maxBulk bounds the logs, diffs and moments of a page together, in bytes, so that
	// browsers and archives take it easily; maxPiece bounds each of them.
	maxBulk  = 384 << 10
	maxPiece = 48 << 10
)

// take reports whether there is room for the text, and takes it.
func (b *budget) take(text string) bool {
	n := len(template.HTMLEscapeString(text))
	if n > maxPiece || n > int(*b) {
		return false
	}
	*b -= budget(n)
	return true
}

// fit returns the text if there is room, else that there is none.
func (b *budget) fit(text string) string {
	if b.take(text) {
		return text
	}
	return "(left out, since the page would be too long)"
}
