package jinja

import (
	"slices"
	"strings"
)

// zipping makes zip and zip_longest, whose rows are filled up with fillvalue.
func zipping(longest bool) builtin {
	return func(r *run, v any, a *args) any {
		lists := [][]any{r.iterate(v)}
		var fill any
		if longest {
			fill, _ = a.takeNamed("fillvalue")
		}
		for _, other := range a.rest() {
			lists = append(lists, r.iterate(other))
		}
		return &list{r.zip(lists, longest, fill)}
	}
}

// zip returns tuples of the items that stand at the same place.
func (r *run) zip(lists [][]any, longest bool, fill any) []any {
	n := len(lists[0])
	for _, l := range lists {
		if longest {
			n = max(n, len(l))
		} else {
			n = min(n, len(l))
		}
	}
	if !r.collect(times(len(lists), n)) {
		return nil
	}
	rows := make([]any, n)
	for i := range rows {
		row := make(tuple, len(lists))
		for j, l := range lists {
			row[j] = fill
			if i < len(l) {
				row[j] = l[i]
			}
		}
		rows[i] = row
	}
	return rows
}

func productFilter(r *run, v any, a *args) any {
	repeat := 1
	if n, ok := a.takeNamed("repeat"); ok {
		i, _ := n.(int64)
		repeat = int(min(i, 30))
	}
	lists := [][]any{r.iterate(v)}
	for _, other := range a.rest() {
		lists = append(lists, r.iterate(other))
	}
	all := lists
	for range repeat - 1 {
		all = append(all, lists...)
	}
	return &list{r.product(all)}
}

// product returns the tuples of one item of each list.
func (r *run) product(all [][]any) []any {
	rows := []any{tuple{}}
	for _, l := range all {
		var next []any
		if !r.collect(times(len(all)+2, times(len(rows), len(l)))) {
			return nil
		}
		for _, row := range rows {
			for _, item := range l {
				next = append(next, append(slices.Clone(row.(tuple)), item))
			}
		}
		rows = next
	}
	return rows
}

// asDict returns v if it is a dict.
func (r *run) asDict(what string, v any) *dict {
	d, ok := v.(*dict)
	if !ok {
		r.failf("%s: want a dict, have %s", what, typeName(v))
		return newDict()
	}
	return d
}

func itemsFilter(r *run, v any, _ *args) any {
	if _, ok := v.(*undefined); ok {
		return &list{}
	}
	return &list{r.asDict("items", v).items()}
}

func dictsortFilter(r *run, v any, a *args) any {
	sensitive, by := a.bool("case_sensitive", false), a.str("by", "key")
	index := int64(slices.Index([]string{"key", "value"}, by))
	if index < 0 {
		return r.failf("dictsort: by must be key or value")
	}
	reverse := a.bool("reverse", false)
	return &list{r.sorted(r.asDict("dictsort", v).items(), reverse, r.keyed(index, sensitive))}
}

func dict2items(r *run, v any, a *args) any {
	key, value := a.str("key_name", "key"), a.str("value_name", "value")
	d, out := r.asDict("dict2items", v), &list{}
	for i, k := range d.keys {
		out.items = append(out.items, dictOf(key, k, value, d.vals[i]))
	}
	return out
}

func items2dict(r *run, v any, a *args) any {
	key, value := a.str("key_name", "key"), a.str("value_name", "value")
	out := newDict()
	if _, isString := v.(string); isString {
		return r.failf("items2dict: want a list, have str")
	}
	for _, item := range r.iterate(v) {
		d := r.asDict("items2dict", item)
		k, kOK := d.get(key)
		val, vOK := d.get(value)
		if !kOK || !vOK {
			return r.failf("items2dict: want the keys %q and %q in each dict", key, value)
		}
		out.set(k, val)
	}
	return out
}

func combineFilter(r *run, v any, a *args) any {
	recursive, _ := a.takeNamed("recursive")
	merge, ok := a.takeNamed("list_merge")
	how := "replace"
	if ok {
		how = r.str(merge)
	}
	flat := &list{}
	r.flatten(flat, append([]any{v}, a.rest()...), 1, true)
	r.everyDefined(flat)
	switch len(flat.items) {
	case 0:
		return newDict()
	case 1:
		return flat.items[0]
	}
	last := len(flat.items) - 1
	result := r.asDict("combine", flat.items[last])
	for i := last - 1; i >= 0 && r.err == nil; i-- { // in this order, as it decides that of keys
		result = r.combine(r.asDict("combine", flat.items[i]), result, r.truth(recursive), how)
	}
	return result
}

// everyDefined fails if anything in v is undefined.
func (r *run) everyDefined(v any) {
	if !r.enter() {
		return
	}
	defer r.leave()
	r.defined(v)
	switch v := v.(type) {
	case *list:
		for _, item := range v.items {
			r.everyDefined(item)
		}
	case *dict:
		for _, item := range v.vals {
			r.everyDefined(item)
		}
	}
}

