package layouts_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slipway-go/slipway/layouts"
)

const label = "use at most 63 of a-z, 0-9 and -, with a letter or digit at both ends"

func TestLoadRefusesTree(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		fsys fstest.MapFS
		want string
	}{
		{"subdirectory of a service", tree("shop/home/x.yml", "", "shop/home/old/y.yml", ""),
			"shop/home/old: templates in a subdirectory are not deployed: move them up"},
		{"subdirectory of common", tree("shop/home/x.yml", "", "shop/common/old/y.yml", ""),
			"shop/common/old: templates in a subdirectory are not deployed: move them up"},
		{"subdirectory of each", tree("shop/home/x.yml", "", "shop/common/each/old/y.yml", ""),
			"shop/common/each/old: templates in a subdirectory are not deployed: move them up"},
		{"files of each", tree("shop/home/x.yml", "", "shop/common/each/files/y.yml", ""),
			"shop/common/each/files/y.yml: files of all services belong into common/files/"},
		{"files in a circle", fstest.MapFS{"shop/home/x.yml": {}, "shop/home/files/up": link(".")},
			"shop/home/files/up: a symbolic link that leads in a circle"},
		{"each in a service", tree("shop/home/x.yml", "", "shop/home/each/y.yml", ""),
			"shop/home/each: templates in a subdirectory are not deployed: move them up"},
		{"directory without templates", tree("shop/home/x.yml", "", "shop/docs/README.md", ""),
			"shop/docs: no template and no vars.yml: a service has one; " +
				"give another directory a name that begins with a dot"},
		{"partials alone", tree("shop/home/x.yml", "", "shop/lib/_names.tmpl", ""),
			"shop/lib: no template and no vars.yml: a service has one; " +
				"give another directory a name that begins with a dot"},
		{"template beside the services", tree("shop/home/x.yml", "", "shop/ingress.yml", ""),
			"shop/ingress.yml: the template is beside the services: " +
				"move it into a service's directory or into common/"},
		{"both vars.yml and vars.yaml", tree("shop/home/vars.yml", "", "shop/home/vars.yaml", ""),
			"shop/home/vars.yml: the values are in vars.yaml too: keep one"},
		{"both in an overlay", tree("shop/home/x.yml", "", "shop/overlays/prod/vars.yml", "",
			"shop/overlays/prod/vars.yaml", ""),
			"shop/overlays/prod/vars.yml: the values are in vars.yaml too: keep one"},
		{"vars in each", tree("shop/home/x.yml", "", "shop/common/each/vars.yml", ""),
			"shop/common/each/vars.yml: values of all services belong into common/vars.yml"},
		{"partial in each", tree("shop/home/x.yml", "", "shop/common/each/_n.tmpl", ""),
			"shop/common/each/_n.tmpl: partials of all services belong into common/"},
		{"service's name", tree("shop/home/x.yml", "", "shop/Home_2/x.yml", ""),
			`shop/Home_2: the name "Home_2" is not a DNS-1123 label: ` + label},
		{"service with a reserved name", tree("shop/home/x.yml", "", "shop/each/x.yml", ""),
			"shop/each: the name is reserved"},
		{"overlay's name", tree("shop/home/x.yml", "", "shop/overlays/-prod/x.yml", ""),
			`shop/overlays/-prod: the name "-prod" is not a DNS-1123 label: ` + label},
		{"app without services", tree("shop/common/ingress.yml", ""),
			"shop: app has no service directory: make one beside common/, with a template or a vars.yml"},
		{"device", fstest.MapFS{"shop/home/x.yml": {}, "shop/home/tty.yml": {Mode: fs.ModeDevice}},
			"shop/home/tty.yml: neither a file nor a directory (D---------): take it out of the tree"},
		{"link that leads out", fstest.MapFS{"shop/home/x.yml": link("../../../etc/passwd")},
			"shop/home/x.yml: a symbolic link to ../../../etc/passwd, which leaves the root: put a copy there"},
		{"link to itself", fstest.MapFS{"shop/home/x.yml": link("x.yml")},
			"shop/home/x.yml: a symbolic link that leads in a circle"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := layouts.Load(tt.fsys, "shop")
			checkError(t, "Load(shop)", err, tt.want)
			var at *layouts.Error
			if place, _, _ := strings.Cut(tt.want, ":"); !errors.As(err, &at) || at.Path != place {
				t.Errorf("Load(shop) error = %#v, want a *layouts.Error with Path %s", err, place)
			}
		})
	}
}

func TestLoadRefusesName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	tests := []struct{ name, want string }{
		{"shopp", "shopp: no such app: did you mean shop? (there are: bank, shop)"},
		{"zoo", "zoo: no such app (there are: bank, shop)"},
		{"", `.: the name "" is not a DNS-1123 label: ` + label},
		{".", `.: the name "." is not a DNS-1123 label: ` + label},
		{"..", `..: the name ".." is not a DNS-1123 label: ` + label},
		{"shop/home", `shop/home: the name "shop/home" is not a DNS-1123 label: ` + label},
		{"shop\n", "shop\n: the name \"shop\\n\" is not a DNS-1123 label: " + label},
		{long, long + `: the name "` + long + `" is not a DNS-1123 label: ` + label},
		{"common", "common: the name is reserved"},
		{"each", "each: the name is reserved"},
		{"overlays", "overlays: the name is reserved"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app, err := layouts.Load(tree("shop/a/x.yml", "", "bank/a/x.yml", ""), tt.name)
			checkError(t, "Load", err, tt.want)
			if app != nil {
				t.Errorf("Load(%q) = %v, want nil", tt.name, app)
			}
		})
	}
}

func TestLoadErrorsMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		fsys fs.FS
		want error
	}{
		{"missing app", tree("bank/home/x.yml", ""), fs.ErrNotExist},
		{"app without services", tree("shop/common/x.yml", ""), layouts.ErrNoServices},
		{"unreadable root", noRoot{}, fs.ErrPermission},
		{"unreadable file", failing{tree("shop/home/x.yml", ""), "shop/home/x.yml"}, fs.ErrPermission},
		{"unreadable service", failing{tree("shop/home/x.yml", ""), "shop/home"}, fs.ErrPermission},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := layouts.Load(tt.fsys, "shop")
			var at *layouts.Error
			if !errors.Is(err, tt.want) || !errors.As(err, &at) {
				t.Errorf("Load(shop) error = %v, want a *layouts.Error that matches %v", err, tt.want)
			}
		})
	}
}

// A failing file system refuses one path.
type failing struct {
	fstest.MapFS
	path string
}

func (f failing) Open(name string) (fs.File, error) {
	if name == f.path {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.Open(name)
}

func (f failing) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == f.path {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.ReadDir(name)
}

func TestLoadReportsAllProblemsByPath(t *testing.T) {
	t.Parallel()
	_, err := layouts.Load(tree(
		"shop/zoo.yml", "",
		"shop/mens/old/x.yml", "",
		"shop/Home/x.yml", "",
		"shop/common/each/vars.yml", "",
	), "shop")
	checkError(t, "Load(shop)", err, strings.Join([]string{
		`shop/Home: the name "Home" is not a DNS-1123 label: ` + label,
		"shop/common/each/vars.yml: values of all services belong into common/vars.yml",
		"shop/mens/old: templates in a subdirectory are not deployed: move them up",
		"shop/zoo.yml: the template is beside the services: " +
			"move it into a service's directory or into common/",
	}, "\n"))
}

func TestLoadBoundsNamesByWhatHoldsThem(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		app, service int // lengths
		want         string
	}{
		{"together as long as the label allows", 20, 42, ""},
		{"together too long", 20, 43, "app and service have 63 characters together: " +
			"label slipway/set has room for 62"},
		{"as long as the annotation allows", 6, 56, ""},
		{"too long for the annotation", 5, 57, "the name has 57 characters: " +
			"annotation slipway/routes.<service> has room for 56"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app, service := strings.Repeat("a", tt.app), strings.Repeat("s", tt.service)
			if tt.want != "" {
				tt.want = app + "/" + service + ": " + tt.want
			}
			_, err := layouts.Load(tree(app+"/"+service+"/x.yml", ""), app)
			checkError(t, "Load", err, tt.want)
		})
	}
}

func TestLoadBoundsFileSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path string
		size       int
		want       string
	}{
		{"8 MiB", "shop/home/x.yml", 8 << 20, ""},
		{"over 8 MiB", "shop/home/x.yml", 8<<20 + 1,
			"shop/home/x.yml: the file has over 8388608 bytes (8 MiB): none here is that long"},
		{"schema", "shop/home/vars.schema.json", 2 << 20,
			"shop/home/vars.schema.json: the file has over 1048576 bytes (1 MiB): none here is that long"},
		{"ignored file", "shop/home/photo.png", 2 << 20, ""},
		{"overlay", "shop/overlays/prod/photo.png", 2 << 20,
			"shop/overlays/prod/photo.png: the file has over 1048576 bytes (1 MiB): none here is that long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fsys := tree("shop/home/vars.yml", "")
			fsys[tt.path] = &fstest.MapFile{Data: bytes.Repeat([]byte("#"), tt.size)}
			_, err := layouts.Load(fsys, "shop")
			checkError(t, "Load(shop)", err, tt.want)
		})
	}
}

func TestLoadBoundsAllFiles(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{}
	for i := range 20 {
		fsys[fmt.Sprintf("shop/home/%02d.yml", i)] = &fstest.MapFile{Data: bytes.Repeat([]byte("#"), 8<<20)}
	}
	_, err := layouts.Load(fsys, "shop")
	checkError(t, "Load(shop)", err, "shop/home/08.yml: the files of the tree have over 64 MiB")
}

func TestLoadBoundsNumberOfFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files int
		want  string
	}{
		{"100,000 with the directory", 99_999, ""},
		{"one more", 100_000, "shop/home: the tree has over 100000 files"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := layouts.Load(wide{tt.files}, "shop")
			checkError(t, "Load(shop)", err, tt.want)
		})
	}
}

// A wide file system is shop/home/ with as many empty templates.
type wide struct{ files int }

func (w wide) Open(name string) (fs.File, error) { return node{name: name}, nil }

func (w wide) ReadDir(name string) ([]fs.DirEntry, error) {
	switch name {
	case ".":
		return []fs.DirEntry{node{"shop", fs.ModeDir}}, nil
	case "shop":
		return []fs.DirEntry{node{"home", fs.ModeDir}}, nil
	}
	entries := make([]fs.DirEntry, w.files)
	for i := range entries {
		entries[i] = node{fmt.Sprintf("%06d.yml", i), 0}
	}
	return entries, nil
}

// A node is an empty file, or an entry.
type node struct {
	name string
	mode fs.FileMode
}

func (n node) Name() string               { return n.name }
func (n node) IsDir() bool                { return n.mode.IsDir() }
func (n node) Type() fs.FileMode          { return n.mode }
func (n node) Mode() fs.FileMode          { return n.mode }
func (n node) Info() (fs.FileInfo, error) { return n, nil }
func (n node) Stat() (fs.FileInfo, error) { return n, nil }
func (n node) Size() int64                { return 0 }
func (n node) ModTime() time.Time         { return time.Time{} }
func (n node) Sys() any                   { return nil }
func (n node) Read([]byte) (int, error)   { return 0, io.EOF }
func (n node) Close() error               { return nil }
