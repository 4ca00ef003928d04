package render_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/render"
)

// TestBounds has templates that ask for all the memory or time there is. Each is
// to end with an error, at its line, that says what was too much.
func TestBounds(t *testing.T) {
	t.Parallel()
	const tooLong = "the functions of this template take too long: they are called too often, or given too much"
	often := func(call string) string {
		return `{{ $s := repeat 4000000 "x " }}{{ range until 1000 }}{{ $_ := ` + call + ` }}{{ end }}`
	}
	grow := func(step string) string { return `{{ $x := "xxxxxxxx" }}{{ range until 40 }}` + step + `{{ end }}` }
	tests := []struct{ name, text, want string }{
		{"repeat", `{{ repeat 500000000 "x" }}`, "repeat asks for more than 32 MiB, the bound"},
		{"repeat of nothing, nearly", `{{ repeat 9223372036854775807 "xx" }}`, "repeat asks for more than 32 MiB"},
		{"repeat, not printed", `{{ $x := repeat 20000000 "x" }}`, "repeat makes more than 8 MiB"},
		{"indent", `{{ indent 1000000000 "x" }}`, "indent asks for more than 32 MiB"},
		{"nindent", `{{ nindent 1000000000 "x" }}`, "nindent asks for more than 32 MiB"},
		{"indent of many lines", `{{ repeat 10000 "\n" | indent 100000 }}`, "indent asks for more than 32 MiB"},
		{"until", `{{ range until 2000000000 }}{{ end }}`, "until asks for more than 32 MiB"},
		{"until below zero", `{{ until -2000000000 }}`, "until asks for more than 32 MiB"},
		{"untilStep", `{{ untilStep 0 2000000000 1 }}`, "untilStep asks for more than 32 MiB"},
		{"untilStep past the last integer", `{{ untilStep 0 9223372036854775807 4611686018427387904 }}`,
			"untilStep asks for more than 32 MiB"},
		{"seq", `{{ seq 2000000000 }}`, "seq asks for more than 32 MiB"},
		{"seq of two", `{{ seq 1 2000000000 }}`, "seq asks for more than 32 MiB"},
		{"seq of three", `{{ seq 0 1 2000000000 }}`, "seq asks for more than 32 MiB"},
		{"printf", `{{ repeat 1000 "%999999d" | printf }}`, "printf asks for more than 32 MiB"},
		{"printf of a list", `{{ printf "%999999d" (until 1000) }}`, "printf asks for more than 32 MiB"},
		{"printf, again and again", `{{ printf (repeat 1000 "%[1]s") (repeat 100000 "x") }}`,
			"printf asks for more than 32 MiB"},
		{"print", `{{ $x := repeat 8000000 "x" }}{{ print $x $x $x $x $x }}`, "print is given more than 32 MiB"},
		{"join", `{{ join (repeat 100000 "x") (until 1000) }}`, "join asks for more than 32 MiB"},
		{"replace", `{{ replace "x" (repeat 10000 "x") (repeat 10000 "x") }}`,
			"replace asks for more than 32 MiB"},
		{"wrapWith", `{{ wrapWith 1 (repeat 10000 "x") (repeat 10000 "x") }}`,
			"wrapWith asks for more than 32 MiB"},
		{"regexReplaceAll", `{{ regexReplaceAll "x" (repeat 10000 "x") (repeat 10000 "x") }}`,
			"regexReplaceAll asks for more than 32 MiB"},
		{"regexReplaceAll with groups", `{{ regexReplaceAll "x*" (repeat 10000 "x") (repeat 10000 "$0") }}`,
			"regexReplaceAll asks for more than 32 MiB"},
		{"regexFindAll", `{{ regexFindAll "" (repeat 8000000 "x") -1 }}`,
			"regexFindAll asks for more than 32 MiB"},
		{"split", `{{ split "" (repeat 8000000 "x") }}`, "split asks for more than 32 MiB"},
		{"uniq", `{{ until 100000 | uniq }}`, "uniq asks for more than 32 MiB"},
		{"doubled text", grow(`{{ $x = print $x $x }}`), "print makes more than 8 MiB"},
		{"doubled list", grow(`{{ $x = list $x $x }}`), tooLong},
		{"doubled map", `{{ $x := dict }}{{ range until 40 }}{{ $_ := set $x (print .) $x }}{{ end }}`,
			tooLong},
		{"map that grew elsewhere", `{{ $a := dict }}{{ $b := dict }}
			{{ range until 1000 }}{{ $_ := set $b (print .) "" }}{{ end }}
			{{ $l := list $a $a $a $a $a $a $a $a $a $a }}{{ $_ := set $a "x" (repeat 2000000 "x") }}{{ $l }}`,
			"the value is more than 8 MiB"},
		{"what it prints is all brackets", `x: [{{ repeat 2000000 "[]," }}1]`,
			"YAML: to parse it would take over 96 MiB, the bound"},
		{"documents that are all brackets", `{{ range until 20 }}` + "\n---\n" + `x: [{{ repeat 100000 "[]," }}1]{{ end }}`,
			"YAML: to parse it would take over 96 MiB, the bound"},
		{"all of it", `{{ $l := list }}{{ range until 100 }}{{ $_ := repeat 8000000 "x" }}{{ end }}`,
			"the functions of this template make more than 96 MiB"},
		{"fromYaml of a long text", `{{ len (printf "[%s1]" (repeat 2000000 "[],") | fromYaml) }}`,
			"fromYaml is given more than 1 MiB, the bound"},
		{"fromYaml of lists", `{{ len (printf "[%s1]" (repeat 300000 "[],") | fromYaml) }}`,
			"the functions of this template make more than 96 MiB, the bound"},
		{"fromYaml of maps", `{{ len (printf "[%s1]" (repeat 200000 "{a},") | fromYaml) }}`,
			"the functions of this template make more than 96 MiB, the bound"},
		{"fromYaml of comments", `{{ repeat 200000 "- #\n" | fromYaml }}`,
			"the functions of this template make more than 96 MiB, the bound"},
		{"fromYaml, again and again", `{{ $a := printf "[%s1]" (repeat 50000 "[],") }}` +
			`{{ range until 30 }}{{ $_ := fromYaml $a }}{{ end }}`,
			"the functions of this template make more than 96 MiB, the bound"},
		{"fromYaml of little, again and again", `{{ range until 100000 }}{{ $_ := fromYaml "[]" }}{{ end }}`,
			"the functions of this template make more than 96 MiB, the bound"},
		{"fromJson of a long text", `{{ len (printf "[%s1]" (repeat 2600000 "[],") | fromJson) }}`,
			"fromJson is given more than 1 MiB, the bound"},
		{"mustFromJson, again and again", `{{ $a := printf "[%s1]" (repeat 300000 "[],") }}` +
			`{{ range until 30 }}{{ $_ := mustFromJson $a }}{{ end }}`,
			"the functions of this template make more than 96 MiB, the bound"},
		{"toYaml of a large value", `{{ toYaml (repeat 2000000 "x") }}`, "toYaml is given more than 1 MiB, the bound"},
		{"toYaml, again and again", `{{ $a := until 50000 }}{{ range until 30 }}{{ $_ := toYaml $a }}{{ end }}`,
			"the functions of this template make more than 96 MiB, the bound"},
		{"deep list", `{{ $x := list }}{{ range until 5000 }}{{ $x = list $x }}{{ end }}`,
			"list is given over 1000 maps and lists, one within another"},
		{"aliases", `{{ print "a: &a " (repeat 100000 "x") "\nl: [" (repeat 1000 "*a,") "]" | fromYaml }}`,
			"YAML: the aliases stand for more than 8 MiB"},
		{"aliases in what is rendered", `{{ print "a: &a " (repeat 100000 "x") "\nl: [" (repeat 1000 "*a,") "]" }}`,
			"YAML: the aliases stand for more than 8 MiB"},
		{"aliases of aliases", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n" +
			"c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n" +
			"e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]",
			"YAML: the aliases stand for more than 8 MiB, the bound"},
		{"hashes of a long text", often(`sha512sum $s`), tooLong},
		{"a long text as a number", often(`int $s`), tooLong},
		{"words of a long text", often(`snakecase $s`), tooLong},
		{"comparing long texts", often(`eq $s (printf "%sx" $s)`), tooLong},
		{"comparing long texts twice", `{{ $s := repeat 4000000 "x " }}{{ $t := print $s }}` +
			`{{ range 300000 }}{{ if lt $s $t }}{{ end }}{{ end }}`, tooLong},
		{"a list, again and again", `{{ $l := until 900000 }}{{ range 300000 }}{{ $_ := has -1 $l }}{{ end }}`, tooLong},
		{"copies of what is shared", `{{ $x := list 1 }}{{ range until 17 }}{{ $x = list $x $x }}{{ end }}` +
			`{{ range until 100 }}{{ $_ := deepCopy $x }}{{ end }}`, tooLong},
		{"passwords", `{{ range 1000 }}{{ $_ := derivePassword 1 "long" "p" "u" "s" }}{{ end }}`, tooLong},
		{"printing a list", `{{ $l := splitList "," (repeat 100000 ",") }}{{ range 1000 }}{{ $l }}{{ end }}`, tooLong},
		{"a regular expression with many ways", `{{ regexMatch "(((x{0,10}){0,10}){0,10})y" (repeat 8000000 "x") }}`, tooLong},
		{"a regular expression that looks to the end each time", `{{ regexReplaceAll "x*y|(x)" (repeat 1000000 "x") "" }}`,
			tooLong},
		{"a long regular expression", `{{ regexMatch (repeat 5000 "x") "x" }}`, "the regular expression has over 4096 bytes"},
		{"regular expressions, again and again", `{{ range 300000 }}{{ $_ := regexMatch "(?i)[a-z]+x{100}" "s" }}{{ end }}`, tooLong},
		{"loop", `{{ range 9000000000000 }}{{ end }}`, "stopped after 1000000 steps: is there a loop without an end?"},
		{"loop within a loop", `{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}`,
			"stopped after 1000000 steps"},
		{"output", `{{ range 100000 }}{{ repeat 100 "x" }}{{ end }}`, "the output is over 8388608 bytes (8 MiB)"},
		{"output of an include", `{{ define "x" }}{{ range 100000 }}{{ repeat 100 "x" }}{{ end }}{{ end }}` +
			`{{ $x := include "x" . }}`, "the output is over 8388608 bytes (8 MiB)"},
		{"include of itself", `{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}`,
			"over 100 templates, one within another: does one call itself?"},
		{"template of itself", `{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}`,
			"over 100 templates, one within another: does one call itself?"},
		{"deep stack", `{{ define "x" }}` + nested("{{ if true }}", `{{ template "x" . }}`, "{{ end }}", 900) +
			`{{ end }}{{ template "x" . }}`, "over 100 templates, one within another"},
		{"blocks", nested("{{ if true }}", "x", "{{ end }}", 20_000),
			"over 1000 blocks or parentheses, one within another"},
		{"blocks that are not closed", strings.Repeat("{{ if true }}", 45_000),
			"over 1000 blocks or parentheses, one within another"},
		{"actions", strings.Repeat("{{ 1 }}", 60_000), "over 50000 actions: make several templates of it"},
		{"failing at length", `{{ fail (repeat 8000000 "x") }}`, strings.Repeat("x", 2000) + "…"},
		{"names that nobody set", strings.Repeat("{{ zzz }}\n", 40_000), "there are more problems than are told"},
		{"versions", `{{ range 300000 }}{{ $_ := semverCompare ">1.2 || ~3" "1.2.3" }}{{ end }}`, tooLong},
		{"a long version", `{{ semverCompare (repeat 500000 ">1 || ") "1.2.3" }}`, tooLong},
		{"parentheses", "{{ " + nested("(", "1", ")", 5000) + " }}",
			"over 1000 blocks or parentheses, one within another"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := render.App(t.Context(), load(t, "home/x.yml", "\n"+tt.text), render.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("App(shop) error = %.300v, want %.300s", err, tt.want)
			}
			var at *render.Error
			if !errors.As(err, &at) || at.File != "shop/home/x.yml" || at.Line < 2 {
				t.Errorf("App(shop) error = %.300v, want it at a line of shop/home/x.yml", err)
			}
		})
	}
}

