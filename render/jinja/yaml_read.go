package jinja

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	yaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/yamlwork"
	"github.com/slipway-go/slipway/render"
)

// The scalars of YAML 1.1, as PyYAML tells them.
var (
	yamlBool = regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE` +
		`|on|On|ON|off|Off|OFF)$`)
	yamlNull = regexp.MustCompile(`^(?:~|null|Null|NULL|)$`)
	yamlInt  = regexp.MustCompile(`^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)` +
		`|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	yamlFloat = regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?` +
		`|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*` +
		`|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	yamlDate = regexp.MustCompile(`^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}` +
		`(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?` +
		`(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$`)
)

// resolveScalar returns what a plain scalar stands for, as PyYAML reads YAML 1.1.
func resolveScalar(s string) any {
	switch {
	case yamlNull.MatchString(s):
		return nil
	case yamlBool.MatchString(s):
		lower := strings.ToLower(s)
		return lower == "yes" || lower == "true" || lower == "on"
	case yamlInt.MatchString(s):
		if n, ok := yamlInteger(strings.ReplaceAll(s, "_", "")); ok {
			return n
		}
	case yamlFloat.MatchString(s):
		return yamlReal(strings.ToLower(strings.ReplaceAll(s, "_", "")))
	case yamlDate.MatchString(s):
		return yamlTime(s)
	}
	return s
}

func yamlInteger(s string) (int64, bool) {
	sign := int64(1)
	if s[0] == '-' {
		sign = -1
	}
	s = strings.TrimLeft(s, "+-")
	if strings.Contains(s, ":") {
		n := int64(0)
		for part := range strings.SplitSeq(s, ":") {
			digit, _ := strconv.ParseInt(part, 10, 64) // digits
			n = n*60 + digit
		}
		return sign * n, true
	}
	n, err := strconv.ParseInt(s, 0, 64) // 0 before digits: octal
	return sign * n, err == nil
}

var yamlTimePattern = regexp.MustCompile(`^(\d{4})-(\d+)-(\d+)(?:[Tt]|[ \t]+)(\d+):(\d+):(\d+)` +
	`(\.\d*)?[ \t]*(?:(Z)|([-+])(\d+)(?::(\d+))?)?$`)

// yamlTime returns a date, or a date and time, as Python prints it.
func yamlTime(s string) date {
	m := yamlTimePattern.FindStringSubmatch(s)
	if m == nil {
		return date(s)
	}
	two := func(digits string) string { return fmt.Sprintf("%02s", digits) }
	out := fmt.Sprintf("%s-%s-%s %s:%s:%s", m[1], two(m[2]), two(m[3]), two(m[4]), two(m[5]), two(m[6]))
	if fraction := strings.TrimRight(m[7], "0."); fraction != "" {
		out += (fraction + "000000")[:len(".123456")]
	}
	switch {
	case m[8] != "":
		out += "+00:00"
	case m[9] != "":
		out += m[9] + two(m[10]) + ":" + two(m[11])
	}
	return date(out)
}

func yamlReal(s string) float64 {
	sign := 1.0
	if s[0] == '-' {
		sign = -1
	}
	s = strings.TrimLeft(s, "+-")
	switch {
	case s == ".inf":
		return sign * math.Inf(1)
	case s == ".nan":
		return math.NaN()
	case strings.Contains(s, ":"):
		n := 0.0
		for part := range strings.SplitSeq(s, ":") {
			digit, _ := strconv.ParseFloat(part, 64) // digits
			n = n*60 + digit
		}
		return sign * n
	}
	f, _ := strconv.ParseFloat(s, 64) // or infinite
	return sign * f
}

// A yamlReader makes values of the nodes of a document.
type yamlReader struct {
	// leaf, if set, returns the value of a string.
	leaf  func(n *yaml.Node) any
	left  int // bytes that the document may stand for
	depth int
}

// maxStands bounds the bytes that a text may stand for, perNode for each of its nodes.
const (
	maxStands = 32 << 20
	perNode   = 48
)

var (
	errStands = fmt.Errorf("YAML: the text, with what its aliases stand for, makes more than "+
		"%d MiB, the bound", maxStands>>20)
	errNested = errors.New("YAML: over 1000 lists and maps, one within another")
)

// readYAML returns the documents of a text. Of equal keys the last counts, as in
// Ansible.
func readYAML(text string, leaf func(n *yaml.Node) any) ([]any, error) {
	return (&yamlReader{leaf: leaf, left: maxStands}).documents(text)
}

func (y *yamlReader) documents(text string) ([]any, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var docs []any
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if err != nil {
			if err.Error() == "EOF" {
				return docs, nil
			}
			return nil, yamlError(err)
		}
		value, err := y.value(&doc)
		if err != nil {
			return nil, err
		}
		docs = append(docs, value)
	}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// yamlError returns an error of the parser as an *render.Error with its line.
func yamlError(err error) error {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("YAML: %w", err)
	}
	line, _ := strconv.Atoi(m[1]) // "" is 0
	return &render.Error{Line: line, Err: errors.New("YAML: " + m[2])}
}

func (y *yamlReader) fail(n *yaml.Node, err error) (any, error) {
	return nil, &render.Error{Line: n.Line, Column: n.Column, Err: err}
}

