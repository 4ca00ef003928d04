package apply

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	kstatus "github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// rolloutKinds are the kinds whose pods are watched, for the reasons that the
// workload's own status does not tell.
var rolloutKinds = []string{"Deployment", "StatefulSet", "DaemonSet"}

// A RolloutError reports a rollout that did not complete.
type RolloutError struct {
	// Progress says how far it came, in kstatus' words, and what stands in the way
	// in the controller's.
	Progress string
	// Pods are those of the new revision that cannot run, and why, sorted; of
	// several that fail in the same way, it is one.
	Pods []PodFailure
	// Err is the cause of the context's end if time ran out, and matches the context's
	// error; else nil: the rollout could not have succeeded.
	Err error
}

func (e *RolloutError) Error() string {
	var parts []string
	if e.Err != nil {
		parts = append(parts, fmt.Sprintf("not complete when waiting ended (%v)", e.Err))
	} else {
		parts = append(parts, "rollout failed")
	}
	if e.Progress != "" {
		parts = append(parts, e.Progress)
	}
	for _, pod := range e.Pods { // last, since log lines may follow
		parts = append(parts, pod.String())
	}
	return strings.Join(parts, ": ")
}

func (e *RolloutError) Unwrap() error { return e.Err }

// Wait returns when result's objects are what kstatus calls current: rollouts
// complete, volumes bound, definitions established, and whatever has conditions of
// its own has them fulfilled. It watches; only ctx limits the time. The rules are
// those of https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus.
//
// A rollout counts from the generation that Apply wrote, so the state before the
// deploy is never taken for success. It ends early when it cannot succeed: when a
// pod of the new revision cannot pull its image, cannot be configured or keeps
// crashing, when the Deployment's progress deadline is over, or when for as long as
// Options.Patience no node has room for a pod or no quota for it. Wait still waits
// for the others, and then joins an [*ObjectError] with a [*RolloutError] for
// each that failed, pods and reasons included. It needs a result that Apply returned.
func (a *Applier) Wait(ctx context.Context, result *Result) error {
	var applied []*Change
	for i := range result.Changes {
		c := &result.Changes[i]
		if c.item == nil {
			return errors.New("wait: the result is not one that Apply returned")
		}
		if c.Action != Kept {
			applied = append(applied, c)
		}
	}
	return a.waitFor(ctx, applied)
}

// waitFor waits until kstatus calls every object that was applied current. It
// records a failure in the Change, too.
func (a *Applier) waitFor(ctx context.Context, applied []*Change) error {
	ctx, cancel := context.WithCancel(quiet(ctx))
	defer cancel()
	w := &waiting{Applier: a, updates: make(chan update)}
	for _, c := range applied {
		if c.Live == nil || c.Err != nil {
			continue
		}
		t := newTarget(c)
		w.targets = append(w.targets, t)
		w.judge(ctx, t)
	}
	if w.settled() {
		return w.errs()
	}
	var wg sync.WaitGroup
	for _, source := range w.sources() {
		wg.Go(func() { source.run(ctx, w.updates) })
	}
	w.loop(ctx)
	cancel()
	wg.Wait()
	return w.errs()
}

// waiting is the state of one Wait. Only its loop touches the targets.
type waiting struct {
	*Applier
	targets []*target
	updates chan update
}

// A target is an object that is waited for.
type target struct {
	change   *Change
	resource resource
	obj      *unstructured.Unstructured // as last seen
	gone     bool
	pods     map[string]*podState // by name: its own, of any revision
	progress string               // as last told
	count    int                  // of pods that are done, as last told
	stuck    time.Time            // since when there is an obstacle that may pass
	expires  time.Time            // when the failure of the rollout before is this one's, too
	refusal  podRefusal           // of the server, to make a pod
	refused  error                // why it cannot be watched
	done     bool
}

func newTarget(c *Change) *target {
	return &target{change: c, resource: c.item.resource, obj: c.Live, pods: map[string]*podState{}}
}

