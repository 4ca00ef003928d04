package jinja

import (
	"slices"
	"strings"
)

func listFilters() map[string]builtin {
	return map[string]builtin{
		"default": defaultFilter, "d": defaultFilter, "mandatory": mandatoryFilter,
		"type_debug": func(_ *run, v any, _ *args) any { return typeName(v) },
		"ternary":    ternaryFilter, "length": lengthFilter, "count": lengthFilter,
		"first": firstFilter, "last": lastFilter, "join": joinFilter, "list": listFilter,
		"reverse": reverseFilter, "sort": sortFilter, "unique": uniqueFilter, "min": extreme(-1),
		"max": extreme(1), "sum": sumFilter, "batch": batchFilter, "slice": sliceFilter,
		"zip": zipping(false), "zip_longest": zipping(true), "flatten": flattenFilter,
		"product": productFilter, "permutations": permutationsFilter,
		"combinations": combinationsFilter, "items": itemsFilter, "dictsort": dictsortFilter,
		"dict2items": dict2items, "items2dict": items2dict, "combine": combineFilter,
		"extract": extractFilter, "subelements": subelementsFilter, "groupby": groupbyFilter,
	}
}

func defaultFilter(r *run, v any, a *args) any {
	def, empty := a.raw("default_value", ""), a.bool("boolean", false)
	if _, ok := v.(*undefined); ok || empty && !r.truth(v) {
		return def
	}
	return v
}

func mandatoryFilter(r *run, v any, a *args) any {
	message := a.str("msg", "")
	if u, ok := v.(*undefined); ok {
		if message != "" {
			return r.failf("%s", message)
		}
		r.failUndefined(u)
	}
	return v
}

func ternaryFilter(r *run, v any, a *args) any {
	yes, yesOK := a.take("true_val")
	no, noOK := a.take("false_val")
	if !yesOK || !noOK {
		return r.failf("ternary: want a value for true and one for false")
	}
	if none := a.raw("none_val", nil); v == nil && none != nil {
		return none
	}
	if r.truth(v) {
		return yes
	}
	return no
}

func lengthFilter(r *run, v any, _ *args) any {
	n, ok := r.length(v)
	if !ok {
		return r.failf("object of type '%s' has no len()", typeName(v))
	}
	return int64(n)
}

func firstFilter(r *run, v any, _ *args) any {
	if items := r.iterate(v); len(items) > 0 {
		return items[0]
	}
	return &undefined{name: "first", hint: "the list is empty"}
}

func lastFilter(r *run, v any, _ *args) any {
	if items := r.iterate(v); len(items) > 0 {
		return items[len(items)-1]
	}
	return &undefined{name: "last", hint: "the list is empty"}
}

func joinFilter(r *run, v any, a *args) any {
	sep := r.str(a.any("d", ""))
	key := a.any("attribute", nil)
	var parts []string
	total := 0
	for _, item := range r.iterate(v) {
		part := r.str(r.attributeOf(item, key))
		parts = append(parts, part)
		total += len(part)
		if !r.step() {
			return nil
		}
	}
	return r.join(parts, sep, total)
}

// attributeOf returns what a filter's attribute argument selects: a dotted path, or
// an index; the item itself if it is None.
func (r *run) attributeOf(item, key any) any {
	switch key := key.(type) {
	case nil:
		return item
	case string:
		for part := range strings.SplitSeq(key, ".") {
			item = r.item(item, numeral(part), nil)
		}
		return item
	}
	return r.item(item, key, nil)
}

func numeral(part string) any {
	n := int64(0)
	for _, c := range part {
		if c < '0' || c > '9' || n > 1<<40 {
			return part
		}
		n = n*10 + int64(c-'0')
	}
	if part == "" {
		return part
	}
	return n
}

func listFilter(r *run, v any, _ *args) any { return &list{r.iterate(v)} }

func reverseFilter(r *run, v any, _ *args) any {
	items := r.iterate(v)
	slices.Reverse(items)
	if _, ok := v.(string); ok {
		return r.joinStrings(items)
	}
	return &list{items}
}

func sortFilter(r *run, v any, a *args) any {
	reverse, sensitive := a.bool("reverse", false), a.bool("case_sensitive", false)
	return &list{r.sorted(r.iterate(v), reverse, r.keyed(a.any("attribute", nil), sensitive))}
}

// keyed returns what to compare of an item: its attributes, in lower case unless
// case counts.
func (r *run) keyed(attribute any, sensitive bool) func(any) any {
	fold := func(v any) any {
		if s, ok := v.(string); ok && !sensitive {
			return strings.ToLower(s)
		}
		return v
	}
	return func(item any) any {
		names, ok := attribute.(string)
		if !ok || !strings.Contains(names, ",") {
			return fold(r.attributeOf(item, attribute))
		}
		var key tuple
		for name := range strings.SplitSeq(names, ",") {
			key = append(key, fold(r.attributeOf(item, name)))
		}
		return key
	}
}

