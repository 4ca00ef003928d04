package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// report prints the medians, and the ratios that the project aims at.
func (b *bench) report(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%d objects of %d services, median of %d:\t\t\n", 2*b.services, b.services, b.rounds)
	for _, name := range []string{
		"floor fresh", "library fresh", "kubectl fresh", "floor all changed", "library all changed",
		"library one changed", "library no-op", "kubectl no-op", "single slipway", "single kubectl",
	} {
		fmt.Fprintf(table, "%s\t%.3f s\t\n", name, b.median(name))
	}
	fmt.Fprintf(table, "peak memory\t%.0f MiB\t\n", slices.Max(b.memory))
	fmt.Fprintf(table, "\t\t\t\nratio\tis\tgoal\t\n")
	for _, ratio := range []struct {
		of, to string
		goal   float64
	}{
		{"library fresh", "floor fresh", 1.15},
		{"library all changed", "floor all changed", 1.15},
		{"library no-op", "floor fresh", 0.10},
		{"single slipway", "single kubectl", 0.6},
	} {
		is := b.ratio(ratio.of, ratio.to)
		fmt.Fprintf(table, "%s / %s\t%.2f\t≤ %.2f\t\n", ratio.of, ratio.to, is, ratio.goal)
	}
	fmt.Fprintf(table, "peak memory / 120 MiB\t%.2f\t≤ %.2f\t\n", slices.Max(b.memory)/120, 1.0)
	return table.Flush()
}

// ratio is the geometric mean of the rounds' ratios: what comes later in a round is
// slower, since the store has grown, and rounds differ in what comes first.
func (b *bench) ratio(of, to string) float64 {
	sum := 0.0
	for i, took := range b.times[of] {
		sum += math.Log(took / b.times[to][i])
	}
	return math.Exp(sum / float64(len(b.times[of])))
}

func (b *bench) median(name string) float64 {
	sorted := slices.Sorted(slices.Values(b.times[name]))
	return sorted[len(sorted)/2]
}
