package jinja

import (
	"slices"
	"strings"
)

// testTable returns Jinja's and Ansible's tests, without those that look at files or at
// the results of tasks.
func testTable() map[string]builtin {
	return map[string]builtin{
		"defined":   func(_ *run, v any, _ *args) any { return !isUndefinedValue(v) },
		"undefined": func(_ *run, v any, _ *args) any { return isUndefinedValue(v) },
		"none":      func(_ *run, v any, _ *args) any { return v == nil },
		"boolean":   isType("bool"), "true": isConstant(true), "false": isConstant(false),
		"integer": isType("int"), "float": isType("float"), "string": isType("str"),
		"number": isType("int", "float", "bool"), "mapping": isType("dict"),
		"sequence": isType("str", "list", "tuple", "dict", "range"),
		"iterable": func(r *run, v any, _ *args) any {
			r.defined(v)
			_, isView := v.(*view)
			return isView || isType("str", "list", "tuple", "dict")(r, v, nil).(bool)
		},
		"callable": isType("function"), "sameas": sameasTest,
		"eq": comparing("=="), "==": comparing("=="), "equalto": comparing("=="),
		"ne": comparing("!="), "!=": comparing("!="), "lt": comparing("<"), "<": comparing("<"),
		"lessthan": comparing("<"), "le": comparing("<="), "<=": comparing("<="),
		"gt": comparing(">"), ">": comparing(">"), "greaterthan": comparing(">"),
		"ge": comparing(">="), ">=": comparing(">="), "in": comparing("in"),
		"contains": func(r *run, v any, a *args) any { return r.contains(v, a.need("value")) },
		"odd":      func(r *run, v any, _ *args) any { return r.binary("%", v, int64(2)) == int64(1) },
		"even":     func(r *run, v any, _ *args) any { return r.binary("%", v, int64(2)) == int64(0) },
		"divisibleby": func(r *run, v any, a *args) any {
			return r.equal(r.binary("%", v, a.need("num")), int64(0))
		},
		"lower": cased(strings.ToLower), "upper": cased(strings.ToUpper),
		"match": regexTest("match"), "search": regexTest("search"), "regex": regexTest("search"),
		"version": versionTest, "version_compare": versionTest,
		"any": func(r *run, v any, _ *args) any { return slices.ContainsFunc(r.iterate(v), r.truth) },
		"all": func(r *run, v any, _ *args) any {
			return !slices.ContainsFunc(r.iterate(v), func(v any) bool { return !r.truth(v) })
		},
		"truthy": truthTest(true), "falsy": truthTest(false),
		"failed": resultTest("failed", true), "failure": resultTest("failed", true),
		"succeeded": resultTest("failed", false), "success": resultTest("failed", false),
		"successful": resultTest("failed", false), "unreachable": resultTest("unreachable", true),
		"reachable": resultTest("unreachable", false), "skipped": resultTest("skipped", true),
		"skip": resultTest("skipped", true), "changed": changedTest, "change": changedTest,
		"started": begunTest("started"), "finished": begunTest("finished"),
		"subset": subset(false), "issubset": subset(false), "superset": subset(true),
		"issuperset": subset(true),
		"nan":        nanTest, "isnan": nanTest,
		"abs": ofString(func(_ *run, v any, _ *args) any { return strings.HasPrefix(v.(string), "/") }),
		"url": urlTest, "uri": uriTest, "urn": urnTest,
		"escaped": func(*run, any, *args) any { return false },
		"filter":  nameTest(func(t *tables) map[string]builtin { return t.filters }),
		"test":    nameTest(func(t *tables) map[string]builtin { return t.tests }),
		"vault_encrypted": func(r *run, v any, _ *args) any {
			return strings.HasPrefix(r.str(v), "$ANSIBLE_VAULT")
		},
	}
}

func isUndefinedValue(v any) bool {
	_, ok := v.(*undefined)
	return ok
}

func isType(names ...string) builtin {
	return func(_ *run, v any, _ *args) any { return slices.Contains(names, typeName(v)) }
}

func isConstant(want any) builtin {
	return func(_ *run, v any, _ *args) any {
		b, ok := v.(bool)
		return ok && b == want
	}
}