// sorted returns items in order, by key if it is there. Equal ones keep theirs.
func (r *run) sorted(items []any, reverse bool, key func(any) any) []any {
	type entry struct{ key, item any }
	entries := make([]entry, len(items))
	for i, item := range items {
		entries[i] = entry{item, item}
		if key != nil {
			entries[i].key = key(item)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		order, ok := r.order(a.key, b.key)
		if !ok && r.err == nil {
			r.failf("cannot sort: '<' not supported between instances of '%s' and '%s'",
				typeName(a.key), typeName(b.key))
		}
		if reverse {
			return -order
		}
		return order
	})
	out := make([]any, len(items))
	for i, e := range entries {
		out[i] = e.item
	}
	return out
}

func uniqueFilter(r *run, v any, a *args) any {
	sensitive := a.bool("case_sensitive", false)
	key := r.keyed(a.any("attribute", nil), sensitive)
	return &list{r.unique(r.iterate(v), key)}
}

// unique returns the first of items with equal keys.
func (r *run) unique(items []any, key func(any) any) []any {
	seen := newDict()
	var odd, out []any // odd cannot be hashed
	for _, item := range items {
		if !r.step() {
			return nil
		}
		k := key(item)
		r.defined(k)
		if _, ok := hashKey(k); ok {
			if _, dup := seen.get(k); dup {
				continue
			}
			seen.set(k, nil)
		} else if r.indexOf(odd, k) >= 0 {
			continue
		} else {
			odd = append(odd, k)
		}
		out = append(out, item)
	}
	return out
}

// extreme makes min and max.
func extreme(sign int) builtin {
	return func(r *run, v any, a *args) any {
		sensitive := a.bool("case_sensitive", false)
		items := r.sorted(r.iterate(v), sign > 0, r.keyed(a.any("attribute", nil), sensitive))
		if len(items) == 0 {
			return &undefined{name: "min or max", hint: "the list is empty"}
		}
		return items[0]
	}
}

func sumFilter(r *run, v any, a *args) any {
	key, total := a.any("attribute", nil), a.any("start", int64(0))
	for _, item := range r.iterate(v) {
		if total = r.binary("+", total, r.attributeOf(item, key)); r.err != nil {
			return nil
		}
	}
	return total
}

func batchFilter(r *run, v any, a *args) any {
	size := a.int("linecount", 1)
	fill := a.any("fill_with", nil)
	if size < 1 {
		return r.failf("batch: the size must be at least 1")
	}
	out := &list{}
	for chunk := range slices.Chunk(r.iterate(v), size) {
		if !r.collect(len(chunk) + 2) {
			return nil
		}
		chunk = slices.Clone(chunk)
		if missing := size - len(chunk); fill != nil && missing > 0 && r.collect(missing) {
			chunk = append(chunk, slices.Repeat([]any{fill}, missing)...)
		}
		out.items = append(out.items, &list{chunk})
	}
	return out
}

func sliceFilter(r *run, v any, a *args) any {
	count := a.int("slices", 1)
	fill := a.any("fill_with", nil)
	items := r.iterate(v)
	if count < 1 || !r.collect(times(2, count)) {
		return r.failf("slice: bad number of slices")
	}
	size, extra := len(items)/count, len(items)%count
	out, start := &list{}, 0
	for i := range count {
		end := start + size
		if i < extra {
			end++
		}
		chunk := slices.Clone(items[start:end])
		if fill != nil && i >= extra {
			chunk = append(chunk, fill)
		}
		out.items = append(out.items, &list{chunk})
		start = end
	}
	return out
}

func flattenFilter(r *run, v any, a *args) any {
	levels := a.int("levels", -1)
	out := &list{}
	r.flatten(out, r.iterate(v), levels, a.bool("skip_nulls", true))
	return out
}

func (r *run) flatten(out *list, items []any, levels int, skip bool) {
	if !r.enter() {
		return
	}
	defer r.leave()
	for _, item := range items {
		if skip && (item == nil || isString(item, "None", "null")) {
			continue
		}
		inner, ok := sequence(item)
		if ok && levels != 0 {
			r.flatten(out, inner, levels-1, skip)
			continue
		}
		if out.items = append(out.items, item); !r.collect(1) || !r.step() {
			return
		}
	}
}

func isString(v any, among ...string) bool {
	s, ok := v.(string)
	return ok && slices.Contains(among, s)
}
