package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// failures returns the answers that are none.
func failures(answers []answer) []answer {
	return slices.DeleteFunc(slices.Clone(answers), answer.ok)
}

// percentile returns the latency that so many percent of the answers do not exceed.
func percentile(answers []answer, percent float64) time.Duration {
	if len(answers) == 0 {
		return 0
	}
	latencies := make([]time.Duration, len(answers))
	for i, a := range answers {
		latencies[i] = a.Latency
	}
	slices.Sort(latencies)
	rank := int(math.Ceil(percent / 100 * float64(len(latencies))))
	return latencies[max(rank, 1)-1]
}

// summarize counts failures by what was wrong.
func summarize(failed []answer) string {
	counts := map[string]int{}
	for _, a := range failed {
		problem, _, _ := strings.Cut(a.Problem, "\n")
		counts[a.Path+": "+problem]++
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d× %s", counts[what], what))
	}
	return strings.Join(parts, "; ")
}

// sorted returns the answers in the order of their requests.
func sorted(answers []answer) []answer {
	return slices.SortedFunc(slices.Values(answers), func(a, b answer) int { return cmp.Compare(a.At, b.At) })
}
