package jinja_test

import (
	"strings"
	"testing"
	"time"
)

// Each of these ends soon, with an error.
func TestBounds(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"loop":           "{% for i in range(2000000000) %}{% endfor %}",
		"loops":          "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
		"repeat":         "{{ 'x' * 500000000 }}",
		"repeat list":    "{{ [1] * 500000000 }}",
		"repeat more":    "{{ 'x' * 9223372036854775807 }}",
		"doubling":       "{% set ns = namespace(x='x') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
		"doubling list":  "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
		"to_json bomb":   "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | to_json }}",
		"to_yaml bomb":   "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | to_yaml }}",
		"equal bomb":     "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
		"flatten bomb":   "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | flatten }}",
		"own self":       "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
		"own self equal": "{% set l = [] %}{% set _ = l.append(l) %}{% set m = [] %}{% set _ = m.append(m) %}{{ l == m }}",
		"own self json":  "{% set d = {} %}{% set _ = d.update(a=d) %}{{ d | to_json }}",
		"recursion":      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
		"include":        "{% include 't.j2' %}",
		"extends":        "{% extends 't.j2' %}",
		"super":          "{% block a %}{{ self.a() }}{% endblock %}",
		"wordwrap":       "{{ ('a ' * 4000000) | wordwrap(1) }}",
		"wordwrap words": "{{ ('a-' * 4000000) | wordwrap(99) }}",
		"template":       "{{ lookup('template', 't.j2') }}",
		"indent":         "{{ 'x' | indent(999999999, true) }}",
		"center":         "{{ 'x' | center(999999999) }}",
		"percent":        "{{ '%999999999d' % 1 }}",
		"format":         "{{ '{:999999999}'.format(1) }}",
		"replace":        "{{ ('a' * 100000) | replace('', 'b' * 100000) }}",
		"join":           "{{ range(100000) | join('x' * 100000) }}",
		"power":          "{{ 9 ** 9 ** 9 }}",
		"product":        "{{ range(1000) | product(range(1000), range(1000)) | list }}",
		"permutations":   "{{ range(20) | permutations | list | length }}",
		"regex":          "{{ ('a' * 5000) | regex_replace('(a+)+b', '') }}",
		"regex blow-up":  "{{ ('a' * 100000) | regex_replace('a', 'b' * 1000) }}",
		"batch":          "{{ [1] | batch(999999999, 'x') | list }}",
		"slices":         "{{ [1] | slice(999999999) | list }}",
		"brackets":       "{{ " + strings.Repeat("[", 100_000) + " }}",
		"ifs":            strings.Repeat("{% if 1 %}", 1_000_000),
		"nots":           "{{ " + strings.Repeat("not ", 1_000_000) + "1 }}",
		"minuses":        "{{ " + strings.Repeat("-", 1_000_000) + "1 }}",
		"sum":            "{{ 1" + strings.Repeat("+1", 1_000_000) + " }}",
		"attributes":     "{{ x" + strings.Repeat(".a", 1_000_000) + " }}",
		"filters":        "{{ 1" + strings.Repeat("|string", 1_000_000) + " }}",
		"from_json":      "{{ ('[' * 1000000) | from_json }}",
		"from_yaml":      "{{ ('[' * 1000000) | from_yaml }}",
		"aliases":        "{{ \"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\" | from_yaml }}",
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := rendered(t.Context(), src, "")
			if err == nil {
				t.Error("Render has no error")
			} else if text := err.Error(); strings.Contains(text, "internal") || len(text) > 2000 {
				t.Errorf("Render error = %.2000v", err)
			}
			if took := time.Since(start); took > 2*time.Minute { // a second, alone and without the race detector
				t.Errorf("Render takes %v", took)
			}
		})
	}
}

