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
		{"text", 4 * 32},
		{"[],", 3*32 + 2*256},
		{"{a},", 4*32 + 3*256},
		{"- a: b # c", 10*32 + 2*256 + 1024},
	}
	for _, tt := range tests {
		if got := yamlwork.Of(tt.text); got != tt.want {
			t.Errorf("Of(%q) = %d, want %d", tt.text, got, tt.want)
		}
	}
}
