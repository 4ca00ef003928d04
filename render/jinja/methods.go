package jinja

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

func listTable() map[string]builtin {
	return map[string]builtin{
		"append": listAppend, "extend": listExtend, "insert": listInsert, "pop": listPop,
		"remove": listRemove, "reverse": listReverse, "sort": listSort, "index": listIndex,
		"count": listCount, "copy": listCopy, "clear": listClear,
	}
}

func dictTable() map[string]builtin {
	return map[string]builtin{
		"items": dictItems, "keys": dictKeys, "values": dictValues, "get": dictGet, "pop": dictPop,
		"update": dictUpdate, "setdefault": dictSetDefault, "copy": dictCopy, "clear": dictClear,
		"popitem": dictPopItem, "__setitem__": dictSetItem, "has_key": dictHas,
		"__contains__": dictHas,
	}
}

// stringTable returns the methods of Python's str.
func stringTable() map[string]builtin {
	return map[string]builtin{
		"upper": onString(strings.ToUpper), "lower": onString(strings.ToLower),
		"casefold": onString(strings.ToLower), "capitalize": onString(capitalize),
		"swapcase": onString(swapCase), "title": onString(titleMethod),
		"strip": stripping(true, true), "lstrip": stripping(true, false),
		"rstrip": stripping(false, true), "split": splitMethod, "rsplit": rsplitMethod,
		"splitlines": func(r *run, v any, a *args) any {
			return r.stringList(splitLines(v.(string), a.bool("keepends", false)))
		},
		"startswith": affix(strings.HasPrefix), "endswith": affix(strings.HasSuffix),
		"removeprefix": func(_ *run, v any, a *args) any {
			return strings.TrimPrefix(v.(string), a.text("prefix"))
		},
		"removesuffix": func(_ *run, v any, a *args) any {
			return strings.TrimSuffix(v.(string), a.text("suffix"))
		},
		"replace": replaceMethod, "join": joinMethod, "format": formatMethod,
		"find": finding(false, false), "rfind": finding(true, false),
		"index": finding(false, true), "rindex": finding(true, true),
		"count": func(_ *run, v any, a *args) any {
			return int64(strings.Count(v.(string), a.text("sub")))
		},
		"partition": partition(false), "rpartition": partition(true),
		"ljust": padding(false, true), "rjust": padding(true, false), "center": padding(true, true),
		"zfill": zfill, "expandtabs": expandTabs,
		"isdigit": isAll(unicode.IsDigit), "isdecimal": isAll(unicode.IsDigit),
		"isnumeric": isAll(unicode.IsNumber), "isalpha": isAll(unicode.IsLetter),
		"isascii": func(_ *run, v any, _ *args) any {
			return !strings.ContainsFunc(v.(string), func(c rune) bool { return c > unicode.MaxASCII })
		},
		"isprintable": func(_ *run, v any, _ *args) any {
			return !strings.ContainsFunc(v.(string), func(c rune) bool { return !unicode.IsPrint(c) })
		},
		"isidentifier": func(_ *run, v any, _ *args) any { return identifier.MatchString(v.(string)) },
		"istitle": func(_ *run, v any, _ *args) any {
			s := v.(string)
			return strings.ContainsFunc(s, unicode.IsLetter) && titleMethod(s) == s
		},
		"format_map": formatMap, "encode": encodeMethod,
		"isspace": isAll(unicode.IsSpace), "isalnum": isAll(func(c rune) bool {
			return unicode.IsLetter(c) || unicode.IsNumber(c)
		}),
		"isupper": isCased(strings.ToUpper), "islower": isCased(strings.ToLower),
	}
}

var identifier = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)

func titleMethod(s string) string {
	return titled(s, func(c rune) bool { return !unicode.IsLetter(c) })
}

// encodeMethod makes bytes in Python; here a text stands for those that it has in UTF-8.
func encodeMethod(r *run, v any, a *args) any {
	switch encoding := strings.ToLower(a.str("encoding", "utf-8")); encoding {
	case "utf-8", "utf8", "ascii":
		return v
	default:
		return r.failf("encode: unknown encoding %q: want utf-8", encoding)
	}
}

func listAppend(r *run, v any, a *args) any {
	l := v.(*list)
	l.items = append(l.items, a.raw("object", nil))
	r.collect(1)
	return nil
}

func listExtend(r *run, v any, a *args) any {
	l := v.(*list)
	more := a.list("iterable")
	if r.collect(len(more)) {
		l.items = append(l.items, more...)
	}
	return nil
}

func listInsert(r *run, v any, a *args) any {
	l := v.(*list)
	i := a.int("index", 0)
	if i < 0 {
		i = max(0, i+len(l.items))
	}
	r.collect(1)
	l.items = slices.Insert(l.items, min(i, len(l.items)), a.raw("object", nil))
	return nil
}

