package pyre_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/internal/pyre"
)

// What Python's re.search(pattern, text).span() and its groups are.
func TestSearch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, text string
		want          []int
	}{
		{`b+`, "abbc", []int{1, 3}},
		{`b+?`, "abbc", []int{1, 2}},
		{`(a|ab)(c|bcd)(d*)`, "abcd", []int{0, 4, 0, 1, 1, 4, 4, 4}},
		{`(?=c)`, "abc", []int{2, 2}},
		{`(?<=a)b`, "ab", []int{1, 2}},
		{`(?<!a)b`, "abb", []int{2, 3}},
		{`a(?!b)`, "abac", []int{2, 3}},
		{`(\w)\1`, "abccd", []int{2, 4, 2, 3}},
		{`(?P<x>.)(?P=x)`, "abb", []int{1, 3, 1, 2}},
		{`(?i)ABC`, "xabc", []int{1, 4}},
		{`[^\d\s-]+`, "1 -ab", []int{3, 5}},
		{`[]a]+`, "x]a", []int{1, 3}},
		{`\bfoo\b`, "a foo", []int{2, 5}},
		{`^b$`, "b\n", []int{0, 1}},
		{`(?m)^b$`, "a\nb\nc", []int{2, 3}},
		{`b\Z`, "b\n", nil},
		{`a{2,3}`, "aaaa", []int{0, 3}},
		{`a{,2}`, "aaa", []int{0, 2}},
		{`(?:ab)*c`, "ababc", []int{0, 5}},
		{`(?:a*)*`, "aab", []int{0, 2}},
		{`(?x) a \s # space`, "a ", []int{0, 2}},
		{`ż.ł`, "zżół", []int{1, 4}},
		{`x`, "abc", nil},
	}
	for _, tt := range tests {
		re, err := pyre.Compile(tt.pattern, pyre.Flags{})
		if err != nil {
			t.Errorf("Compile(%s) error = %v", tt.pattern, err)
			continue
		}
		budget := 10_000
		got, err := re.Search([]rune(tt.text), 0, &budget)
		if err != nil {
			t.Errorf("Search(%s, %q) error = %v", tt.pattern, tt.text, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Search(%s, %q) mismatch (-want +got):\n%s", tt.pattern, tt.text, diff)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		`(`, `)`, `[a`, `*`, `a**`, `\1`, `(?P<a`, `(?P=b)`, `(?z)`, `a{3,2}`, `[b-a]`, `\q`, `\x1`,
		strings.Repeat("(", 10_000),
	} {
		if _, err := pyre.Compile(pattern, pyre.Flags{}); err == nil {
			t.Errorf("Compile(%.20s) has no error", pattern)
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{`(a+)+b`, `(a|a)*b`, `(.*)*x`, `(?:a?){5000}b`} {
		re, err := pyre.Compile(pattern, pyre.Flags{})
		if err != nil {
			t.Fatal(err)
		}
		budget := 100_000
		_, err = re.Search([]rune(strings.Repeat("a", 5000)), 0, &budget)
		if !errors.Is(err, pyre.ErrBudget) {
			t.Errorf("Search(%s) error = %v, want %v", pattern, err, pyre.ErrBudget)
		}
	}
}

func FuzzSearch(f *testing.F) {
	f.Add(`(a|b)*?c{1,2}(?=d)[^x-z]\w`, "abccd")
	f.Add(`(?P<n>\d+)\.(?P=n)$`, "1.1")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		re, err := pyre.Compile(pattern, pyre.Flags{})
		if err != nil {
			return
		}
		budget := 50_000
		got, _ := re.Search([]rune(text), 0, &budget)
		if got != nil && (got[0] > got[1] || got[1] > len([]rune(text))) {
			t.Errorf("Search(%q, %q) = %v", pattern, text, got)
		}
	})
}