func sameasTest(r *run, v any, a *args) any {
	other := a.raw("other", nil)
	switch v.(type) {
	case nil, bool, int64, float64, string:
		return typeName(v) == typeName(other) && r.equal(v, other)
	case tuple:
		return false
	}
	return !uncomparable(other) && v == other
}

func comparing(op string) builtin {
	return func(r *run, v any, a *args) any { return r.compare(op, v, a.need("other")) }
}

func cased(convert func(string) string) builtin {
	return func(r *run, v any, _ *args) any { return isCased(convert)(r, r.str(v), nil) }
}

// truthWords are the texts that convert_bool takes for true and for false.
var truthWords = map[string]bool{
	"y": true, "yes": true, "on": true, "1": true, "true": true, "t": true,
	"n": false, "no": false, "off": false, "0": false, "false": false, "f": false,
}

func truthTest(want bool) builtin {
	return func(r *run, v any, a *args) any {
		if s, ok := v.(string); a.bool("convert_bool", false) && ok {
			if is, known := truthWords[strings.ToLower(strings.TrimSpace(s))]; known {
				v = is
			}
		}
		return r.truth(v) == want
	}
}

// subset makes subset, and superset with reversed.
func subset(reversed bool) builtin {
	return func(r *run, v any, a *args) any {
		small, large := r.iterate(v), a.list("b")
		if reversed {
			small, large = large, small
		}
		set := newDict()
		for _, item := range large {
			if !r.charge(64) || !r.step() {
				return false
			}
			set.set(r.hashable(item), nil)
		}
		all := true
		for _, item := range small {
			_, ok := set.get(r.hashable(item))
			all = all && ok
		}
		return all
	}
}

func nanTest(_ *run, v any, _ *args) any { return isNaN(v) }

// nameTest makes filter and test, which tell whether there is one of a name. Ansible has
// an error where there is none.
func nameTest(of func(*tables) map[string]builtin) builtin {
	return ofString(func(r *run, v any, _ *args) any {
		name, known := shortName(v.(string)), of(r.lib)
		if known[name] == nil {
			return r.failf("there is no %q%s", shorten(name), hint(shorten(name), known))
		}
		return true
	})
}

// resultTest makes a test of what a task registered: whether a key of it is true.
func resultTest(key string, want bool) builtin {
	return func(r *run, v any, _ *args) any {
		value, _ := r.asDict("the test "+key, v).get(key)
		return r.truth(value) == want
	}
}

func changedTest(r *run, v any, _ *args) any {
	d := r.asDict("the test changed", v)
	if value, ok := d.get("changed"); ok {
		return r.truth(value)
	}
	results, _ := d.get("results")
	items, _ := sequence(results)
	return slices.ContainsFunc(items, func(item any) bool {
		one, ok := item.(*dict)
		if !ok {
			return false
		}
		value, _ := one.get("changed")
		return r.truth(value)
	})
}

// begunTest makes started and finished: true for what was no task in the background.
func begunTest(key string) builtin {
	return func(r *run, v any, _ *args) any {
		value, ok := r.asDict("the test "+key, v).get(key)
		return !ok || r.equal(value, int64(1))
	}
}

// uriTest is Ansible's: almost any text is a URI. Nothing, such as None, is one, too.
func uriTest(r *run, v any, a *args) any {
	return r.isURI(v, a.any("schemes", nil))
}

func urnTest(r *run, v any, _ *args) any { return r.isURI(v, &list{[]any{"urn"}}) }

func urlTest(r *run, v any, a *args) any {
	s, _ := v.(string)
	u := splitURL(s)
	netloc, _ := u.get("netloc")
	scheme, _ := u.get("scheme")
	return r.isURI(v, a.any("schemes", nil)) && (netloc != "" || scheme == "file")
}

func (r *run) isURI(v, schemes any) bool {
	s, ok := v.(string)
	if !ok && r.truth(v) {
		return false
	}
	u := splitURL(s)
	netloc, _ := u.get("netloc")
	scheme, _ := u.get("scheme")
	if host, _ := netloc.(string); strings.Contains(host, "[") != strings.Contains(host, "]") {
		return false
	}
	return !r.truth(schemes) || r.contains(schemes, scheme)
}