// combine returns base with over laid upon it.
func (r *run) combine(base, over *dict, recursive bool, lists string) *dict {
	if !r.work(size(base)) || !r.enter() {
		return base
	}
	defer r.leave()
	if r.equalDicts(base, over) {
		base = over // with its order
	}
	out := base.copy()
	for i, key := range over.keys {
		value := over.vals[i]
		was, ok := out.get(key)
		if ok {
			value = r.combineValue(was, value, recursive, lists)
		}
		if out.set(key, value); !r.spend(128) || !r.step() {
			break
		}
	}
	return out
}

func (r *run) combineValue(was, value any, recursive bool, lists string) any {
	from, fromOK := was.(*dict)
	onto, ontoOK := value.(*dict)
	if fromOK && ontoOK && recursive {
		return r.combine(from, onto, recursive, lists)
	}
	a, aOK := was.(*list)
	b, bOK := value.(*list)
	if !aOK || !bOK {
		return value
	}
	without := func(items, drop []any) []any {
		return slices.DeleteFunc(slices.Clone(items), func(v any) bool { return r.indexOf(drop, v) >= 0 })
	}
	r.collect(len(a.items) + len(b.items))
	switch lists {
	case "replace":
		return value
	case "keep":
		return was
	case "append":
		return &list{slices.Concat(a.items, b.items)}
	case "prepend":
		return &list{slices.Concat(b.items, a.items)}
	case "append_rp":
		return &list{slices.Concat(without(a.items, b.items), b.items)}
	case "prepend_rp":
		return &list{slices.Concat(b.items, without(a.items, b.items))}
	}
	return r.failf("combine: unknown list_merge %q", lists)
}

func extractFilter(r *run, v any, a *args) any {
	value := r.item(a.need("container"), v, nil)
	more := a.any("morekeys", nil)
	keys, ok := sequence(more)
	if !ok && more != nil {
		keys = []any{more}
	}
	for _, key := range keys {
		value = r.item(value, key, nil)
	}
	return value
}

func subelementsFilter(r *run, v any, a *args) any {
	items, by := r.iterate(v), a.need("subelements")
	if d, ok := v.(*dict); ok {
		items = d.vals
	} else if _, ok := v.(*list); !ok {
		return r.failf("subelements: want a list of dicts or a dict, have %s", typeName(v))
	}
	skip := a.bool("skip_missing", false)
	steps, ok := sequence(by)
	if !ok {
		for part := range strings.SplitSeq(r.str(by), ".") {
			steps = append(steps, part)
		}
	}
	out := &list{}
	for _, item := range items {
		value := r.subelement(item, steps, skip)
		inner, ok := value.(*list)
		if !ok {
			return r.failf("subelements: want a list in each item, have %s", typeName(value))
		}
		for _, sub := range inner.items {
			out.items = append(out.items, tuple{item, sub})
		}
		r.charge(32 * len(inner.items))
	}
	return out
}

// subelement returns what is in value below the keys; an empty list if it is missing and
// may be.
func (r *run) subelement(value any, keys []any, mayMiss bool) any {
	for _, key := range keys {
		next, ok := r.asDict("subelements", value).get(key)
		switch {
		case ok:
			value = next
		case mayMiss && r.err == nil:
			return &list{}
		default:
			r.failf("subelements: there is no key %q in an item", r.str(key))
			return &list{}
		}
	}
	return value
}

func groupbyFilter(r *run, v any, a *args) any {
	by := a.need("attribute")
	def, hasDefault := a.take("default")
	key := func(item any) any {
		value := r.attributeOf(item, by)
		if _, ok := value.(*undefined); ok && hasDefault {
			return def
		}
		return value
	}
	sensitive := a.bool("case_sensitive", false)
	folded := func(item any) any {
		if s, ok := key(item).(string); ok && !sensitive {
			return strings.ToLower(s)
		}
		return key(item)
	}
	out := &list{}
	var last any
	for _, item := range r.sorted(r.iterate(v), false, folded) {
		k := folded(item)
		if n := len(out.items); n > 0 && r.equal(last, k) {
			group := out.items[n-1].(tuple)[1].(*list)
			group.items = append(group.items, item)
			continue
		}
		last = k
		out.items = append(out.items, tuple{key(item), &list{[]any{item}}})
	}
	return out
}

func permutationsFilter(r *run, v any, a *args) any {
	items := r.iterate(v)
	return r.arrange(items, a.int("r", len(items)), func(row []int, i int) bool {
		return !slices.Contains(row, i)
	})
}

func combinationsFilter(r *run, v any, a *args) any {
	return r.arrange(r.iterate(v), a.int("r", 0), func(row []int, i int) bool {
		return len(row) == 0 || i > row[len(row)-1]
	})
}

// arrange returns the rows of n items whose indexes fits allows one after the other.
func (r *run) arrange(items []any, n int, fits func(row []int, i int) bool) any {
	out := &list{}
	var extend func(row []int)
	extend = func(row []int) {
		if len(row) == n {
			t := make(tuple, n)
			for i, at := range row {
				t[i] = items[at]
			}
			out.items = append(out.items, t)
			r.collect(n + 2)
			return
		}
		for i := range items {
			if r.step() && fits(row, i) {
				extend(append(slices.Clip(row), i))
			}
		}
	}
	if n >= 0 && n <= len(items) {
		extend(nil)
	}
	return out
}
