package report

import (
	"errors"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/render"
)

// A failure is an error as the page tells it.
type failure struct {
	Problem
	ID    string
	Place string // file:line:column of the template
	Text  string // the message, less the place and the object
	Pods  []podFailure
	Next  string // what to do, by the class of the error

	ref apply.Ref
}

// A podFailure is a pod that does not run, and the last lines that it wrote.
type podFailure struct{ Text, Log string }

// next says by class what to do: the message says it of the case.
var next = map[slipway.Class]string{
	slipway.ClassInterrupted: "The run was stopped. Run again to go on from here.",
	slipway.ClassAccess: "The credentials are not accepted, or may not do this: " +
		"slipway doctor shows what they may.",
	slipway.ClassUnavailable: "The cluster cannot be reached or has trouble: run again when it is well.",
	slipway.ClassConflict:    "Somebody else has it, or a newer build is live.",
	slipway.ClassRefused:     "It is not allowed, or the cluster does not take it, as it is.",
	slipway.ClassRollout:     "The pods do not run. Remove the cause and deploy again.",
	slipway.ClassTimeout:     "Run again to go on from here, with more time if the rollout needs it.",
	slipway.ClassInput:       "The tree, a template or a value is wrong. Correct it and run again.",
}

func newFailure(id string, err error, room *budget) failure {
	f := failure{ID: id, Problem: problems(err)[0], Text: err.Error()}
	f.Next = next[f.Class]
	var at *render.Error
	var object *apply.ObjectError
	var rollout *apply.RolloutError
	switch {
	case errors.As(err, &object) && adds(err, object) == "":
		f.ref, f.Place, f.Text = object.Ref, object.Source, object.Err.Error()
	case errors.As(err, &at) && adds(err, at) == "":
		f.Text = at.Err.Error()
		f.Place = strings.TrimSuffix(at.Error(), ": "+f.Text)
	}
	f.Excerpt = room.fit(f.Excerpt)
	if errors.As(err, &rollout) && len(rollout.Pods) > 0 {
		rest := &apply.RolloutError{Progress: rollout.Progress, Err: rollout.Err}
		f.Text = strings.Replace(f.Text, rollout.Error(), rest.Error(), 1)
		for _, pod := range rollout.Pods {
			f.Pods = append(f.Pods, newPodFailure(pod, room))
		}
	}
	if !room.take(f.Text) {
		f.Text = strings.ToValidUTF8(f.Text[:min(len(f.Text), maxHeadline)], "") + "… (cut here)"
	}
	return f
}

// maxHeadline is how many bytes of a message are shown if there is no room for it.
const maxHeadline = 600

// adds returns what err says before the message of the error that it wraps.
func adds(err, wrapped error) string {
	return strings.TrimSuffix(err.Error(), wrapped.Error())
}

func newPodFailure(pod apply.PodFailure, room *budget) podFailure {
	log := room.fit(strings.Join(pod.Log, "\n"))
	pod.Log = nil
	return podFailure{pod.String(), log}
}
