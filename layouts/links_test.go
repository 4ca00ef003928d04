package layouts_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slipway-go/slipway/layouts"
)

func link(target string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink}
}

// disk makes a root with files (path, content) and links (path, target) and
// returns it as os.DirFS and as os.Root have it. Beside it is secret.yml.
func disk(t *testing.T, files, links []string) (dir string, roots map[string]fs.FS) {
	t.Helper()
	top := t.TempDir()
	dir = filepath.Join(top, "k8s")
	write(t, filepath.Join(top, "secret.yml"), "secret")
	for i := 0; i < len(files); i += 2 {
		write(t, filepath.Join(dir, files[i]), files[i+1])
	}
	for i := 0; i < len(links); i += 2 {
		name := filepath.Join(dir, links[i])
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.Symlink(links[i+1], name)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, map[string]fs.FS{"os.DirFS": os.DirFS(dir), "os.Root": root.FS()}
}

func write(t *testing.T, name, data string) {
	t.Helper()
	err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(data), 0o600))
	if err != nil {
		t.Fatal(err)
	}
}

// contents returns what app's services hold, as "path=data ...".
func contents(app *layouts.App) string {
	var all []string
	for _, s := range app.Services {
		for _, f := range s.Templates {
			all = append(all, fmt.Sprintf("%s=%s", f.Path, f.Data))
		}
	}
	return strings.Join(all, " ")
}

func TestLoadFollowsLinksInsideTheRoot(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		files, links []string
		want         string
	}{
		{"file", []string{"shop/home/a.yml", "A"}, []string{"shop/home/b.yml", "a.yml"},
			"shop/home/a.yml=A shop/home/b.yml=A"},
		{"file of another app", []string{"bank/x/a.yml", "A"}, []string{"shop/home/b.yml", "../../bank/x/a.yml"},
			"shop/home/b.yml=A"},
		{"service", []string{"shop/home/a.yml", "A"}, []string{"shop/mens", "home"},
			"shop/home/a.yml=A shop/mens/a.yml=A"},
		{"app", []string{"bank/home/a.yml", "A"}, []string{"shop", "bank"}, "shop/home/a.yml=A"},
		{"link to a link", []string{"shop/home/a.yml", "A"},
			[]string{"shop/home/c.yml", "./b.yml", "shop/home/b.yml", "../home/a.yml"},
			"shop/home/a.yml=A shop/home/b.yml=A shop/home/c.yml=A"},
		{"dots after a link mean where that leads", []string{"bank/deep/x/a.yml", "A", "shop/.k/a.yml", "wrong"},
			[]string{"shop/.k/l", "../../bank/deep/x", "shop/home/b.yml", "../.k/l/../x/a.yml"},
			"shop/home/b.yml=A"},
	}
	for _, tt := range tests {
		_, roots := disk(t, tt.files, tt.links)
		for kind, root := range roots {
			t.Run(tt.name+" in "+kind, func(t *testing.T) {
				app, err := layouts.Load(root, "shop")
				if err != nil {
					t.Fatalf("Load(shop) error = %v, want nil", err)
				}
				if got := contents(app); got != tt.want {
					t.Errorf("Load(shop) = %s, want %s", got, tt.want)
				}
			})
		}
	}
}

func TestLoadRefusesLinks(t *testing.T) {
	t.Parallel()
	out := ", which leaves the root: put a copy there"
	tests := []struct {
		name  string
		links []string
		want  string
	}{
		{"absolute", []string{"shop/home/b.yml", "/etc/hostname"},
			"shop/home/b.yml: a symbolic link to /etc/hostname" + out},
		{"relative, out of the root", []string{"shop/home/b.yml", "../../../secret.yml"},
			"shop/home/b.yml: a symbolic link to ../../../secret.yml" + out},
		{"out and in again", []string{"shop/home/b.yml", "../../../k8s/shop/home/a.yml"},
			"shop/home/b.yml: a symbolic link to ../../../k8s/shop/home/a.yml" + out},
		{"by way of another link", []string{"shop/.x", "../..", "shop/home/b.yml", "../.x/secret.yml"},
			"shop/home/b.yml: a symbolic link to ../.." + out},
		{"service", []string{"shop/mens", "../../elsewhere"},
			"shop/mens: a symbolic link to ../../elsewhere" + out},
		{"to itself", []string{"shop/home/b.yml", "b.yml"},
			"shop/home/b.yml: a symbolic link that leads in a circle"},
		{"overlay within itself", []string{"shop/overlays/prod/more", "."},
			"shop/overlays/prod/more: a symbolic link that leads in a circle"},
		{"overlays within each other", []string{"shop/overlays/prod/up", ".."},
			"shop/overlays/prod/up/prod: a symbolic link that leads in a circle"},
	}
	for _, tt := range tests {
		_, roots := disk(t, []string{"shop/home/a.yml", "A"}, tt.links)
		for kind, root := range roots {
			t.Run(tt.name+" in "+kind, func(t *testing.T) {
				_, err := layouts.Load(root, "shop")
				checkError(t, "Load(shop)", err, tt.want)
			})
		}
	}
}

func TestLoadRefusesDanglingLink(t *testing.T) {
	t.Parallel()
	_, roots := disk(t, []string{"shop/home/a.yml", "A"}, []string{"shop/home/b.yml", "gone.yml"})
	for kind, root := range roots {
		_, err := layouts.Load(root, "shop")
		var at *layouts.Error
		if !errors.As(err, &at) || at.Path != "shop/home/b.yml" || !errors.Is(err, fs.ErrNotExist) ||
			!strings.Contains(err.Error(), "gone.yml") {
			t.Errorf("%s: Load(shop) error = %v, want one at shop/home/b.yml that names gone.yml", kind, err)
		}
	}
}

// TestLoadRefusesPipe would hang if the pipe were opened.
func TestLoadRefusesPipe(t *testing.T) {
	t.Parallel()
	dir, roots := disk(t, []string{"shop/home/a.yml", "A"}, []string{"shop/home/link.yml", "pipe.yml"})
	if err := syscall.Mkfifo(filepath.Join(dir, "shop/home/pipe.yml"), 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	for kind, root := range roots {
		done := make(chan error, 1)
		go func() {
			_, err := layouts.Load(root, "shop")
			done <- err
		}()
		select {
		case err := <-done:
			checkError(t, kind+": Load(shop)", err,
				"shop/home/link.yml: neither a file nor a directory (p---------): take it out of the tree\n"+
					"shop/home/pipe.yml: neither a file nor a directory (p---------): take it out of the tree")
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: Load(shop) hangs, want an error", kind)
		}
	}
}

func TestLoadRefusesLinksThatCannotBeRead(t *testing.T) {
	t.Parallel()
	fsys := struct{ fs.FS }{fstest.MapFS{"shop/home/a.yml": link("b.yml"), "shop/home/b.yml": {}}}
	_, err := layouts.Load(fsys, "shop")
	checkError(t, "Load(shop)", err,
		"shop/home/a.yml: a symbolic link, and this file system does not tell where to")
}