func (y *yamlReader) value(n *yaml.Node) (any, error) {
	y.depth++
	switch y.left -= len(n.Value) + perNode; {
	case y.left < 0:
		return y.fail(n, errStands)
	case y.depth > 1000:
		return y.fail(n, errNested)
	}
	defer func() { y.depth-- }()
	if n.Style&yaml.TaggedStyle != 0 && n.Kind != yaml.ScalarNode && n.Tag != "!!map" && n.Tag != "!!seq" {
		return y.fail(n, fmt.Errorf("YAML: the tag %s is not for a list or a map here", n.Tag))
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return y.value(n.Content[0])
	case yaml.AliasNode:
		return y.value(n.Alias)
	case yaml.SequenceNode:
		out := &list{}
		for _, item := range n.Content {
			value, err := y.value(item)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, value)
		}
		return out, nil
	case yaml.MappingNode:
		return y.mapping(n)
	}
	return y.scalar(n)
}

func (y *yamlReader) mapping(n *yaml.Node) (any, error) {
	own, merged := newDict(), newDict()
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		v, err := y.value(value)
		if err != nil {
			return nil, err
		}
		if key.Tag == "!!merge" && key.Style == 0 {
			mergeKey(merged, v)
			continue
		}
		k, err := y.key(key)
		if err != nil {
			return nil, err
		}
		if !own.set(k, v) {
			return y.fail(key, errors.New("YAML: a list or a map cannot be a key"))
		}
	}
	for i, key := range own.keys {
		merged.set(key, own.vals[i])
	}
	return merged, nil
}

// key returns the value of a key, whose strings are no leaves.
func (y *yamlReader) key(n *yaml.Node) (any, error) {
	leaf := y.leaf
	y.leaf = nil
	defer func() { y.leaf = leaf }()
	return y.value(n)
}

// mergeKey sets what <<: names; of several maps the first counts.
func mergeKey(onto *dict, v any) {
	items, ok := sequence(v)
	if !ok {
		items = []any{v}
	}
	for i := len(items) - 1; i >= 0; i-- {
		if from, ok := items[i].(*dict); ok {
			for j, key := range from.keys {
				onto.set(key, from.vals[j])
			}
		}
	}
}

func (y *yamlReader) scalar(n *yaml.Node) (any, error) {
	quoted := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|
		yaml.LiteralStyle|yaml.FoldedStyle) != 0
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		return y.tagged(n)
	case !quoted && (n.Value == "=" || n.Value == "<<"):
		return y.fail(n, fmt.Errorf("YAML: %s is no value: quote it", n.Value))
	case !quoted:
		v := resolveScalar(n.Value)
		if d, ok := v.(date); ok && !validDate(d) {
			return y.fail(n, errors.New("YAML: there is no such date or time: quote it"))
		}
		if v != any(n.Value) {
			return v, nil
		}
	}
	return y.text(n), nil
}

// text returns the value of a string.
func (y *yamlReader) text(n *yaml.Node) any {
	if y.leaf != nil {
		return y.leaf(n)
	}
	return n.Value
}

// tagged returns the value of a scalar whose tag is written.
func (y *yamlReader) tagged(n *yaml.Node) (any, error) {
	switch v := resolveScalar(n.Value).(type) {
	case int64:
		if n.Tag == "!!int" {
			return v, nil
		}
	case float64:
		if n.Tag == "!!float" {
			return v, nil
		}
	case bool:
		if n.Tag == "!!bool" {
			return v, nil
		}
	case date:
		if n.Tag == "!!timestamp" && validDate(v) {
			return v, nil
		}
	}
	switch n.Tag {
	case "!!str", "!":
		return y.text(n), nil
	case "!unsafe":
		return n.Value, nil
	case "!!null":
		return nil, nil
	case "!!float":
		if f, ok := parseFloat(n.Value); ok {
			return f, nil
		}
	case "!vault", "!vault-encrypted":
		return y.fail(n, errors.New("the value is encrypted with Ansible Vault: "+
			"set render.Options.Decrypt"))
	}
	return y.fail(n, fmt.Errorf("YAML: the tag %s is not for this value", n.Tag))
}

var dateLayouts = []string{"2006-01-02", "2006-01-02 15:04:05", "2006-01-02 15:04:05-07:00"}

// validDate reports whether there is a date, such as no 2026-13-45.
func validDate(d date) bool {
	return slices.ContainsFunc(dateLayouts, func(layout string) bool {
		_, err := time.Parse(layout, string(d))
		return err == nil
	})
}

func fromYAML(r *run, v any, a *args) any {
	docs, ok := r.yamlDocuments("from_yaml", v)
	switch {
	case !ok:
		return v
	case len(docs) > 1:
		return r.failf("from_yaml: there are %d documents: use from_yaml_all", len(docs))
	case len(docs) == 0:
		return nil
	}
	a.done("from_yaml")
	return docs[0]
}

func fromYAMLAll(r *run, v any, _ *args) any {
	docs, ok := r.yamlDocuments("from_yaml_all", v)
	if !ok {
		return v
	}
	return &list{docs}
}

// yamlDocuments parses v, if it is a string.
func (r *run) yamlDocuments(filter string, v any) ([]any, bool) {
	text, ok := v.(string)
	if !ok {
		return nil, false
	}
	work := yamlwork.Of(text)
	if !r.parses(filter, text, work) {
		return nil, true
	}
	reader := &yamlReader{left: maxStands}
	docs, err := reader.documents(text)
	if err != nil {
		var at *render.Error
		if errors.As(err, &at) {
			err = fmt.Errorf("line %d of the text: %w", at.Line, at.Err)
		}
		r.fail(err)
	}
	r.spend(max(0, maxStands-reader.left-work)) // what aliases add
	return docs, true
}
