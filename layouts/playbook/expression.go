package playbook

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// setting returns the tags that set the variable in a template; false if there are none.
func (v variable) setting() (string, bool) {
	text, isText := v.value.(string)
	if isText && usesJinja(text) && !strings.HasPrefix(text, "\n") && !v.hasTag() {
		if inner, ok := lone(text); ok {
			return "{% set " + v.name + " = " + strings.TrimSpace(inner) + " %}\n", true
		}
		return "{% set " + v.name + " %}" + text + "{% endset %}\n", true
	}
	value, ok := v.expression()
	return "{% set " + v.name + " = " + value + " %}\n", ok
}

// hasTag reports whether the value has a tag of Ansible's own.
func (v variable) hasTag() bool {
	return slices.ContainsFunc([]node{v.field.value, v.item}, func(n node) bool {
		return n.Node != nil && hasTag(n.Node)
	})
}

// expression returns the value as an expression of Jinja, with maps in the order that they
// are written in; false if there is none.
func (v variable) expression() (string, bool) {
	switch {
	case v.hasTag():
		return "", false
	case v.item.Node != nil:
		return v.item.expression()
	case v.field.value.Node != nil:
		return v.field.value.expression()
	}
	return expression(v.value)
}

func (n node) expression() (string, bool) {
	n = n.resolved()
	var parts []string
	switch n.Kind {
	case goyaml.SequenceNode:
		for _, item := range n.items() {
			text, ok := item.expression()
			if !ok {
				return "", false
			}
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	case goyaml.MappingNode:
		for _, f := range n.fields() {
			if f.key.Tag != "!!str" {
				return expression(n.decoded())
			}
			text, ok := f.value.expression()
			if !ok {
				return "", false
			}
			parts = append(parts, literal(f.name)+": "+text)
		}
		return "{" + strings.Join(parts, ", ") + "}", true
	}
	return expression(n.decoded())
}

// expression returns a value as an expression of Jinja, with maps in the order of their
// keys; false if there is none.
func expression(value any) (string, bool) {
	var parts []string
	switch value := value.(type) {
	case nil:
		return "none", true
	case bool:
		return strconv.FormatBool(value), true
	case int, int64:
		return fmt.Sprint(value), true
	case float64:
		text := strconv.FormatFloat(value, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text, !strings.ContainsAny(text, "IN") // infinite, or no number
	case string:
		return textExpression(value)
	case []any:
		for _, item := range value {
			text, ok := expression(item)
			if !ok {
				return "", false
			}
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			text, ok := expression(value[name])
			if !ok {
				return "", false
			}
			parts = append(parts, literal(name)+": "+text)
		}
		return "{" + strings.Join(parts, ", ") + "}", true
	}
	return "", false
}

// bracePattern finds expressions within a text; texts in them may have braces.
var bracePattern = regexp.MustCompile(`\{\{((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"{}]|\{[^{}]*\})*)\}\}`)

// textExpression returns a text that may have expressions in it as one.
func textExpression(text string) (string, bool) {
	if !usesJinja(text) {
		return literal(text), true
	}
	var parts []string
	at := 0
	for _, m := range bracePattern.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			parts = append(parts, literal(text[at:m[0]]))
		}
		parts = append(parts, "("+strings.TrimSpace(strings.Trim(text[m[2]:m[3]], "-"))+")")
		at = m[1]
	}
	if usesJinja(text[at:]) || usesJinja(bracePattern.ReplaceAllString(text, "")) {
		return "", false
	}
	if at < len(text) {
		parts = append(parts, literal(text[at:]))
	}
	return strings.Join(parts, " ~ "), true
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`,
	"{{", `{' '{`, "{%", `{' '%`, "{#", `{' '#`, "}}", `}' '}`, "%}", `%' '}`)

// literal returns a text as Jinja writes one.
func literal(text string) string { return "'" + escapes.Replace(text) + "'" }
