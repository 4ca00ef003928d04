package layouts_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
)

// tree returns a file system of files: their paths and contents in turn.
func tree(files ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

// shopping has everything that a layout can have, and what is ignored.
var shopping = tree(
	"shop/README.md", "ignored",
	"shop/common/ingress.yml", "ingress",
	"shop/common/a.json", "a",
	"shop/common/vars.yml", "common: 1",
	"shop/common/_names.tmpl", "names",
	"shop/common/each/service.yml", "each service",
	"shop/common/each/deployment.yaml", "each deployment",
	"shop/mens/vars.yaml", "mens: 1",
	"shop/home/service.yml.j2", "service",
	"shop/home/deployment.yml", "deployment",
	"shop/home/_labels.yml", "labels",
	"shop/home/.hidden.yml", "ignored",
	"shop/home/files/app.conf", "conf",
	"shop/home/files/parts/vars.yml", "a part",
	"shop/common/files/logo.svg", "logo",
	"shop/home/notes.txt", "ignored",
	"shop/.git/config.yml", "ignored",
	"shop/overlays/prod/vars.yml", "prod: 1",
	"shop/overlays/prod/kustomization.yaml", "kustomization",
	"shop/overlays/prod/patches/cpu.patch", "cpu",
	"shop/overlays/prod/patches/vars.yml", "a patch",
	"shop/overlays/dev/kustomization.yaml", "dev",
	"other/home/vars.yml", "",
)

func file(path, data string) layouts.File { return layouts.File{Path: path, Data: []byte(data)} }

func TestLoad(t *testing.T) {
	t.Parallel()
	vars := func(path, data string) *layouts.File { f := file(path, data); return &f }
	want := &layouts.App{
		Name: "shop",
		Common: layouts.Directory{
			Name:      "common",
			Vars:      vars("shop/common/vars.yml", "common: 1"),
			Templates: []layouts.File{file("shop/common/a.json", "a"), file("shop/common/ingress.yml", "ingress")},
			Partials:  []layouts.File{file("shop/common/_names.tmpl", "names")},
			Files:     []layouts.File{file("shop/common/files/logo.svg", "logo")},
		},
		Each: []layouts.File{
			file("shop/common/each/deployment.yaml", "each deployment"),
			file("shop/common/each/service.yml", "each service"),
		},
		Services: []layouts.Directory{{
			Name: "home",
			Templates: []layouts.File{
				file("shop/home/deployment.yml", "deployment"), file("shop/home/service.yml.j2", "service"),
			},
			Partials: []layouts.File{file("shop/home/_labels.yml", "labels")},
			Files: []layouts.File{
				file("shop/home/files/app.conf", "conf"), file("shop/home/files/parts/vars.yml", "a part"),
			},
		}, {
			Name: "mens",
			Vars: vars("shop/mens/vars.yaml", "mens: 1"),
		}},
		Overlays: []layouts.Overlay{{
			Name:  "dev",
			Files: []layouts.File{file("shop/overlays/dev/kustomization.yaml", "dev")},
		}, {
			Name: "prod",
			Vars: vars("shop/overlays/prod/vars.yml", "prod: 1"),
			Files: []layouts.File{
				file("shop/overlays/prod/kustomization.yaml", "kustomization"),
				file("shop/overlays/prod/patches/cpu.patch", "cpu"),
				file("shop/overlays/prod/patches/vars.yml", "a patch"),
			},
		}},
	}
	got, err := layouts.Load(shopping, "shop")
	if err != nil {
		t.Fatalf("Load(shop) error = %v, want nil", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load(shop) mismatch (-want +got):\n%s", diff)
	}
}

func TestLoadWithoutCommon(t *testing.T) {
	t.Parallel()
	got, err := layouts.Load(tree("shop/home/service.json", "{}"), "shop")
	if err != nil {
		t.Fatalf("Load(shop) error = %v, want nil", err)
	}
	want := &layouts.App{Name: "shop", Services: []layouts.Directory{{
		Name: "home", Templates: []layouts.File{file("shop/home/service.json", "{}")},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load(shop) mismatch (-want +got):\n%s", diff)
	}
}

func TestStem(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"shop/home/deployment.yml":     "deployment",
		"shop/home/deployment.yaml.j2": "deployment",
		"deployment.json.tmpl":         "deployment",
		"shop/home/blue.green.yaml":    "blue.green",
		"shop/home/deployment.j2":      "deployment",
		"shop/a.yml/deployment":        "deployment",
		"shop/home/kustomization.md":   "kustomization.md",
	} {
		if got := (layouts.File{Path: path}).Stem(); got != want {
			t.Errorf("Stem(%s) = %q, want %q", path, got, want)
		}
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	app, err := layouts.Load(tree(
		"shop/common/each/deployment.yml", "",
		"shop/common/each/service.yml", "",
		"shop/common/each/zone.yml", "",
		"shop/home/service.yaml.j2", "",
		"shop/home/job.yml", "",
		"shop/mens/vars.yml", "",
	), "shop")
	if err != nil {
		t.Fatalf("Load(shop) error = %v, want nil", err)
	}
	want := map[string]string{
		"home": "shop/common/each/deployment.yml shop/home/job.yml shop/home/service.yaml.j2 " +
			"shop/common/each/zone.yml",
		"mens": "shop/common/each/deployment.yml shop/common/each/service.yml " +
			"shop/common/each/zone.yml",
	}
	for _, service := range app.Services {
		var paths []string
		for _, f := range app.Templates(service) {
			paths = append(paths, f.Path)
		}
		if got := strings.Join(paths, " "); got != want[service.Name] {
			t.Errorf("Templates(%s) = %s, want %s", service.Name, got, want[service.Name])
		}
	}
}

func TestTemplatesLeavesServiceAlone(t *testing.T) {
	t.Parallel()
	own := make([]layouts.File, 1, 8) // with room, which an append would use
	own[0] = file("shop/home/b.yml", "")
	app := &layouts.App{Each: []layouts.File{file("shop/common/each/a.yml", "")}}
	service := layouts.Directory{Name: "home", Templates: own}
	app.Templates(service)
	if got := own[:2][1].Path; got != "" || own[0].Path != "shop/home/b.yml" {
		t.Errorf("Templates(home) wrote %q into the service's own list", got)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	app := &layouts.App{Name: "shop", Services: []layouts.Directory{
		{Name: "home"}, {Name: "kids"}, {Name: "mens"},
	}}
	tests := []struct {
		name  string
		names []string
		want  string
		err   string
	}{
		{"none means all", nil, "home kids mens", ""},
		{"in byte order, each once", []string{"mens", "home", "mens"}, "home mens", ""},
		{"unknown ones are named, with a near one", []string{"zz", "kid", "home"}, "home",
			"shop/kid: no such service: did you mean kids? (there are: home, kids, mens)\n" +
				"shop/zz: no such service (there are: home, kids, mens)"},
		{"common is not a service", []string{"common"}, "",
			"shop/common: no such service (there are: home, kids, mens)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found, err := app.Select(tt.names...)
			var names []string
			for _, s := range found {
				names = append(names, s.Name)
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("Select(%q) = %s, want %s", tt.names, got, tt.want)
			}
			checkError(t, "Select", err, tt.err)
			if tt.err != "" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Select(%q) error = %v, want one that matches fs.ErrNotExist", tt.names, err)
			}
		})
	}
}

func TestApps(t *testing.T) {
	t.Parallel()
	fsys := tree("shop/a/x.yml", "", "bank/a/x.yml", "", "README.md", "", ".git/config", "",
		"Upper/a/x.yml", "", "common/a.yml", "")
	got, err := layouts.Apps(fsys)
	if err != nil {
		t.Fatalf("Apps() error = %v, want nil", err)
	}
	if diff := cmp.Diff([]string{"bank", "shop"}, got); diff != "" {
		t.Errorf("Apps() mismatch (-want +got):\n%s", diff)
	}
}

func TestAppsOfUnreadableRoot(t *testing.T) {
	t.Parallel()
	_, err := layouts.Apps(noRoot{})
	var at *layouts.Error
	if !errors.As(err, &at) || at.Path != "." || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Apps() error = %v, want a *layouts.Error at . that matches fs.ErrPermission", err)
	}
}

type noRoot struct{}

func (noRoot) Open(string) (fs.File, error) { return nil, fs.ErrPermission }

func TestSet(t *testing.T) {
	t.Parallel()
	if got := layouts.Set("shop", "home"); got != "shop.home" {
		t.Errorf("Set(shop, home) = %q, want shop.home", got)
	}
}

// checkError compares the text of err with want; "" means no error.
func checkError(t *testing.T, call string, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s error mismatch (-want +got):\n%s", call, diff)
	}
}

func TestLoadReadsSchemas(t *testing.T) {
	t.Parallel()
	app, err := layouts.Load(tree("shop/common/vars.schema.json", "c", "shop/home/vars.schema.json", "h",
		"shop/home/x.json", "{}"), "shop")
	if err != nil {
		t.Fatalf("Load(shop) error = %v, want nil", err)
	}
	home := app.Services[0]
	if app.Common.Schema == nil || string(app.Common.Schema.Data) != "c" || home.Schema == nil ||
		home.Schema.Path != "shop/home/vars.schema.json" || len(home.Templates) != 1 {
		t.Errorf("Load(shop) = %+v, %+v, want a schema for each and one template", app.Common, home)
	}
	_, err = layouts.Load(tree("shop/home/x.yml", "", "shop/common/each/vars.schema.json", "e"), "shop")
	checkError(t, "Load(shop)", err,
		"shop/common/each/vars.schema.json: the schema of all values belongs into common/")
}
