package values

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-go/slipway/layouts"
)

// extra reads an argument of -e as ansible-playbook does: in the form k=v every value
// is a text.
func (p *parser) extra(text string) error {
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(text, "@"):
		return p.file("-e", text[1:])
	case strings.HasPrefix(trimmed, "{"):
		return p.text(layouts.File{Path: "-e", Data: []byte(text)}, []byte(text))
	case trimmed != "" && (trimmed[0] == '/' || trimmed[0] == '.'):
		return errors.New("a name of a file has an @ before it")
	}
	words, err := splitWords(text)
	if err != nil {
		return err
	}
	pairs := map[string]any{}
	for _, word := range words {
		name, value, ok := strings.Cut(unquote(word), "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return errors.New("one of the words is no k=v pair: write pairs, a map in braces " +
				"(JSON or YAML), or @file")
		}
		pairs[name] = unquote(value)
		p.note(name, "-e")
	}
	p.merge(pairs, nil)
	return nil
}

// splitWords splits at blanks that are neither between quotes nor in a {{ }}, {% %} or {# #},
// as Ansible does.
func splitWords(s string) ([]string, error) {
	var words []string
	var quote rune
	start, depth := -1, 0
	for i, c := range s {
		depth = max(0, depth+blockSign(s[i:]))
		switch {
		case quote == 0 && depth == 0 && strings.ContainsRune(" \t\r\n", c):
			if start >= 0 {
				words = append(words, s[start:i])
			}
			start = -1
			continue
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
		if start < 0 {
			start = i
		}
	}
	switch {
	case quote != 0:
		return nil, fmt.Errorf("quote %c is not closed", quote)
	case depth > 0:
		return nil, errors.New("a {{, {% or {# is not closed")
	case start >= 0:
		words = append(words, s[start:])
	}
	return words, nil
}

// blockSign is 1 where a block of Jinja begins, and -1 where one ends.
func blockSign(s string) int {
	switch s[:min(2, len(s))] {
	case "{{", "{%", "{#":
		return 1
	case "}}", "%}", "#}":
		return -1
	}
	return 0
}

// unquote drops the quotes that all of s is between.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[0] == s[len(s)-1] {
		return s[1 : len(s)-1]
	}
	return s
}
