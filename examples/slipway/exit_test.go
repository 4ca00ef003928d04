package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

// Each class of failure has a status of its own, which --help and the README tell.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{exitDone: true, exitUsage: true, exitPending: true}
	for class, code := range exitCodes {
		if seen[code] || code == 0 {
			t.Errorf("class %s has status %d, want one of its own", class, code)
		}
		seen[code] = true
	}
	for code := range seen {
		if !strings.Contains(exitHelp, fmt.Sprintf("\n%5d  ", code)) {
			t.Errorf("--help does not tell status %d", code)
		}
		if !strings.Contains(string(readme), fmt.Sprintf("\n| %d | ", code)) {
			t.Errorf("the README does not tell status %d", code)
		}
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want int
	}{
		{nil, 0},
		{usagef("x"), 2},
		{errPending, 3},
		{toldError{&apply.ConflictError{}}, 4},
		{&apply.InvalidError{}, 5},
		{&apply.ForbiddenError{}, 6},
		{&apply.UnreachableError{Err: errors.New("x")}, 7},
		{&apply.RolloutError{}, 8},
		{&notReadyError{[]string{"shop.home"}}, 8},
		{errors.New("x"), 1},
	}
	for _, tt := range tests {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("exitCode(%v) = %d, want %d", tt.err, got, tt.want)
		}
	}
	for _, class := range []slipway.Class{
		slipway.ClassInput, slipway.ClassConflict, slipway.ClassRefused, slipway.ClassAccess,
		slipway.ClassUnavailable, slipway.ClassRollout, slipway.ClassTimeout, slipway.ClassInterrupted,
	} {
		if _, ok := exitCodes[class]; !ok {
			t.Errorf("class %s has no status", class)
		}
	}
}

// Where the error itself cannot know what to do next, the command says so.
func TestAdvice(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&apply.ForbiddenError{}, &apply.UnreachableError{Err: errors.New("x")}, &apply.RolloutError{},
	} {
		if advice(err) == "" {
			t.Errorf("advice(%v) is empty, want what to do next", err)
		}
	}
}
