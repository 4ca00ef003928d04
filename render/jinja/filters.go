package jinja

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/slipway-go/slipway/internal/nearest"
)

// lenient are the filters that may be given an undefined value.
var lenient = map[string]bool{
	"default": true, "d": true, "mandatory": true, "type_debug": true, "items": true,
}

// tables are what templates can name.
type tables struct {
	filters, tests, globals, strings, lists, dicts map[string]builtin
}

var library struct {
	once sync.Once
	tables
}

// builtins returns the tables. What depends on the clock, randomness, the machine or
// its users is not in them.
func builtins() *tables {
	library.once.Do(func() {
		all := map[string]builtin{}
		for _, table := range []map[string]builtin{
			textFilters(), listFilters(), selectFilters(), dataFilters(), pathFilters(),
			numberFilters(), setFilters(),
		} {
			maps.Copy(all, table)
		}
		library.tables = tables{all, testTable(), globalTable(), stringTable(), listTable(), dictTable()}
	})
	return &library.tables
}

// prefixes are the collections whose filters, tests and lookups are here.
var prefixes = []string{"ansible.builtin.", "ansible.legacy.", "ansible.utils.",
	"community.general.", "kubernetes.core."}

// shortName returns a name without its collection.
func shortName(name string) string {
	for _, prefix := range prefixes {
		if short, ok := strings.CutPrefix(name, prefix); ok {
			return short
		}
	}
	return name
}

func keys[V any](m map[string]V) []string { return slices.Collect(maps.Keys(m)) }

func hint[V any](name string, known map[string]V) string {
	return nearest.Hint(name, keys(known))
}

// onText makes a filter of a function of strings.
func onText(f func(string) string) builtin {
	return func(r *run, v any, _ *args) any { return r.made1(f(r.str(v))) }
}

// ofString makes a filter that takes strings only.
func ofString(f builtin) builtin {
	return func(r *run, v any, a *args) any {
		if _, ok := v.(string); !ok {
			return r.failf("want a string, have %s: use the filter string before this one", typeName(v))
		}
		return f(r, v, a)
	}
}

// method makes a filter of a method of strings.
func method(f builtin) builtin {
	return func(r *run, v any, a *args) any { return f(r, r.str(v), a) }
}
