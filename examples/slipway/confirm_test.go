package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestAskOn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		typed string
		want  error
	}{
		{"y\n", nil}, {" Yes \n", nil}, {"n\n", errPending}, {"\n", errPending}, {"", errPending},
		{"yes please\n", errPending},
	}
	for _, tt := range tests {
		var log strings.Builder
		err := askOn(t.Context(), strings.NewReader(tt.typed), &log, "Go on?")
		if !errors.Is(err, tt.want) || !strings.HasPrefix(log.String(), "Go on? [y/N] ") {
			t.Errorf("askOn(%q) = %v with %q, want %v", tt.typed, err, log.String(), tt.want)
		}
	}
}

// Who interrupts the question is not asked again.
func TestAskOnInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, _ := io.Pipe() // nothing is typed
	cancel()
	if err := askOn(ctx, in, io.Discard, "Go on?"); exitCode(err) != 130 {
		t.Errorf("askOn() = %v, status %d, want 130", err, exitCode(err))
	}
}
