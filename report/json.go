package report

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

// A Line is an event as a line of JSONL.
type Line struct {
	// Type is "event".
	Type string    `json:"type"`
	Time time.Time `json:"time"`
	// Event is the event's Kind.
	Event apply.EventKind `json:"event"`
	Object
	Message string `json:"message,omitempty"`
	Done    int    `json:"done,omitempty"`
	Total   int    `json:"total,omitempty"`
}

// An Object is one that the run is about.
type Object struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Namespace  string        `json:"namespace,omitempty"`
	Name       string        `json:"name"`
	Source     string        `json:"source,omitempty"`
	Action     apply.Action  `json:"action,omitempty"`
	Error      string        `json:"error,omitempty"`
	Class      slipway.Class `json:"class,omitempty"`
}

// A Change is what became of an object.
type Change struct {
	Object
	Fields  []Field  `json:"fields,omitempty"`
	Adopted []string `json:"adopted,omitempty"`
	Diff    string   `json:"diff,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	Seconds float64  `json:"seconds,omitempty"`
}

// A Field is one that has, or is to have, another value.
type Field struct {
	Path string `json:"path"`
	Old  any    `json:"old"`
	New  any    `json:"new"`
}

// A Document is the result of a run.
type Document struct {
	// Type is "result".
	Type string `json:"type"`
	Verb string `json:"verb"`
	App  string `json:"app,omitempty"`
	Plan bool   `json:"plan,omitempty"`
	OK   bool   `json:"ok"`
	// Class is that of the failure; empty if OK.
	Class slipway.Class `json:"class,omitempty"`
	// Changed says that the cluster was, or would be, changed.
	Changed  bool      `json:"changed"`
	Summary  string    `json:"summary"`
	Requests int       `json:"requests"`
	Seconds  float64   `json:"seconds"`
	Changes  []Change  `json:"changes"`
	Warnings []string  `json:"warnings,omitempty"`
	Notes    []string  `json:"notes,omitempty"`
	Errors   []Problem `json:"errors,omitempty"`
}

// jsonSink writes JSON.
type jsonSink struct{ opts Options }

func (s *jsonSink) event(e apply.Event, now time.Time) error {
	if s.opts.Format != JSONL {
		return nil
	}
	return json.NewEncoder(s.opts.Out).Encode(Line{
		Type: "event", Time: now.UTC(), Event: e.Kind, Object: newObject(e.Ref, e.Source, e.Action, e.Err),
		Message: e.Message, Done: e.Done, Total: e.Total,
	})
}

func newObject(ref apply.Ref, source string, action apply.Action, err error) Object {
	o := Object{
		APIVersion: ref.APIVersion, Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name,
		Source: source, Action: action, Class: slipway.ClassOf(err),
	}
	if err != nil {
		o.Error = err.Error()
	}
	return o
}

func (s *jsonSink) end(o Outcome, took time.Duration, seen *objects) error {
	enc := json.NewEncoder(s.opts.Out)
	if s.opts.Format == JSON {
		enc.SetIndent("", "  ")
	}
	for _, p := range problems(o.Err) {
		s.opts.logError(p)
	}
	return enc.Encode(newDocument(o, took, seen))
}

func newDocument(o Outcome, took time.Duration, seen *objects) Document {
	d := Document{
		Type: "result", Verb: o.Verb, App: o.App, Plan: o.Plan, OK: o.Err == nil,
		Class: slipway.ClassOf(o.Err), Changed: o.Result.Changed(), Summary: sum(o),
		Requests: o.Result.Requests, Seconds: took.Round(time.Millisecond).Seconds(), Changes: []Change{},
		Warnings: o.Result.Warnings, Notes: o.Result.Notes, Errors: problems(o.Err),
	}
	for _, c := range o.Result.Changes {
		d.Changes = append(d.Changes, newChange(c, o.Plan, seen.seconds(c.Ref)))
	}
	return d
}

func newChange(c apply.Change, plan bool, seconds float64) Change {
	out := Change{Object: newObject(c.Ref, c.Source, c.Action, c.Err), Notes: c.Notes, Seconds: seconds}
	for _, f := range c.Fields {
		out.Fields = append(out.Fields, Field(f))
	}
	for _, adoption := range c.Adopted {
		out.Adopted = append(out.Adopted, adoption.Manager)
	}
	if plan {
		out.Diff = c.Diff()
	}
	out.Action = cmp.Or(out.Action, apply.NotTried)
	return out
}
