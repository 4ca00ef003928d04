package schema

import (
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/slipway-go/slipway/internal/nearest"
)

// wrongType reports a value that is not what is wanted, and how it could be. It never
// tells the value.
func (p place) wrongType(want string) {
	have, out := "a map", ""
	switch v := p.value.(type) {
	case string:
		have = "a string"
		_, notNumber := strconv.ParseInt(v, 10, 64)
		isBool := v == "true" || v == "false"
		if want == "a whole number" && notNumber == nil || want == "true or false" && isBool {
			out = ": take the quotes off"
		}
	case bool:
		have = "true or false"
	case []any:
		have = "a list"
	case map[string]any:
	default:
		have = "a number"
	}
	if want == "a string" && (have == "a number" || have == "true or false") {
		out = ": put it between quotes"
	}
	p.fail("want %s, have %s%s", want, have, out)
}

// kinds of scalars, as messages call them.
var scalars = map[string]string{
	"string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false",
}

func (p place) scalar(n *node) {
	var fits bool
	switch n.Type {
	case "string":
		_, fits = p.value.(string)
	case "integer":
		_, fits = p.number()
	case "number":
		_, float := p.value.(float64)
		_, whole := p.number()
		fits = float || whole
	case "boolean":
		_, fits = p.value.(bool)
	default: // newer than this package
		return
	}
	if !fits {
		p.wrongType(scalars[n.Type])
		return
	}
	if text, ok := p.value.(string); ok {
		p.checkText(n, text)
	}
	p.checkNumber(n)
	p.checkEnum(n)
}

func (p place) checkText(n *node, text string) {
	p.length(utf8.RuneCountInString(text), n.MinLength, n.MaxLength, "characters")
	switch n.Format {
	case "byte":
		if _, err := base64.StdEncoding.DecodeString(text); err != nil {
			out := ""
			if p.secret && p.up.path == "data" {
				out = ": put plain text under stringData"
			}
			p.fail("not base64%s", out)
		}
	case "date-time":
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
			p.fail("not a time as 2006-01-02T15:04:05Z")
		}
	}
	if n.Pattern == "" {
		return
	}
	if pattern, err := regexp.Compile(n.Pattern); err == nil && !pattern.MatchString(text) {
		p.fail("does not match %s", n.Pattern)
	}
}

// length checks how much there is of something.
func (p place) length(have int, least, most *int, what string) {
	if least != nil && have < *least {
		p.fail("%d %s, want at least %d", have, what, *least)
	}
	if most != nil && have > *most {
		p.fail("%d %s, want at most %d", have, what, *most)
	}
}

func (p place) checkNumber(n *node) {
	value, ok := p.value.(float64)
	if whole, isWhole := p.number(); isWhole {
		value, ok = float64(whole), true
	}
	if !ok {
		return
	}
	least, most := math.Inf(-1), math.Inf(1)
	if n.Format == "int32" {
		least, most = math.MinInt32, math.MaxInt32
	}
	if n.Minimum != nil {
		least = *n.Minimum
	}
	if n.Maximum != nil {
		most = *n.Maximum
	}
	if value < least || value > most {
		p.fail("%s is not from %s to %s", p.quoted(), bound(least), bound(most))
	}
}

func bound(n float64) string {
	if math.IsInf(n, 0) {
		return "any"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func (p place) checkEnum(n *node) {
	text := fmt.Sprint(p.value)
	var known []string
	for _, value := range n.Enum {
		if s := fmt.Sprint(value); s != "" {
			known = append(known, s)
		}
	}
	if len(n.Enum) == 0 || text == "" || slices.Contains(known, text) {
		return
	}
	hint := nearest.Hint(text, known)
	for _, name := range known {
		if strings.EqualFold(name, text) {
			hint = ": did you mean " + name + "?"
		}
	}
	if hint == "" {
		hint = ": want " + names(known)
	}
	p.fail("%s is not known%s", p.quoted(), hint)
}

func (p place) intOrString(n *node) {
	text, isText := p.value.(string)
	if _, isNumber := p.number(); !isNumber && !isText {
		p.wrongType("a number or a string")
		return
	}
	if isText {
		p.checkText(n, text)
	}
}

// quantity checks an amount of something: 100m, 1.5, 512Mi.
func (p place) quantity() {
	switch p.value.(type) {
	case string, int64, int, int32, float64:
		if _, err := p.amount(); err != nil {
			p.fail("%s is not a quantity: want a number and a unit, as 250m, 2, 512Mi, 1.5Gi", p.quoted())
		}
	default:
		p.wrongType("a quantity, as 250m, 2, 512Mi or 1.5Gi")
	}
}

func (p place) amount() (resource.Quantity, error) {
	return resource.ParseQuantity(fmt.Sprint(p.value))
}
