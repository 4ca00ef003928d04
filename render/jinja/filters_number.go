package jinja

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func numberFilters() map[string]builtin {
	return map[string]builtin{
		"int": intFilter, "float": floatFilter, "bool": boolFilter, "abs": absFilter,
		"round": roundFilter, "pow": powFilter, "root": rootFilter, "log": logFilter,
		"filesizeformat": fileSizeFilter, "human_readable": humanReadable,
		"human_to_bytes": humanToBytes,
	}
}

var (
	pyInt   = regexp.MustCompile(`^[-+]?[0-9a-z]+(_[0-9a-z]+)*$`)
	pyReal  = regexp.MustCompile(`^[-+]?((\d+(_\d+)*)?\.?(\d+(_\d+)*)?(e[-+]?\d+(_\d+)*)?|inf|infinity|nan)$`)
	hasTens = regexp.MustCompile(`\d|inf|nan`)
)

// parseInt reads a number as Python's int does. It is false for what is none.
func (r *run) parseInt(s string, base int) (int64, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if base < 2 || base > 36 || !pyInt.MatchString(s) {
		return 0, false
	}
	s = strings.ReplaceAll(s, "_", "")
	sign := s[:len(s)-len(strings.TrimLeft(s, "+-"))]
	prefix := map[int]string{16: "0x", 8: "0o", 2: "0b"}[base]
	n, err := strconv.ParseInt(sign+strings.TrimPrefix(s[len(sign):], prefix), base, 64)
	if errors.Is(err, strconv.ErrRange) {
		r.integer(0, false)
	}
	return n, err == nil
}

