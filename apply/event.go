package apply

// An EventKind says what an Event tells.
type EventKind string

// The kinds of Event.
const (
	// EventApplied: the object's Action is known.
	EventApplied EventKind = "applied"
	// EventWaiting: a rollout is under way; Message says how far it is.
	EventWaiting EventKind = "waiting"
	// EventReady: a rollout is complete.
	EventReady EventKind = "ready"
	// EventFailed: the object or its rollout failed; Err says why.
	EventFailed EventKind = "failed"
)

// An Event tells what just happened to one object.
type Event struct {
	Kind EventKind
	Ref
	Source  string
	Action  Action
	Message string
	Err     error
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
