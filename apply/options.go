package apply

import (
	"cmp"
	"fmt"
	"time"
)

// Options configures an Applier. Every zero field has the stated default.
type Options struct {
	// FieldManager owns the applied fields. Empty means "slipway". Changing it
	// later orphans what the old name owned.
	FieldManager string

	// Namespace is for namespaced objects that name none, and for the records of
	// the sets. Empty means "default".
	Namespace string

	// Adopt lists field managers whose fields are taken over, for instance
	// "OpenAPI-Generator" (Ansible's k8s module) and
	// "kubectl-client-side-apply". What they own and the objects no longer
	// mention is removed. A field held by any other manager is a *ConflictError
	// that names it, and so is one that was set through a subresource, as kubectl
	// scale and autoscalers do.
	Adopt []string

	// Recreate lists kinds, such as "Job", whose objects are deleted and created
	// when an immutable field is to change, once the server has accepted the new
	// form in a dry run. Of others such a change is an *ImmutableError.
	Recreate []string

	// Concurrency bounds the requests in flight. Zero means 16; negative is an
	// error.
	Concurrency int

	// Always sends every object, also where it is proved that nothing would
	// change, so that admission webhooks that are new see all of them.
	Always bool

	// PrunePercent is the largest share of a set's objects, in percent, that one
	// run may prune. Zero means 50, 100 allows all, negative turns pruning off.
	PrunePercent int

	// NoWait makes Apply return once everything is sent. By default it waits,
	// before it publishes routes, until the rollouts of its objects are complete,
	// whoever began them, so that no route leads to pods that do not answer yet.
	NoWait bool

	// KeepFailed leaves the objects of a set that failed as they then are. By
	// default they are put back.
	KeepFailed bool

	// Patience is how long something is put up with that may pass by itself: a pod
	// that no node has room for, a quota that is used up, a webhook that does not
	// answer, an API server that is away after it has been reached. Zero means one
	// minute, negative not at all.
	Patience time.Duration

	// Drain is how long Remove waits between taking a set's routes away and deleting
	// its objects: for controllers to see it, and for requests that are under way.
	// Zero means ten seconds, negative not at all.
	Drain time.Duration

	// Sequence orders the builds of a service, as a build number does. A set that is
	// recorded with a higher one is refused, as an *ingress.SupersededError, before
	// anything of it is written. Zero is older than all others: leave it out always or
	// never. An app's common has none, since each service's deploy brings it, and a
	// Rollback is never refused.
	Sequence int64

	// Commit and User are recorded with the revision: where the templates come
	// from, and who deploys. They may be empty.
	Commit, User string

	// OnEvent, if set, is told what happens as it happens, from one goroutine
	// at a time.
	OnEvent func(Event)
}

// complete fills in the defaults.
func (o *Options) complete() error {
	if o.Concurrency < 0 {
		return fmt.Errorf("option Concurrency is %d, want 0 or more", o.Concurrency)
	}
	if o.PrunePercent > 100 {
		return fmt.Errorf("option PrunePercent is %d, want at most 100", o.PrunePercent)
	}
	o.Concurrency = cmp.Or(o.Concurrency, 16)
	o.PrunePercent = cmp.Or(o.PrunePercent, 50)
	o.FieldManager = cmp.Or(o.FieldManager, "slipway")
	o.Namespace = cmp.Or(o.Namespace, "default")
	o.Patience = cmp.Or(o.Patience, time.Minute)
	o.Drain = cmp.Or(o.Drain, 10*time.Second)
	return nil
}
