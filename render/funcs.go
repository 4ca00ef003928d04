package render

import (
	"encoding/base32"
	"encoding/base64"
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
	merge, overwrite := copying(funcs["mustMerge"]), copying(funcs["mustMergeOverwrite"])
	maps.Copy(funcs, template.FuncMap{
		// Sprig returns these in the order of a Go map, which is none.
		"keys": sortedKeys, "values": sortedValues,
		// Sprig's store the argument itself, so that a map could hold itself, which
		// crashes the process when it is printed.
		"set": setCopy, "merge": merge, "mustMerge": merge,
		"mergeOverwrite": overwrite, "mustMergeOverwrite": overwrite,
		// Sprig's return the error's text, or null.
		"b64dec": decodeWith(base64.StdEncoding.DecodeString), "fromJson": funcs["mustFromJson"],
		"b32dec": decodeWith(base32.StdEncoding.DecodeString),
		// Sprig's sorts in place what it is given.
		"sortAlpha": sortingCopy(funcs["sortAlpha"]),
		"toYaml":    toYAML, "fromYaml": fromYAML, "required": required,
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

// decodeWith returns decode with a string for bytes.
func decodeWith(decode func(string) ([]byte, error)) func(string) (string, error) {
	return func(text string) (string, error) {
		data, err := decode(text)
		return string(data), err
	}
}

// sortingCopy returns sorted with its argument copied.
func sortingCopy(sorted any) func(list any) []string {
	f := sorted.(func(any) []string)
	return func(list any) []string {
		if strings, ok := list.([]string); ok {
			list = slices.Clone(strings)
		}
		return f(list)
	}
}

func toYAML(value any) (string, error) {
	text, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(text), "\n"), err
}

func fromYAML(text string) (any, error) {
	value, spots := parseYAML([]byte(text))
	if len(spots) > 0 {
		return nil, spots[0]
	}
	return value, nil
}

// required returns value, or an error with the message if it is nil or "".
func required(message string, value any) (any, error) {
	if value == nil || value == "" {
		return nil, errors.New(message)
	}
	return value, nil
}
