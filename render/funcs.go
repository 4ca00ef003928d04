package render

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
)

// impure are the functions of sprig's hermetic map that still depend on the
// clock, the time zone, randomness or the operating system, or that are of use
// only with such.
var impure = []string{
	"ago", "toDate", "mustToDate", "mustDateModify", "must_date_modify", "unixEpoch", "durationRound",
	"randInt", "shuffle", "bcrypt", "htpasswd", "encryptAES", "decryptAES",
	"genCA", "genCAWithKey", "genPrivateKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
	"genSignedCert", "genSignedCertWithKey", "buildCustomCert",
	"osBase", "osClean", "osDir", "osExt", "osIsAbs", "hello",
}

// functions returns the functions of templates: sprig's pure ones, some of them
// tamed, and those that Helm has taught people to expect.
func functions() template.FuncMap {
	funcs := sprig.HermeticTxtFuncMap()
	for _, name := range impure {
		delete(funcs, name)
	}
	maps.Copy(funcs, template.FuncMap{
		// Sprig returns these in the order of a Go map, which is none.
		"keys": sortedKeys, "values": sortedValues,
		// Sprig's store the argument itself, so that a map could hold itself, which
		// crashes the process when it is printed.
		"set": setCopy, "merge": copying(funcs["mustMerge"]), "mergeOverwrite": copying(funcs["mustMergeOverwrite"]),
		"mustMerge": copying(funcs["mustMerge"]), "mustMergeOverwrite": copying(funcs["mustMergeOverwrite"]),
		"toYaml": toYAML, "fromYaml": fromYAML, "required": required,
	})
	return funcs
}

// Functions returns the names of the functions that templates have, sorted. Those
// of text/template itself, such as printf and index, come on top.
func Functions() []string {
	names := slices.Collect(maps.Keys(functions()))
	return slices.Sorted(slices.Values(append(names, "include")))
}

func sortedKeys(dicts ...map[string]any) []string {
	var names []string
	for _, dict := range dicts {
		names = append(names, slices.Sorted(maps.Keys(dict))...)
	}
	return names
}

// sortedValues returns the values in the order of their keys.
func sortedValues(dict map[string]any) []any {
	values := make([]any, 0, len(dict))
	for _, name := range slices.Sorted(maps.Keys(dict)) {
		values = append(values, dict[name])
	}
	return values
}

func setCopy(dict map[string]any, name string, value any) map[string]any {
	dict[name] = copyValue(value)
	return dict
}

// copying returns merge with its sources copied.
func copying(merge any) func(dst map[string]any, srcs ...map[string]any) (any, error) {
	f := merge.(func(map[string]any, ...map[string]any) (any, error))
	return func(dst map[string]any, srcs ...map[string]any) (any, error) {
		copies := make([]map[string]any, len(srcs))
		for i, src := range srcs {
			copies[i], _ = copyValue(src).(map[string]any)
		}
		return f(dst, copies...)
	}
}

func toYAML(value any) (string, error) {
	text, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(text), "\n"), err
}

func fromYAML(text string) (any, error) {
	value, err := parseYAML([]byte(text))
	if err != nil {
		_, err = yamlLine(err)
	}
	return value, err
}

// required returns value, or an error with the message if it is nil or "".
func required(message string, value any) (any, error) {
	if value == nil || value == "" {
		return nil, errors.New(message)
	}
	return value, nil
}
