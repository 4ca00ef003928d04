package render

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// quoted are the styles of scalars that are strings, whatever they look like.
const quoted = goyaml.DoubleQuotedStyle | goyaml.SingleQuotedStyle | goyaml.LiteralStyle | goyaml.FoldedStyle

// What YAML 1.1 takes for something else than a string, and so do the API server and
// kubectl.
var (
	floatPattern = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	infinities   = strings.Fields(".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF")
	yes          = strings.Fields("y Y yes Yes YES true True TRUE on On ON")
	no           = strings.Fields("n N no No NO false False FALSE off Off OFF")
	nulls        = strings.Fields("~ null Null NULL")
)

// scalar returns what a scalar stands for, as the API server reads it: integers
// are int64, other numbers float64.
func scalar(n *goyaml.Node) (any, error) {
	if n.Style&goyaml.TaggedStyle != 0 {
		return tagged(n)
	}
	if n.Style&quoted != 0 || n.Tag == "!" {
		return n.Value, nil
	}
	return plain(n.Value)
}

// plain returns what a scalar without quotes and tag stands for.
func plain(text string) (any, error) {
	if text == "" {
		return nil, nil
	}
	switch c := text[0]; {
	case c >= '0' && c <= '9' || strings.IndexByte("+-.", c) >= 0:
		if slices.Contains(infinities, text) {
			return nil, fmt.Errorf("YAML: JSON does not have the number %s: put it between quotes", text)
		}
		return plainNumber(text), nil
	case strings.IndexByte("yYnNtTfFoO~", c) < 0:
		return text, nil
	case slices.Contains(yes, text):
		return true, nil
	case slices.Contains(no, text):
		return false, nil
	case slices.Contains(nulls, text):
		return nil, nil
	}
	return text, nil
}

// plainNumber returns the number that text stands for, or text.
func plainNumber(text string) any {
	if text[0] == '.' {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return jsonNumber(f)
		}
		return text
	}
	digits := strings.ReplaceAll(text, "_", "")
	if n, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return n
	}
	if n, err := strconv.ParseUint(digits, 0, 64); err == nil {
		return float64(n)
	}
	if floatPattern.MatchString(digits) {
		if f, err := strconv.ParseFloat(digits, 64); err == nil {
			return jsonNumber(f)
		}
	}
	return text
}

// jsonNumber returns f as it is once it went through JSON: 1.0 is an integer.
func jsonNumber(f float64) any {
	if math.Abs(f) >= 1e21 {
		return f
	}
	if n, err := strconv.ParseInt(strconv.FormatFloat(f, 'f', -1, 64), 10, 64); err == nil {
		return n
	}
	return f
}

// unsafeTag is that of a text which Ansible does not take for a template.
const unsafeTag = "!unsafe"

var errEncrypted = errors.New("it is encrypted with Ansible Vault: pass its password " +
	"(slipway: --vault-password-file)")

// tagged returns what a scalar with a tag stands for.
func tagged(n *goyaml.Node) (any, error) {
	switch n.Tag {
	case "!!str", unsafeTag:
		return n.Value, nil
	case "!vault", "!vault-encrypted":
		return nil, errEncrypted
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), ""))
		if err != nil || !utf8.Valid(data) {
			return nil, errors.New("YAML: what is tagged !!binary is not a text in base64")
		}
		return string(data), nil
	case "!!int", "!!float", "!!bool", "!!null", "!!timestamp":
		value, err := plain(n.Value)
		if err == nil && !fits(n.Tag, value) {
			err = fmt.Errorf("YAML: what is tagged %s is something else", n.Tag)
		}
		return value, err
	}
	return nil, fmt.Errorf("YAML: the tag %s is not known here", n.Tag)
}

// fits reports whether value is what the tag says.
func fits(tag string, value any) bool {
	switch value.(type) {
	case nil:
		return tag == "!!null"
	case bool:
		return tag == "!!bool"
	case int64:
		return tag == "!!int" || tag == "!!float"
	case float64:
		return tag == "!!float"
	}
	return tag == "!!timestamp"
}