// An update is what a watch saw: what has changed, or all there is.
type update struct {
	resource  resource
	namespace string
	seen      []sighting
	all       bool
	refused   error // why nothing is seen, and never will be
}

// A sighting is an object as a watch saw it.
type sighting struct {
	obj      *unstructured.Unstructured
	deleted  bool
	revision string // of the workload that obj is a pod of
}

func (w *waiting) loop(ctx context.Context) {
	for !w.settled() {
		timer := time.NewTimer(w.patience())
		select {
		case u := <-w.updates:
			for _, t := range w.targets {
				if !t.done && t.see(u) {
					w.judge(ctx, t)
				}
			}
		case <-timer.C:
			for _, t := range w.targets {
				if !t.done && w.left(t) <= 0 {
					w.fail(ctx, t, nil)
				}
			}
		case <-ctx.Done():
			for _, t := range w.targets {
				if !t.done {
					w.fail(ctx, t, ended(ctx))
				}
			}
		}
		timer.Stop()
	}
}

// patience returns how long it is until the first target is given up.
func (w *waiting) patience() time.Duration {
	least := time.Duration(math.MaxInt64)
	for _, t := range w.targets {
		if !t.done {
			least = min(least, w.left(t))
		}
	}
	return max(least, 0)
}

// left returns how long the target's obstacle, if there is one, is put up with.
func (w *waiting) left(t *target) time.Duration {
	least := time.Duration(math.MaxInt64)
	if !t.stuck.IsZero() {
		least = time.Until(t.stuck.Add(w.opts.Patience))
	}
	if !t.expires.IsZero() {
		least = min(least, time.Until(t.expires))
	}
	return least
}

func (w *waiting) settled() bool {
	return !slices.ContainsFunc(w.targets, func(t *target) bool { return !t.done })
}

// see takes in u and reports whether it is about t.
func (t *target) see(u update) bool {
	switch {
	case u.namespace != t.change.Namespace:
		return false
	case u.resource == podResource && t.resource != podResource:
		return u.refused == nil && t.seePods(u) // without its pods, a rollout still has its status
	case u.resource == eventResource:
		return t.seeRefusals(u)
	case u.resource != t.resource:
		return false
	case u.refused != nil:
		t.refused = u.refused
		return true
	}
	for _, one := range u.seen {
		if one.obj.GetName() == t.change.Name {
			t.obj, t.gone = one.obj, one.deleted
			return true
		}
	}
	t.gone = t.gone || u.all
	return u.all
}

// judge settles t if its fate is known, and tells progress if it changed.
func (w *waiting) judge(ctx context.Context, t *target) {
	if t.refused != nil {
		w.refuse(t)
		return
	}
	if t.gone || t.obj.GetUID() != t.change.Live.GetUID() {
		t.progress = "it was deleted meanwhile"
		w.fail(ctx, t, nil)
		return
	}
	if t.obj.GetGeneration() < t.change.Live.GetGeneration() {
		return // from before the deploy
	}
	result, err := kstatus.Compute(t.obj)
	switch {
	case err != nil:
		t.progress = err.Error()
		w.fail(ctx, t, nil)
		return
	case result.Status == kstatus.CurrentStatus:
		t.done = true
		if t.progress != "" || slices.Contains(rolloutKinds, t.change.Kind) { // else it is ready always
			done, total := counts(t.obj)
			w.emit(Event{Kind: EventReady, Ref: t.change.Ref, Source: t.change.Source,
				Message: result.Message, Done: done, Total: total})
		}
		return
	}
	failed := result.Status == kstatus.FailedStatus
	if failed && t.failedBefore() {
		failed, result.Message = false, "no progress yet; the rollout before this one failed"
	} else {
		t.expires = time.Time{}
	}
	done, total := counts(t.obj)
	message := t.change.item.secretsOf().mask(printable(result.Message))
	if t.progress != message || t.count != done {
		t.progress, t.count = message, done
		w.emit(Event{Kind: EventWaiting, Ref: t.change.Ref, Source: t.change.Source, Message: t.progress,
			Done: done, Total: total})
	}
	switch {
	case failed || len(t.hopeless()) > 0:
		w.fail(ctx, t, nil)
	case !t.obstructed():
		t.stuck = time.Time{}
	case t.stuck.IsZero():
		t.stuck = time.Now()
	}
}

