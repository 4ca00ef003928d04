package render

import (
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// An ask estimates how many bytes a call needs, or what takes as long to make.
type ask func(args []reflect.Value) float64

// asks has the functions that may need far more than they are given. Their
// arguments are in sprig's order.
var asks = map[string]ask{
	"repeat":    func(a []reflect.Value) float64 { return number(a[0]) * length(a[1]) },
	"indent":    func(a []reflect.Value) float64 { return number(a[0]) * (1 + count(a[1], "\n")) },
	"nindent":   func(a []reflect.Value) float64 { return number(a[0]) * (1 + count(a[1], "\n")) },
	"replace":   func(a []reflect.Value) float64 { return count(a[2], a[0].String()) * length(a[1]) },
	"join":      func(a []reflect.Value) float64 { return length(a[0]) * listed(a[1]) },
	"wrapWith":  askWrap,
	"split":     func(a []reflect.Value) float64 { return perPart * count(a[1], a[0].String()) },
	"splitList": func(a []reflect.Value) float64 { return perPart * count(a[1], a[0].String()) },
	"splitn":    func(a []reflect.Value) float64 { return perPart * count(a[2], a[0].String()) },
	"until":     func(a []reflect.Value) float64 { return perValue * steps(0, number(a[0]), 1) },
	"untilStep": func(a []reflect.Value) float64 {
		return perValue * steps(number(a[0]), number(a[1]), number(a[2]))
	},
	"seq":  askSeq,
	"uniq": askUniq, "mustUniq": askUniq, // compares all with all
	"printf": askPrintf,

	"regexReplaceAll": askReplaceAll, "mustRegexReplaceAll": askReplaceAll,
	"regexReplaceAllLiteral": askReplaceAll, "mustRegexReplaceAllLiteral": askReplaceAll,
	"regexFindAll": askFindAll, "mustRegexFindAll": askFindAll,
	"regexSplit": askFindAll, "mustRegexSplit": askFindAll,
}

// perPart is about what a part of a string takes in a list or map.
const perPart = 64

func number(v reflect.Value) float64 { return float64(v.Int()) }
func length(v reflect.Value) float64 { return float64(v.Len()) }

func count(v reflect.Value, part string) float64 { return float64(strings.Count(v.String(), part)) }

// listed returns the length of what v holds if that is a list.
func listed(v reflect.Value) float64 {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return 0
	}
	return length(v)
}

// steps returns how many numbers are from start to stop. Those near the largest
// integer are too many: sprig would count over it, without end.
func steps(start, stop, step float64) float64 {
	for _, n := range []float64{start, stop, step} {
		if math.Abs(n) > 1<<53 {
			return math.Inf(1)
		}
	}
	if step == 0 {
		return 0
	}
	return math.Abs((stop - start) / step)
}

func askSeq(args []reflect.Value) float64 {
	switch a := args[0]; a.Len() {
	case 1:
		return perPart * steps(1, number(a.Index(0)), 1)
	case 2:
		return perPart * steps(number(a.Index(0)), number(a.Index(1)), 1)
	case 3:
		return perPart * steps(number(a.Index(0)), number(a.Index(2)), number(a.Index(1)))
	}
	return 0
}

func askWrap(args []reflect.Value) float64 {
	return length(args[2]) / max(1, number(args[0])) * length(args[1])
}

func askUniq(args []reflect.Value) float64 { return listed(args[0]) * listed(args[0]) }

func askReplaceAll(args []reflect.Value) float64 {
	subject, with := args[1], args[2]
	return length(subject)*length(with) + count(with, "$")*length(subject)
}

func askFindAll(args []reflect.Value) float64 { return 32 * length(args[1]) }

var widthPattern = regexp.MustCompile(`%[-+# 0]*(?:\[\d+\])?(\d+|\*)?(?:\.(?:\[\d+\])?(\d+|\*))?`)

// maxWidth is the largest width that package fmt heeds.
const maxWidth = 1_000_000

// askPrintf counts each width once for every value that there is, since a list
// prints each of its items that wide.
func askPrintf(args []reflect.Value) float64 {
	format, values := args[0].String(), args[1].Interface()
	s := scale{left: maxWork}
	if s.add(values) != nil {
		return math.Inf(1)
	}
	text := float64(maxWork - s.left)
	width := 0.0
	verbs := widthPattern.FindAllStringSubmatch(format, -1)
	for _, verb := range verbs {
		for _, digits := range verb[1:] {
			if n, err := strconv.ParseFloat(digits, 64); err == nil {
				width += min(n, maxWidth)
			} else if digits == "*" {
				width += maxWidth
			}
		}
	}
	total := width*max(1, text/perValue) + text
	if strings.Contains(format, "[") { // each verb may print all there is
		total += float64(len(verbs)) * text
	}
	return total
}
