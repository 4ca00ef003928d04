package jinja_test

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render/jinja"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestNames fails until a person has judged a new name: whether it depends on anything but
// its arguments.
func TestNames(t *testing.T) {
	t.Parallel()
	var lines []string
	for kind, names := range jinja.Names() {
		for _, name := range names {
			lines = append(lines, kind+" "+name+"\n")
		}
	}
	slices.Sort(lines)
	got := strings.Join(lines, "")
	const golden = "testdata/names.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the names that templates know (-%s +now):\n%s", golden, diff)
	}
}

// What is impure, or another collection's, is told as unknown, with its place.
func TestImpureNames(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"now": "{{ now() }}", "random": "{{ [1] | random }}", "shuffle": "{{ [1] | shuffle }}",
		"password_hash": "{{ 'x' | password_hash }}", "strftime": "{{ '%Y' | strftime }}",
		"to_datetime": "{{ 'x' | to_datetime }}", "realpath": "{{ 'x' | realpath }}",
		"expanduser": "{{ '~' | expanduser }}", "pipe": "{{ lookup('pipe', 'date') }}",
		"url": "{{ lookup('url', 'x') }}", "password": "{{ lookup('password', 'x') }}",
		"json_query": "{{ [1] | json_query('x') }}", "ipaddr": "{{ 'x' | ipaddr }}",
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		got, err := rendered(t.Context(), tests[name], "")
		if err == nil || !strings.HasPrefix(err.Error(), "t.j2:1:") || !strings.Contains(err.Error(), `"`+name+`"`) {
			t.Errorf("render %s = %q, %v, want an error with the place and the name", tests[name], got, err)
		}
	}
}