// What is parsed takes far more memory and time than its text.
func TestBoundsOfParsing(t *testing.T) {
	t.Parallel()
	const many = "the values made on the way have more than 96 MiB, the bound"
	const long = "stopped after 1000000 steps: is there a loop without an end, or too much text?"
	each := func(text, filter string) string {
		return "{% set a = " + text + " %}{% set l = [] %}{% for i in range(30) %}" +
			"{% set _ = l.append(a | " + filter + ") %}{% endfor %}"
	}
	tests := []struct{ name, src, want string }{
		{"long YAML", "{{ ('[' ~ '[],' * 2600000 ~ '1]') | from_yaml | length }}",
			"from_yaml: the text has more than 1 MiB, the bound"},
		{"long documents", "{{ ('x: [1,2]\n' * 900000) | from_yaml_all | list | length }}",
			"from_yaml_all: the text has more than 1 MiB, the bound"},
		{"long JSON", "{{ ('[' ~ '[],' * 2600000 ~ '1]') | from_json | length }}",
			"from_json: the text has more than 1 MiB, the bound"},
		{"YAML of 1 MiB, all lists", "{{ ('[' ~ '[],' * 340000 ~ '1]') | from_yaml | length }}", many},
		{"YAML of 1 MiB, all maps", "{{ ('[' ~ '{a},' * 250000 ~ '1]') | from_yaml | length }}", many},
		{"YAML of 1 MiB, all nulls", "{{ ('-\n' * 500000) | from_yaml | length }}", many},
		{"YAML of 1 MiB, all comments", "{{ ('- #\n' * 250000) | from_yaml | length }}", many},
		{"YAML again and again", each("'[' ~ '[],' * 100000 ~ '1]'", "from_yaml"), many},
		{"documents again and again", each("'x: [1,2]\n' * 40000", "from_yaml_all | list"), many},
		{"JSON again and again", each("'[' ~ '[],' * 300000 ~ '1]'", "from_json"), many},
		{"JSON of maps again and again", each("'[' ~ '{\"\":1},' * 100000 ~ '1]'", "from_json"), many},
		{"short YAML again and again",
			"{% for i in range(300000) %}{% set q = '[]' | from_yaml %}{% endfor %}", many},
		{"short JSON again and again",
			"{% for i in range(300000) %}{% set q = '[]' | from_json %}{% endfor %}", many},
		{"long texts", each("'ab' * 4000000", "replace('x', 'y')"), long},
		{"hashes of long texts", each("'ab' * 4000000", "hash('sha512')"), long},
		{"quoting long texts", each("'ab' * 4000000", "quote"), long},
		{"YAML of long texts", each("'ab ' * 2000000", "to_nice_yaml"), long},
		{"a text in a text", "{% set a = 'x' * 4000000 %}{% for i in range(9000) %}{{ (a ~ 'y') in a }}{% endfor %}", long},
		{"many words", "{{ ('a ' * 4000000).split() | length }}", "a value has more than 8 MiB, the bound"},
		{"many parts", "{{ ('a,' * 4000000).split(',') | length }}", "a value has more than 8 MiB, the bound"},
		{"words of a long text", each("'a ' * 4000000", "wordcount"), long},
		{"wrapping a long text", "{{ ('a ' * 4000000) | wordwrap(1) }}", "the regular expression takes too long on this text"},
		{"tabs", "{{ ('\\t' * 100000).expandtabs(1000000) | length }}", "a value has more than 8 MiB, the bound"},
		{"a format of many fields", "{{ ('{0}' * 100000).format('x' * 8000000) | length }}",
			"a value has more than 8 MiB, the bound"},
		{"stripping by a long text", each("'ab' * 4000000", "trim('ba' * 4000000)"), long},
		{"lists without lists", "{% set a = {'a': range(100000) | list} %}{{ a | combine(a, list_merge='append_rp') }}", long},
		{"permutations", "{{ range(1000) | permutations(3) | list | length }}", "the bound"},
		{"combinations", "{{ range(100) | combinations(50) | list | length }}", "the bound"},
		{"a long regular expression", "{{ 'x' | regex_search('x' * 1000000) }}",
			"the regular expression has over 32768 bytes"},
		{"a regular expression that looks back", "{{ ('x' * 8000000) | regex_search('(x*)\\\\1y') }}",
			"the regular expression takes too long on this text"},
		{"a long version", "{{ ('1.' * 1000000) is version('1.', '>') }}", "version: it has over 1000 bytes"},
		{"long texts that are kept", "{% set a = 'ab' * 4000000 %}{% set l = [] %}{% for i in range(30) %}" +
			"{% set _ = l.append(a ~ i) %}{% endfor %}", many},
		{"deep YAML without aliases", "{{ ('[' * 2000 ~ ']' * 2000) | from_yaml }}",
			"YAML: over 1000 lists and maps, one within another"},
		{"aliases", "{{ ('- &a ' ~ 'x' * 100000 ~ '\n- *a' * 1000) | from_yaml }}",
			"YAML: the text, with what its aliases stand for, makes more than 32 MiB, the bound"},
		{"aliases again and again", each("'- &a ' ~ 'x' * 100000 ~ '\n- *a' * 200", "from_yaml"), many},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := rendered(t.Context(), tt.src, "")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Render error = %.300v, want %s", err, tt.want)
			}
		})
	}
}

// What people have is within the bounds.
func TestBoundsOfParsingLeaveRoom(t *testing.T) {
	t.Parallel()
	const env = "{% set env = '  - name: some-name\n    value: foo bar  # as is\n' * 18000 %}"
	tests := []struct{ name, src, want string }{
		{"YAML of 900 KB", env + "{{ ('x:\n' ~ env) | from_yaml | dict2items | length }}", "1"},
		{"JSON of 900 KB",
			"{{ ('[' ~ '{\"name\": \"some name\"},' * 40000 ~ '1]') | from_json | length }}", "40001"},
		{"many short texts", "{% for i in range(5000) %}{% set q = '{\"a\": [1]}' | from_json %}{% endfor %}x", "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := rendered(t.Context(), tt.src, ""); err != nil || got != tt.want {
				t.Errorf("Render = %.100q, %.300v, want %q", got, err, tt.want)
			}
		})
	}
}
