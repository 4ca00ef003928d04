// Package nearest finds the names that a misspelt one may have meant.
package nearest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Names returns up to three of have that are near to want, nearest first, equals
// in byte order. Near is an edit distance, in which neighbours that trade places are one
// edit, of at most a third of want's length, and of at least one; to a name of over 100
// bytes, none is near.
func Names(want string, have []string) []string {
	limit := max(1, len(want)/3)
	near := map[string]int{}
	for _, name := range have {
		if len(want) > maxName || abs(len(want)-len(name)) > limit {
			continue
		}
		if d := distance(want, name); d <= limit && name != want {
			near[name] = d
		}
	}
	names := make([]string, 0, len(near))
	for name := range near {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(near[a], near[b]), cmp.Compare(a, b))
	})
	return names[:min(3, len(names))]
}

// maxName is how many bytes of a name are compared: nobody mistypes a longer one.
const maxName = 100

func abs(n int) int { return max(n, -n) }

// Hint returns ": did you mean a or b?", or "" if no name is near.
func Hint(want string, have []string) string {
	names := Names(want, have)
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", strings.Join(names, " or "))
}

// distance returns the edit distance of two strings, in bytes: how many are added, taken out
// or changed, or trade places with their neighbours, none of them twice.
// https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance#Optimal_string_alignment_distance
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
