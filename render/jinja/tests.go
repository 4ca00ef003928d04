package jinja

import (
	"math"
	"regexp"
	"slices"
	"strconv"
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
		"sequence": isType("str", "list", "tuple", "dict"),
		"iterable": func(r *run, v any, _ *args) any {
			r.defined(v)
			return isType("str", "list", "tuple", "dict", "dict_items", "dict_keys", "dict_values")(r, v, nil)
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
		"subset": subset(false), "issubset": subset(false), "superset": subset(true),
		"issuperset": subset(true),
		"nan":        func(_ *run, v any, _ *args) any { return isNaN(v) },
		"abs":        func(r *run, v any, _ *args) any { return strings.HasPrefix(r.str(v), "/") },
		"url":        urlTest, "uri": urlTest,
		"filter": func(r *run, v any, _ *args) any { return r.lib.filters[shortName(r.str(v))] != nil },
		"test":   func(r *run, v any, _ *args) any { return r.lib.tests[shortName(r.str(v))] != nil },
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

func truthTest(want bool) builtin {
	return func(r *run, v any, a *args) any {
		if a.bool("convert_bool", false) {
			v = boolFilter(r, v, a)
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
		return !slices.ContainsFunc(small, func(v any) bool { return r.indexOf(large, v) < 0 })
	}
}

var urlPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://\S+$`)

func urlTest(r *run, v any, a *args) any {
	schemes := a.any("schemes", nil)
	s := r.str(v)
	scheme, _, _ := strings.Cut(s, ":")
	return urlPattern.MatchString(s) && (schemes == nil || r.contains(schemes, scheme))
}

var versionOps = map[string]string{
	"==": "==", "=": "==", "eq": "==", "<": "<", "lt": "<", "<=": "<=", "le": "<=", ">": ">",
	"gt": ">", ">=": ">=", "ge": ">=", "!=": "!=", "<>": "!=", "ne": "!=",
}

func versionTest(r *run, v any, a *args) any {
	other, name := a.needStr("version"), a.str("operator", "eq")
	strict := a.bool("strict", false)
	kind := a.str("version_type", "loose")
	if len(other) > maxVersion || len(r.str(v)) > maxVersion {
		r.failf("version: it has over %d bytes", maxVersion)
		return false
	}
	op, ok := versionOps[name]
	if !ok {
		return r.failf("version: unknown operator %q", name)
	}
	left, right := looseVersion(r.str(v)), looseVersion(other)
	if strict || kind == "semver" || kind == "semantic" {
		left, right = semanticVersion(r.str(v)), semanticVersion(other)
	}
	return r.compare(op, left, right)
}

// maxVersion bounds the bytes of a version.
const maxVersion = 1000

var versionPattern = regexp.MustCompile(`\d+|[a-z]+|\.`)

// looseVersion returns the parts of a version, numbers and words, as Python's
// LooseVersion compares them.
func looseVersion(s string) any {
	out := tuple{}
	at := 0
	add := func(text string) {
		if text != "" && text != "." {
			out = append(out, numeral(text))
		}
	}
	for _, m := range versionPattern.FindAllStringIndex(s, -1) {
		add(s[at:m[0]])
		add(s[m[0]:m[1]])
		at = m[1]
	}
	add(s[at:])
	return out
}

// semanticVersion returns what orders versions of semver.org: a release comes after
// its pre-releases.
func semanticVersion(s string) any {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "+")
	core, pre, isPre := strings.Cut(s, "-")
	var numbers, words tuple
	for part := range strings.SplitSeq(core, ".") {
		n, _ := strconv.ParseInt(part, 10, 64) // other words are 0
		numbers = append(numbers, n)
	}
	for part := range strings.SplitSeq(pre, ".") {
		rank := int64(0)
		n, ok := numeral(part).(int64)
		if !ok {
			rank, n = 1, math.MaxInt64
			words = append(words, tuple{rank, n, part})
			continue
		}
		words = append(words, tuple{rank, n, ""})
	}
	return tuple{numbers, !isPre, words}
}
