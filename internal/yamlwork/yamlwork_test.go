package yamlwork_test

import (
	"testing"

	"github.com/slipway-go/slipway/internal/yamlwork"
)

func TestOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want int
	}{
		{"", 0},
		{"text", 4 * 4},
		{"[],", 3*4 + 2*256},
		{"{a},", 4*4 + 256 + 512},
		{"- a: b # c", 10*4 + 256 + 400 + 1024},
		{"a: b:c", 6*4 + 400},
		{`{"a":1}`, 7*4 + 512 + 400},
		{"- a-b?\n? c", 10*4 + 2*256},
		{"a#b", 3 * 4},
		{"[#", 2*4 + 256 + 1024},
		{"[*a,a*b, * c]", 13*4 + 3*256 + 128},
	}
	for _, tt := range tests {
		if got := yamlwork.Of(tt.text); got != tt.want {
			t.Errorf("Of(%q) = %d, want %d", tt.text, got, tt.want)
		}
	}
}
