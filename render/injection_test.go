package render_test

import (
	"testing"

	"github.com/slipway-go/slipway/render"
)

// TestInjection prints values that would change how the document around them reads.
func TestInjection(t *testing.T) {
	t.Parallel()
	changes := func(place, value string) string {
		return "shop/home/x.yml:" + place + ": the value of " + value + ", changes the shape of the document: " +
			"print it with quote or toJson; if it is meant to be YAML, with toYaml, indent or nindent"
	}
	const inPartial = "shop/common/_p.tmpl:1:23: the value of v, set in --set, changes the shape of the document: print it with quote " +
		"or toJson; if it is meant to be YAML, with toYaml, indent or nindent"
	const hintList = "; v is a text that looks like a list: to pass the list, write -e '{\"v\": …}' or --set-json v=…"
	tests := []struct {
		name, text string // text is below data: in a ConfigMap; its first line is the sixth
		value      any
		want       string
	}{
		{"a key", "  image: {{ v }}", "x\n  key: y", changes("6:13", "v, set in --set")},
		{"a key, by its field", "  image: {{ .v }}", "x\n  key: y", changes("6:13", "v, set in --set")},
		{"within quotes", `  image: "{{ v }}"`, "x\"\n  key: \"y", changes("6:14", "v, set in --set")},
		{"a key of the same line", "  image: {{ v }}", "a: b", changes("6:13", "v, set in --set")},
		{"another document", "  image: {{ v }}", "x\n---\nkind: Pod", changes("6:13", "v, set in --set")},
		{"a map in braces", "  image: {{ v }}", "{a: b}", changes("6:13", "v, set in --set") + "; v is a text that " +
			"looks like a map: to pass the map, write -e '{\"v\": …}' or --set-json v=…"},
		{"an alias", "  a: &x one\n  image: {{ v }}", "*x",
			"shop/home/x.yml:7:13: the value of v, set in --set, is not what YAML reads there: print it with quote"},
		{"a line of its own", "  p: x\n  {{ v }}", "a: b", changes("7:6", "v, set in --set")},
		{"a format", `  image: {{ printf "%s:%s" "a" v }}`, "x\n  key: y", changes("6:13", "v, set in --set")},
		{"out of a list", "  l: [a, {{ v }}]", "b, c", changes("6:13", "v, set in --set")},
		{"through a function that changes it", "  image: {{ v | lower }}", "x\n  key: y", changes("6:13", "v, set in --set")},
		{"through a condition", "{{ if true }}{{ with v }}\n  image: {{ . }}{{ end }}{{ end }}", "x\n  key: y",
			changes("7:13", "v, set in --set")},
		{"in a partial", `  {{ template "p" . }}`, "x\n  key: y", inPartial},
		{"in an include", `  {{ include "p" . }}`, "x\n  key: y", inPartial},
		{"a list, as Go prints it", "  image: {{ v }}", []string{"a", "b"}, changes("6:13", "v, set in --set")},
		{"a comment", "  image: {{ v }}/x", "a #b",
			"shop/home/x.yml:6:13: the value of v, set in --set, has a # that begins a comment: print it with quote"},

		{"with a literal that is only a blank", `  image: {{ replace "+" " " v }}`, "[a, +b]", changes("6:13", "v, set in --set") +
			hintList},
		{"with a blank, by a variable", `{{ $x := replace "+" " " v }}  image: {{ $x }}`, "[a,+b]", changes("6:42", "v, set in --set") +
			hintList},
		{"a blank at the end", `  image: {{ printf "%s " v }}`, "a", ""},
		{"an image", "  image: {{ v }}", "registry.example.com:5000/shop/home@sha256:0123", ""},
		{"with quote", "  image: {{ v | quote }}", "x\n  key: y", ""},
		{"with toJson", "  image: {{ toJson v }}", "x\n  key: y", ""},
		{"with indent", "  image: |\n{{ v | indent 4 }}", "x\n  key: y", ""},
		{"with nindent, of YAML", "  {{- v | nindent 2 }}", "x: '1'\nkey: y", ""},
		{"with toYaml, in a variable", "{{ $y := toYaml v | indent 2 }}{{ $y }}", map[string]any{"a": "b", "c": "d"}, ""},
		{"a block that keeps it", "  text: |\n    {{ v }}", "one: 'two' # three", ""},
		{"a block with several lines that stay in it", "  text: |\n    {{ v }}", "one\n    two", ""},
		{"quotes that keep it", `  text: "{{ v }}"`, "a: b # c, [d]", ""},
		{"a comment of the template", "  # {{ v }}\n  a: b", "x {y: z}", ""},
		{"what the template writes itself", `  {{ printf "a: %s" v }}`, "b", ""},
		{"a literal of the template", "  {{ \"a: b\" }}", "", ""},
		{"a colon without a blank", "  a: {{ v }}", "http://example.com:80/x?y=1&z=2", ""},
		{"nothing", "  a: {{ v }}", "", ""},
		{"a condition", "  a: {{ if eq v \"x: y\" }}b{{ end }}", "x: y", ""},
		{"not printed", "{{ $_ := v }}  a: b", "x: y\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := load(t, "home/x.yml", "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: x\ndata:\n"+tt.text,
				"common/_p.tmpl", `{{ define "p" }}p: {{ .v }}{{ end }}`)
			_, err := render.App(t.Context(), app, render.Options{
				Values: map[string]any{"v": tt.value}, Origins: map[string]render.Origin{"v": {File: "--set"}},
			})
			checkError(t, "App(shop)", err, tt.want)
		})
	}
}

