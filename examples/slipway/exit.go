package main

import (
	"errors"
	"fmt"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

// Exit codes. There is one for each class of failure.
const (
	exitDone    = 0
	exitInput   = 1
	exitUsage   = 2
	exitPending = 3
)

var exitCodes = map[slipway.Class]int{
	slipway.ClassInput:       exitInput,
	slipway.ClassConflict:    4,
	slipway.ClassRefused:     5,
	slipway.ClassAccess:      6,
	slipway.ClassUnavailable: 7,
	slipway.ClassRollout:     8,
	slipway.ClassTimeout:     9,
	slipway.ClassInterrupted: 130, // as shells say of what SIGINT ended
}

// exitHelp describes the exit codes.
const exitHelp = `Exit status:
    0  done
    1  the tree, a template or a value is wrong, or what was asked for is not there
    2  the command line is wrong
    3  changes are pending: plan --exit-code found some, or you did not confirm them
    4  fields or routes belong to somebody else, or a newer build is live
    5  the cluster refuses the objects: invalid, or against a policy, a quota or a bound
    6  the credentials are not accepted, or may not do this
    7  the cluster cannot be reached or has trouble: run again
    8  a rollout failed
    9  --timeout was over
  130  interrupted
Of several failures it tells the one that matters most: 130, 6, 7, 4, 5, 8, 9, 1.`

// A usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errPending says that there are changes which were not made. It is no failure.
var errPending = errors.New("changes are pending")

// A toldError was written already, with the report of the run.
type toldError struct{ error }

func (e toldError) Unwrap() error { return e.error }

func exitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errPending):
		return exitPending
	case errors.As(err, new(usageError)):
		return exitUsage
	}
	return exitCodes[slipway.ClassOf(err)]
}

// advice says what to do next where the error itself cannot know.
func advice(err error) string {
	if errors.As(err, new(*notReadyError)) {
		return ""
	}
	switch slipway.ClassOf(err) {
	case slipway.ClassAccess, slipway.ClassUnavailable:
		return "Run 'slipway doctor' to see what the cluster says and what you may do there."
	case slipway.ClassRollout:
		return "Remove the cause and deploy again. What fails is put back, unless with --keep-failed."
	case slipway.ClassTimeout:
		if !errors.As(err, new(*apply.RolloutError)) {
			return "Nothing answered in time: run again with a longer --timeout, or ask slipway doctor."
		}
		return "Run again to go on from here, with a longer --timeout if the rollout needs it."
	}
	return ""
}
