package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/examples/shoppingapp"
)

// What is left out for a comparison is there to be left out, and ladies is what the
// reference tree has.
func TestTree(t *testing.T) {
	t.Parallel()
	for _, l := range lacks {
		s := &shop{tree: t.TempDir()}
		if err := os.CopyFS(s.tree, shoppingapp.Tree()); err != nil {
			t.Fatal(err)
		}
		for _, e := range l.edits {
			if err := s.edit(e.old, e.text); err != nil {
				t.Errorf("%s: %v", l.name, err)
			}
		}
	}
	s := &shop{tree: t.TempDir()}
	if err := os.CopyFS(s.tree, shoppingapp.Tree()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(s.tree, shoppingapp.App, serviceOf("ladies"))
	want, err := os.ReadFile(filepath.Join(dir, "ingress.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.addLadies(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "ingress.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("ladies' ingress.yml (-want +got):\n%s", diff)
	}
	if err := s.edit("no such text", ""); err == nil {
		t.Error("edit of what is not there = nil, want an error")
	}
}