// TestTexts has what YAML reads as something else than a string where a string is
// wanted, and what is left of a template.
func TestTexts(t *testing.T) {
	t.Parallel()
	pod := func(container string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - " + container
	}
	const (
		wanted = ", and a string is wanted: put it between quotes"
		number = " is a number, not a string: put it between quotes"
	)
	tests := []struct{ name, text, want string }{
		{"env: a boolean word", pod("env: [{name: a, value: NO}]"),
			":6:28: spec.containers[0].env[0].value: YAML reads NO as false" + wanted},
		{"env: on", pod("env: [{name: a, value: on}]"),
			":6:28: spec.containers[0].env[0].value: YAML reads on as true" + wanted},
		{"env: a number", pod("env: [{name: a, value: 8080}]"), ":6:28: spec.containers[0].env[0].value" + number},
		{"env: an octal number", pod("env: [{name: a, value: 0755}]"), ":6:28: spec.containers[0].env[0].value" + number},
		{"env: a number in base 60", pod("env: [{name: a, value: 1:30}]"), ":6:28: spec.containers[0].env[0].value: " +
			"YAML 1.1 takes a text such as 1:30 for a number: put it between quotes"},
		{"env: a value's number", pod("env: [{name: a, value: {{ port }}}]"), ":6:31: spec.containers[0].env[0].value" + number},
		{"args", pod("args: [serve, 8080, yes]"), ":6:19: spec.containers[0].args[1]" + number +
			"\nshop/home/x.yml:6:25: spec.containers[0].args[2]: YAML reads yes as true" + wanted},
		{"label of a pod", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n" +
			"    metadata:\n      labels: {version: 1.10}", ":7:25: spec.template.metadata.labels.version" + number},
		{"selector", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {selector: {v: on}}",
			":4:22: spec.selector.v: YAML reads on as true" + wanted},
		{"label of any kind", "apiVersion: example.com/v1\nkind: X\nmetadata: {name: x, labels: {v: 1:30}}",
			":3:33: metadata.labels.v: YAML 1.1 takes a text such as 1:30 for a number: put it between quotes"},
		{"ConfigMap", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {port: 80}", ":4:14: data.port" + number},
		{"Secret", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {pin: 1234, ok: yes}",
			":4:19: stringData.pin" + number + "\nshop/home/x.yml:4:29: stringData.ok is a boolean, not a string: put it between quotes"},
		{"schedule", "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec: {schedule: 1:30}",
			":4:18: spec.schedule: YAML 1.1 takes a text such as 1:30 for a number: put it between quotes"},

		{"quotes", pod(`env: [{name: a, value: "NO"}, {name: b, value: '8080'}, {name: c, value: "{{ port }}"}]`), ""},
		{"a port", pod("{ports: [{containerPort: 8080}], env: [{name: a, value: {{ port | quote }}}]}"), ""},
		{"no value", pod("env: [{name: a, value: }, {name: b, value: ~}]"), ""},
		{"a short commit", pod("image: repo:12e4567\n    args: [12e4567]"), ""},
		{"a block", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: |\n    yes\n  b: >-\n    1:30", ""},
		{"kinds of others", "apiVersion: example.com/v1\nkind: X\nmetadata: {name: x}\n" +
			"spec: {env: [{value: 1}], args: [on], image: 3, labels: {a: 1}, gridPos: {x: 0, y: 1}}", ""},
		{"Helm's values", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: x}\n" +
			"spec: {values: {podLabels: {a: 1}}}", ""},
		{"a priority", "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: x}\nvalue: 1000", ""},

		{"left over in a value", pod("image: \"{{ image_id }}\""),
			":6:12: spec.containers[0].image: {{ }} is left over: a value holds it, and values are not templates"},
		{"left over in a map", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec:\n  selector:\n" +
			"    {{- toYaml (dict \"app\" image_id) | nindent 4 }}",
			":6:9: spec.selector.app: {{ }} is left over: a value holds it, and values are not templates"},
		{"left over in an argument", pod("args: [{{ quote image_id }}]"),
			":6:15: spec.containers[0].args[0]: {{ }} is left over: a value holds it, and values are not templates"},
		{"no value, printed", pod("image: repo:<no value>"),
			":6:12: spec.containers[0].image: <no value> is left over: a value is not set"},
		{"a brace too much", pod("image: repo:{{ port }}}}"), ":6:12: spec.containers[0].image: }} is left over: take it out"},

		{"another program's template", pod("args: [{{ quote format }}, '{{ \"{{ .State }}\" }}', '{{ print \"{{\" }}end}}']"), ""},
		{"a dashboard", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  annotations: {a: {{ quote image_id }}}\n" +
			"data:\n  a.json: |\n    {{ image_id }} <no value> }}", ""},
		{"a rule of Prometheus", "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: x}\n" +
			"spec: {groups: [{rules: [{annotations: {summary: {{ quote image_id }}}}]}]}", ""},
		{"an agent's template", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n" +
			"    metadata:\n      annotations: {a: {{ quote image_id }}}", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			if want != "" {
				want = "shop/home/x.yml" + want
			}
			_, err := render.App(t.Context(), load(t, "home/x.yml", tt.text), render.Options{
				Values: map[string]any{"port": 80, "image_id": "{{ repo }}:1", "format": "{{.State}} {{range .x}}{{end}}"},
			})
			checkError(t, "App(shop)", err, want)
		})
	}
}
