package render_test

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzRegex finds what package regexp finds, by counted steps.
func FuzzRegex(f *testing.F) {
	for _, pattern := range []string{
		"", "a", "a*", "(a)|b", `\b`, `^`, `(?m)^.`, `(?m)$`, `\Ba`, `(?i)(A)(b)?`, `x*y|(x)`, `\Qa.b`, `[^a]+?`,
		`\A`, `\z`, `(?P<n>a+)b?`, `.`, `(?s).+`, `ü|\pL`, `(`, `a{2}(?U)b*`,
	} {
		f.Add(pattern, "aab ab\nüa.bx", "<$1$n${0}>", 2)
		f.Add(pattern, "", "x", -1)
	}
	f.Fuzz(func(t *testing.T, pattern, text, with string, n int) {
		for _, s := range []string{pattern, text, with} {
			if !utf8.ValidString(s) || len(s) > 200 {
				t.Skip("not one of the values that templates have")
			}
		}
		re, err := regexp.Compile(pattern)
		got, gotErr := eval(t.Context(), t, `{{ b64enc (toJson (list (regexMatch .p .s) (regexFind .p .s)
			(regexFindAll .p .s (int .n)) (regexReplaceAll .p .s .w) (regexReplaceAllLiteral .p .s .w)
			(mustRegexSplit .p .s (int .n)))) }}`, map[string]any{"p": pattern, "s": text, "w": with, "n": n})
		if (err == nil) != (gotErr == nil) {
			t.Fatalf("the functions of %q have the error %v, want %v", pattern, gotErr, err)
		}
		if err != nil {
			return
		}
		want, err := json.Marshal([]any{
			re.MatchString(text), re.FindString(text), re.FindAllString(text, n), re.ReplaceAllString(text, with),
			re.ReplaceAllLiteralString(text, with), re.Split(text, n),
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(base64.StdEncoding.EncodeToString(want), got); diff != "" {
			t.Errorf("the functions of %q differ from package regexp's (-want +got):\n%s", pattern, diff)
		}
	})
}
