package render_test

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render"
)

// TestAppIsTheSameAnywhere renders in processes with other time zones, languages and
// homes, which have other orders of maps, too.
func TestAppIsTheSameAnywhere(t *testing.T) {
	app := load(t,
		"common/vars.yml", "m: {z: 1, q: 2, x: 3, w: 4, v: 5, u: 6}\nwhen: 2024-03-31T02:30:00Z\nfloat: 1234567.5",
		"home/x.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n"+
			`  all: {{ toJson . | quote }}
  maps: {{ printf "%v %v %v" .m (keys .m) (values .m) | quote }}
  dates: {{ list (when | toString) (float | toString) (upper "straße i") (title "ijs") | toJson | quote }}
  {{- range $k, $v := .m }}
  {{ $k }}: {{ quote $v }}
  {{- end }}`)
	var got bytes.Buffer
	if err := render.Write(&got, objects(t, app, nil), render.YAML); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("SLIPWAY_RENDER_TO") != "" {
		if err := os.WriteFile(os.Getenv("SLIPWAY_RENDER_TO"), got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, env := range [][]string{
		{"TZ=Pacific/Auckland", "LANG=de_DE.UTF-8"}, {"TZ=America/St_Johns", "LC_ALL=tr_TR.UTF-8"},
		{"TZ=", "LANG=C", "HOME=/nowhere", "USER=nobody"}, {"TZ=UTC", "LC_ALL=nl_NL"},
	} {
		to := t.TempDir() + "/out"
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAppIsTheSameAnywhere$")
		cmd.Env = slices.Concat(env, []string{"SLIPWAY_RENDER_TO=" + to})
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("with %v: %v\n%s", env, err, out)
		}
		other, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got.String(), string(other)); diff != "" {
			t.Errorf("with %v App(shop) mismatch (-here +there):\n%s", env, diff)
		}
	}
}
