package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

// A Format is a form of the result.
type Format string

// The formats.
const (
	Text   Format = "text"
	JSON   Format = "json"
	JSONL  Format = "jsonl"
	JUnit  Format = "junit"
	GitHub Format = "github"
)

// Formats are all formats.
var Formats = []Format{Text, JSON, JSONL, JUnit, GitHub}

// Options configures a Reporter. Every zero field has the stated default.
type Options struct {
	// Format of the result. Empty means Text.
	Format Format

	// Out gets the result, Log the progress, warnings and errors. Both are needed.
	Out, Log io.Writer

	// Terminal, if set, returns the size of the terminal that Log is, in columns and
	// rows: progress is drawn there, in place. By default it is appended line by line.
	Terminal func() (width, height int)

	// ColorOut and ColorLog colour what is for people.
	ColorOut, ColorLog bool

	// Quiet leaves out progress, and the objects that are as they were.
	Quiet bool

	// Root is where the apps' directories are in the repository, as in "k8s":
	// annotations of GitHub name files by it.
	Root string

	// HTML, if set, gets the run as a page at the end, beside the result in Format: one
	// document for people, in one write, that needs no other. It is as large as the run,
	// but diffs and logs have no more than half a megabyte of it.
	HTML io.Writer

	// Heartbeat is the longest time without a line of progress. Zero means 15 seconds,
	// negative as long as it takes. A drawn block is renewed every second.
	Heartbeat time.Duration
}

// An Outcome is what came of a run.
type Outcome struct {
	// Verb is what was done, such as "deploy"; App to which app.
	Verb, App string
	// Plan says that nothing was changed: the result tells what would be.
	Plan bool
	// Result may not be nil; Err is why the run failed, or nil.
	Result *slipway.Result
	Err    error

	// Namespace, Sequence, Commit and User are those of the deploy, for the page; what is
	// empty is not told.
	Namespace    string
	Sequence     int64
	Commit, User string
}

// A Reporter reports one run. It may be used by several goroutines.
type Reporter struct {
	opts Options

	mu    sync.Mutex
	begin time.Time
	seen  objects
	view  view
	outs  []sink

	stop chan struct{}
	done sync.WaitGroup
}

// A view shows progress. It is used by one goroutine at a time.
type view interface {
	event(o *object, now time.Time)
	tick(now time.Time)
	close()
}

// A sink writes the result.
type sink interface {
	event(e apply.Event, now time.Time) error
	end(o Outcome, took time.Duration, seen *objects) error
}

// New returns a Reporter. It is to be closed by End or Close: until then it shows from
// time to time that the run goes on.
func New(opts Options) (*Reporter, error) {
	opts.Format = cmp.Or(opts.Format, Text)
	opts.Heartbeat = cmp.Or(opts.Heartbeat, 15*time.Second)
	r := &Reporter{opts: opts, begin: time.Now(), stop: make(chan struct{})}
	r.seen.began = r.begin
	switch opts.Format {
	case Text:
		r.outs = []sink{&textSink{opts}}
	case JSON, JSONL:
		r.outs = []sink{&jsonSink{opts}}
	case JUnit:
		r.outs = []sink{&junitSink{opts}}
	case GitHub:
		r.outs = []sink{&gitHubSink{opts}}
	default:
		return nil, fmt.Errorf("format %q: want %s", opts.Format, formatNames())
	}
	if opts.HTML != nil {
		r.outs = append(r.outs, newHTMLSink(opts.HTML))
	}
	if opts.Format == GitHub {
		opts.Log = harmless{opts.Log}
	}
	switch {
	case opts.Quiet:
		return r, nil
	case opts.Terminal != nil:
		r.view = &live{opts: opts, seen: &r.seen}
	default:
		r.view = &lines{opts: opts, seen: &r.seen, last: r.begin}
	}
	r.done.Go(func() { r.tick(time.Second) })
	return r, nil
}

func formatNames() string {
	var names []string
	for _, f := range Formats {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// tick renews the view until the Reporter is closed.
func (r *Reporter) tick(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			r.mu.Lock()
			if r.view != nil { // else it was closed just now
				r.view.tick(now)
			}
			r.mu.Unlock()
		case <-r.stop:
			return
		}
	}
}

// Event takes in what just happened: it is for [apply.Options].OnEvent.
func (r *Reporter) Event(e apply.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	o := r.seen.add(e, now)
	for _, out := range r.outs {
		_ = out.event(e, now) // the writer's error comes again at the end
	}
	if r.view != nil {
		r.view.event(o, now)
	}
}

// Close ends the progress. It may be called more than once.
func (r *Reporter) Close() {
	r.mu.Lock()
	closed := r.view == nil
	if !closed {
		r.view.close()
		close(r.stop)
	}
	r.view = nil
	r.mu.Unlock()
	r.done.Wait()
}

// End ends the progress and writes the result, in the chosen format and as a page. What
// one of the two cannot be written to does not keep the other from being.
func (r *Reporter) End(o Outcome) error {
	r.Close()
	took := time.Since(r.begin)
	var errs []error
	for _, out := range r.outs {
		errs = append(errs, out.end(o, took, &r.seen))
	}
	return errors.Join(errs...)
}

// objects is what the events told of each object, in the order of their first one.
type objects struct {
	began time.Time
	all   []*object
	byRef map[apply.Ref]*object
}

// An object is what was last told of one.
type object struct {
	apply.Event
	began, ended time.Time // of the work on it; ended is zero while it lasts
}

// over are the events after which nothing more is to be expected of an object that is not
// waited for.
var over = []apply.EventKind{
	apply.EventApplied, apply.EventReady, apply.EventFailed, apply.EventPruned, apply.EventUndone,
}

func (s *objects) add(e apply.Event, now time.Time) *object {
	o := s.byRef[e.Ref]
	if o == nil {
		o = &object{began: now}
		if s.byRef == nil {
			s.byRef = map[apply.Ref]*object{}
		}
		s.byRef[e.Ref] = o
		s.all = append(s.all, o)
	}
	if e.Kind == apply.EventSent {
		o.began = now
	}
	e.Source = cmp.Or(e.Source, o.Source)
	e.Action = cmp.Or(e.Action, o.Action)
	o.Event, o.ended = e, time.Time{}
	if slices.Contains(over, e.Kind) || e.Action == apply.Unchanged && e.Kind == apply.EventPlanned {
		o.ended = now
	}
	return o
}

// took returns how long the object took, up to now if it still does.
func (o *object) took(now time.Time) time.Duration {
	if !o.ended.IsZero() {
		now = o.ended
	}
	return now.Sub(o.began).Round(time.Second)
}

// seconds returns how long an object took; 0 if nothing is known of it.
func (s *objects) seconds(ref apply.Ref) float64 {
	o := s.byRef[ref]
	if o == nil || o.ended.IsZero() {
		return 0
	}
	return o.ended.Sub(o.began).Round(time.Millisecond).Seconds()
}
