package jinja_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/jinja"
)

// TestCorpus renders the templates of a folder, each in a directory of its own:
// template.yml.j2 with vars.yml gives expected.yml, byte for byte. testdata has
// some; SLIPWAY_JINJA_CORPUS may name a folder with more.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, root := range corpora() {
		templates, err := fs.Glob(os.DirFS(root), "*/template.yml.j2")
		if err != nil || len(templates) == 0 {
			t.Fatalf("%s has no templates: %v", root, err)
		}
		env := allEnv(t, os.DirFS(root))
		for _, file := range templates {
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				checkTemplate(t, os.DirFS(root), file, env)
			})
		}
	}
}

func corpora() []string {
	roots := []string{"testdata/corpus"}
	if more := os.Getenv("SLIPWAY_JINJA_CORPUS"); more != "" {
		roots = append(roots, more)
	}
	return roots
}

func checkTemplate(t *testing.T, root fs.FS, file string, env map[string]string) {
	t.Helper()
	dir := path.Dir(file)
	src := read(t, root, file)
	// A SOURCE with "base: role/" says where look-ups begin.
	if base, err := fs.ReadFile(root, path.Join(dir, "SOURCE")); err == nil {
		if _, after, ok := strings.Cut(string(base), "\nbase: "); ok {
			file = path.Join(dir, strings.Fields(after)[0], path.Base(file))
		}
	}
	source := render.Source{
		File: layouts.File{Path: file, Data: []byte(src)},
		Vars: []layouts.File{
			{Path: "ansible.yml", Data: []byte("inventory_hostname: localhost")}, // Ansible sets it
			{Path: dir + "/vars.yml", Data: []byte(read(t, root, dir+"/vars.yml"))},
		},
	}
	got, err := jinja.New(jinja.Options{FS: root, Env: env})(t.Context(), source)
	if err != nil {
		t.Fatalf("render %s: %v", file, err)
	}
	if diff := cmp.Diff(read(t, root, dir+"/expected.yml"), string(got.Data)); diff != "" {
		t.Errorf("render %s: mismatch (-want +got):\n%s", file, diff)
	}
}

var envPattern = regexp.MustCompile(`env['"]+\s*,\s*['"]+(\w+)['"]`)

// allEnv allows each name that a file looks up, without a value: Ansible gives
// nothing for what is not set.
func allEnv(t *testing.T, root fs.FS) map[string]string {
	t.Helper()
	env := map[string]string{}
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			for _, m := range envPattern.FindAllStringSubmatch(read(t, root, file), -1) {
				env[m[1]] = ""
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func read(t *testing.T, root fs.FS, file string) string {
	t.Helper()
	data, err := fs.ReadFile(root, file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestExpressions evaluates the expressions of expressions.json: "ERROR: …" is what
// Ansible says where it refuses.
func TestExpressions(t *testing.T) {
	t.Parallel()
	for _, root := range corpora() {
		data := read(t, os.DirFS(root), "expressions.json")
		var corpus struct {
			Vars  json.RawMessage
			Cases []struct{ Template, Ansible string }
		}
		if err := json.Unmarshal([]byte(data), &corpus); err != nil {
			t.Fatal(err)
		}
		env := allEnv(t, os.DirFS(root))
		yaml := bytes.ReplaceAll(corpus.Vars, []byte("\t"), []byte(" ")) // JSON is YAML
		vars := []layouts.File{{Path: "vars.yml", Data: yaml}}
		for _, c := range corpus.Cases {
			t.Run(c.Template, func(t *testing.T) {
				t.Parallel()
				got, err := jinja.Eval(t.Context(), render.Source{
					File: layouts.File{Path: "t.j2", Data: []byte(c.Template)},
					Vars: vars, Values: map[string]any{"omit": "__omit__"},
				}, jinja.Options{FS: os.DirFS(root), Env: env})
				switch refused := strings.HasPrefix(c.Ansible, "ERROR: "); {
				case refused != (err != nil):
					t.Errorf("Eval(%s) = %q, %v, want %s", c.Template, got, err, c.Ansible)
				case !refused && got != c.Ansible:
					t.Errorf("Eval(%s) = %q, want %q", c.Template, got, c.Ansible)
				}
			})
		}
	}
}