func nested(open, within, end string, depth int) string {
	return strings.Repeat(open, depth) + within + strings.Repeat(end, depth)
}

// TestBoundsLeaveRoom has what is large, but not too large.
func TestBoundsLeaveRoom(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       int // bytes
	}{
		{"repeat", `{{ repeat 1000000 "x" }}`, 1_000_000},
		{"text of 1 MiB", `{{ $x := repeat 1000000 "x" }}{{ indent 2 $x | trim | quote | trimAll "\"" }}`, 1_000_000},
		{"replace", `{{ repeat 100000 "x" | replace "x" "yyyy" }}`, 400_000},
		{"printf", `{{ printf "%s%10s" (repeat 100000 "x") "y" }}`, 100_010},
		{"loop", `{{ range until 10000 }}x{{ end }}`, 10_000},
		{"fromYaml of 900 KB", `{{ repeat 18000 "- name: some-name\n  value: foo bar  # as is\n" |
			fromYaml | len | printf "%d" }}`, 5},
		{"fromJson of 900 KB", `{{ printf "[%s1]" (repeat 40000 "{\"name\": \"some name\"},") |
			fromJson | len | printf "%d" }}`, 5},
		{"toYaml of 900 KB", `{{ repeat 900000 "x" | toYaml }}`, 900_000},
		{"toYaml, often", `{{ range until 5000 }}{{ $_ := toYaml (dict "a" (list 1 2)) }}{{ end }}x`, 1},
		{"uniq", `{{ until 1000 | uniq | len | printf "%d" }}`, 4},
		{"template within template", `{{ template "down" 90 }}`, 90},
		{"many templates, one after another", `{{ range until 1000 }}{{ template "down" 1 }}` +
			`{{ include "down" 1 }}{{ end }}`, 2000},
		{"many branches", "{{ if false }}" + strings.Repeat("{{ else if false }}", 500) + "{{ else }}x{{ end }}", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := eval(t.Context(), t, tt.text, nil, "common/_d.tmpl",
				`{{ define "down" }}x{{ if gt (int .) 1 }}{{ template "down" (sub . 1) }}{{ end }}{{ end }}`)
			if err != nil || len(got) != tt.want {
				t.Errorf("eval makes %d bytes, %v, want %d bytes", len(got), err, tt.want)
			}
		})
	}
}

// That the context ended is told before a bound is: after a million steps, or ten of those
// passwords, the error would be another one.
func TestContextEndsRendering(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text string }{
		{"loop", `{{ range 1000000000 }}{{ end }}`},
		{"loop of what is slow", `{{ range 1000000 }}{{ $_ := derivePassword 1 "long" "p" "u" "s" }}{{ end }}`},
		{"loop in an include", `{{ define "x" }}{{ range 1000000000 }}{{ end }}{{ end }}{{ include "x" . }}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			_, err := render.App(ctx, load(t, "home/x.yml", tt.text), render.Options{})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("App(shop) error = %v, want one that matches context.DeadlineExceeded", err)
			}
		})
	}
}

func TestContextEndedBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	app := load(t, "home/a.yml", configMap("a", "one"), "home/b.yml", configMap("b", "one"))
	objs, err := render.App(ctx, app, render.Options{})
	if err != nil && objs != nil {
		t.Errorf("App(shop) = %d objects and an error, want the error alone", len(objs))
	}
	checkError(t, "App(shop)", err, "context canceled") // once, not for each file
	if _, err := render.Owners(ctx, app, render.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Owners(shop) error = %v, want one that matches context.Canceled", err)
	}
}
