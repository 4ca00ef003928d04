package ingress_test

import (
	"math/rand/v2"
	"testing"
)

// dice returns a source of choices that is the same for the same seed. The laws
// are fuzzed by seed: go test would spend its time on making bytes shorter.
func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func pick[T any](d *rand.Rand, from ...T) T { return from[d.IntN(len(from))] }

// seeds gives f inputs that a plain go test runs as well.
func seeds(f *testing.F, count uint64) {
	f.Helper()
	for seed := range count {
		f.Add(seed)
	}
}

// shuffle changes the order of list.
func shuffle[T any](d *rand.Rand, list []T) {
	d.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}
