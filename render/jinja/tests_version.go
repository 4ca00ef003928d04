package jinja

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

var versionOps = map[string]string{
	"==": "==", "=": "==", "eq": "==", "<": "<", "lt": "<", "<=": "<=", "le": "<=", ">": ">",
	"gt": ">", ">=": ">=", "ge": ">=", "!=": "!=", "<>": "!=", "ne": "!=",
}

// A versionKind makes of a version what orders it; false if it is none of the kind.
type versionKind func(s string) (any, bool)

var versionKinds = map[string]versionKind{
	"loose": looseVersion, "strict": strictVersion, "semver": semanticVersion, "semantic": semanticVersion,
}

// maxVersion bounds the bytes of a version.
const maxVersion = 1000

func versionTest(r *run, v any, a *args) any {
	other, name := a.any("version", nil), a.str("operator", "eq")
	strict, kind := a.any("strict", nil), a.any("version_type", nil)
	op, known := versionOps[name]
	parse := looseVersion
	switch {
	case len(r.str(other)) > maxVersion || len(r.str(v)) > maxVersion:
		return r.failf("version: it has over %d bytes", maxVersion)
	case strict != nil && kind != nil:
		return r.failf("version: strict and version_type cannot be given both")
	case !r.truth(v) || !r.truth(other):
		return r.failf("version: a version is empty")
	case r.truth(strict):
		parse = strictVersion
	case r.truth(kind):
		if parse = versionKinds[r.str(kind)]; parse == nil {
			return r.failf("version: unknown version_type %q: there are loose, strict, semver, semantic",
				r.str(kind))
		}
	}
	if !known {
		return r.failf("version: unknown operator %q", name)
	}
	left, leftOK := parse(r.str(v))
	right, rightOK := parse(r.str(other))
	if !leftOK || !rightOK {
		return r.failf("version: not a version of the kind that is asked for")
	}
	if _, ok := r.order(left, right); !ok {
		return r.failf("version: a number cannot be compared to a word")
	}
	return r.compare(op, left, right)
}

var versionPattern = regexp.MustCompile(`\d+|[a-z]+|\.`)

// looseVersion returns the parts of a version, numbers and words, as Python's
// LooseVersion compares them.
func looseVersion(s string) (any, bool) {
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
	return out, true
}

var strictPattern = regexp.MustCompile(`^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$`)

// strictVersion returns what orders versions such as 1.2, 1.2.3 and 1.2a1.
func strictVersion(s string) (any, bool) {
	m := strictPattern.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	patch := m[3]
	if patch == "" {
		patch = "0"
	}
	numbers := tuple{numeral(m[1]), numeral(m[2]), numeral(patch)}
	return tuple{numbers, m[4] == "", m[4], numeral("0" + m[5])}, true
}

const semanticNumber = `(0|[1-9]\d*)`

var (
	semanticPattern = regexp.MustCompile(`^` + semanticNumber + `\.` + semanticNumber + `\.` +
		semanticNumber + `(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$`)
	leadingZero = regexp.MustCompile(`^0\d+$`)
)

// semanticVersion returns what orders versions of semver.org: a release comes after
// its pre-releases.
func semanticVersion(s string) (any, bool) {
	m := semanticPattern.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	words := strings.Split(m[4], ".")
	if slices.ContainsFunc(words, leadingZero.MatchString) {
		return nil, false
	}
	var pre tuple
	for _, word := range words {
		if n, ok := numeral(word).(int64); ok {
			pre = append(pre, tuple{int64(0), n, ""})
			continue
		}
		pre = append(pre, tuple{int64(1), int64(math.MaxInt64), word})
	}
	return tuple{tuple{numeral(m[1]), numeral(m[2]), numeral(m[3])}, m[4] == "", pre}, true
}
