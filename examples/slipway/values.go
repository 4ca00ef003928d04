package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// valueFlags are the flags that set values. Later ones in this order win.
type valueFlags struct {
	files []string // --values
	extra []string // -e
	set   []string // --set
	json  []string // --set-json
}

func (v *valueFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&v.files, "values", nil, "YAML `file` with values")
	flags.StringArrayVarP(&v.extra, "extra-vars", "e", nil,
		`values as ansible-playbook takes them: "k=v k=v", a map in braces (JSON or YAML), or @file`)
	flags.StringArrayVar(&v.set, "set", nil, "value as `name=text`; dots in the name reach into maps")
	flags.StringArrayVar(&v.json, "set-json", nil, "value as `name=JSON`")
}

func (v *valueFlags) load() (map[string]any, error) {
	values := map[string]any{}
	for _, name := range v.files {
		more, err := readValues("--values", name)
		if err != nil {
			return nil, err
		}
		values = render.MergeValues(values, more)
	}
	for _, arg := range v.extra {
		more, err := parseExtra(arg)
		if err != nil {
			return nil, err
		}
		values = render.MergeValues(values, more)
	}
	for _, arg := range v.set {
		name, text, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, usagef("--set: want name=text")
		}
		values = render.MergeValues(values, nest(name, text))
	}
	for _, arg := range v.json {
		name, text, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, usagef("--set-json: want name=JSON")
		}
		var value any
		if err := utiljson.Unmarshal([]byte(text), &value); err != nil {
			return nil, usagef("--set-json %s: %w: for a plain text use --set", name, err)
		}
		values = render.MergeValues(values, nest(name, value))
	}
	return values, nil
}

func readValues(flag, name string) (map[string]any, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return render.ParseVars(layouts.File{Path: name, Data: data})
}

// parseExtra reads an argument of -e. In the form k=v every value is a text, as
// it is with ansible-playbook.
func parseExtra(arg string) (map[string]any, error) {
	if name, ok := strings.CutPrefix(arg, "@"); ok {
		return readValues("-e", name)
	}
	if strings.HasPrefix(strings.TrimSpace(arg), "{") {
		return render.ParseVars(layouts.File{Path: "-e", Data: []byte(arg)})
	}
	words, err := splitWords(arg)
	if err != nil {
		return nil, usagef("-e: %w", err)
	}
	values := map[string]any{}
	for _, word := range words {
		name, text, ok := strings.Cut(word, "=")
		if !ok || name == "" {
			return nil, usagef("-e: one of the words is no k=v pair: write pairs, a map in braces " +
				"(JSON or YAML), or @file")
		}
		values[name] = text
	}
	return values, nil
}

// splitWords splits at blanks that are not between quotes, and drops the quotes.
func splitWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inWord := false
	for _, c := range s {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inWord = c, true
		case quote == 0 && strings.ContainsRune(" \t\n", c):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("quote %c is not closed", quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// nest returns {"a": {"b": value}} for "a.b".
func nest(name string, value any) map[string]any {
	head, rest, ok := strings.Cut(name, ".")
	if ok {
		value = nest(rest, value)
	}
	return map[string]any{head: value}
}
