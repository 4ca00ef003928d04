package apply

// An EventKind says what an Event tells.
type EventKind string

// The kinds of Event, in the order in which an object may go through them.
const (
	// EventPlanned: the object was compared with the cluster. Action is Unchanged
	// if nothing is to be sent, else NotTried; in a Plan, it is what would be done.
	EventPlanned EventKind = "planned"
	// EventSent: a request that is to change the object is on its way. The shared
	// Ingress may take several.
	EventSent EventKind = "sent"
	// EventApplied: the object's Action is known.
	EventApplied EventKind = "applied"
	// EventWaiting: a rollout is under way; Message, Done and Total say how far.
	EventWaiting EventKind = "waiting"
	// EventReady: a rollout is complete.
	EventReady EventKind = "ready"
	// EventFailed: the object or its rollout failed; Err says why.
	EventFailed EventKind = "failed"
	// EventPruned: the object, which no template makes any more, was deleted.
	EventPruned EventKind = "pruned"
	// EventUndone: the object is again what it was before the run.
	EventUndone EventKind = "undone"
)

// An Event tells what just happened to one object.
type Event struct {
	Kind EventKind
	Ref
	Source  string
	Action  Action
	Message string
	// Done and Total count the pods of a rollout that are up to date and available,
	// and those that there are to be; both are zero where nothing is counted.
	Done, Total int
	Err         error
}

// emit tells the observer, one event at a time.
func (a *Applier) emit(e Event) {
	if a.opts.OnEvent == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opts.OnEvent(e)
}

// emit tells of the change.
func (c *Change) emit(a *Applier, kind EventKind) {
	a.emit(Event{Kind: kind, Ref: c.Ref, Source: c.Source, Action: c.Action, Err: c.Err})
}