// refuse settles a target that may not be watched.
func (w *waiting) refuse(t *target) {
	t.done = true
	c := t.change
	err := (&run{Applier: w.Applier}).explain(c.item, t.refused)
	c.Err = &ObjectError{Ref: c.Ref, Source: c.Source, Err: err}
	c.emit(w.Applier, EventFailed)
}

// counts returns how many of a workload's pods are up to date and available, and
// how many there are to be; both are 0 for what has no pods.
func counts(obj *unstructured.Unstructured) (done, total int) {
	number := func(path ...string) int {
		n, _, _ := unstructured.NestedInt64(obj.Object, path...)
		return int(n)
	}
	switch obj.GetKind() {
	case "Deployment":
		done = min(number("status", "updatedReplicas"), number("status", "availableReplicas"))
		total = number("spec", "replicas")
	case "StatefulSet":
		done = min(number("status", "updatedReplicas"), number("status", "readyReplicas"))
		total = number("spec", "replicas")
	case "DaemonSet":
		done = min(number("status", "updatedNumberScheduled"), number("status", "numberAvailable"))
		total = number("status", "desiredNumberScheduled")
	}
	if number("status", "observedGeneration") < number("metadata", "generation") {
		done = 0 // the status is from before the change
	}
	return done, total
}

func (w *waiting) fail(ctx context.Context, t *target, cause error) {
	t.done = true
	pods := merge(t.failures())
	if len(t.hopeless()) > 0 {
		pods = slices.DeleteFunc(pods, func(f PodFailure) bool { return !f.hopeless })
	}
	c := t.change
	hidden := c.item.secretsOf()
	err := &RolloutError{Progress: t.progress, Pods: hidden.maskPods(w.explainPods(ctx, t, pods)), Err: cause}
	err.Progress = joinText(err.Progress, hidden.mask(printable(t.obstacle())))
	c.Err = &ObjectError{Ref: c.Ref, Source: c.Source, Err: err}
	w.emit(Event{Kind: EventFailed, Ref: c.Ref, Source: c.Source, Err: c.Err})
}

func (w *waiting) errs() error {
	var errs []error
	for _, t := range w.targets {
		errs = append(errs, t.change.Err)
	}
	return errors.Join(errs...)
}

// sources returns the watches that are needed: one for each kind and namespace,
// and, where needed, one for the pods and one for the events of each namespace.
func (w *waiting) sources() []source {
	byPlace := map[place][]*target{}
	var order []place
	add := func(p place, t *target) {
		if byPlace[p] == nil {
			order = append(order, p)
		}
		byPlace[p] = append(byPlace[p], t)
	}
	for _, t := range w.targets {
		if t.done {
			continue
		}
		add(place{t.resource, t.change.Namespace}, t)
		if slices.Contains(rolloutKinds, t.change.Kind) {
			add(place{podResource, t.change.Namespace}, t)
		}
		if slices.Contains(refusalKinds, t.change.Kind) {
			add(place{eventResource, t.change.Namespace}, t)
		}
	}
	var out []source
	for _, p := range order {
		s := source{client: w.in(p), resource: p.resource, namespace: p.namespace}
		switch p.resource {
		case podResource:
			s.selector = commonSelector(byPlace[p])
			s.revisions = &revisions{w.in(place{replicaSetResource, p.namespace})}
		case eventResource:
			s.fields = refusals
		default:
			s.selector = targetSelector(byPlace[p])
			for _, t := range byPlace[p] {
				s.names = append(s.names, t.change.Name)
			}
		}
		out = append(out, s)
	}
	return out
}
