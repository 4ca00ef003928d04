package values_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/render/values"
)

// FuzzSet sets anything. An escaped name and text come back as they were; two
// arguments are the same as their pairs in one; an argument that makes no sense is an
// error.
func FuzzSet(f *testing.F) {
	f.Add("a.b=c", "d", "e,f")
	f.Add("a[0].b={x,y},c=", "a.b", `\{`)
	f.Add(`a\.b=c\,d`, "g[0]", "{")
	f.Add("a[1]=x,a[0]=y", "=", "\\")
	f.Add("a={", "ü", "a=b c\n")
	f.Fuzz(func(t *testing.T, arg, name, text string) {
		set := func(args ...string) map[string]any {
			got, err := values.Parse(values.Args{Set: args})
			if err != nil {
				return nil
			}
			return got.Values
		}
		one := set(arg)
		if diff := cmp.Diff(one, set(arg, arg)); diff != "" {
			t.Errorf("--set %q twice is not the same as once (-once +twice):\n%s", arg, diff)
		}
		if name == "" {
			return
		}
		pair := escape(name) + "=" + escape(text)
		if diff := cmp.Diff(map[string]any{name: text}, set(pair)); diff != "" {
			t.Errorf("--set %q mismatch (-want +got):\n%s", pair, diff)
		}
		if one == nil || strings.HasSuffix(arg, ",") || strings.HasSuffix(arg, `\`) {
			return
		}
		if diff := cmp.Diff(set(arg, pair), set(arg+","+pair)); diff != "" {
			t.Errorf("--set %q and %q differ from both in one (-two +one):\n%s", arg, pair, diff)
		}
	})
}

// escape puts a backslash before each character that has a meaning.
func escape(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if strings.IndexByte(`\.[]={},`, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// FuzzExtra reads any argument of -e, which gives values or an error.
func FuzzExtra(f *testing.F) {
	f.Add("a=1 b='x y'")
	f.Add("{a: [1, 2], b: {c: yes}}")
	f.Add("@file")
	f.Add("/x")
	f.Fuzz(func(t *testing.T, arg string) {
		got, err := values.Parse(values.Args{Extra: []string{arg}})
		if (err == nil) != (got != nil) {
			t.Errorf("Parse(-e %q) = %v, %v, want one of them", arg, got, err)
		}
		again, errAgain := values.Parse(values.Args{Extra: []string{arg}})
		if diff := cmp.Diff(got, again); diff != "" || (err == nil) != (errAgain == nil) {
			t.Errorf("Parse(-e %q) twice differs: %v, %v:\n%s", arg, err, errAgain, diff)
		}
	})
}
