package layouts_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
)

// FuzzLoad loads trees of any file names, one a line. Loading twice gives the
// same, and every error is at a path of the app.
func FuzzLoad(f *testing.F) {
	f.Add("home/deployment.yml\ncommon/ingress.yml\ncommon/each/service.yml")
	f.Add("home/vars.yml\nhome/vars.yaml\noverlays/prod/a/b/c\n_x.yml")
	f.Add("Home/x.yml\nhome/old/x.yml\nx.yml\n.git/config\neach/x.j2")
	f.Add("common\noverlays\nhome\nhome/x.yml")
	f.Fuzz(func(t *testing.T, names string) {
		fsys := fstest.MapFS{"shop/a/vars.yml": {}}
		for name := range strings.SplitSeq(names, "\n") {
			if name = "shop/" + name; fs.ValidPath(name) {
				fsys[name] = &fstest.MapFile{Data: []byte(name)}
			}
		}
		app, err := layouts.Load(fsys, "shop")
		again, errAgain := layouts.Load(fsys, "shop")
		if diff := cmp.Diff(app, again); diff != "" {
			t.Errorf("two loads of %q differ:\n%s", names, diff)
		}
		if err == nil {
			if len(app.Services) == 0 {
				t.Errorf("Load(%q) has neither services nor an error", names)
			}
			return
		}
		if errAgain == nil || err.Error() != errAgain.Error() {
			t.Errorf("two loads of %q have errors %v and %v", names, err, errAgain)
		}
		for _, problem := range problems(err) {
			var at *layouts.Error
			if !errors.As(problem, &at) || at.Path != "shop" && !strings.HasPrefix(at.Path, "shop/") {
				t.Errorf("Load(%q) error = %v, want one with a path of the app", names, problem)
			}
		}
	})
}

func problems(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// FuzzLinks makes a link to any target. What lies outside of the root is never
// read, and what [os.Root] reads is read.
func FuzzLinks(f *testing.F) {
	for _, target := range []string{
		"a.yml", "../../../secret.yml", "/etc/hostname", "link.yml", "../.up/../secret.yml", "../.up/k8s/x",
		"../home/./a.yml", "../.loop/.loop/home/a.yml", "a.yml/", "..", "",
	} {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		dir, roots := disk(t, []string{"shop/home/a.yml", "A"},
			[]string{"shop/.up", "../..", "shop/.loop", "."})
		name := filepath.Join(dir, "shop/home/link.yml")
		if os.Symlink(target, name) != nil {
			t.Skip("no such link")
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		want, err := root.ReadFile("shop/home/link.yml")
		for kind, fsys := range roots {
			app, _ := layouts.Load(fsys, "shop")
			got := contents(app)
			if strings.Contains(got, "secret") {
				t.Errorf("%s: link to %q read what is outside of the root", kind, target)
			}
			if err == nil && !strings.Contains(got, "shop/home/link.yml="+string(want)) {
				t.Errorf("%s: link to %q: contents %q, want %q, as os.Root has it", kind, target, got, want)
			}
		}
	})
}