func listPop(r *run, v any, a *args) any {
	l := v.(*list)
	i := a.int("index", -1)
	if i < 0 {
		i += len(l.items)
	}
	if i < 0 || i >= len(l.items) {
		return r.failf("pop index out of range")
	}
	item := l.items[i]
	l.items = slices.Delete(slices.Clone(l.items), i, i+1)
	return item
}

// indexOf returns where v is in items, -1 if it is not. It goes no further than an error.
func (r *run) indexOf(items []any, v any) int {
	return slices.IndexFunc(items, func(item any) bool { return r.equal(item, v) || r.err != nil })
}

func listRemove(r *run, v any, a *args) any {
	l := v.(*list)
	i := r.indexOf(l.items, a.need("value"))
	if i < 0 {
		return r.failf("list.remove(x): x not in list")
	}
	l.items = slices.Delete(slices.Clone(l.items), i, i+1)
	return nil
}

func listReverse(_ *run, v any, _ *args) any {
	slices.Reverse(v.(*list).items)
	return nil
}

func listSort(r *run, v any, a *args) any {
	v.(*list).items = r.sorted(v.(*list).items, a.bool("reverse", false), nil)
	return nil
}

func listIndex(r *run, v any, a *args) any {
	items, _ := sequence(v)
	i := r.indexOf(items, a.need("value"))
	if i < 0 {
		return r.failf("the value is not in the list")
	}
	return int64(i)
}

func listCount(r *run, v any, a *args) any {
	items, _ := sequence(v)
	want := a.need("value")
	n := 0
	for _, item := range items {
		if r.equal(item, want) {
			n++
		}
	}
	return int64(n)
}

func listCopy(_ *run, v any, _ *args) any { return &list{slices.Clone(v.(*list).items)} }

func listClear(_ *run, v any, _ *args) any {
	v.(*list).items = nil
	return nil
}

func dictItems(r *run, v any, _ *args) any {
	r.charge(32 * len(v.(*dict).keys))
	return &view{kind: "dict_items", items: v.(*dict).items()}
}

func dictKeys(_ *run, v any, _ *args) any {
	return &view{kind: "dict_keys", items: slices.Clone(v.(*dict).keys)}
}

func dictValues(_ *run, v any, _ *args) any {
	return &view{kind: "dict_values", items: slices.Clone(v.(*dict).vals)}
}

func dictGet(r *run, v any, a *args) any {
	key, def := r.hashable(a.need("key")), a.raw("default", nil)
	if value, ok := v.(*dict).get(key); ok {
		return value
	}
	return def
}

func dictHas(r *run, v any, a *args) any {
	_, ok := v.(*dict).get(r.hashable(a.need("key")))
	return ok
}

func dictPop(r *run, v any, a *args) any {
	key := r.hashable(a.need("key"))
	def, hasDefault := a.take("default")
	value, ok := v.(*dict).get(key)
	switch {
	case ok:
		r.charge(16 * len(v.(*dict).keys)) // the work
		v.(*dict).del(key)
		return value
	case hasDefault:
		return def
	}
	return r.failf("KeyError: %s", r.repr(key))
}

func dictPopItem(r *run, v any, _ *args) any {
	d := v.(*dict)
	last := len(d.keys) - 1
	if last < 0 {
		return r.failf("popitem(): dictionary is empty")
	}
	item := tuple{d.keys[last], d.vals[last]}
	d.del(d.keys[last])
	return item
}

func dictUpdate(r *run, v any, a *args) any {
	d := v.(*dict)
	if other := a.any("other", nil); other != nil {
		r.merge(d, r.dictFrom(other))
	}
	for i, name := range a.names {
		d.set(name, a.named[i])
	}
	a.names = nil
	return nil
}

// merge sets what is in from.
func (r *run) merge(onto, from *dict) {
	r.charge(32 * len(from.keys))
	for i, key := range from.keys {
		if !r.step() {
			return
		}
		onto.set(key, from.vals[i])
	}
}

// dictFrom is Python's dict(): of a dict, or of pairs.
func (r *run) dictFrom(v any) *dict {
	if d, ok := v.(*dict); ok {
		return d.copy()
	}
	out := newDict()
	for _, pair := range r.iterate(v) {
		items := r.iterate(pair)
		if r.err == nil && len(items) != 2 {
			r.failf("want pairs to make a dict of")
		}
		if r.err != nil {
			break
		}
		out.set(items[0], items[1])
	}
	return out
}

func dictSetDefault(r *run, v any, a *args) any {
	key, def := r.hashable(a.need("key")), a.raw("default", nil)
	if value, ok := v.(*dict).get(key); ok {
		return value
	}
	v.(*dict).set(key, def)
	return def
}

func dictSetItem(r *run, v any, a *args) any {
	v.(*dict).set(r.hashable(a.need("key")), a.raw("value", nil))
	r.charge(32)
	return nil
}

func dictCopy(_ *run, v any, _ *args) any { return v.(*dict).copy() }

func dictClear(_ *run, v any, _ *args) any {
	*v.(*dict) = *newDict()
	return nil
}
