package layouts_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
)

// A file system tells what its files were made of.
func TestOrigin(t *testing.T) {
	t.Parallel()
	made := &layouts.Origin{File: "site.yml", Lines: []layouts.Line{
		{Place: layouts.Place{File: "a.yml", Line: 7}, Text: "  - a", Moves: []layouts.Move{{Column: 1, By: 4}, {Column: 3, By: 2}}},
		{Place: layouts.Place{File: "b.yml", Line: 2}},
	}}
	app, err := layouts.Load(fstest.MapFS{
		"shop/home/copy.yml":  {Data: []byte("a"), Sys: &layouts.Origin{File: "roles/home/copy.j2"}},
		"shop/home/made.yml":  {Data: []byte("a\nb"), Sys: made},
		"shop/home/plain.yml": {Data: []byte("a")},
	}, "shop")
	if err != nil {
		t.Fatalf("Load(shop) error = %v", err)
	}
	want := map[string][]string{
		"shop/home/copy.yml":  {"roles/home/copy.j2", "roles/home/copy.j2:1", "roles/home/copy.j2:2", "roles/home/copy.j2:3"},
		"shop/home/made.yml":  {"a.yml:7", "a.yml:7", "b.yml:2", "b.yml:2"},
		"shop/home/plain.yml": {"shop/home/plain.yml", "shop/home/plain.yml:1", "shop/home/plain.yml:2", "shop/home/plain.yml:3"},
	}
	got := map[string][]string{}
	for _, f := range app.Services[0].Templates {
		for line := range 4 {
			got[f.Path] = append(got[f.Path], f.Place(line).String())
		}
		if verbatim := f.Path != "shop/home/made.yml"; f.Verbatim() != verbatim {
			t.Errorf("%s: Verbatim() = %t, want %t", f.Path, f.Verbatim(), verbatim)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places mismatch (-want +got):\n%s", diff)
	}
}

// A made file knows the lines and columns of what it was made of.
func TestOriginLine(t *testing.T) {
	t.Parallel()
	lines := []layouts.Line{{Text: "  - abc", Moves: []layouts.Move{{Column: 1, By: 4}, {Column: 3, By: 2}}}, {}}
	made := layouts.File{Origin: &layouts.Origin{Lines: lines}}
	tests := []struct {
		file         layouts.File
		line, column int
		want         string
	}{
		{made, 1, 1, `"  - abc" 5 true`}, {made, 1, 2, `"  - abc" 6 true`}, {made, 1, 3, `"  - abc" 5 true`},
		{made, 1, 0, `"  - abc" 0 true`}, {made, 2, 1, `"" 0 false`}, {made, 9, 1, `"" 0 false`},
		{layouts.File{}, 1, 7, `"" 7 false`}, {layouts.File{Origin: &layouts.Origin{File: "a"}}, 1, 7, `"" 7 false`},
	}
	for _, tt := range tests {
		text, at, ok := tt.file.Line(tt.line, tt.column)
		if got := fmt.Sprintf("%q %d %t", text, at, ok); got != tt.want {
			t.Errorf("Line(%d, %d) = %s, want %s", tt.line, tt.column, got, tt.want)
		}
	}
}

// An error in a tree names the file that people know.
func TestOriginOfErrors(t *testing.T) {
	t.Parallel()
	_, err := layouts.Load(fstest.MapFS{
		"shop/home/a.yml": {Data: make([]byte, 8<<20+1), Sys: &layouts.Origin{File: "roles/home/a.j2"}},
	}, "shop")
	const want = "roles/home/a.j2: the file has over 8388608 bytes (8 MiB): none here is that long"
	if err == nil || err.Error() != want {
		t.Errorf("Load(shop) error = %v, want %s", err, want)
	}
}
