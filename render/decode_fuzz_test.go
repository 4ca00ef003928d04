package render_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// otherwise matches what is read in another way on purpose: keys as they are written,
// with or without a value, merges, tags.
var otherwise = regexp.MustCompile(`(?i)<<|!|\?|((^|\W)` + notText + `\s*:)|(\{([^\[\]{}]*,)?\s*` + notText + `\s*[,}])`)

const notText = `(y|n|yes|no|on|off|true|false|~|null|[-+.0-9]\S*)`

// FuzzDecode reads any text as a file of values. What comes back is what the YAML
// library of kubectl and the API server makes of it; an error is in the file, at a
// line that it has.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		"a: 1\nb: [x, 1.0, 1e3, 0x1f, 0o17, 0755, 1_000, -0, +1, .5, 1e21, 18446744073709551615]",
		"a: yes\nb: No\nc: on\nd: y\ne: ~\nf:\ng: null\nh: 'yes'\ni: \"1\"\nj: 12e4567\nk: 1:30\nl: 2024-01-01",
		"a: &x {b: [1]}\nc: *x\nd: |\n  text\n  more\ne: >-\n  folded\n  text",
		"a: 1\nb: 2\na: 3", "a: [", "a: {b: c\n", "a:\n\tb: 1", "a: b: c", "a: 'it's'", "\ufeffa: 1", "a: \"\\xff\"",
		"- a\n- b", "a: 1\n---\nb: 2", "y: 1\non: 2\n0755: 3\n", "a: .inf", "a: &x [*x]", "a: !!binary aGk=\nb: !!str 1",
		"base: &b {x: 1, z: 2}\nm:\n  <<: *b\n  x: 3", "a: \x00", "a: \xff", "\xff\xfea\x00", "a: +.5\nb: -.5e3\nc: 0b101",
		"{00000}", "{a: 1, no}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := render.ParseVars(layouts.File{Path: "vars.yml", Data: []byte(text)})
		for _, problem := range problems(err) {
			at := new(render.Error)
			if !errors.As(problem, &at) || at.File != "vars.yml" || at.Line < 0 || at.Column < 0 {
				t.Errorf("ParseVars(%q) error = %#v, want a *render.Error in vars.yml", text, problem)
			}
		}
		if err != nil || otherwise.MatchString(text) {
			return
		}
		encoded, err := yaml.YAMLToJSONStrict([]byte(text))
		var want map[string]any
		if err != nil || utiljson.Unmarshal(encoded, &want) != nil {
			return // it is stricter in places
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseVars(%q) mismatch (-want +got):\n%s", text, diff)
		}
	})
}

func problems(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
