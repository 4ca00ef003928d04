// Command bench measures whole deploys, side by side in one run, on the project's
// own control plane: this library, the least that server-side apply allows, and
// kubectl. Machines differ and are shared, so what counts is the ratios.
//
// Run it with make bench. It needs a checkout, since it builds the control plane,
// kubectl and the example command from it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/slipway-go/slipway/internal/localcluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var b bench
	flag.IntVar(&b.services, "services", 500, "services of the app, of two objects each")
	flag.IntVar(&b.rounds, "rounds", 4, "how often each case is measured; an even number is fair")
	flag.Parse()
	if b.services < 1 || b.rounds < 1 {
		fmt.Fprintln(os.Stderr, "bench: want at least one service and one round")
		os.Exit(2)
	}
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A bench is one run of all cases.
type bench struct {
	services, rounds int
	dir              string // of what is built and rendered
	cluster          *localcluster.Cluster
	times            map[string][]float64 // by case, in seconds
	memory           []float64            // of whole deploys, in MiB
}

func (b *bench) run(ctx context.Context) (err error) {
	b.times = map[string][]float64{}
	if b.dir, err = os.MkdirTemp("", "slipway-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.build(ctx); err != nil {
		return err
	}
	if b.cluster, err = localcluster.Start(ctx, os.Stderr); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.cluster.Stop()) }()
	for round := range b.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, b.rounds)
		if err := b.round(ctx, round); err != nil {
			return err
		}
	}
	return b.report(os.Stdout)
}
