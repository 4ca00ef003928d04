package main

import (
	"context"
	"errors"
	"os"
	"time"
)

// errOrphaned is the cause of a context that ended because the parent process did.
var errOrphaned = errors.New("the parent process has ended")

// parentPoll bounds how long we outlive our parent.
const parentPoll = 200 * time.Millisecond

// withParent returns a context that ends with ctx or with the parent process,
// however that ends: a test process may be killed and then stops nothing itself.
//
// It polls. Linux could signal us instead (PR_SET_PDEATHSIG), but it does so when
// the thread that started us ends, and a Go parent's threads come and go.
func withParent(ctx context.Context, parent int) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(parentPoll)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if os.Getppid() != parent {
					cancel(errOrphaned)
				}
			}
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}
