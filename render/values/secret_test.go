package values_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/values"
)

// deciphered stands for package render/vault: a file or a value of it is encrypted.
func deciphered(f layouts.File) (layouts.File, error) {
	f.Data = bytes.TrimPrefix(bytes.ReplaceAll(f.Data, []byte("CIPHERED"), []byte("hunter2")), []byte("VAULT\n"))
	return f, nil
}

// What is encrypted in the caller's files is as secret as what is so in those of the layout.
func TestEncryptedFilesOfTheCaller(t *testing.T) {
	t.Parallel()
	app, err := layouts.Load(fstest.MapFS{
		"shop/home/x.yml": {Data: []byte("a: {{ fail pw }}\n")},
	}, "shop")
	if err != nil {
		t.Fatal(err)
	}
	const whole, part = "VAULT\npw: hunter2\nm: {a: hunter2}\nl: [hunter2, b]\n", "pw: &p CIPHERED\nq: *p\no:\n  r: *p\nt: shown\n"
	file := files("whole.yml", whole, "part.yml", part)
	for _, tt := range []struct {
		name string
		args values.Args
		want []string
	}{
		{"a file", values.Args{Files: []string{"whole.yml"}},
			[]string{"l: ***  # whole.yml:3", "m.a: ***  # whole.yml:2", "pw: ***  # whole.yml:1"}},
		{"a file of -e, and an item of its list", values.Args{Extra: []string{"@whole.yml"}, Set: []string{"l[1]=x,m.b=y"}},
			[]string{"l: ***  # --set", "m.a: ***  # whole.yml:2", `m.b: "y"  # --set`, "pw: ***  # whole.yml:1"}},
		{"a value, and its aliases", values.Args{Extra: []string{"@part.yml"}},
			[]string{"o.r: ***  # part.yml:4", "pw: ***  # part.yml:1", "q: ***  # part.yml:2", `t: "shown"  # part.yml:5`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.args.ReadFile, tt.args.Decrypt = file, deciphered
			given, err := values.Parse(tt.args)
			if err != nil {
				t.Fatal(err)
			}
			opts := render.Options{Values: given.Values, Origins: given.Origins}
			leaves, err := render.Leaves(app, "home", opts)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, leaf := range leaves {
				got = append(got, leaf.String())
			}
			got = slices.DeleteFunc(got, func(s string) bool { return strings.HasSuffix(s, "# the layout") })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			_, err = render.App(t.Context(), app, opts)
			if at := (*render.Error)(nil); !errors.As(err, &at) || strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("error = %v, want one without the secret", err)
			}
		})
	}
}
