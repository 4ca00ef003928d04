package jinja

import (
	"maps"
	"slices"
)

// Names returns the names that templates know, by their kinds.
func Names() map[string][]string {
	lib := builtins()
	names := map[string][]string{"lookup": append(slices.Collect(maps.Keys(combining)), lookupNames...)}
	for kind, table := range map[string]map[string]builtin{
		"filter": lib.filters, "test": lib.tests, "global": lib.globals,
		"method of str": lib.strings, "method of list": lib.lists, "method of dict": lib.dicts,
	} {
		names[kind] = slices.Collect(maps.Keys(table))
	}
	return names
}