// parseFloat reads a number as Python's float does. It is false for what is none.
func parseFloat(s string) (float64, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	isPower := strings.HasPrefix(strings.TrimLeft(s, "+-"), "e")
	if isPower || !pyReal.MatchString(s) || !hasTens.MatchString(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	return f, err == nil || math.IsInf(f, 0)
}

func intFilter(r *run, v any, a *args) any {
	def, base := a.any("default", int64(0)), a.int("base", 10)
	if s, ok := v.(string); ok {
		if n, ok := r.parseInt(s, base); ok || r.err != nil {
			return n
		}
		f, ok := parseFloat(s)
		if !ok {
			return def
		}
		v = f
	}
	switch v := v.(type) {
	case bool:
		return toInt(v)
	case int64:
		return v
	case float64:
		if math.IsNaN(v) {
			return def
		}
		return r.integer(int64(v), math.Abs(v) < 1<<63)
	}
	return def
}

func floatFilter(_ *run, v any, a *args) any {
	def := a.any("default", 0.0)
	if f, ok := floatOf(v); ok {
		return f
	}
	return def
}

// floatOf is Python's float().
func floatOf(v any) (float64, bool) {
	if s, ok := v.(string); ok {
		return parseFloat(s)
	}
	n, ok := number(v)
	return toFloat(n), ok
}

func boolFilter(_ *run, v any, _ *args) any {
	switch v := v.(type) {
	case nil, bool:
		return v
	case int64, float64:
		return toFloat(v) == 1
	case string:
		return slices.Contains([]string{"yes", "on", "1", "true"}, strings.ToLower(v))
	}
	return false
}

func (r *run) need(v any) any {
	n, ok := number(v)
	if !ok {
		r.failf("want a number, have %s", typeName(v))
		return int64(0)
	}
	return n
}

func absFilter(r *run, v any, _ *args) any {
	switch n := r.need(v).(type) {
	case int64:
		if n < 0 {
			return r.negate("-", n)
		}
		return n
	case float64:
		return math.Abs(n)
	}
	return nil
}

func roundFilter(r *run, v any, a *args) any {
	n := r.need(v)
	precision, how := a.int("precision", 0), a.str("method", "common")
	scale := math.Pow(10, float64(precision))
	f := toFloat(n)
	switch how {
	case "common":
		if i, ok := n.(int64); ok && precision >= 0 {
			return i
		}
		if precision > 0 {
			text := strconv.FormatFloat(f, 'f', min(precision, 300), 64)
			f, _ = strconv.ParseFloat(text, 64) // as it was made
			return f
		}
		f = math.RoundToEven(f*scale) / scale
		if _, ok := n.(int64); ok {
			return int64(f)
		}
		return f
	case "ceil":
		return math.Ceil(f*scale) / scale
	case "floor":
		return math.Floor(f*scale) / scale
	}
	return r.failf("round: the method must be common, ceil or floor")
}

func powFilter(r *run, v any, a *args) any {
	return r.power(toFloat(r.need(v)), toFloat(r.need(a.need("y"))))
}

func rootFilter(r *run, v any, a *args) any {
	base := toFloat(r.need(a.any("base", int64(2))))
	if base == 2 {
		return math.Sqrt(toFloat(r.need(v)))
	}
	x := toFloat(r.need(v))
	root := math.Pow(x, 1/base)
	if whole := math.Round(root); math.Pow(whole, base) == x {
		return whole
	}
	return root
}

func logFilter(r *run, v any, a *args) any {
	x := toFloat(r.need(v))
	base := toFloat(r.need(a.any("base", math.E)))
	if x <= 0 || base <= 0 || base == 1 {
		return r.failf("log: math domain error")
	}
	switch base {
	case 10:
		return math.Log10(x)
	case math.E:
		return math.Log(x)
	}
	return math.Log(x) / math.Log(base)
}

func fileSizeFilter(r *run, v any, a *args) any {
	n, ok := floatOf(v)
	if !ok {
		return r.failf("filesizeformat: want a number, have %s", typeName(v))
	}
	base, units := 1000.0, []string{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"}
	if a.bool("binary", false) {
		base, units = 1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}
	}
	if n == 1 {
		return "1 Byte"
	}
	if n < base {
		return fmt.Sprintf("%d Bytes", int64(n))
	}
	unit := base
	for _, name := range units {
		if unit *= base; n < unit || name[0] == 'Y' {
			return fmt.Sprintf("%.1f %s", base*n/unit, name)
		}
	}
	return nil
}

const sizeLetters = "BKMGTPEZY"

func humanReadable(r *run, v any, a *args) any {
	n := toFloat(r.need(v))
	bits, unit := a.bool("isbits", false), strings.ToUpper(a.str("unit", ""))
	name := "B"
	if bits {
		name = "b"
	}
	for i := len(sizeLetters) - 1; i >= 0; i-- {
		limit, letter := math.Pow(1024, float64(i)), sizeLetters[i:i+1]
		if unit == "" && n >= limit || unit == letter || i == 0 {
			if i == 0 {
				letter = map[bool]string{true: "bits", false: "Bytes"}[bits]
				return fmt.Sprintf("%.2f %s", n, letter)
			}
			return fmt.Sprintf("%.2f %s%s", n/limit, letter, name)
		}
	}
	return nil
}

var sizePattern = regexp.MustCompile(`^\s*(\d*\.?\d*)\s*([A-Za-z]+)?`)

func humanToBytes(r *run, v any, a *args) any {
	unit := a.str("default_unit", "")
	letter, word := "B", "byte"
	if a.bool("isbits", false) {
		letter, word = "b", "bit"
	}
	m := sizePattern.FindStringSubmatch(r.str(v))
	f, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return r.failf("human_to_bytes: want a size, such as 10M")
	}
	if m[2] != "" {
		unit = m[2]
	}
	if len(unit) > 1 && unit[1:2] != letter && !strings.Contains(strings.ToLower(unit), word) {
		return r.failf("human_to_bytes: unknown unit %q: want one such as M or M%s", shorten(unit), letter)
	}
	i := 0
	if unit != "" {
		i = strings.Index(sizeLetters, strings.ToUpper(unit[:1]))
	}
	if i < 0 {
		return r.failf("human_to_bytes: unknown unit %q", shorten(unit))
	}
	return int64(math.RoundToEven(f * math.Pow(1024, float64(i))))
}

func setFilters() map[string]builtin {
	return map[string]builtin{
		"union":                setFilter(func(a, b bool) bool { return a || b }),
		"intersect":            setFilter(func(a, b bool) bool { return a && b }),
		"difference":           setFilter(func(a, b bool) bool { return a && !b }),
		"symmetric_difference": setFilter(func(a, b bool) bool { return a != b }),
	}
}

// setFilter makes a filter that keeps what is in the one list and in the other as
// keep says, in their order. (What can be hashed, such as texts and tuples, has none in
// Ansible: it makes sets of them.)
func setFilter(keep func(a, b bool) bool) builtin {
	return func(r *run, v any, a *args) any {
		other := a.need("b")
		_, first := hashKey(v)
		_, second := hashKey(other)
		concatenates := keep(true, true) && keep(true, false) && (!first || !second)
		if concatenates && typeName(v) != typeName(other) {
			return r.unfit("+", v, other)
		}
		left, right := r.iterate(v), r.iterate(other)
		all := r.unique(slices.Concat(left, right), func(v any) any { return v })
		out := &list{}
		for _, item := range all {
			if keep(r.indexOf(left, item) >= 0, r.indexOf(right, item) >= 0) {
				out.items = append(out.items, item)
			}
		}
		return out
	}
}
