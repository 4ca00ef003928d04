package nearest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/internal/nearest"
)

func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		want string
		have []string
		near []string
	}{
		{"image_idd", []string{"image_id", "app_name"}, []string{"image_id"}},
		{"kid", []string{"kids", "kit", "mens"}, []string{"kids", "kit"}},
		{"a", []string{"bcd"}, []string{}},
		{"same", []string{"same"}, []string{}},
		{"abcdef", []string{"abcdeX", "abcdYX", "abcdf", "bbcdef"}, []string{"abcdeX", "abcdf", "bbcdef"}},
		{"imgae", []string{"image", "imag"}, []string{"image"}},
		{"iamgae", []string{"image"}, []string{"image"}},
		{"ab", []string{"ba", "abc"}, []string{"abc", "ba"}},
		{"", nil, []string{}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.near, nearest.Names(tt.want, tt.have)); diff != "" {
			t.Errorf("Names(%q, %q) (-want +got):\n%s", tt.want, tt.have, diff)
		}
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	if got := nearest.Hint("kid", []string{"kids", "kit"}); got != ": did you mean kids or kit?" {
		t.Errorf("Hint(kid) = %q", got)
	}
	if got := nearest.Hint("kid", nil); got != "" {
		t.Errorf("Hint(kid) among none = %q, want nothing", got)
	}
}
